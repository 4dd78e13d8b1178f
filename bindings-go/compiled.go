package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"os"
	"runtime"
	"unsafe"
)

// CompileTo compiles a module into a file that LoadCompiled loads without compiling again: a module with its code in it,
// or only the code if the path ends in ".so". The file is replaced when all of it is written.
func (r *Runtime) CompileTo(path string, code []byte) error {
	defer runtime.KeepAlive(r)
	if r.config == nil {
		return ErrClosed
	}
	compiler := C.WasmEdge_CompilerCreate(r.config)
	defer C.WasmEdge_CompilerDelete(compiler)
	c := C.CString(path)
	defer C.free(unsafe.Pointer(c))
	var first *C.uint8_t
	if len(code) > 0 {
		first = (*C.uint8_t)(unsafe.Pointer(&code[0]))
	}
	done := outcome(C.ws_compile(compiler, first, C.size_t(len(code)), c))
	return done.err(context.Background())
}

// LoadCompiled loads a file that CompileTo wrote, with the code in it, which runs unchecked: the file must come from
// somebody who is trusted. Code that does not fit this machine or the runtime's settings is compiled again.
func (r *Runtime) LoadCompiled(path string) (*Module, error) {
	code, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return r.load(r.compiled, code)
}

// WithCache keeps compiled code in a folder, for this process and later ones; "" is wasmspan in the user's own cache
// folder. Entries take up to maxBytes, 0 being 1 GiB. A folder that can't be used does no harm.
func WithCache(folder string, maxBytes uint64) Option {
	return func(s *settings) {
		var c *C.char
		if folder != "" {
			c = C.CString(folder)
			defer C.free(unsafe.Pointer(c))
		}
		C.wasmspan_configure_set_cache(s.configure, c, C.uint64_t(maxBytes))
	}
}
