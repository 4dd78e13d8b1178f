package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// function is an exported function with its type.
type function struct {
	instance *Instance
	inner    *C.WasmEdge_FunctionInstanceContext
	number   C.uintptr_t  // inner, for call4
	asked    *atomic.Bool // whether a host function asks for the context of a call; always, if it is nil
	params   []C.enum_WasmEdge_ValType
	results  []C.enum_WasmEdge_ValType
}

func (i *Instance) function(name string) (*function, error) {
	if !i.acquire() {
		return nil, ErrClosed
	}
	defer i.release()
	inner := C.WasmEdge_ModuleInstanceFindFunction(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil, usage(CodeFuncNotFound, "wasm function not found: %q", name)
	}
	ftype := C.WasmEdge_FunctionInstanceGetFunctionType(inner)
	f := &function{instance: i, inner: inner, number: C.uintptr_t(uintptr(unsafe.Pointer(inner)))}
	if i.runtime != nil && len(i.uses) == 0 {
		f.asked = &i.runtime.contexts
	}
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
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	return f.funcType(), nil
}

func (f *function) funcType() *FuncType {
	return &FuncType{valueTypes(f.params), valueTypes(f.results)}
}

// Call calls an exported function. What Go types go with a function's is said at ValueType.
func (i *Instance) Call(ctx context.Context, name string, args ...any) ([]any, error) {
	return i.CallWithin(ctx, Limits{}, name, args...)
}

// CallWithin is Call within limits of this call, of which Time, Cost, StackBytes and OutputBytes may be set; Cost only if
// it is measured. The context of host functions ends when the time is over.
func (i *Instance) CallWithin(ctx context.Context, limits Limits, name string, args ...any) ([]any, error) {
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	params, err := toValues(args, f.params, i.holds())
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, err)
	}
	results, err := f.callValues(ctx, limits, params)
	runtime.KeepAlive(args)
	if err != nil {
		return nil, err
	}
	return goValues(results, i), nil
}

// callValues calls a function within limits of the call.
func (f *function) callValues(ctx context.Context, limits Limits, params []value) ([]value, error) {
	i := f.instance
	results := make([]value, len(f.results))
	var within *C.wasmspan_limits
	if limits != (Limits{}) {
		c := limits.c()
		within = &c
	}
	var ended outcome
	err := i.call(ctx, limits.Time, func(under C.ws_under) {
		ended = outcome(C.ws_values(f.inner, firstValue(params), C.uint32_t(len(params)),
			firstValue(results), C.uint32_t(len(results)), within, under))
	})
	if err == nil {
		err = ended.err(ctx)
	}
	return results, err
}

// typed gives a function if it has these types.
func (i *Instance) typed(name string, params, results []C.enum_WasmEdge_ValType) (*function, error) {
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	if !equal(f.params, params) || !equal(f.results, results) {
		wanted := FuncType{valueTypes(params), valueTypes(results)}
		return nil, usage(CodeFuncSigMismatch, "%q has the type %v, not %v", name, f.funcType(), wanted)
	}
	return f, nil
}

func equal(a, b []C.enum_WasmEdge_ValType) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (f *function) call4(ctx context.Context, a, b, c, d uint64) (uint64, error) {
	i := f.instance
	if ctx.Done() != nil || f.asked == nil || f.asked.Load() || !i.try() {
		return f.call4Under(ctx, a, b, c, d)
	}
	// Nothing can stop the call, nobody asks for its context, and the instance was free. A deferred function would take
	// time; what unwinds ends this call in unwound.
	done := C.ws_call4(f.number, 0, i.address(), C.ws_brief, C.uint64_t(a), C.uint64_t(b), C.uint64_t(c), C.uint64_t(d))
	i.leave()
	if done.failed == nil {
		return uint64(done.value), nil
	}
	return 0, failure(done.failed, ctx)
}

// call4Under lets the context stop the call, and waits for the instance.
func (f *function) call4Under(ctx context.Context, a, b, c, d uint64) (uint64, error) {
	var done C.ws_scalar
	err := f.instance.call(ctx, 0, func(under C.ws_under) {
		done = C.ws_call4(f.number, under.interrupt, under.owner, under.context,
			C.uint64_t(a), C.uint64_t(b), C.uint64_t(c), C.uint64_t(d))
	})
	if err == nil && done.failed != nil {
		err = failure(done.failed, ctx)
	}
	return uint64(done.value), err
}

