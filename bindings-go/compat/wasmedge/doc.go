// Package wasmedge has the types, functions and methods of WasmEdge-go v0.11.2 and brings its own engine.
//
// A program that is written for WasmEdge-go moves over with one line in its go.mod, and needs no
// installed library:
//
//	replace github.com/second-state/WasmEdge-go => github.com/wasmspan/wasmspan/bindings-go/compat v0.1.0
//
// (or a folder on the right-hand side). Nothing in its sources changes.
//
// # Ownership
//
// What a New… function, (*Loader).LoadFile, (*Executor).Instantiate and the like give belongs to the
// caller, who calls Release when done; what was forgotten is released when the garbage collector
// finds it. What a method of an object gives belongs to that object and keeps it alive; its Release
// does nothing. Objects may be released in any order, more than once, and while other goroutines use
// them: a call that has begun goes on, and use after Release fails with an error.
//
// # Errors
//
// Errors of the engine are of type *Result:
//
//	var result *wasmedge.Result
//	if errors.As(err, &result) {
//		fmt.Println(result.GetErrorCategory(), result.GetCode())
//	}
//
// # Goroutines
//
// One VM may be used by several goroutines; calls into one instance run at the same time, and races on
// the guest's own memory are the guest's affair. A call occupies an operating-system thread until
// it returns. A panic in a host function, or the end of its goroutine (runtime.Goexit), ends the guest's
// call and goes on in the goroutine that made it.
package wasmedge
