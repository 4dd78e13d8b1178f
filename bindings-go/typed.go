package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
	"unsafe"
)

// Number is a Go type that a WebAssembly number can be passed as.
type Number interface {
	int32 | uint32 | int64 | uint64 | float32 | float64
}

// A number's bits, as many as its type has; which type it is does not matter.
func toBits[T Number](value T) uint64 {
	if unsafe.Sizeof(value) == 4 {
		return uint64(*(*uint32)(unsafe.Pointer(&value)))
	}
	return *(*uint64)(unsafe.Pointer(&value))
}

func fromBits[T Number](bits uint64) (value T) {
	if unsafe.Sizeof(value) == 4 {
		*(*uint32)(unsafe.Pointer(&value)) = uint32(bits)
	} else {
		*(*uint64)(unsafe.Pointer(&value)) = bits
	}
	return value
}

func kindOf[T Number]() C.enum_WasmEdge_ValType {
	var value T
	_, kind := numberBits(any(value))
	return kind
}

// typed gives a function if it has these types.
func (i *Instance) typed(name string, params, results []C.enum_WasmEdge_ValType) (*function, error) {
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	if !equal(f.params, params) || !equal(f.results, results) {
		wanted := FuncType{valueTypes(params), valueTypes(results)}
		return nil, &Error{CodeFuncSigMismatch, fmt.Sprintf("%q has the type %v, not %v", name, f.funcType(), wanted)}
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
	return 0, i.exited(failure(done.failed, ctx))
}

// call4Under lets the context stop the call, and waits for the instance.
func (f *function) call4Under(ctx context.Context, a, b, c, d uint64) (uint64, error) {
	var done C.ws_scalar
	err := f.instance.call(ctx, 0, func(under C.ws_under) {
		done = C.ws_call4(f.number, C.uintptr_t(uintptr(unsafe.Pointer(under.interrupt))), under.owner, under.context,
			C.uint64_t(a), C.uint64_t(b), C.uint64_t(c), C.uint64_t(d))
	})
	if err == nil && done.failed != nil {
		err = failure(done.failed, ctx)
	}
	return uint64(done.value), f.instance.exited(err)
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
