package wasmedge

// #include "shim.h"
import "C"

// Async is a call that runs on another thread.
type Async struct {
	_inner *C.WasmEdge_Async
	object
	vm *VM
	// What the parameters refer to.
	params []interface{}
}

func (self *VM) async(params []interface{}, start func(*C.WasmEdge_Value, C.uint32_t) *C.WasmEdge_Async) *Async {
	defer self.base().enter().leave()
	values := make([]value, len(params))
	for i := range params {
		values[i].set(params[i], self.holder)
	}
	inner := start(first(values), C.uint32_t(len(values)))
	if inner == nil {
		return nil
	}
	call := &Async{_inner: inner, object: owned(func() { C.WasmEdge_AsyncDelete(inner) }), vm: self, params: params}
	return call
}

// GetResult waits until the call has ended and gives its results.
func (self *Async) GetResult() ([]interface{}, error) {
	defer self.base().enter().leave()
	values := make([]value, int(C.WasmEdge_AsyncGetReturnsLength(self.c())))
	err := toError(C.WasmEdge_AsyncGet(self.c(), first(values), C.uint32_t(len(values))))
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
	defer self.base().enter().leave()
	if millisec < 0 {
		millisec = 0
	}
	return bool(C.WasmEdge_AsyncWaitFor(self.c(), C.uint64_t(millisec)))
}

// Cancel ends the call; GetResult then gives the error "execution interrupted".
func (self *Async) Cancel() {
	defer self.base().enter().leave()
	C.WasmEdge_AsyncCancel(self.c())
}

// Release ends the object. A call that is still running is cancelled, and this waits for it.
func (self *Async) Release() { self.base().release() }
