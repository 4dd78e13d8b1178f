package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"runtime"
)

// Global is an exported global. Its methods may be called while the guest runs.
type Global struct {
	instance *Instance
	inner    *C.WasmEdge_GlobalInstanceContext
}

// Global gives an exported global, or nil.
func (i *Instance) Global(name string) *Global {
	defer runtime.KeepAlive(i)
	inner := C.WasmEdge_ModuleInstanceFindGlobal(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil
	}
	return &Global{i, inner}
}

// Get gives the value, as the Go type that ValueType names for it.
func (g *Global) Get() any {
	defer runtime.KeepAlive(g)
	got := seen(C.WasmEdge_GlobalInstanceGetValue(g.inner))
	return got.goValue()
}

// Set gives the global another value. It fails if the global can't change or has another type.
func (g *Global) Set(to any) error {
	defer runtime.KeepAlive(g)
	kind := C.WasmEdge_GlobalTypeGetValType(C.WasmEdge_GlobalInstanceGetGlobalType(g.inner))
	value, err := toValue(to, ValueType(kind))
	if err != nil {
		return err
	}
	done := outcome(C.ws_global_set(g.inner, value.c()))
	return done.err(context.Background())
}

// Table is an exported table. Its methods may be called while the guest runs.
type Table struct {
	instance *Instance
	inner    *C.WasmEdge_TableInstanceContext
}

// Table gives an exported table, or nil.
func (i *Instance) Table(name string) *Table {
	defer runtime.KeepAlive(i)
	inner := C.WasmEdge_ModuleInstanceFindTable(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil
	}
	return &Table{i, inner}
}

// Size is how many elements there are.
func (t *Table) Size() uint32 {
	defer runtime.KeepAlive(t)
	return uint32(C.WasmEdge_TableInstanceGetSize(t.inner))
}

// Grow adds null references and gives the size before.
func (t *Table) Grow(by uint32) (uint32, error) {
	defer runtime.KeepAlive(t)
	before := t.Size()
	done := outcome(C.ws_table_grow(t.inner, C.uint32_t(by)))
	return before, done.err(context.Background())
}

// Get gives an element, a Func or an Extern.
func (t *Table) Get(at uint32) (any, error) {
	defer runtime.KeepAlive(t)
	var got C.WasmEdge_Value
	done := outcome(C.ws_table_get(t.inner, C.uint32_t(at), &got))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	element := seen(got)
	return element.goValue(), nil
}

// Set puts a Func, an Extern or nil into an element.
func (t *Table) Set(at uint32, to any) error {
	defer runtime.KeepAlive(t)
	kind := C.WasmEdge_TableTypeGetRefType(C.WasmEdge_TableInstanceGetTableType(t.inner))
	value, err := toValue(to, ValueType(kind))
	if err != nil {
		return err
	}
	done := outcome(C.ws_table_set(t.inner, value.c(), C.uint32_t(at)))
	return done.err(context.Background())
}
