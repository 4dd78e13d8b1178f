package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"os"
	"runtime"
	"unsafe"
)

// Module is a validated module; its code is compiled when it is first instantiated.
type Module struct {
	*moduleHandle
	runtime *Runtime
}

type moduleHandle struct {
	handle
	inner *C.WasmEdge_ASTModuleContext
}

// Compile loads and validates a module in binary or text form.
// Code that travels with a module is ignored, see LoadCompiled.
func (r *Runtime) Compile(code []byte) (*Module, error) { return r.load(r.loader, code) }

func (r *Runtime) load(loader *C.WasmEdge_LoaderContext, code []byte) (*Module, error) {
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	h := &moduleHandle{}
	done := outcome(C.ws_load(loader, r.validator, &h.inner, (*C.uint8_t)(unsafe.SliceData(code)), C.uint32_t(len(code))))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	weight := int64(len(code)) * moduleWeight
	inner := h.inner
	h.free = func(*handle) {
		C.WasmEdge_ASTModuleDelete(inner)
		hold(-weight)
	}
	runtime.SetFinalizer(h, func(h *moduleHandle) { h.close() })
	hold(weight)
	return &Module{h, r}, nil
}

// CompileFile is Compile for a file.
func (r *Runtime) CompileFile(path string) (*Module, error) {
	code, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return r.Compile(code)
}

// IsPrecompiled tells whether the module came with compiled code that will be run, see LoadCompiled.
func (m *Module) IsPrecompiled() bool {
	if !m.acquire() {
		return false
	}
	defer m.release()
	return bool(C.wasmspan_module_is_compiled(m.inner))
}

// Close ends the module; its instances live on.
func (m *Module) Close() error {
	m.close()
	return nil
}

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
