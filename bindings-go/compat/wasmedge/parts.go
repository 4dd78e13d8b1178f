package wasmedge

// #include "shim.h"
import "C"
import (
	"unsafe"
)

// Compiler compiles modules ahead of time.
type Compiler struct {
	_inner *C.WasmEdge_CompilerContext
	object
}

// NewCompiler makes a compiler with default settings.
func NewCompiler() *Compiler { return NewCompilerWithConfig(nil) }

// NewCompilerWithConfig makes a compiler.
func NewCompilerWithConfig(conf *Configure) *Compiler {
	defer conf.base().enter().leave()
	inner := C.WasmEdge_CompilerCreate(conf.c())
	if inner == nil {
		return nil
	}
	self := &Compiler{_inner: inner, object: owned(func() { C.WasmEdge_CompilerDelete(inner) })}
	return self
}

// Compile reads a module from a file and writes it with its code to another.
func (self *Compiler) Compile(inpath string, outpath string) error {
	defer self.base().enter().leave()
	in, out := cPath(inpath), cPath(outpath)
	defer C.free(unsafe.Pointer(in))
	defer C.free(unsafe.Pointer(out))
	return toError(C.WasmEdge_CompilerCompile(self.c(), in, out))
}

// Release ends the compiler.
func (self *Compiler) Release() { self.base().release() }

// Loader reads modules.
type Loader struct {
	_inner *C.WasmEdge_LoaderContext
	object
}

// NewLoader makes a loader with default settings.
func NewLoader() *Loader { return NewLoaderWithConfig(nil) }

// NewLoaderWithConfig makes a loader.
func NewLoaderWithConfig(conf *Configure) *Loader {
	defer conf.base().enter().leave()
	inner := C.WasmEdge_LoaderCreate(conf.c())
	self := &Loader{_inner: inner, object: owned(func() { C.WasmEdge_LoaderDelete(inner) })}
	return self
}

// LoadFile reads a module from a file, compiled or not.
func (self *Loader) LoadFile(path string) (*AST, error) {
	defer self.base().enter().leave()
	name := cPath(path)
	defer C.free(unsafe.Pointer(name))
	var module *C.WasmEdge_ASTModuleContext
	if err := toError(C.WasmEdge_LoaderParseFromFile(self.c(), &module, name)); err != nil {
		return nil, err
	}
	return newAST(module), nil
}

// LoadBuffer reads a module from memory, compiled or not.
func (self *Loader) LoadBuffer(buf []byte) (*AST, error) {
	defer self.base().enter().leave()
	var module *C.WasmEdge_ASTModuleContext
	err := toError(C.WasmEdge_LoaderParseFromBuffer(self.c(), &module, bytesPointer(buf), C.uint32_t(len(buf))))
	if err != nil {
		return nil, err
	}
	return newAST(module), nil
}

// Release ends a loader that a New… function made.
func (self *Loader) Release() { self.base().release() }

// Validator checks modules.
type Validator struct {
	_inner *C.WasmEdge_ValidatorContext
	object
}

// NewValidator makes a validator with default settings.
func NewValidator() *Validator { return NewValidatorWithConfig(nil) }

// NewValidatorWithConfig makes a validator.
func NewValidatorWithConfig(conf *Configure) *Validator {
	defer conf.base().enter().leave()
	inner := C.WasmEdge_ValidatorCreate(conf.c())
	self := &Validator{_inner: inner, object: owned(func() { C.WasmEdge_ValidatorDelete(inner) })}
	return self
}

// Validate checks a module, which can be instantiated then.
func (self *Validator) Validate(ast *AST) error {
	defer self.base().enter().leave()
	defer ast.base().enter().leave()
	return toError(C.WasmEdge_ValidatorValidate(self.c(), ast.c()))
}

// Release ends a validator that a New… function made.
func (self *Validator) Release() { self.base().release() }
