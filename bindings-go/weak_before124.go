//go:build !go1.24

package wasmspan

// weakTo keeps the value alive: this release of Go has no weak pointers, and what refers to itself through a guest
// stays until Close.
func weakTo[T any](value *T) any { return value }
