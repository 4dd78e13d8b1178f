package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// HostModule collects Go functions, and memories, tables and globals of the host, that modules import.
type HostModule struct {
	runtime *Runtime
	name    string
	names   map[string]bool
	adds    []func(*C.WasmEdge_ModuleInstanceContext)
	// Whether references can come to it by what it has besides functions.
	carries bool
	err     error
}

// hostInstance is a host module that is registered.
type hostInstance struct {
	name    string
	inner   *C.WasmEdge_ModuleInstanceContext
	carries bool
}

// HostModule begins a module of the host; Register makes it known to modules that are instantiated later.
func (r *Runtime) HostModule(name string) *HostModule {
	return &HostModule{runtime: r, name: name, names: map[string]bool{}}
}

// add notes what is to be added under a name; the first mistake is what Register gives.
func (h *HostModule) add(name string, err error, add func(*C.WasmEdge_ModuleInstanceContext)) *HostModule {
	if err == nil && h.names[name] {
		err = errors.New("the name is given twice")
	}
	if err != nil && h.err == nil {
		h.err = fmt.Errorf("wasmspan: host module: %s.%s: %w", h.name, name, err)
	}
	h.names[name] = true
	h.adds = append(h.adds, add)
	return h
}

// Func adds a function. It may take a context.Context, which ends when the guest's call is to end, and a *Caller before
// its parameters, which are Numbers. It may return a Number, an error, or both; an error ends the guest's call, whose
// error then wraps it. If the function panics or ends its goroutine, the guest's call ends, and the panic or
// runtime.Goexit goes on where Go called the guest.
func (h *HostModule) Func(name string, f any) *HostModule {
	body, err := newHostBody(f)
	return h.addBody(name, err, body)
}

// FuncOf adds a function of a type that is known only when the program runs. What Go types go with it is said at ValueType.
func (h *HostModule) FuncOf(name string, t FuncType, f func(ctx context.Context, caller *Caller, args []any) ([]any, error)) *HostModule {
	if f == nil {
		return h.addBody(name, errNilFunction, nil)
	}
	for _, kind := range append(append([]ValueType(nil), t.Params...), t.Results...) {
		if !kind.isKnown() {
			return h.addBody(name, fmt.Errorf("there is no %v", kind), nil)
		}
	}
	body := &hostBody{contexts: true}
	body.params, body.results = t.kinds()
	body.call = func(call hostCall, params, results []value) error {
		caller := &Caller{call: call}
		defer caller.end()
		given, err := f(call.context(), caller, goValues(params, call.owner))
		if err != nil {
			return err
		}
		values, err := toValues(given, body.results, call.holder())
		copy(results, values)
		return err
	}
	return h.addBody(name, nil, body)
}

var errNilFunction = errors.New("the function is nil")

// Memory adds a memory that Runtime.NewMemory made.
func (h *HostModule) Memory(name string, memory *Memory) *HostModule {
	return h.add(name, h.own(memory != nil, func() *hostEntity { return memory.host }), func(module *C.WasmEdge_ModuleInstanceContext) {
		C.WasmEdge_ModuleInstanceAddMemory(module, cString(name), memory.inner)
	})
}

// Table adds a table that Runtime.NewTable made.
func (h *HostModule) Table(name string, table *Table) *HostModule {
	h.carries = true
	return h.add(name, h.own(table != nil, func() *hostEntity { return table.host }), func(module *C.WasmEdge_ModuleInstanceContext) {
		C.WasmEdge_ModuleInstanceAddTable(module, cString(name), table.inner)
	})
}

// Global adds a global that Runtime.NewGlobal made.
func (h *HostModule) Global(name string, global *Global) *HostModule {
	h.carries = true
	return h.add(name, h.own(global != nil, func() *hostEntity { return global.host }), func(module *C.WasmEdge_ModuleInstanceContext) {
		C.WasmEdge_ModuleInstanceAddGlobal(module, cString(name), global.inner)
	})
}

// hostEntity is a memory, table or global of the host; it can be in one module.
type hostEntity struct {
	runtime *Runtime
	added   atomic.Bool
}

// own takes a memory, table or global over.
func (h *HostModule) own(given bool, of func() *hostEntity) error {
	if !given {
		return errors.New("it is nil")
	}
	switch entity := of(); {
	case entity == nil:
		return errors.New("it belongs to an instance")
	case entity.runtime != h.runtime:
		return errors.New("it belongs to another runtime")
	case entity.added.Swap(true):
		return errors.New("it is in a module already")
	}
	return nil
}

