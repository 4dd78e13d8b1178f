package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"runtime"
	"unsafe"
)

// Heap puts texts and bytes into guests of AssemblyScript (--exportRuntime), TinyGo and C, and gets them out.
type Heap struct {
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
	defer runtime.KeepAlive(instance)
	h := &Heap{instance: instance}
	done := outcome(C.ws_heap_create(&h.inner, instance.inner))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	runtime.SetFinalizer(h, (*Heap).Close)
	return h, nil
}

func (h *Heap) put(text bool, data []byte) (Span, error) {
	defer runtime.KeepAlive(h)
	var span C.wasmspan_span
	var ended outcome
	err := h.instance.call(context.Background(), func(*C.wasmspan_interrupt, C.uintptr_t) {
		ended = outcome(C.ws_heap_put(h.inner, C.bool(text), (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)), &span))
	})
	if err == nil {
		err = ended.err(context.Background())
	}
	return Span{uint32(span.address), uint32(span.length)}, err
}

func (h *Heap) get(text bool, address, length uint32) ([]byte, error) {
	defer runtime.KeepAlive(h)
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
	defer runtime.KeepAlive(h)
	var ended outcome
	err := h.instance.call(context.Background(), func(*C.wasmspan_interrupt, C.uintptr_t) {
		ended = outcome(C.ws_heap_free(h.inner, C.uint32_t(address)))
	})
	if err == nil {
		err = ended.err(context.Background())
	}
	return err
}

// Close ends it; what lies in the guest stays.
func (h *Heap) Close() error {
	runtime.SetFinalizer(h, nil)
	C.wasmspan_heap_delete(h.inner)
	h.inner = nil
	return nil
}
