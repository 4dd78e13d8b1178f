package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"os"
	"unsafe"
)

// CompileTo compiles a module into a file that LoadCompiled loads without compiling again: a module with its code in it,
// or only the code if the path ends in ".so". The file is replaced when all of it is written.
func (r *Runtime) CompileTo(path string, code []byte) error {
	if !r.acquire() {
		return ErrClosed
	}
	defer r.release()
	c, err := cPath(path)
	if err != nil {
		return err
	}
	defer C.free(unsafe.Pointer(c))
	compiler := C.WasmEdge_CompilerCreate(r.config)
	defer C.WasmEdge_CompilerDelete(compiler)
	done := outcome(C.ws_compile(compiler, (*C.uint8_t)(unsafe.SliceData(code)), C.size_t(len(code)), c))
	return done.err(context.Background())
}

// CompileToBytes gives what CompileTo would write into a file: a module with its code in it.
func (r *Runtime) CompileToBytes(code []byte) ([]byte, error) {
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	compiler := C.WasmEdge_CompilerCreate(r.config)
	defer C.WasmEdge_CompilerDelete(compiler)
	var bytes C.wasmspan_bytes
	defer C.wasmspan_bytes_delete(&bytes)
	done := outcome(C.ws_compile_bytes(compiler, (*C.uint8_t)(unsafe.SliceData(code)), C.size_t(len(code)), &bytes))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	return append([]byte(nil), unsafe.Slice((*byte)(bytes.data), int(bytes.size))...), nil
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

// LoadCompiledBytes is LoadCompiled for what CompileToBytes gave.
func (r *Runtime) LoadCompiledBytes(compiled []byte) (*Module, error) {
	return r.load(r.compiled, compiled)
}

// WithCache keeps compiled code in a folder, for this process and later ones; "" is wasmspan in the user's own cache
// folder. Entries take up to maxBytes, 0 being 1 GiB. A folder that can't be used does no harm. Small
// modules, of less than 2,048 bytes, are compiled as fast as they would be read, and not kept.
func WithCache(folder string, maxBytes uint64) Option {
	return func(s *settings) {
		var c *C.char
		if folder != "" {
			path, err := cPath(folder)
			if err != nil {
				s.require(err)
				return
			}
			defer C.free(unsafe.Pointer(path))
			c = path
		}
		C.wasmspan_configure_set_cache(s.configure, c, C.uint64_t(maxBytes))
	}
}
