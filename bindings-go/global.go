package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
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
		return nil, usage(CodeFuncSigMismatch, "there can be no global of %v", t.Value)
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
		return nil, usage(CodeFuncSigMismatch, "there can be no global of %v", t.Value)
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
