package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"unsafe"
)

// Instance is a module that runs. It makes one call at a time.
type Instance struct {
	runtime *Runtime
	inner   *C.WasmEdge_ModuleInstanceContext
	busy    busy
}

// Close ends the instance, after the call that is running.
func (i *Instance) Close() error {
	i.busy.enter(nil)
	runtime.SetFinalizer(i, nil)
	C.WasmEdge_ModuleInstanceDelete(i.inner)
	i.inner = nil
	i.busy.leave()
	return nil
}

// insideKey marks contexts of host functions that the instance called.
type insideKey struct{ instance *Instance }

// enter waits for the instance and says whether leave must follow.
func (i *Instance) enter(ctx context.Context) (entered bool, err error) {
	if i.busy.try() {
		return true, nil
	}
	if ctx.Value(insideKey{i}) != nil {
		return false, nil
	}
	if i.busy.enter(ctx.Done()) {
		return true, nil
	}
	return false, context.Cause(ctx)
}

func (i *Instance) leave(entered bool) {
	if entered {
		i.busy.leave()
	}
}

// call enters the instance and runs f under the context.
func (i *Instance) call(ctx context.Context, f func(*C.wasmspan_interrupt, C.uintptr_t)) error {
	interrupt, done, err := guard(ctx)
	if err != nil {
		return err
	}
	defer done()
	entered, err := i.enter(ctx)
	if err != nil {
		return err
	}
	defer i.leave(entered)
	if i.inner == nil {
		return ErrClosed
	}
	var number C.uintptr_t
	if i.runtime.contexts.Load() {
		number = C.uintptr_t(left.put(context.WithValue(ctx, insideKey{i}, true)))
		defer left.take(uintptr(number))
	}
	f(interrupt, number)
	runtime.KeepAlive(i)
	return nil
}

// function is an exported function with its type.
type function struct {
	instance *Instance
	inner    *C.WasmEdge_FunctionInstanceContext
	params   []C.enum_WasmEdge_ValType
	results  []C.enum_WasmEdge_ValType
}

func (i *Instance) function(name string) (*function, error) {
	defer runtime.KeepAlive(i)
	if i.inner == nil {
		return nil, ErrClosed
	}
	inner := C.WasmEdge_ModuleInstanceFindFunction(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil, &Error{CodeFuncNotFound, fmt.Sprintf("there is no function %q", name)}
	}
	ftype := C.WasmEdge_FunctionInstanceGetFunctionType(inner)
	f := &function{instance: i, inner: inner}
	if n := C.WasmEdge_FunctionTypeGetParametersLength(ftype); n > 0 {
		f.params = make([]C.enum_WasmEdge_ValType, n)
		C.WasmEdge_FunctionTypeGetParameters(ftype, &f.params[0], n)
	}
	if n := C.WasmEdge_FunctionTypeGetReturnsLength(ftype); n > 0 {
		f.results = make([]C.enum_WasmEdge_ValType, n)
		C.WasmEdge_FunctionTypeGetReturns(ftype, &f.results[0], n)
	}
	return f, nil
}

// guard lets the context stop what runs under the interrupt it gives; done must be called afterwards.
func guard(ctx context.Context) (interrupt *C.wasmspan_interrupt, done func(), err error) {
	if ctx.Done() == nil {
		return nil, func() {}, nil
	}
	if ctx.Err() != nil {
		return nil, nil, &Trap{Code: CodeInterrupted, Text: "execution interrupted", cause: context.Cause(ctx)}
	}
	interrupt = C.wasmspan_interrupt_create()
	requested := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		C.wasmspan_interrupt_request(interrupt)
		close(requested)
	})
	return interrupt, func() {
		if !stop() {
			<-requested
		}
		C.wasmspan_interrupt_delete(interrupt)
	}, nil
}

// slot has a parameter or a result in its low bytes.
type slot [2]uint64

