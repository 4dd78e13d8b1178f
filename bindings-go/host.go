package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"unsafe"
)

// HostModule collects Go functions that modules import.
type HostModule struct {
	runtime *Runtime
	name    string
	funcs   []hostFunc
	err     error
}

type hostFunc struct {
	name string
	body *hostBody
}

// hostBody is a Go function in a form that C's values fit.
type hostBody struct {
	params, results []C.enum_WasmEdge_ValType
	contexts        bool
	call            func(ctx context.Context, frame *C.WasmEdge_CallingFrameContext, params, results []value) error
}

// value is C's WasmEdge_Value.
type value struct {
	low, high uint64
	kind      uint32
	_         [3]uint32
}

// Caller is the instance that called a host function. It is good until the function returns.
type Caller struct {
	frame *C.WasmEdge_CallingFrameContext
}

// Instance gives the instance that called; it may be called again.
func (c *Caller) Instance() *Instance {
	inner := C.WasmEdge_CallingFrameGetModuleInstance(c.frame)
	return &Instance{inner: (*C.WasmEdge_ModuleInstanceContext)(unsafe.Pointer(inner)), busy: newBusy()}
}

// Memory gives the caller's memory of an index, or nil.
func (c *Caller) Memory(index uint32) *Memory {
	inner := C.WasmEdge_CallingFrameGetMemoryInstance(c.frame, C.uint32_t(index))
	if inner == nil {
		return nil
	}
	return &Memory{nil, inner}
}

// HostModule begins a module of Go functions; Register makes it known to modules that are instantiated later.
func (r *Runtime) HostModule(name string) *HostModule { return &HostModule{runtime: r, name: name} }

// Func adds a function. It may take a context.Context, which ends when the guest's call is to end, and a *Caller before
// its parameters, which are Numbers. It may return a Number, an error, or both; an error ends the guest's call, whose
// error then wraps it. If the function panics, the panic goes on where Go called the guest.
func (h *HostModule) Func(name string, f any) *HostModule {
	body, err := newHostBody(f)
	if err != nil && h.err == nil {
		h.err = fmt.Errorf("wasmspan: host function %s.%s: %w", h.name, name, err)
	}
	h.funcs = append(h.funcs, hostFunc{name, body})
	return h
}

// FuncOf adds a function of a type that is known only when the program runs. What Go types go with it is said at ValueType.
func (h *HostModule) FuncOf(name string, t FuncType, f func(ctx context.Context, caller *Caller, args []any) ([]any, error)) *HostModule {
	body := &hostBody{contexts: true}
	body.params, body.results = t.kinds()
	body.call = func(ctx context.Context, frame *C.WasmEdge_CallingFrameContext, params, results []value) error {
		given, err := f(ctx, &Caller{frame}, goValues(params))
		if err != nil {
			return err
		}
		values, err := toValues(given, body.results)
		copy(results, values)
		return err
	}
	h.funcs = append(h.funcs, hostFunc{name, body})
	return h
}

// Register makes the module known.
func (h *HostModule) Register() error {
	defer runtime.KeepAlive(h)
	if h.err != nil {
		return h.err
	}
	r := h.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.executor == nil {
		return ErrClosed
	}
	module := C.WasmEdge_ModuleInstanceCreate(cString(h.name))
	for _, f := range h.funcs {
		if f.body.contexts {
			r.contexts.Store(true)
		}
		ftype := C.WasmEdge_FunctionTypeCreate(first(f.body.params), C.uint32_t(len(f.body.params)),
			first(f.body.results), C.uint32_t(len(f.body.results)))
		function := C.ws_function(ftype, C.uintptr_t(left.put(f.body)))
		C.WasmEdge_FunctionTypeDelete(ftype)
		C.WasmEdge_ModuleInstanceAddFunction(module, cString(f.name), function)
	}
	done := outcome(C.ws_register(r.executor.inner, r.store, module))
	if err := done.err(context.Background()); err != nil {
		C.WasmEdge_ModuleInstanceDelete(module)
		return err
	}
	r.hosts = append(r.hosts, module)
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
		return &hostBody{
			params: []C.enum_WasmEdge_ValType{i32, i32}, results: []C.enum_WasmEdge_ValType{i32},
			call: func(_ context.Context, _ *C.WasmEdge_CallingFrameContext, params, results []value) error {
				results[0].low = uint64(uint32(f(int32(params[0].low), int32(params[1].low))))
				return nil
			},
		}, nil
	case func(int32) int32:
		return &hostBody{
			params: []C.enum_WasmEdge_ValType{i32}, results: []C.enum_WasmEdge_ValType{i32},
			call: func(_ context.Context, _ *C.WasmEdge_CallingFrameContext, params, results []value) error {
				results[0].low = uint64(uint32(f(int32(params[0].low))))
				return nil
			},
		}, nil
	}
	function := reflect.ValueOf(f)
	if function.Kind() != reflect.Func {
		return nil, fmt.Errorf("a %T is no function", f)
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
	body.call = func(ctx context.Context, frame *C.WasmEdge_CallingFrameContext, params, results []value) error {
		args := make([]reflect.Value, form.NumIn())
		if takesContext {
			args[0] = reflect.ValueOf(ctx)
		}
		if takesCaller {
			args[leading-1] = reflect.ValueOf(&Caller{frame})
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

const hostFunctionFailed = uint32(C.WasmEdge_ErrCode_HostFuncError)

//export wasmspanGoCall
func wasmspanGoCall(number uintptr, frame, params, returns unsafe.Pointer, called int32, current uintptr, panicked *C.uintptr_t) (code uint32) {
	found, _ := left.get(number)
	host, ok := found.(*hostBody)
	if !ok {
		return hostFunctionFailed
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		code = hostFunctionFailed
		caught := recover()
		if called != 0 {
			if caught == nil {
				caught = "panic with nil, or runtime.Goexit, in a host function"
			}
			*panicked = C.uintptr_t(left.put(caught))
			return
		}
		fmt.Fprintf(os.Stderr, "wasmspan: a host function panicked: %v\n", caught)
	}()
	ctx := context.Background()
	if host.contexts && current != 0 {
		if found, ok := left.get(current); ok {
			ctx = found.(context.Context)
		}
	}
	err := host.call(ctx, (*C.WasmEdge_CallingFrameContext)(frame),
		unsafe.Slice((*value)(params), len(host.params)), unsafe.Slice((*value)(returns), len(host.results)))
	returned = true
	if err != nil {
		if called != 0 {
			*panicked = C.uintptr_t(left.put(&hostError{err}))
		}
		return codeFor(err)
	}
	return 0
}

// codeFor is what the guest's call ends with after this error of a host function.
func codeFor(err error) uint32 {
	var user UserError
	var exit *ExitError
	var trap *Trap
	switch {
	case errors.As(err, &trap):
		return uint32(trap.Code)
	case errors.As(err, &user):
		return userLevel | uint32(user)&(userLevel-1)
	case errors.As(err, &exit):
		return uint32(CodeTerminated)
	}
	return hostFunctionFailed
}

//export wasmspanGoGone
func wasmspanGoGone(number uintptr) { left.take(number) }
