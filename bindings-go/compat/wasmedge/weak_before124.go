//go:build !go1.24
// +build !go1.24

package wasmedge

// This release of Go has no weak pointers: what refers to itself through a guest stays until Release.

func weakToFunction(f *hostFunction) interface{} { return f }

func weakToExtern(e *externRef) interface{} { return e }