func failure(failed *C.ws_outcome, ctx context.Context) error {
	ended := outcome(*failed)
	C.free(unsafe.Pointer(failed))
	return ended.err(ctx)
}

// Func0 finds an exported function with no parameters and a result. The function it gives calls the guest's.
func Func0[R Number](instance *Instance, name string) (func(context.Context) (R, error), error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{}, []C.enum_WasmEdge_ValType{kindOf[R]()})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (R, error) {
		bits, err := f.call4(ctx, 0, 0, 0, 0)
		return fromBits[R](bits), err
	}, nil
}

// Func1 finds an exported function with one parameter and a result. The function it gives calls the guest's.
func Func1[A, R Number](instance *Instance, name string) (func(context.Context, A) (R, error), error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A]()}, []C.enum_WasmEdge_ValType{kindOf[R]()})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A) (R, error) {
		bits, err := f.call4(ctx, toBits(a), 0, 0, 0)
		return fromBits[R](bits), err
	}, nil
}

// Func2 finds an exported function with two parameters and a result. The function it gives calls the guest's.
func Func2[A, B, R Number](instance *Instance, name string) (func(context.Context, A, B) (R, error), error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A](), kindOf[B]()}, []C.enum_WasmEdge_ValType{kindOf[R]()})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A, b B) (R, error) {
		bits, err := f.call4(ctx, toBits(a), toBits(b), 0, 0)
		return fromBits[R](bits), err
	}, nil
}

// Func3 finds an exported function with three parameters and a result. The function it gives calls the guest's.
func Func3[A, B, C, R Number](instance *Instance, name string) (func(context.Context, A, B, C) (R, error), error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A](), kindOf[B](), kindOf[C]()}, []C.enum_WasmEdge_ValType{kindOf[R]()})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A, b B, c C) (R, error) {
		bits, err := f.call4(ctx, toBits(a), toBits(b), toBits(c), 0)
		return fromBits[R](bits), err
	}, nil
}

// Func4 finds an exported function with four parameters and a result. The function it gives calls the guest's.
func Func4[A, B, C, D, R Number](instance *Instance, name string) (func(context.Context, A, B, C, D) (R, error), error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A](), kindOf[B](), kindOf[C](), kindOf[D]()}, []C.enum_WasmEdge_ValType{kindOf[R]()})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A, b B, c C, d D) (R, error) {
		bits, err := f.call4(ctx, toBits(a), toBits(b), toBits(c), toBits(d))
		return fromBits[R](bits), err
	}, nil
}

// Proc0 finds an exported function with no parameters and no result. The function it gives calls the guest's.
func Proc0(instance *Instance, name string) (func(context.Context) error, error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{}, []C.enum_WasmEdge_ValType{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		_, err := f.call4(ctx, 0, 0, 0, 0)
		return err
	}, nil
}

// Proc1 finds an exported function with one parameter and no result. The function it gives calls the guest's.
func Proc1[A Number](instance *Instance, name string) (func(context.Context, A) error, error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A]()}, []C.enum_WasmEdge_ValType{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A) error {
		_, err := f.call4(ctx, toBits(a), 0, 0, 0)
		return err
	}, nil
}

// Proc2 finds an exported function with two parameters and no result. The function it gives calls the guest's.
func Proc2[A, B Number](instance *Instance, name string) (func(context.Context, A, B) error, error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A](), kindOf[B]()}, []C.enum_WasmEdge_ValType{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A, b B) error {
		_, err := f.call4(ctx, toBits(a), toBits(b), 0, 0)
		return err
	}, nil
}

// Proc3 finds an exported function with three parameters and no result. The function it gives calls the guest's.
func Proc3[A, B, C Number](instance *Instance, name string) (func(context.Context, A, B, C) error, error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A](), kindOf[B](), kindOf[C]()}, []C.enum_WasmEdge_ValType{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A, b B, c C) error {
		_, err := f.call4(ctx, toBits(a), toBits(b), toBits(c), 0)
		return err
	}, nil
}

// Proc4 finds an exported function with four parameters and no result. The function it gives calls the guest's.
func Proc4[A, B, C, D Number](instance *Instance, name string) (func(context.Context, A, B, C, D) error, error) {
	f, err := instance.typed(name, []C.enum_WasmEdge_ValType{kindOf[A](), kindOf[B](), kindOf[C](), kindOf[D]()}, []C.enum_WasmEdge_ValType{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a A, b B, c C, d D) error {
		_, err := f.call4(ctx, toBits(a), toBits(b), toBits(c), toBits(d))
		return err
	}, nil
}