func (h *HostModule) addBody(name string, err error, body *hostBody) *HostModule {
	return h.add(name, err, func(module *C.WasmEdge_ModuleInstanceContext) {
		r := h.runtime
		if body.contexts {
			r.contexts.Store(true)
		}
		var bodies []*hostBody
		if known := r.bodies.Load(); known != nil {
			bodies = *known
		}
		if body.number == 0 {
			body.number = handles.put(weakTo(body))
		}
		ftype := C.WasmEdge_FunctionTypeCreate(first(body.params), C.uint32_t(len(body.params)),
			first(body.results), C.uint32_t(len(body.results)))
		function := C.ws_function(ftype, C.uintptr_t(body.number), C.uint32_t(len(bodies)))
		C.WasmEdge_FunctionTypeDelete(ftype)
		bodies = append(bodies, body)
		r.bodies.Store(&bodies)
		C.WasmEdge_ModuleInstanceAddFunction(module, cString(name), function)
	})
}

// Register makes the module known. It can be done once.
func (h *HostModule) Register() error {
	r := h.runtime
	if h.err != nil {
		return h.err
	}
	if !r.acquire() {
		return ErrClosed
	}
	defer r.release()
	r.mu.Lock()
	defer r.mu.Unlock()
	module := C.WasmEdge_ModuleInstanceCreate(cString(h.name))
	for _, add := range h.adds {
		add(module)
	}
	done := outcome(C.ws_register(r.executor.inner, r.store, module))
	if err := done.err(context.Background()); err != nil {
		C.WasmEdge_ModuleInstanceDelete(module)
		return err
	}
	h.err = fmt.Errorf("wasmspan: host module %s: it is registered", h.name)
	r.owns(func() { C.WasmEdge_ModuleInstanceDelete(module) })
	r.hosts = append(r.hosts, &hostInstance{h.name, module, h.carries})
	return nil
}

func first(types []C.enum_WasmEdge_ValType) *C.enum_WasmEdge_ValType {
	if len(types) == 0 {
		return nil
	}
	return &types[0]
}

// surround makes a store with the runtime's modules and surroundings of the instance's own.
func (i *Instance) surround(wasi *WASI) (*C.WasmEdge_StoreContext, error) {
	if err := i.surroundBy(wasi); err != nil {
		i.close()
		return nil, err
	}
	return i.runtime.storeWith(i.executor, i.wasi)
}

// storeWith makes a store with the runtime's modules and another one.
func (r *Runtime) storeWith(e *executor, another *C.WasmEdge_ModuleInstanceContext) (*C.WasmEdge_StoreContext, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	store := C.WasmEdge_StoreCreate()
	var modules []*C.WasmEdge_ModuleInstanceContext
	if another != nil {
		modules = append(modules, another)
	}
	for _, host := range r.hosts {
		modules = append(modules, host.inner)
	}
	for _, named := range r.named {
		if named.acquire() {
			defer named.release()
			modules = append(modules, named.inner)
		}
	}
	for _, module := range modules {
		ended := outcome(C.ws_register(e.inner, store, module))
		if err := ended.err(context.Background()); err != nil {
			C.WasmEdge_StoreDelete(store)
			return nil, err
		}
	}
	return store, nil
}

// linkWith lets the instance and those that its module imports from hold each other, as far as references can come
// from one to the other.
func (i *Instance) linkWith(m *Module) {
	r := i.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	carried := false
	for _, host := range r.hosts {
		carried = carried || host.carries
	}
	if len(r.named) == 0 && !carried {
		return
	}
	for _, imported := range m.imports() {
		for _, named := range r.named {
			if named.name == imported.Module {
				i.holder.hold(named)
				if imported.carries() {
					named.holder.hold(&i.holder)
				}
			}
		}
		if carried && imported.carries() {
			r.holder.hold(&i.holder)
		}
	}
}

// namedInstance finds an instance by what C has of it.
func (r *Runtime) namedInstance(inner *C.WasmEdge_ModuleInstanceContext) *Instance {
	if inner == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, named := range r.named {
		if named.inner == inner && !named.isClosed() {
			return named
		}
	}
	return nil
}
