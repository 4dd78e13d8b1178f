package wasmedge

// #include "shim.h"
import "C"
import (
	"fmt"
	"os"
	"unsafe"
)

// C knows both by number; both hold what is in them weakly.
var (
	hostFunctions registry
	externRefs    registry
)

// The body of a host function: data is what NewFunction was given, params has a value for each parameter.
// It returns a value for each result, and how it went.
type hostFunctionSignature func(data interface{}, callframe *CallingFrame, params []interface{}) ([]interface{}, Result)

type hostFunction struct {
	body    hostFunctionSignature
	data    interface{}
	params  int
	results []ValType
	// Holds the references that it gave guests.
	given holder
}

// Function is a function of an instance or a host function.
type Function struct {
	_inner *C.WasmEdge_FunctionInstanceContext
	object
}

func lentFunction(inner *C.WasmEdge_FunctionInstanceContext, owner interface{}) *Function {
	if inner == nil {
		return nil
	}
	return &Function{_inner: inner, object: lentBy(owner)}
}

// NewFunction makes a host function. The body and additional, which is passed to the body, are kept until
// nothing can call the function any more.
//
// If the body panics or ends its goroutine, the guest's call ends, and the panic or runtime.Goexit goes on where Go called
// the guest.
func NewFunction(ftype *FunctionType, fn hostFunctionSignature, additional interface{}, cost uint) *Function {
	if ftype == nil || fn == nil {
		return nil
	}
	defer ftype.base().enter().leave()
	host := &hostFunction{
		body: fn, data: additional,
		params: int(ftype.GetParametersLength()), results: ftype.GetReturns(),
	}
	number := hostFunctions.put(weakToFunction(host))
	inner := C.go_function(ftype.c(), C.uintptr_t(number), C.uint64_t(cost))
	if inner == nil {
		hostFunctions.take(number)
		return nil
	}
	self := &Function{_inner: inner, object: owned(func() { C.WasmEdge_FunctionInstanceDelete(inner) })}
	self.holder.hold(host)
	return self
}

// GetFunctionType gives the type; it belongs to the function.
func (self *Function) GetFunctionType() *FunctionType {
	defer self.base().enter().leave()
	return lentFunctionType(C.WasmEdge_FunctionInstanceGetFunctionType(self.c()), self)
}

// Release ends a function that is in no module.
func (self *Function) Release() { self.base().release() }

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
func wasmedgeGoCall(number uintptr, frame, params, returns unsafe.Pointer) (code uint32) {
	found, _ := hostFunctions.get(number)
	host, ok := found.(*hostFunction)
	if !ok {
		return hostFunctionFailed
	}
	returned := false
	defer func() {
		// What unwinds goes on when the call of Go's that the guest is in has ended: see unwind.h.
		if returned || bool(C.go_finish()) {
			return
		}
		// The call was asynchronous: no goroutine waits for it here.
		code = hostFunctionFailed
		if value := recover(); value != nil {
			fmt.Fprintf(os.Stderr, "wasmedge: a host function panicked: %v\n", value)
			return
		}
		fmt.Fprintln(os.Stderr, "wasmedge: a host function ended its goroutine in an asynchronous call")
		C.go_abandon()
	}()
	code = host.call((*C.WasmEdge_CallingFrameContext)(frame), params, returns)
	returned = true
	return code
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
	// As in WasmEdge-go: a result's bits are taken as its declared type, what is too much is ignored, and zero stands for
	// what is missing.
	for i, kind := range h.results {
		v := valueAt(returns, i)
		*v = value{kind: uint32(kind)}
		if i < len(results) && results[i] != nil {
			v.set(results[i], &h.given)
		}
		isRef := kind == ValType_FuncRef || kind == ValType_ExternRef
		switch {
		case ValType(v.kind) == kind && (!isRef || i < len(results) && results[i] != nil):
		case isRef && (i >= len(results) || results[i] == nil):
			C.go_null_ref(v.c(), C.uint32_t(kind))
		case isRef || ValType(v.kind) == ValType_FuncRef || ValType(v.kind) == ValType_ExternRef:
			// Numbers are no references.
			return hostFunctionFailed
		default:
			v.kind = uint32(kind)
		}
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
