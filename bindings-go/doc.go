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
// # Errors
//
// What the engine refuses is an *Error, a call that ended before its time a *Trap; both have a Cause. errors.As finds the
// rest: *LinkError lists imports that are missing or don't fit, *UnsupportedError names a proposal, *ExitError has an exit
// code, *TimeoutError and *OutputLimitError have the limit, UserError is a host function's number, and the host function's
// own error is wrapped as it is. A limit of time is context.DeadlineExceeded, too.
//
// # Commands and files
//
// Command runs a module as package os/exec runs a process. Streams are read and written when the guest does; a Mount shows
// it a directory, a MemFS, or any fs.FS, whose files are not copied. What a stream or file panics with goes on where Go
// called the guest. Where a call's context or limit of time may end, readers, writers and file systems run on goroutines
// of their own: one that waits then is left alone, and what it reads is for the next call.
//
// # Closing
//
// Everything has Close, which may be called in any order, more than once, and while others use it: a call that has begun
// goes on and keeps what it uses, a later one fails with ErrClosed. Close waits for nothing.
//
// What is forgotten is freed when the garbage collector finds it, also where it refers to itself through a guest, as an
// instance does whose host function refers to it (with releases of Go before 1.24, such cycles stay until Close). The
// collector is told when instances that were forgotten hold much memory.
//
// # Goroutines
//
// Runtimes and modules may be used by many goroutines. An Instance runs one call at a time: a second one waits, or
// gives up when its context ends. A host function may call the instance that called it, with any context, on its own
// goroutine; on another one its context gives ErrBusy. A host function may also panic or end its goroutine
// (runtime.Goexit, testing.T.FailNow): the guest's call ends, and what unwinds goes on in the function that made the call.
// A call occupies an operating-system thread until it returns.
package wasmspan
