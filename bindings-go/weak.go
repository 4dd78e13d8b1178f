//go:build go1.24

package wasmspan

import "weak"

// weakTo is what the registry keeps of a value that others keep alive.
func weakTo[T any](value *T) any { return weakly[T]{weak.Make(value)} }

type weakly[T any] struct{ to weak.Pointer[T] }

func (w weakly[T]) strong() any {
	if value := w.to.Value(); value != nil {
		return value
	}
	return nil
}
