package wasmspan_test

import (
	"context"
	"errors"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// newContext gives one that ends, so that what waits for ever fails the test.
func newContext(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(context.Background(), 30*time.Second)
}

const reenters = `(module
  (import "env" "back" (func $back (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $in (mut i32) (i32.const 0))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "free") (param i32))
  (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "run") (param i32) (result i32) (call $back (local.get 0))))`

// A host function may use its own instance by whatever it has of it, with every context.
func TestHostFunctionsMayCallTheirInstance(t *testing.T) {
	rt := newRuntime(t)
	var i, other *wasmspan.Instance
	var heap *wasmspan.Heap
	var double func(context.Context, int32) (int32, error)
	var closes bool
	noError(t, rt.HostModule("env").Func("back", func(caller *wasmspan.Caller, n int32) (int32, error) {
		ending, cancel := newContext(t)
		defer cancel()
		switch n {
		case 1:
			return double(context.Background(), 21)
		case 2:
			return double(ending, 21)
		case 3:
			res, err := i.Call(context.TODO(), "double", 21)
			if err != nil {
				return 0, err
			}
			return res[0].(int32), nil
		case 4:
			span, err := heap.PutString("Xyz")
			if err != nil {
				return 0, err
			}
			text, err := heap.GetString(span.Address, wasmspan.Whole)
			if text != "Xyz" || err != nil {
				return 0, errors.New(text)
			}
			return 42, heap.Free(span.Address)
		case 5:
			// Through another instance and back.
			res, err := other.Call(ending, "run", 6)
			if err != nil {
				return 0, err
			}
			return res[0].(int32), nil
		case 6:
			if caller.Instance() != other {
				return 0, errors.New("another instance called")
			}
			return double(ending, 21)
		case 7:
			if caller.Instance() != i {
				return 0, errors.New("another instance called")
			}
			closes = true
			noError(t, i.Close())
			if _, err := double(ending, 21); !errors.Is(err, wasmspan.ErrClosed) {
				return 0, err
			}
			return 42, nil
		}
		return 0, errors.New("no such number")
	}).Register())
	i, other = instance(t, rt, reenters), instance(t, rt, reenters)
	var err error
	heap, err = wasmspan.NewHeap(i)
	noError(t, err)
	double, err = wasmspan.Func1[int32, int32](i, "double")
	noError(t, err)
	run, err := wasmspan.Func1[int32, int32](i, "run")
	noError(t, err)
	for n := int32(1); n <= 7; n++ {
		if n == 6 {
			continue
		}
		if n < 7 {
			if res, err := i.Call(ctx, "run", n); err != nil || res[0] != int32(42) {
				t.Fatal(n, res, err)
			}
		}
		if got, err := run(ctx, n); err != nil || got != 42 {
			t.Fatal(n, got, err)
		}
	}
	if _, err := run(ctx, 1); !closes || !errors.Is(err, wasmspan.ErrClosed) {
		t.Fatal(err)
	}
}

// The context of a host function lets nobody into the instance: neither another goroutine meanwhile, nor anybody later.
func TestContextsOfHostFunctionsAreNoKeys(t *testing.T) {
	rt := newRuntime(t)
	var i *wasmspan.Instance
	var kept context.Context
	fromElsewhere := make(chan error, 2)
	inside := make(chan bool)
	noError(t, rt.HostModule("env").Func("back", func(ctx context.Context, n int32) int32 {
		switch n {
		case 1:
			kept = ctx
			for range [2]int{} {
				go func() {
					_, err := i.Call(ctx, "double", 1)
					fromElsewhere <- err
				}()
			}
			for range [2]int{} {
				if err := <-fromElsewhere; !errors.Is(err, wasmspan.ErrBusy) {
					t.Error(err)
				}
			}
		case 2:
			inside <- true
			<-inside
		}
		return n
	}).Register())
	i = instance(t, rt, reenters)
	_, err := i.Call(ctx, "run", 1)
	noError(t, err)
	// The call that the context belongs to has ended: it is one like any other, and waits.
	ended := make(chan error)
	go func() { _, err := i.Call(ctx, "run", 2); ended <- err }()
	<-inside
	second := make(chan error)
	go func() { _, err := i.Call(kept, "double", 1); second <- err }()
	select {
	case err := <-second:
		t.Fatal("two calls at the same time", err)
	case <-time.After(50 * time.Millisecond):
	}
	short, cancel := context.WithTimeout(kept, 10*time.Millisecond)
	defer cancel()
	if _, err := i.Call(short, "double", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	inside <- true
	noError(t, <-ended)
	noError(t, <-second)
}

// What a Caller lent fails after its host function has returned.
func TestCallersEnd(t *testing.T) {
	rt := newRuntime(t)
	var lent *wasmspan.Instance
	var memory *wasmspan.Memory
	var kept *wasmspan.Caller
	noError(t, rt.HostModule("env").Func("f", func(caller *wasmspan.Caller) {
		kept, lent, memory = caller, caller.Instance(), caller.Memory(0)
		if _, err := lent.Call(ctx, "double", 1); err != nil {
			t.Error(err)
		}
		if memory.Size() != 1<<16 || !memory.WriteUint32(0, 7) {
			t.Error("no memory")
		}
		elsewhere := make(chan error)
		go func() { _, err := lent.Call(ctx, "double", 1); elsewhere <- err }()
		if err := <-elsewhere; !errors.Is(err, wasmspan.ErrBusy) {
			t.Error(err)
		}
	}).Register())
	i := instance(t, rt, `(module (import "env" "f" (func $f)) (memory 1)
	  (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))) (func $start (call $f)) (start $start))`)
	if _, err := lent.Call(ctx, "double", 1); !errors.Is(err, wasmspan.ErrClosed) {
		t.Fatal(err)
	}
	if memory.Size() != 0 || kept.Memory(0) != nil {
		t.Fatal("the memory is still lent")
	}
	if _, err := kept.Instance().Call(ctx, "double", 1); !errors.Is(err, wasmspan.ErrClosed) {
		t.Fatal(err)
	}
	if _, err := i.Call(ctx, "double", 1); err != nil {
		t.Fatal(err)
	}
}

type ctxKey struct{}

// Contexts of host functions: that of Instantiate in start functions, and ended by limits of time.
func TestContextsOfHostFunctions(t *testing.T) {
	rt := newRuntime(t)
	var value any
	noError(t, rt.HostModule("env").
		Func("see", func(ctx context.Context) { value = ctx.Value(ctxKey{}) }).
		Func("sleep", func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(30 * time.Second):
				return nil
			}
		}).Register())
	module, err := rt.Compile([]byte(`(module (import "env" "see" (func $see)) (import "env" "sleep" (func $sleep)) (start $see)
	  (func (export "sleep") (call $sleep)))`))
	noError(t, err)
	given := context.WithValue(ctx, ctxKey{}, "v")
	for range [2]int{} {
		value = nil
		i, err := module.Instantiate(given)
		noError(t, err)
		if value != "v" {
			t.Fatal(value)
		}
		noError(t, i.Close())
	}
	i, err := module.Instantiate(ctx, wasmspan.WithLimits(wasmspan.Limits{Time: 50 * time.Millisecond}))
	noError(t, err)
	defer i.Close()
	typed, err := wasmspan.Proc0(i, "sleep")
	noError(t, err)
	other, err := module.Instantiate(ctx)
	noError(t, err)
	defer other.Close()
	for _, call := range []func() error{
		func() error { _, err := i.Call(ctx, "sleep"); return err },
		func() error { return typed(ctx) },
		func() error {
			_, err := other.CallWithin(ctx, wasmspan.Limits{Time: 50 * time.Millisecond}, "sleep")
			return err
		},
	} {
		begin := time.Now()
		if err := call(); err == nil || time.Since(begin) > 20*time.Second {
			t.Fatal(err, time.Since(begin))
		}
	}
}
