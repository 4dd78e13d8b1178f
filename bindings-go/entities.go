package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
	"runtime"
)

// Global is a global variable. Its methods may be called while the guest runs.
type Global struct {
	*handle
	inner    *C.WasmEdge_GlobalInstanceContext
	instance *Instance
	host     *hostEntity
}

// GlobalType is the type of a global.
type GlobalType struct {
	Value ValueType
	// Mutable says that it can be set.
	Mutable bool
}

// NewGlobal makes a global of the host that modules can import, see HostModule.Global; as NewMemory.
func (r *Runtime) NewGlobal(t GlobalType, first any) (*Global, error) {
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	if !t.Value.isKnown() {
		return nil, &Error{CodeFuncSigMismatch, fmt.Sprintf("there can be no global of %v", t.Value)}
	}
	value, err := toValue(first, t.Value, &r.holder)
	if err != nil {
		return nil, err
	}
	mutable := C.enum_WasmEdge_Mutability(C.WasmEdge_Mutability_Const)
	if t.Mutable {
		mutable = C.WasmEdge_Mutability_Var
	}
	gtype := C.WasmEdge_GlobalTypeCreate(C.enum_WasmEdge_ValType(t.Value), mutable)
	defer C.WasmEdge_GlobalTypeDelete(gtype)
	inner := C.WasmEdge_GlobalInstanceCreate(gtype, value.c())
	if inner == nil {
		return nil, &Error{CodeFuncSigMismatch, fmt.Sprintf("there can be no global of %v", t.Value)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owns(func() { C.WasmEdge_GlobalInstanceDelete(inner) })
	return &Global{handle: &r.handle, inner: inner, host: &hostEntity{runtime: r}}, nil
}

// Global gives an exported global, or nil.
func (i *Instance) Global(name string) *Global {
	if !i.acquire() {
		return nil
	}
	defer i.release()
	inner := C.WasmEdge_ModuleInstanceFindGlobal(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil
	}
	return &Global{handle: &i.handle, inner: inner, instance: i}
}

// Type gives the type; the zero value after Close of the instance.
func (g *Global) Type() GlobalType {
	if !g.acquire() {
		return GlobalType{}
	}
	defer g.release()
	gtype := C.WasmEdge_GlobalInstanceGetGlobalType(g.inner)
	return GlobalType{ValueType(C.WasmEdge_GlobalTypeGetValType(gtype)), C.WasmEdge_GlobalTypeGetMutability(gtype) == C.WasmEdge_Mutability_Var}
}

// Get gives the value, as the Go type that ValueType names for it; nil after Close of the instance.
func (g *Global) Get() any {
	if !g.acquire() {
		return nil
	}
	defer g.release()
	got := seen(C.WasmEdge_GlobalInstanceGetValue(g.inner))
	return got.goValue(g.instance)
}

// Set gives the global another value. It fails if the global can't change or has another type.
func (g *Global) Set(to any) error {
	if !g.acquire() {
		return ErrClosed
	}
	defer g.release()
	kind := C.WasmEdge_GlobalTypeGetValType(C.WasmEdge_GlobalInstanceGetGlobalType(g.inner))
	value, err := toValue(to, ValueType(kind), holderOf(g.instance, g.host))
	if err != nil {
		return err
	}
	done := outcome(C.ws_global_set(g.inner, value.c()))
	return done.err(context.Background())
}

// holderOf is what holds what a table or global is given.
func holderOf(instance *Instance, host *hostEntity) *holder {
	if host != nil {
		return &host.runtime.holder
	}
	return instance.holds()
}

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
		return nil, &Error{CodeTableOutOfBounds, fmt.Sprintf("there can be no table of %d to %d elements of %v", t.Min, t.Max, t.Element)}
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
