package wasmedge

// #include "shim.h"
import "C"
import (
	"fmt"
	"runtime"
	"unsafe"
)

// BindgenGuest calls functions of a guest that was built with the crates wasmedge-bindgen 0.4. WasmEdge-go has no such
// type; package bindgen is made of it.
type BindgenGuest struct {
	_inner *C.wasmspan_bindgen
	object
}

// NewBindgenGuest prepares calls of an instance, whose _initialize is called if it has one.
func NewBindgenGuest(instance *Module) (*BindgenGuest, error) {
	defer instance.base().enter().leave()
	var inner *C.wasmspan_bindgen
	done := outcome(C.go_bindgen_create(&inner, instance.c()))
	if err := done.err(); err != nil {
		return nil, err
	}
	self := &BindgenGuest{_inner: inner, object: owned(func() { C.wasmspan_bindgen_delete(inner) })}
	self.owner, self.holder = instance, instance.holder
	return self, nil
}

// Execute calls a function. Arguments are integers with a width, float32, float64, bool, Char, string, or slices of
// integers; results are the same types. What the function returns as Err is a *GuestError.
func (self *BindgenGuest) Execute(name string, args ...interface{}) ([]interface{}, error) {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(name)
	packed := make([]uint64, 0, 3*len(args)+1)
	var large unsafe.Pointer
	for _, arg := range args {
		var err error
		if packed, err = appendBindgen(packed, arg, &large); err != nil {
			return nil, fmt.Errorf("wasmedge: %w", err)
		}
	}
	var got C.wasmspan_results
	defer C.wasmspan_results_delete(&got)
	done := outcome(C.go_bindgen_call(self.c(), cString(name), (*C.uint64_t)(unsafe.Pointer(&packed[:1][0])),
		C.uint32_t(len(args)), large, &got))
	if err := done.err(); err != nil {
		return nil, err
	}
	if bool(got.failed) {
		return nil, &GuestError{C.GoStringN(got.message, C.int(got.message_size))}
	}
	return bindgenResults(&got), nil
}

// Release ends it, not the instance.
func (self *BindgenGuest) Release() { self.base().release() }

func (self *BindgenGuest) base() *object { return &self.object }

func (self *BindgenGuest) c() *C.wasmspan_bindgen {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}
