package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"unsafe"
)

// Bindgen calls functions of a guest that was built with the crates wasmedge-bindgen 0.4, which take and return texts,
// lists and several values.
type Bindgen struct {
	*handle
	instance *Instance
	inner    *C.wasmspan_bindgen
}

// NewBindgen prepares calls of an instance and calls its _initialize if it has one.
func NewBindgen(ctx context.Context, instance *Instance) (*Bindgen, error) {
	var inner *C.wasmspan_bindgen
	var ended outcome
	err := instance.call(ctx, 0, func(under C.ws_under) {
		ended = outcome(C.ws_bindgen_create(&inner, instance.inner, under))
	})
	if err == nil {
		err = ended.err(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &Bindgen{newHandle(func() { C.wasmspan_bindgen_delete(inner) }), instance, inner}, nil
}

// Call calls a function. Arguments are integers with a width, float32, float64, bool, Char, string, or slices of integers;
// results are the same types. What the function returns as Err is a *GuestError.
func (b *Bindgen) Call(ctx context.Context, name string, args ...any) ([]any, error) {
	if !b.acquire() {
		return nil, ErrClosed
	}
	defer b.release()
	packed := make([]uint64, 0, 3*len(args)+1)
	var large unsafe.Pointer
	for _, arg := range args {
		var err error
		if packed, err = appendBindgen(packed, arg, &large); err != nil {
			return nil, usage(CodeFuncSigMismatch, "%v", err)
		}
	}
	var ended outcome
	var got C.wasmspan_results
	defer C.wasmspan_results_delete(&got)
	err := b.instance.call(ctx, 0, func(under C.ws_under) {
		ended = outcome(C.ws_bindgen_call(b.inner, cString(name), (*C.uint64_t)(unsafe.Pointer(unsafe.SliceData(packed))),
			C.uint32_t(len(args)), large, &got, under))
	})
	if err == nil {
		err = ended.err(ctx)
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
	b.close()
	return nil
}
