package wasmspan

// #include "shim.h"
import "C"
import (
	"fmt"
	"strings"
	"unsafe"
)

// FuncType is the type of a function.
type FuncType struct{ Params, Results []ValueType }

// String gives the type in the form "(i32 i64) -> (f32)".
func (t FuncType) String() string {
	list := func(types []ValueType) string {
		names := make([]string, len(types))
		for at, kind := range types {
			names[at] = kind.String()
		}
		return strings.Join(names, " ")
	}
	return fmt.Sprintf("(%s) -> (%s)", list(t.Params), list(t.Results))
}

func funcTypeOf(inner *C.WasmEdge_FunctionTypeContext) *FuncType {
	if inner == nil {
		return nil
	}
	params := make([]ValueType, C.WasmEdge_FunctionTypeGetParametersLength(inner))
	if len(params) > 0 {
		C.WasmEdge_FunctionTypeGetParameters(inner, (*C.enum_WasmEdge_ValType)(unsafe.Pointer(&params[0])), C.uint32_t(len(params)))
	}
	results := make([]ValueType, C.WasmEdge_FunctionTypeGetReturnsLength(inner))
	if len(results) > 0 {
		C.WasmEdge_FunctionTypeGetReturns(inner, (*C.enum_WasmEdge_ValType)(unsafe.Pointer(&results[0])), C.uint32_t(len(results)))
	}
	return &FuncType{params, results}
}

func valueTypes(kinds []C.enum_WasmEdge_ValType) []ValueType {
	types := make([]ValueType, len(kinds))
	for at, kind := range kinds {
		types[at] = ValueType(kind)
	}
	return types
}

func (t FuncType) kinds() (params, results []C.enum_WasmEdge_ValType) {
	kinds := func(types []ValueType) []C.enum_WasmEdge_ValType {
		out := make([]C.enum_WasmEdge_ValType, len(types))
		for at, kind := range types {
			out[at] = C.enum_WasmEdge_ValType(kind)
		}
		return out
	}
	return kinds(t.Params), kinds(t.Results)
}

// Kind says what is imported or exported.
type Kind uint32

// The kinds of imports and exports.
const (
	KindFunc   Kind = C.WasmEdge_ExternalType_Function
	KindTable  Kind = C.WasmEdge_ExternalType_Table
	KindMemory Kind = C.WasmEdge_ExternalType_Memory
	KindGlobal Kind = C.WasmEdge_ExternalType_Global
)

// String gives the kind's name in the text format.
func (k Kind) String() string {
	switch k {
	case KindFunc:
		return "func"
	case KindTable:
		return "table"
	case KindMemory:
		return "memory"
	case KindGlobal:
		return "global"
	}
	return fmt.Sprintf("kind %d", uint32(k))
}

// Export is something that a module exports.
type Export struct {
	Name string
	Kind Kind
	// Func is the type of a function, nil for other kinds.
	Func *FuncType
}

// Import is something that a module imports.
type Import struct {
	Module, Name string
	Kind         Kind
	// Func is the type of a function, nil for other kinds.
	Func *FuncType
}

func goString(s C.WasmEdge_String) string { return C.GoStringN(s.Buf, C.int(s.Length)) }

// Exports lists what the module exports, in its order.
func (m *Module) Exports() []Export {
	if !m.acquire() {
		return nil
	}
	defer m.release()
	list := make([]*C.WasmEdge_ExportTypeContext, C.WasmEdge_ASTModuleListExportsLength(m.inner))
	if len(list) == 0 {
		return nil
	}
	C.WasmEdge_ASTModuleListExports(m.inner, &list[0], C.uint32_t(len(list)))
	exports := make([]Export, len(list))
	for at, export := range list {
		exports[at] = Export{
			Name: goString(C.WasmEdge_ExportTypeGetExternalName(export)),
			Kind: Kind(C.WasmEdge_ExportTypeGetExternalType(export)),
			Func: funcTypeOf(C.WasmEdge_ExportTypeGetFunctionType(m.inner, export)),
		}
	}
	return exports
}

// Imports lists what the module imports, in its order.
func (m *Module) Imports() []Import {
	if !m.acquire() {
		return nil
	}
	defer m.release()
	return m.imports()
}

// imports is Imports for who has acquired the module.
func (m *Module) imports() []Import {
	list := make([]*C.WasmEdge_ImportTypeContext, C.WasmEdge_ASTModuleListImportsLength(m.inner))
	if len(list) == 0 {
		return nil
	}
	C.WasmEdge_ASTModuleListImports(m.inner, &list[0], C.uint32_t(len(list)))
	imports := make([]Import, len(list))
	for at, imported := range list {
		imports[at] = Import{
			Module: goString(C.WasmEdge_ImportTypeGetModuleName(imported)),
			Name:   goString(C.WasmEdge_ImportTypeGetExternalName(imported)),
			Kind:   Kind(C.WasmEdge_ImportTypeGetExternalType(imported)),
			Func:   funcTypeOf(C.WasmEdge_ImportTypeGetFunctionType(m.inner, imported)),
		}
	}
	return imports
}

// carries says whether references can come from who imports it to who exports it.
func (i *Import) carries() bool {
	if i.Kind == KindFunc {
		for _, param := range i.Func.Params {
			if param == FuncRef || param == ExternRef {
				return true
			}
		}
	}
	return i.Kind == KindTable || i.Kind == KindGlobal
}
