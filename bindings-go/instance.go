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
	// Runs the instance; nil if it is lent to a host function.
	executor *executor
	wasi     *C.WasmEdge_ModuleInstanceContext
	// Called after Close.
	closed func()
	busy   busy
}

// Close ends the instance, after the call that is running.
func (i *Instance) Close() error {
	if i.lent() {
		return nil
	}
	i.busy.enter(nil)
	runtime.SetFinalizer(i, nil)
	C.WasmEdge_ModuleInstanceDelete(i.inner)
	C.WasmEdge_ModuleInstanceDelete(i.wasi)
	closed := i.closed
	i.inner, i.wasi, i.closed = nil, nil, nil
	i.busy.leave()
	if closed != nil {
		closed()
	}
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

// lent says whether the instance is one that a host function was called by.
func (i *Instance) lent() bool { return i.executor == nil }

// asked says whether a host function may ask for the context of its call.
func (i *Instance) asked() bool { return i.runtime == nil || i.runtime.contexts.Load() }

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
	if i.asked() {
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
	number   C.uintptr_t // inner, for call4
	limits   bool        // those of the executor hold for its calls
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
		return nil, &Error{CodeFuncNotFound, fmt.Sprintf("wasm function not found: %q", name)}
	}
	ftype := C.WasmEdge_FunctionInstanceGetFunctionType(inner)
	f := &function{instance: i, inner: inner, number: C.uintptr_t(uintptr(unsafe.Pointer(inner)))}
	f.limits = i.executor != nil && i.executor.limits
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

// FuncType gives the type of an exported function.
func (i *Instance) FuncType(name string) (*FuncType, error) {
	defer runtime.KeepAlive(i)
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	return funcTypeOf(C.WasmEdge_FunctionInstanceGetFunctionType(f.inner)), nil
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

// Call calls an exported function. What Go types go with a function's is said at ValueType.
func (i *Instance) Call(ctx context.Context, name string, args ...any) ([]any, error) {
	return i.CallWithin(ctx, Limits{}, name, args...)
}

// CallWithin is Call within limits of this call, of which Time, Cost, StackBytes and OutputBytes may be set; Cost only if
// it is measured.
func (i *Instance) CallWithin(ctx context.Context, limits Limits, name string, args ...any) ([]any, error) {
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	params, err := toValues(args, f.params)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, err)
	}
	results, err := f.callValues(ctx, limits, params)
	if err != nil {
		return nil, err
	}
	return goValues(results), nil
}

// callValues calls a function by the executor, within its limits and those of the call.
func (f *function) callValues(ctx context.Context, limits Limits, params []value) ([]value, error) {
	i := f.instance
	results := make([]value, len(f.results))
	var within *C.wasmspan_limits
	if limits != (Limits{}) {
		c := limits.c()
		within = &c
	}
	var ended outcome
	err := i.call(ctx, func(interrupt *C.wasmspan_interrupt, number C.uintptr_t) {
		ended = outcome(C.ws_values(i.runs(), f.inner, firstValue(params), C.uint32_t(len(params)),
			firstValue(results), C.uint32_t(len(results)), within, interrupt, number))
	})
	if err == nil {
		err = i.exited(ended.err(ctx))
	}
	return results, err
}

// runs is what runs the instance; nil if whoever called does.
func (i *Instance) runs() *C.WasmEdge_ExecutorContext {
	if i.executor == nil {
		return nil
	}
	return i.executor.inner
}

// exited puts the exit code into the error of a guest that exited.
func (i *Instance) exited(err error) error {
	if exit, ok := err.(*ExitError); ok && i.wasi != nil {
		exit.code = int(C.WasmEdge_ModuleInstanceWASIGetExitCode(i.wasi))
	}
	return err
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

// GrowPages is Grow that gives the size before, in pages, and says why it failed.
func (m *Memory) GrowPages(pages uint32) (uint32, error) {
	defer runtime.KeepAlive(m)
	before := uint32(C.WasmEdge_MemoryInstanceGetPageSize(m.inner))
	done := outcome(C.ws_memory_grow(m.inner, C.uint32_t(pages)))
	return before, done.err(context.Background())
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

// WriteAt implements io.WriterAt. It writes nothing if not all bytes would lie in the memory.
func (m *Memory) WriteAt(p []byte, offset int64) (int, error) {
	defer runtime.KeepAlive(m)
	view := m.view()
	if offset < 0 || offset > int64(len(view)) || len(p) > len(view)-int(offset) {
		return 0, &Error{CodeMemoryOutOfBounds, fmt.Sprintf("out of bounds memory access: %d bytes at %d of %d", len(p), offset, len(view))}
	}
	return copy(view[offset:], p), nil
}
