package wasmedge

// #include "shim.h"
import "C"
import "runtime"

// Async is a call that runs on another thread.
type Async struct {
	_inner *C.WasmEdge_Async
	_own   bool
	vm     *VM
	// What the parameters refer to.
	params []interface{}
}

func (self *VM) async(params []interface{}, start func(*C.WasmEdge_Value, C.uint32_t) *C.WasmEdge_Async) *Async {
	defer runtime.KeepAlive(self)
	values := make([]value, len(params))
	for i := range params {
		values[i].set(params[i])
	}
	inner := start(first(values), C.uint32_t(len(values)))
	if inner == nil {
		return nil
	}
	call := &Async{_inner: inner, _own: true, vm: self, params: params}
	runtime.SetFinalizer(call, (*Async).Release)
	return call
}

// GetResult waits until the call has ended and gives its results.
func (self *Async) GetResult() ([]interface{}, error) {
	defer runtime.KeepAlive(self)
	values := make([]value, int(C.WasmEdge_AsyncGetReturnsLength(self._inner)))
	err := toError(C.WasmEdge_AsyncGet(self._inner, first(values), C.uint32_t(len(values))))
	if err != nil {
		return nil, err
	}
	results := make([]interface{}, len(values))
	for i := range values {
		if values[i].kind != 0 {
			results[i] = values[i].get(self)
		}
	}
	return results, nil
}

// WaitFor waits at most that long and says whether the call has ended.
func (self *Async) WaitFor(millisec int) bool {
	defer runtime.KeepAlive(self)
	if millisec < 0 {
		millisec = 0
	}
	return bool(C.WasmEdge_AsyncWaitFor(self._inner, C.uint64_t(millisec)))
}

// Cancel ends the call; GetResult then gives the error "execution interrupted".
func (self *Async) Cancel() {
	defer runtime.KeepAlive(self)
	C.WasmEdge_AsyncCancel(self._inner)
}

// Release ends the object. A call that is still running is cancelled, and this waits for it.
func (self *Async) Release() {
	if self._own {
		C.WasmEdge_AsyncDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}
