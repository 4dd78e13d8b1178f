// wasi-libc has setjmp only with exception handling; Lua is told to use neither (see port.h).
