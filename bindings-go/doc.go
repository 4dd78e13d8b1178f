// Package wasmspan runs WebAssembly modules.
//
// A Runtime has settings and host functions, a Module is compiled code, an Instance is what runs:
//
//	rt, err := wasmspan.New()
//	defer rt.Close()
//	module, err := rt.Compile(code)
//	defer module.Close()
//	instance, err := module.Instantiate(ctx)
//	defer instance.Close()
//	add, err := wasmspan.Func2[int32, int32, int32](instance, "add")
//	sum, err := add(ctx, 1, 2)
//
// # Contexts
//
// A context that ends stops the guest, also where it sleeps or waits in WASI. The error then satisfies
// errors.Is(err, context.DeadlineExceeded) or errors.Is(err, context.Canceled), and errors.As with a *Trap. The
// instance can be called again.
//
// # Commands and files
//
// Command runs a module as package os/exec runs a process. Streams are read and written when the guest does; a Mount shows
// it a directory, a MemFS, or any fs.FS, whose files are not copied. What a stream or file panics with goes on where Go
// called the guest.
//
// # Closing
//
// Everything has Close, which may be called in any order and more than once. What is forgotten is freed when
// the garbage collector finds it. Used after Close, everything fails with an error.
//
// # Goroutines
//
// Runtimes and modules may be used by many goroutines. An Instance runs one call at a time: a second one waits, or
// gives up when its context ends. Host functions may call their own instance again. A call occupies an operating-system
// thread until it returns.
package wasmspan
