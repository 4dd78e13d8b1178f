package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync/atomic"
	"unsafe"
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

// hostBody is a Go function in a form that C's values fit.
type hostBody struct {
	number          uintptr
	params, results []C.enum_WasmEdge_ValType
	contexts        bool
	call            func(call hostCall, params, results []value) error
}

// hostCall is a call of a host function while it runs.
type hostCall struct {
	// The instance that Go called; nil for a command.
	owner  *Instance
	frame  *C.WasmEdge_CallingFrameContext
	number uintptr
}

// context is that of Go's call.
func (c hostCall) context() context.Context { return contextOf(c.number) }

// holder is what holds what the function gives back.
func (c hostCall) holder() *holder {
	if c.owner == nil {
		return nil
	}
	return &c.owner.holder
}

// Caller is the instance that called a host function. It is good until the function returns.
type Caller struct {
	call hostCall
	// Ends when the function returns.
	lent []*handle
}

// end takes back what the caller lent, and waits for what other goroutines are just doing with it.
func (c *Caller) end() {
	for _, h := range c.lent {
		h.close()
		for h.state.Load() != closed {
			runtime.Gosched()
		}
	}
	c.call.frame, c.call.owner = nil, nil
}

func (c *Caller) lends(h *handle) {
	h.free = func(*handle) {}
	c.lent = append(c.lent, h)
}

// Instance gives the instance that called; it may be called again.
func (c *Caller) Instance() *Instance {
	inner := (*C.WasmEdge_ModuleInstanceContext)(unsafe.Pointer(C.WasmEdge_CallingFrameGetModuleInstance(c.call.frame)))
	owner := c.call.owner
	if owner != nil && owner.inner != nil && owner.inner == inner {
		return owner
	}
	if owner != nil && owner.runtime != nil {
		if named := owner.runtime.namedInstance(inner); named != nil {
			return named
		}
	}
	lent := &Instance{instanceHandle: &instanceHandle{inner: inner}, lent: true, lender: owner}
	c.lends(&lent.handle)
	if inner == nil {
		lent.close()
	}
	return lent
}

// Memory gives the caller's memory of an index, or nil.
func (c *Caller) Memory(index uint32) *Memory {
	inner := C.WasmEdge_CallingFrameGetMemoryInstance(c.call.frame, C.uint32_t(index))
	if inner == nil {
		return nil
	}
	m := &Memory{handle: &handle{}, inner: inner}
	c.lends(m.handle)
	return m
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
			body.number = left.put(weakTo(body))
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

var (
	contextType = reflect.TypeOf((*context.Context)(nil)).Elem()
	callerType  = reflect.TypeOf((*Caller)(nil))
	errorType   = reflect.TypeOf((*error)(nil)).Elem()
)

func newHostBody(f any) (*hostBody, error) {
	const i32 = C.WasmEdge_ValType_I32
	// The usual forms without reflection.
	switch f := f.(type) {
	case func(int32, int32) int32:
		if f == nil {
			return nil, errNilFunction
		}
		return &hostBody{
			params: []C.enum_WasmEdge_ValType{i32, i32}, results: []C.enum_WasmEdge_ValType{i32},
			call: func(_ hostCall, params, results []value) error {
				results[0].low = uint64(uint32(f(int32(params[0].low), int32(params[1].low))))
				return nil
			},
		}, nil
	case func(int32) int32:
		if f == nil {
			return nil, errNilFunction
		}
		return &hostBody{
			params: []C.enum_WasmEdge_ValType{i32}, results: []C.enum_WasmEdge_ValType{i32},
			call: func(_ hostCall, params, results []value) error {
				results[0].low = uint64(uint32(f(int32(params[0].low))))
				return nil
			},
		}, nil
	}
	function := reflect.ValueOf(f)
	if f == nil {
		return nil, errNilFunction
	}
	if function.Kind() != reflect.Func {
		return nil, fmt.Errorf("a %T is no function", f)
	}
	if function.IsNil() {
		return nil, errNilFunction
	}
	form := function.Type()
	if form.IsVariadic() {
		return nil, fmt.Errorf("a variadic function has no WebAssembly type")
	}
	body := &hostBody{}
	at := 0
	takesContext := at < form.NumIn() && form.In(at) == contextType
	if takesContext {
		at++
	}
	takesCaller := at < form.NumIn() && form.In(at) == callerType
	if takesCaller {
		at++
	}
	body.contexts = takesContext
	leading := at
	for ; at < form.NumIn(); at++ {
		kind, err := kindOfType(form.In(at))
		if err != nil {
			return nil, err
		}
		body.params = append(body.params, kind)
	}
	results := form.NumOut()
	givesError := results > 0 && form.Out(results-1) == errorType
	if givesError {
		results--
	}
	for at := 0; at < results; at++ {
		kind, err := kindOfType(form.Out(at))
		if err != nil {
			return nil, err
		}
		body.results = append(body.results, kind)
	}
	body.call = func(call hostCall, params, results []value) error {
		args := make([]reflect.Value, form.NumIn())
		if takesContext {
			args[0] = reflect.ValueOf(call.context())
		}
		if takesCaller {
			caller := &Caller{call: call}
			defer caller.end()
			args[leading-1] = reflect.ValueOf(caller)
		}
		for i := range params {
			args[leading+i] = fromValue(params[i].low, form.In(leading+i))
		}
		out := function.Call(args)
		if givesError {
			if err, _ := out[len(out)-1].Interface().(error); err != nil {
				return err
			}
		}
		for i := range results {
			results[i].low, _ = numberBits(out[i].Interface())
		}
		return nil
	}
	return body, nil
}

func kindOfType(t reflect.Type) (C.enum_WasmEdge_ValType, error) {
	if _, kind := numberBits(reflect.Zero(t).Interface()); kind != C.WasmEdge_ValType_None {
		return kind, nil
	}
	return 0, fmt.Errorf("a %v is no WebAssembly number", t)
}

func fromValue(bits uint64, t reflect.Type) reflect.Value {
	switch t.Kind() {
	case reflect.Int32:
		return reflect.ValueOf(fromBits[int32](bits))
	case reflect.Uint32:
		return reflect.ValueOf(fromBits[uint32](bits))
	case reflect.Int64:
		return reflect.ValueOf(fromBits[int64](bits))
	case reflect.Uint64:
		return reflect.ValueOf(bits)
	case reflect.Float32:
		return reflect.ValueOf(fromBits[float32](bits))
	}
	return reflect.ValueOf(fromBits[float64](bits))
}
