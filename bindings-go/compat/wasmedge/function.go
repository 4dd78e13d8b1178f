package wasmedge

// #include "shim.h"
import "C"
import (
	"fmt"
	"os"
	"runtime"
	"unsafe"
)

// The body of a host function: data is what NewFunction was given, params has a value for each parameter.
// It returns a value for each result, and how it went.
type hostFunctionSignature func(data interface{}, callframe *CallingFrame, params []interface{}) ([]interface{}, Result)

type hostFunction struct {
	body    hostFunctionSignature
	data    interface{}
	params  int
	results []ValType
}

// Function is a function of an instance or a host function.
type Function struct {
	_inner *C.WasmEdge_FunctionInstanceContext
	_own   bool
	owner  interface{}
}

func lentFunction(inner *C.WasmEdge_FunctionInstanceContext, owner interface{}) *Function {
	if inner == nil {
		return nil
	}
	return &Function{_inner: inner, owner: owner}
}

// NewFunction makes a host function. The body and additional, which is passed to the body, are kept until
// nothing can call the function any more.
//
// If the body panics, the guest's call ends, and the panic goes on where Go called the guest.
func NewFunction(ftype *FunctionType, fn hostFunctionSignature, additional interface{}, cost uint) *Function {
	if ftype == nil || fn == nil {
		return nil
	}
	defer runtime.KeepAlive(ftype)
	number := hostFunctions.put(&hostFunction{
		body: fn, data: additional,
		params: int(ftype.GetParametersLength()), results: ftype.GetReturns(),
	})
	inner := C.go_function(ftype._inner, C.uintptr_t(number), C.uint64_t(cost))
	if inner == nil {
		hostFunctions.take(number)
		return nil
	}
	self := &Function{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*Function).Release)
	return self
}

// GetFunctionType gives the type; it belongs to the function.
func (self *Function) GetFunctionType() *FunctionType {
	defer runtime.KeepAlive(self)
	return lentFunctionType(C.WasmEdge_FunctionInstanceGetFunctionType(self.c()), self)
}

// Release ends a function that is in no module.
func (self *Function) Release() {
	if self._own {
		C.WasmEdge_FunctionInstanceDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

func (self *Function) c() *C.WasmEdge_FunctionInstanceContext {
	if self == nil {
		return nil
	}
	return self._inner
}

// CallingFrame is what a host function sees of its caller. It is good until the function returns.
type CallingFrame struct {
	_inner *C.WasmEdge_CallingFrameContext
}

// GetExecutor gives the executor that runs the call.
func (self *CallingFrame) GetExecutor() *Executor {
	inner := C.WasmEdge_CallingFrameGetExecutor(self._inner)
	if inner == nil {
		return nil
	}
	return &Executor{_inner: inner}
}

// GetModule gives the instance whose function made the call; nil if Go made it.
func (self *CallingFrame) GetModule() *Module {
	return lentModule(C.WasmEdge_CallingFrameGetModuleInstance(self._inner), nil)
}

// GetMemoryByIndex gives a memory of that instance, or nil.
func (self *CallingFrame) GetMemoryByIndex(idx int) *Memory {
	return lentMemory(C.WasmEdge_CallingFrameGetMemoryInstance(self._inner, C.uint32_t(idx)), nil)
}

const hostFunctionFailed = uint32(C.WasmEdge_ErrCode_HostFuncError)

//export wasmedgeGoCall
func wasmedgeGoCall(number uintptr, frame, params, returns unsafe.Pointer, called int32, panicked *C.uintptr_t) (code uint32) {
	found, _ := hostFunctions.get(number)
	host, ok := found.(*hostFunction)
	if !ok {
		return hostFunctionFailed
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		code = hostFunctionFailed
		value := recover()
		if called != 0 {
			*panicked = C.uintptr_t(panics.put(panicValue(value)))
			return
		}
		// The call was asynchronous: no goroutine waits for it here.
		fmt.Fprintf(os.Stderr, "wasmedge: a host function panicked: %v\n", value)
	}()
	code = host.call((*C.WasmEdge_CallingFrameContext)(frame), params, returns)
	returned = true
	return code
}

// Panics with nil are told apart from no panic.
func panicValue(value interface{}) interface{} {
	if value == nil {
		return "panic with nil, or runtime.Goexit, in a host function"
	}
	return value
}

func (h *hostFunction) call(frame *C.WasmEdge_CallingFrameContext, params, returns unsafe.Pointer) uint32 {
	args := make([]interface{}, h.params)
	for i := range args {
		args[i] = valueAt(params, i).get(nil)
	}
	results, result := h.body(h.data, &CallingFrame{frame}, args)
	if result.code != 0 {
		return result.code
	}
	if len(results) != len(h.results) {
		return hostFunctionFailed
	}
	for i, kind := range h.results {
		var v value
		v.set(results[i])
		if ValType(v.kind) != kind {
			return hostFunctionFailed
		}
		*valueAt(returns, i) = v
	}
	return 0
}

func valueAt(values unsafe.Pointer, i int) *value {
	return (*value)(unsafe.Pointer(uintptr(values) + uintptr(i)*unsafe.Sizeof(value{})))
}

//export wasmedgeGoGone
func wasmedgeGoGone(number uintptr) {
	hostFunctions.take(number)
}
