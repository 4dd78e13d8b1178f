package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"runtime"
)

// Table is a table of references. Its methods may be called while the guest runs.
type Table struct {
	*handle
	inner    *C.WasmEdge_TableInstanceContext
	instance *Instance
	host     *hostEntity
}

// TableType is the type of a table.
type TableType struct {
	// Element is FuncRef or ExternRef.
	Element ValueType
	Min     uint32
	// Max is the most elements it may grow to; 0 is no limit.
	Max uint32
}

// NewTable makes a table of the host, of null references, that modules can import, see HostModule.Table; as NewMemory.
func (r *Runtime) NewTable(t TableType) (*Table, error) {
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	limit := C.WasmEdge_Limit{Min: C.uint32_t(t.Min), Max: C.uint32_t(t.Max), HasMax: t.Max > 0}
	ttype := C.WasmEdge_TableTypeCreate(C.enum_WasmEdge_RefType(t.Element), limit)
	defer C.WasmEdge_TableTypeDelete(ttype)
	inner := C.WasmEdge_TableInstanceCreate(ttype)
	if inner == nil {
		return nil, usage(CodeTableOutOfBounds, "there can be no table of %d to %d elements of %v", t.Min, t.Max, t.Element)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owns(func() { C.WasmEdge_TableInstanceDelete(inner) })
	return &Table{handle: &r.handle, inner: inner, host: &hostEntity{runtime: r}}, nil
}

// Table gives an exported table, or nil.
func (i *Instance) Table(name string) *Table {
	if !i.acquire() {
		return nil
	}
	defer i.release()
	inner := C.WasmEdge_ModuleInstanceFindTable(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil
	}
	return &Table{handle: &i.handle, inner: inner, instance: i}
}

// Size is how many elements there are.
func (t *Table) Size() uint32 {
	if !t.acquire() {
		return 0
	}
	defer t.release()
	return uint32(C.WasmEdge_TableInstanceGetSize(t.inner))
}

// Grow adds null references and gives the size before.
func (t *Table) Grow(by uint32) (uint32, error) {
	if !t.acquire() {
		return 0, ErrClosed
	}
	defer t.release()
	before := uint32(C.WasmEdge_TableInstanceGetSize(t.inner))
	done := outcome(C.ws_table_grow(t.inner, C.uint32_t(by)))
	return before, done.err(context.Background())
}

// Get gives an element, a Func or an Extern.
func (t *Table) Get(at uint32) (any, error) {
	if !t.acquire() {
		return nil, ErrClosed
	}
	defer t.release()
	var got C.WasmEdge_Value
	done := outcome(C.ws_table_get(t.inner, C.uint32_t(at), &got))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	element := seen(got)
	return element.goValue(t.instance), nil
}

// Set puts a Func, an Extern or nil into an element.
func (t *Table) Set(at uint32, to any) error {
	if !t.acquire() {
		return ErrClosed
	}
	defer t.release()
	kind := C.WasmEdge_TableTypeGetRefType(C.WasmEdge_TableInstanceGetTableType(t.inner))
	value, err := toValue(to, ValueType(kind), holderOf(t.instance, t.host))
	if err != nil {
		return err
	}
	done := outcome(C.ws_table_set(t.inner, value.c(), C.uint32_t(at)))
	return done.err(context.Background())
}