// Call calls an exported function. Arguments have the types int32, uint32, int64, uint64, float32 or float64 that fit
// the function's; results are int32, int64, float32 or float64. References are not supported here.
func (i *Instance) Call(ctx context.Context, name string, args ...any) ([]any, error) {
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	if len(args) != len(f.params) {
		return nil, &Error{CodeFuncSigMismatch, fmt.Sprintf("%q takes %d arguments, not %d", name, len(f.params), len(args))}
	}
	slots := make([]slot, max(len(f.params), len(f.results), 1))
	for at, arg := range args {
		bits, kind := numberBits(arg)
		if kind != f.params[at] {
			return nil, &Error{CodeFuncSigMismatch, fmt.Sprintf("argument %d of %q is a %T", at, name, arg)}
		}
		slots[at][0] = bits
	}
	var ended outcome
	err = i.call(ctx, func(interrupt *C.wasmspan_interrupt, number C.uintptr_t) {
		ended = outcome(C.ws_call(f.inner, (*C.wasmspan_slot)(unsafe.Pointer(&slots[0])), C.uint32_t(len(slots)), interrupt, number))
	})
	if err != nil {
		return nil, err
	}
	if err := ended.err(ctx); err != nil {
		return nil, err
	}
	results := make([]any, len(f.results))
	for at, kind := range f.results {
		switch kind {
		case C.WasmEdge_ValType_I32:
			results[at] = int32(slots[at][0])
		case C.WasmEdge_ValType_I64:
			results[at] = int64(slots[at][0])
		case C.WasmEdge_ValType_F32:
			results[at] = math.Float32frombits(uint32(slots[at][0]))
		case C.WasmEdge_ValType_F64:
			results[at] = math.Float64frombits(slots[at][0])
		default:
			results[at] = slots[at]
		}
	}
	return results, nil
}

func numberBits(value any) (uint64, C.enum_WasmEdge_ValType) {
	switch x := value.(type) {
	case int32:
		return uint64(uint32(x)), C.WasmEdge_ValType_I32
	case uint32:
		return uint64(x), C.WasmEdge_ValType_I32
	case int64:
		return uint64(x), C.WasmEdge_ValType_I64
	case uint64:
		return x, C.WasmEdge_ValType_I64
	case float32:
		return uint64(math.Float32bits(x)), C.WasmEdge_ValType_F32
	case float64:
		return math.Float64bits(x), C.WasmEdge_ValType_F64
	}
	return 0, C.WasmEdge_ValType_None
}

// Memory is a linear memory. Its methods may be called while the guest runs; what both touch then is a race.
type Memory struct {
	instance *Instance
	inner    *C.WasmEdge_MemoryInstanceContext
}

// Memory gives an exported memory, or nil.
func (i *Instance) Memory(name string) *Memory {
	defer runtime.KeepAlive(i)
	inner := C.WasmEdge_ModuleInstanceFindMemory(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil
	}
	return &Memory{i, inner}
}

// view is the memory itself; empty after Close of its instance.
func (m *Memory) view() []byte {
	var base *C.uint8_t
	var size C.uint64_t
	if !C.wasmspan_memory_view(m.inner, &base, &size) || base == nil {
		return nil
	}
	return unsafe.Slice((*byte)(base), int(size))
}

// View gives the bytes of the memory: not a copy, but the memory itself. The slice does not grow with the memory and
// must not be used after Close of the instance.
func (m *Memory) View() []byte { return m.view() }

// Size gives the size in bytes.
func (m *Memory) Size() int {
	defer runtime.KeepAlive(m)
	return len(m.view())
}

// Grow adds pages of 64 KiB; false if the memory may not become so large.
func (m *Memory) Grow(pages uint32) bool {
	defer runtime.KeepAlive(m)
	return bool(C.WasmEdge_ResultOK(C.WasmEdge_MemoryInstanceGrowPage(m.inner, C.uint32_t(pages))))
}

// Read copies bytes out of the memory; false if they are not all in it.
func (m *Memory) Read(offset, length uint32) ([]byte, bool) {
	defer runtime.KeepAlive(m)
	view := m.view()
	if uint64(offset)+uint64(length) > uint64(len(view)) {
		return nil, false
	}
	return append([]byte(nil), view[offset:][:length]...), true
}

// ReadAt implements io.ReaderAt.
func (m *Memory) ReadAt(p []byte, offset int64) (int, error) {
	defer runtime.KeepAlive(m)
	view := m.view()
	if offset < 0 {
		return 0, fmt.Errorf("wasmspan: offset %d", offset)
	}
	if offset > int64(len(view)) {
		return 0, io.EOF
	}
	n := copy(p, view[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements io.WriterAt. Bytes that would lie outside the memory are not written.
func (m *Memory) WriteAt(p []byte, offset int64) (int, error) {
	defer runtime.KeepAlive(m)
	view := m.view()
	if offset < 0 || offset > int64(len(view)) {
		return 0, io.ErrShortWrite
	}
	n := copy(view[offset:], p)
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}
