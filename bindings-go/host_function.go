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

const hostFunctionFailed = uint32(C.WasmEdge_ErrCode_HostFuncError)

// bodyOf finds a host function. The owner is the instance whose call is running, and holds it; a function that came from
// another runtime is looked for.
func bodyOf(owner *Instance, number uintptr, at uint32) *hostBody {
	if owner != nil {
		if bodies := owner.runtime.bodies.Load(); bodies != nil && int(at) < len(*bodies) {
			if body := (*bodies)[at]; body.number == number {
				return body
			}
		}
	}
	found, _ := handles.get(number)
	body, _ := found.(*hostBody)
	return body
}

//export wasmspanGoCall
func wasmspanGoCall(number uintptr, at uint32, frame, params, returns unsafe.Pointer, owner, context uintptr, failed *C.uintptr_t) (code uint32) {
	// The address is that of an instance that the function that made the call keeps alive, further down on this stack.
	call := hostCall{owner: *(**Instance)(unsafe.Pointer(&owner)), frame: (*C.WasmEdge_CallingFrameContext)(frame), number: context}
	returned := false
	defer func() {
		if !returned && !unwound() {
			code = hostFunctionFailed
			fmt.Fprintf(os.Stderr, "wasmspan: a host function panicked: %v\n", recover())
		}
	}()
	host := bodyOf(call.owner, number, at)
	if host == nil {
		returned = true
		return hostFunctionFailed
	}
	err := host.call(call, unsafe.Slice((*value)(params), len(host.params)), unsafe.Slice((*value)(returns), len(host.results)))
	returned = true
	if err != nil {
		if failed != nil {
			*failed = C.uintptr_t(handles.put(&hostError{err}))
		}
		return codeFor(err)
	}
	return 0
}

// unwound ends the call of Go's that the running callback belongs to, of which the function panics or ends its goroutine:
// a deferred function of the callback calls it, and what unwinds goes on then. False if there is no such call.
func unwound() bool {
	var brief C.uintptr_t
	ended := bool(C.ws_finish(&brief))
	if brief != 0 {
		// As in wasmspanGoCall.
		instance := *(**Instance)(unsafe.Pointer(&brief))
		instance.leave()
	}
	return ended
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
func wasmspanGoGone(number uintptr) { handles.take(number) }
