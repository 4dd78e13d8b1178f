package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"unsafe"
)

// Heap puts texts and bytes into guests of AssemblyScript (--exportRuntime), TinyGo and C, and gets them out. It may be
// used in host functions of its instance, too.
type Heap struct {
	*handle
	instance *Instance
	inner    *C.wasmspan_heap
}

// Whole stands for "as long as the guest says" where something is read.
const Whole = ^uint32(0)

// Span is where something lies in a guest's memory, in bytes.
type Span struct{ Address, Length uint32 }

// NewHeap finds how a guest allocates. It fails if the guest exports no memory as "memory", or neither malloc and free nor
// __new, __pin and __unpin.
func NewHeap(instance *Instance) (*Heap, error) {
	if !instance.acquire() {
		return nil, ErrClosed
	}
	defer instance.release()
	var inner *C.wasmspan_heap
	done := outcome(C.ws_heap_create(&inner, instance.inner))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	return &Heap{newHandle(func() { C.wasmspan_heap_delete(inner) }), instance, inner}, nil
}

// call runs what calls the guest.
func (h *Heap) call(f func(C.ws_under) C.ws_outcome) error {
	if !h.acquire() {
		return ErrClosed
	}
	defer h.release()
	var ended outcome
	err := h.instance.call(context.Background(), 0, func(under C.ws_under) { ended = outcome(f(under)) })
	if err != nil {
		return err
	}
	return ended.err(context.Background())
}

func (h *Heap) put(text bool, data []byte) (Span, error) {
	var span C.wasmspan_span
	err := h.call(func(under C.ws_under) C.ws_outcome {
		return C.ws_heap_put(h.inner, C.bool(text), (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)), &span, under)
	})
	return Span{uint32(span.address), uint32(span.length)}, err
}

func (h *Heap) get(text bool, address, length uint32) ([]byte, error) {
	if !h.acquire() {
		return nil, ErrClosed
	}
	defer h.release()
	if !h.instance.acquire() {
		return nil, ErrClosed
	}
	defer h.instance.release()
	var bytes C.wasmspan_bytes
	defer C.wasmspan_bytes_delete(&bytes)
	done := outcome(C.ws_heap_get(h.inner, C.bool(text), C.uint32_t(address), C.uint32_t(length), &bytes))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	return append([]byte(nil), unsafe.Slice((*byte)(bytes.data), int(bytes.size))...), nil
}

// PutString copies a text into the guest: as an object of AssemblyScript, or as it is with a zero behind it. It stays
// until Free.
func (h *Heap) PutString(text string) (Span, error) { return h.put(true, []byte(text)) }

// PutBytes copies bytes into the guest: as an ArrayBuffer of AssemblyScript, or as they are.
func (h *Heap) PutBytes(data []byte) (Span, error) { return h.put(false, data) }

// GetString copies a text out of the guest. With Whole it ends where the object does, or before the first zero.
func (h *Heap) GetString(address, length uint32) (string, error) {
	text, err := h.get(true, address, length)
	return string(text), err
}

// GetBytes copies bytes out of the guest; Whole is for an ArrayBuffer of AssemblyScript.
func (h *Heap) GetBytes(address, length uint32) ([]byte, error) { return h.get(false, address, length) }

// Free frees memory of malloc, or lets go of an object that PutString or PutBytes made.
func (h *Heap) Free(address uint32) error {
	return h.call(func(under C.ws_under) C.ws_outcome { return C.ws_heap_free(h.inner, C.uint32_t(address), under) })
}

// Close ends it; what lies in the guest stays.
func (h *Heap) Close() error {
	h.close()
	return nil
}
