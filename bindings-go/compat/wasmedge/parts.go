package wasmedge

// #include "shim.h"
import "C"
import (
	"runtime"
	"unsafe"
)

// Compiler compiles modules ahead of time.
type Compiler struct {
	_inner *C.WasmEdge_CompilerContext
	_own   bool
}

// NewCompiler makes a compiler with default settings.
func NewCompiler() *Compiler { return NewCompilerWithConfig(nil) }

// NewCompilerWithConfig makes a compiler.
func NewCompilerWithConfig(conf *Configure) *Compiler {
	defer runtime.KeepAlive(conf)
	inner := C.WasmEdge_CompilerCreate(conf.c())
	if inner == nil {
		return nil
	}
	self := &Compiler{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*Compiler).Release)
	return self
}

// Compile reads a module from a file and writes it with its code to another.
func (self *Compiler) Compile(inpath string, outpath string) error {
	defer runtime.KeepAlive(self)
	in, out := C.CString(inpath), C.CString(outpath)
	defer C.free(unsafe.Pointer(in))
	defer C.free(unsafe.Pointer(out))
	return toError(C.WasmEdge_CompilerCompile(self._inner, in, out))
}

// Release ends the compiler.
func (self *Compiler) Release() {
	if self._own {
		C.WasmEdge_CompilerDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

// Loader reads modules.
type Loader struct {
	_inner *C.WasmEdge_LoaderContext
	_own   bool
	owner  interface{}
}

// NewLoader makes a loader with default settings.
func NewLoader() *Loader { return NewLoaderWithConfig(nil) }

// NewLoaderWithConfig makes a loader.
func NewLoaderWithConfig(conf *Configure) *Loader {
	defer runtime.KeepAlive(conf)
	self := &Loader{_inner: C.WasmEdge_LoaderCreate(conf.c()), _own: true}
	runtime.SetFinalizer(self, (*Loader).Release)
	return self
}

// LoadFile reads a module from a file, compiled or not.
func (self *Loader) LoadFile(path string) (*AST, error) {
	defer runtime.KeepAlive(self)
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var module *C.WasmEdge_ASTModuleContext
	if err := toError(C.WasmEdge_LoaderParseFromFile(self._inner, &module, name)); err != nil {
		return nil, err
	}
	return newAST(module), nil
}

// LoadBuffer reads a module from memory, compiled or not.
func (self *Loader) LoadBuffer(buf []byte) (*AST, error) {
	defer runtime.KeepAlive(self)
	var module *C.WasmEdge_ASTModuleContext
	err := toError(C.WasmEdge_LoaderParseFromBuffer(self._inner, &module, bytesPointer(buf), C.uint32_t(len(buf))))
	if err != nil {
		return nil, err
	}
	return newAST(module), nil
}

// Release ends a loader that a New… function made.
func (self *Loader) Release() {
	if self._own {
		C.WasmEdge_LoaderDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

// Validator checks modules.
type Validator struct {
	_inner *C.WasmEdge_ValidatorContext
	_own   bool
	owner  interface{}
}

// NewValidator makes a validator with default settings.
func NewValidator() *Validator { return NewValidatorWithConfig(nil) }

// NewValidatorWithConfig makes a validator.
func NewValidatorWithConfig(conf *Configure) *Validator {
	defer runtime.KeepAlive(conf)
	self := &Validator{_inner: C.WasmEdge_ValidatorCreate(conf.c()), _own: true}
	runtime.SetFinalizer(self, (*Validator).Release)
	return self
}

// Validate checks a module, which can be instantiated then.
func (self *Validator) Validate(ast *AST) error {
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(ast)
	return toError(C.WasmEdge_ValidatorValidate(self._inner, ast.c()))
}

// Release ends a validator that a New… function made.
func (self *Validator) Release() {
	if self._own {
		C.WasmEdge_ValidatorDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

func (self *AST) c() *C.WasmEdge_ASTModuleContext {
	if self == nil {
		return nil
	}
	return self._inner
}
