package wasmedge

// #include "shim.h"
import "C"

// AST is a module as a Loader read it.
type AST struct {
	_inner *C.WasmEdge_ASTModuleContext
	object
}

func newAST(inner *C.WasmEdge_ASTModuleContext) *AST {
	self := &AST{_inner: inner, object: owned(func() { C.WasmEdge_ASTModuleDelete(inner) })}
	return self
}

// ListImports gives what the module imports; the list belongs to the AST.
func (self *AST) ListImports() []*ImportType {
	defer self.base().enter().leave()
	n := C.WasmEdge_ASTModuleListImportsLength(self.c())
	if n == 0 {
		return nil
	}
	inner := make([]*C.WasmEdge_ImportTypeContext, int(n))
	C.WasmEdge_ASTModuleListImports(self.c(), &inner[0], n)
	imports := make([]*ImportType, len(inner))
	for i := range inner {
		imports[i] = &ImportType{inner[i], self}
	}
	return imports
}

// ListExports gives what the module exports; the list belongs to the AST.
func (self *AST) ListExports() []*ExportType {
	defer self.base().enter().leave()
	n := C.WasmEdge_ASTModuleListExportsLength(self.c())
	if n == 0 {
		return nil
	}
	inner := make([]*C.WasmEdge_ExportTypeContext, int(n))
	C.WasmEdge_ASTModuleListExports(self.c(), &inner[0], n)
	exports := make([]*ExportType, len(inner))
	for i := range inner {
		exports[i] = &ExportType{inner[i], self}
	}
	return exports
}

// Release ends the module; instances made from it stay.
func (self *AST) Release() { self.base().release() }

// ImportType is something that a module imports.
type ImportType struct {
	_inner *C.WasmEdge_ImportTypeContext
	ast    *AST
}

// GetExternalType says what is imported.
func (self *ImportType) GetExternalType() ExternType {
	defer self.base().enter().leave()
	return ExternType(C.WasmEdge_ImportTypeGetExternalType(self.c()))
}

// GetModuleName gives the name of the module that it is imported from.
func (self *ImportType) GetModuleName() string {
	defer self.base().enter().leave()
	return goString(C.WasmEdge_ImportTypeGetModuleName(self.c()))
}

// GetExternalName gives the name that it has there.
func (self *ImportType) GetExternalName() string {
	defer self.base().enter().leave()
	return goString(C.WasmEdge_ImportTypeGetExternalName(self.c()))
}

// GetExternalValue gives the type: *FunctionType, *TableType, *MemoryType or *GlobalType. It belongs to the AST.
func (self *ImportType) GetExternalValue() interface{} {
	defer self.base().enter().leave()
	ast := self.ast.c()
	switch self.GetExternalType() {
	case ExternType_Function:
		return lentFunctionType(C.WasmEdge_ImportTypeGetFunctionType(ast, self.c()), self.ast)
	case ExternType_Table:
		return lentTableType(C.WasmEdge_ImportTypeGetTableType(ast, self.c()), self.ast)
	case ExternType_Memory:
		return lentMemoryType(C.WasmEdge_ImportTypeGetMemoryType(ast, self.c()), self.ast)
	case ExternType_Global:
		return lentGlobalType(C.WasmEdge_ImportTypeGetGlobalType(ast, self.c()), self.ast)
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
	defer self.base().enter().leave()
	return ExternType(C.WasmEdge_ExportTypeGetExternalType(self.c()))
}

// GetExternalName gives its name.
func (self *ExportType) GetExternalName() string {
	defer self.base().enter().leave()
	return goString(C.WasmEdge_ExportTypeGetExternalName(self.c()))
}

// GetExternalValue gives the type: *FunctionType, *TableType, *MemoryType or *GlobalType. It belongs to the AST.
func (self *ExportType) GetExternalValue() interface{} {
	defer self.base().enter().leave()
	ast := self.ast.c()
	switch self.GetExternalType() {
	case ExternType_Function:
		return lentFunctionType(C.WasmEdge_ExportTypeGetFunctionType(ast, self.c()), self.ast)
	case ExternType_Table:
		return lentTableType(C.WasmEdge_ExportTypeGetTableType(ast, self.c()), self.ast)
	case ExternType_Memory:
		return lentMemoryType(C.WasmEdge_ExportTypeGetMemoryType(ast, self.c()), self.ast)
	case ExternType_Global:
		return lentGlobalType(C.WasmEdge_ExportTypeGetGlobalType(ast, self.c()), self.ast)
	}
	return nil
}

// carries says whether references can come from its instances to those that they import from.
func (self *AST) carries() bool {
	for _, imported := range self.ListImports() {
		switch kind := imported.GetExternalValue().(type) {
		case *FunctionType:
			for _, param := range kind.GetParameters() {
				if param == ValType_FuncRef || param == ValType_ExternRef {
					return true
				}
			}
		case *TableType, *GlobalType:
			return true
		}
	}
	return false
}
