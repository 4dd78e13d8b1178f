package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"runtime"
	"unsafe"
)

// Bindgen calls functions of a guest that was built with the crates wasmedge-bindgen 0.4, which take and return texts,
// lists and several values.
type Bindgen struct {
	instance *Instance
	inner    *C.wasmspan_bindgen
}

// NewBindgen prepares calls of an instance and calls its _initialize if it has one.
func NewBindgen(ctx context.Context, instance *Instance) (*Bindgen, error) {
	b := &Bindgen{instance: instance}
	var ended outcome
	err := instance.call(ctx, func(interrupt *C.wasmspan_interrupt, number C.uintptr_t) {
		ended = outcome(C.ws_bindgen_create(&b.inner, instance.inner, interrupt, number))
	})
	if err == nil {
		err = instance.exited(ended.err(ctx))
	}
	if err != nil {
		return nil, err
	}
	runtime.SetFinalizer(b, (*Bindgen).Close)
	return b, nil
}

// Call calls a function. Arguments are integers with a width, float32, float64, bool, Char, string, or slices of integers;
// results are the same types. What the function returns as Err is a *GuestError.
func (b *Bindgen) Call(ctx context.Context, name string, args ...any) ([]any, error) {
	defer runtime.KeepAlive(b)
	if b.inner == nil {
		return nil, ErrClosed
	}
	packed := make([]uint64, 0, 3*len(args)+1)
	var large unsafe.Pointer
	for _, arg := range args {
		var err error
		if packed, err = appendBindgen(packed, arg, &large); err != nil {
			return nil, &Error{CodeFuncSigMismatch, err.Error()}
		}
	}
	var ended outcome
	var got C.wasmspan_results
	defer C.wasmspan_results_delete(&got)
	err := b.instance.call(ctx, func(interrupt *C.wasmspan_interrupt, number C.uintptr_t) {
		ended = outcome(C.ws_bindgen_call(b.inner, cString(name), (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(packed))),
			C.uint32_t(len(args)), large, &got, interrupt, number))
	})
	if err == nil {
		err = b.instance.exited(ended.err(ctx))
	}
	if err != nil {
		return nil, err
	}
	if got.failed {
		return nil, &GuestError{C.GoStringN(got.message, C.int(got.message_size))}
	}
	return bindgenResults(&got), nil
}

// Close ends it, not the instance.
func (b *Bindgen) Close() error {
	runtime.SetFinalizer(b, nil)
	C.wasmspan_bindgen_delete(b.inner)
	b.inner = nil
	return nil
}
