package wasmedge

// #include "shim.h"
import "C"
import "runtime"

// AST is a module as a Loader read it.
type AST struct {
	_inner *C.WasmEdge_ASTModuleContext
	_own   bool
}

func newAST(inner *C.WasmEdge_ASTModuleContext) *AST {
	self := &AST{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*AST).Release)
	return self
}

// ListImports gives what the module imports; the list belongs to the AST.
func (self *AST) ListImports() []*ImportType {
	defer runtime.KeepAlive(self)
	n := C.WasmEdge_ASTModuleListImportsLength(self._inner)
	if n == 0 {
		return nil
	}
	inner := make([]*C.WasmEdge_ImportTypeContext, int(n))
	C.WasmEdge_ASTModuleListImports(self._inner, &inner[0], n)
	imports := make([]*ImportType, len(inner))
	for i := range inner {
		imports[i] = &ImportType{inner[i], self}
	}
	return imports
}

// ListExports gives what the module exports; the list belongs to the AST.
func (self *AST) ListExports() []*ExportType {
	defer runtime.KeepAlive(self)
	n := C.WasmEdge_ASTModuleListExportsLength(self._inner)
	if n == 0 {
		return nil
	}
	inner := make([]*C.WasmEdge_ExportTypeContext, int(n))
	C.WasmEdge_ASTModuleListExports(self._inner, &inner[0], n)
	exports := make([]*ExportType, len(inner))
	for i := range inner {
		exports[i] = &ExportType{inner[i], self}
	}
	return exports
}

// Release ends the module; instances made from it stay.
func (self *AST) Release() {
	if self._own {
		C.WasmEdge_ASTModuleDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

// ImportType is something that a module imports.
type ImportType struct {
	_inner *C.WasmEdge_ImportTypeContext
	ast    *AST
}

// GetExternalType says what is imported.
func (self *ImportType) GetExternalType() ExternType {
	defer runtime.KeepAlive(self)
	return ExternType(C.WasmEdge_ImportTypeGetExternalType(self._inner))
}

// GetModuleName gives the name of the module that it is imported from.
func (self *ImportType) GetModuleName() string {
	defer runtime.KeepAlive(self)
	return goString(C.WasmEdge_ImportTypeGetModuleName(self._inner))
}

// GetExternalName gives the name that it has there.
func (self *ImportType) GetExternalName() string {
	defer runtime.KeepAlive(self)
	return goString(C.WasmEdge_ImportTypeGetExternalName(self._inner))
}

// GetExternalValue gives the type: *FunctionType, *TableType, *MemoryType or *GlobalType. It belongs to the AST.
func (self *ImportType) GetExternalValue() interface{} {
	defer runtime.KeepAlive(self)
	ast := self.ast._inner
	switch self.GetExternalType() {
	case ExternType_Function:
		return lentFunctionType(C.WasmEdge_ImportTypeGetFunctionType(ast, self._inner), self.ast)
	case ExternType_Table:
		return lentTableType(C.WasmEdge_ImportTypeGetTableType(ast, self._inner), self.ast)
	case ExternType_Memory:
		return lentMemoryType(C.WasmEdge_ImportTypeGetMemoryType(ast, self._inner), self.ast)
	case ExternType_Global:
		return lentGlobalType(C.WasmEdge_ImportTypeGetGlobalType(ast, self._inner), self.ast)
	}
	return nil
}

// ExportType is something that a module exports.
type ExportType struct {
	_inner *C.WasmEdge_ExportTypeContext
	ast    *AST
}

// GetExternalType says what is exported.
func (self *ExportType) GetExternalType() ExternType {
	defer runtime.KeepAlive(self)
	return ExternType(C.WasmEdge_ExportTypeGetExternalType(self._inner))
}

// GetExternalName gives its name.
func (self *ExportType) GetExternalName() string {
	defer runtime.KeepAlive(self)
	return goString(C.WasmEdge_ExportTypeGetExternalName(self._inner))
}

// GetExternalValue gives the type: *FunctionType, *TableType, *MemoryType or *GlobalType. It belongs to the AST.
func (self *ExportType) GetExternalValue() interface{} {
	defer runtime.KeepAlive(self)
	ast := self.ast._inner
	switch self.GetExternalType() {
	case ExternType_Function:
		return lentFunctionType(C.WasmEdge_ExportTypeGetFunctionType(ast, self._inner), self.ast)
	case ExternType_Table:
		return lentTableType(C.WasmEdge_ExportTypeGetTableType(ast, self._inner), self.ast)
	case ExternType_Memory:
		return lentMemoryType(C.WasmEdge_ExportTypeGetMemoryType(ast, self._inner), self.ast)
	case ExternType_Global:
		return lentGlobalType(C.WasmEdge_ExportTypeGetGlobalType(ast, self._inner), self.ast)
	}
	return nil
}
