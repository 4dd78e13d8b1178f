package wasmspan_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

func ExampleModule_NewPool() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	module, _ := rt.Compile([]byte(`(module (global $n (mut i32) (i32.const 0))
	  (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))`))
	pool, err := module.NewPool(2)
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	for range [3]int{} {
		instance, err := pool.Get(context.Background())
		if err != nil {
			panic(err)
		}
		// Each request has a fresh instance.
		fmt.Println(instance.Call(context.Background(), "next"))
		instance.Close()
	}
	// Output:
	// [1] <nil>
	// [1] <nil>
	// [1] <nil>
}

func ExampleWithMetering() {
	rt, _ := wasmspan.New(wasmspan.WithMetering(wasmspan.Metering{Instructions: true, Cost: true}),
		wasmspan.WithLimits(wasmspan.Limits{Cost: 1000}))
	defer rt.Close()
	module, _ := rt.Compile([]byte(`(module (func (export "seven") (result i32) (i32.add (i32.const 3) (i32.const 4)))
	  (func (export "forever") (loop (br 0))))`))
	instance, _ := module.Instantiate(context.Background())
	defer instance.Close()
	fmt.Println(instance.Call(context.Background(), "seven"))
	fmt.Println(rt.Statistics().Instructions)
	_, err := instance.Call(context.Background(), "forever")
	var trap *wasmspan.Trap
	fmt.Println(errors.As(err, &trap), trap.Code == wasmspan.CodeCostLimitExceeded)
	// Output:
	// [7] <nil>
	// 4
	// true true
}

func ExampleRuntime_LoadCompiled() {
	folder, _ := os.MkdirTemp("", "compiled")
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "add.wasm")
	rt, _ := wasmspan.New()
	defer rt.Close()
	if err := rt.CompileTo(path, []byte(`(module
	  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`)); err != nil {
		panic(err)
	}
	module, err := rt.LoadCompiled(path)
	if err != nil {
		panic(err)
	}
	instance, _ := module.Instantiate(context.Background())
	defer instance.Close()
	fmt.Println(instance.Call(context.Background(), "add", int32(1), int32(2)))
	// Output: [3] <nil>
}

func ExampleBindgen() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	module, err := rt.CompileFile("../tests/wasm/bindgen-rust.wasm")
	if err != nil {
		panic(err)
	}
	instance, err := module.Instantiate(context.Background(), wasmspan.WithWASI(wasmspan.WASI{}))
	if err != nil {
		panic(err)
	}
	defer instance.Close()
	guest, err := wasmspan.NewBindgen(context.Background(), instance)
	if err != nil {
		panic(err)
	}
	defer guest.Close()
	fmt.Println(guest.Call(context.Background(), "say", "bindgen funcs test"))
	fmt.Println(guest.Call(context.Background(), "lowest_common_multiple", int32(123), int32(2)))
	// Output:
	// [hello bindgen funcs test] <nil>
	// [246] <nil>
}

func ExampleHeap() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	module, _ := rt.CompileFile("../tests/wasm/strings-c.wasm")
	instance, err := module.Instantiate(context.Background())
	if err != nil {
		panic(err)
	}
	defer instance.Close()
	heap, err := wasmspan.NewHeap(instance)
	if err != nil {
		panic(err)
	}
	defer heap.Close()
	text, _ := heap.PutString("naïve")
	fmt.Println(heap.GetString(text.Address, wasmspan.Whole))
	fmt.Println(heap.Free(text.Address))
	// Output:
	// naïve <nil>
	// <nil>
}

func TestPoolWaits(t *testing.T) {
	rt := newRuntime(t)
	module, err := rt.Compile([]byte(numbers))
	noError(t, err)
	pool, err := module.NewPool(1)
	noError(t, err)
	first, err := pool.Get(ctx)
	noError(t, err)
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := pool.Get(short); !errors.Is(err, context.DeadlineExceeded) || pool.InUse() != 1 {
		t.Fatal(err, pool.InUse())
	}
	time.AfterFunc(10*time.Millisecond, func() { first.Close() })
	second, err := pool.Get(ctx)
	noError(t, err)
	noError(t, pool.Close())
	_, err = second.Call(ctx, "add", int32(1), int32(2))
	noError(t, err)
	noError(t, second.Close())
	if _, err := pool.Get(ctx); !errors.Is(err, wasmspan.ErrClosed) {
		t.Fatal(err)
	}
}

func TestCacheKeepsCode(t *testing.T) {
	folder := t.TempDir()
	for range [2]int{} {
		rt, err := wasmspan.New(wasmspan.WithCache(folder, 0))
		noError(t, err)
		module, err := rt.CompileFile(guest("lua-cli.wasm"))
		noError(t, err)
		_, err = wasmspan.Command(ctx, module, "lua").Output()
		noError(t, err)
		noError(t, rt.Close())
	}
	entries, err := os.ReadDir(folder)
	noError(t, err)
	if len(entries) == 0 {
		t.Fatal("nothing is in the cache")
	}
}

// A start function is stopped by its context and by limits, and so is a call; the instance can be called again.
func TestStartAndCallsAreStopped(t *testing.T) {
	rt := newRuntime(t)
	module, err := rt.Compile([]byte(`(module (func $f (loop br 0)) (start $f))`))
	noError(t, err)
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := module.Instantiate(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if _, err := module.Instantiate(ctx, wasmspan.WithLimits(wasmspan.Limits{Time: 20 * time.Millisecond})); err == nil {
		t.Fatal("the limit does not hold")
	}
	i := instance(t, rt, numbers)
	if _, err := i.CallWithin(ctx, wasmspan.Limits{Time: 20 * time.Millisecond}, "forever"); err == nil {
		t.Fatal("the limit does not hold")
	}
	_, err = i.Call(ctx, "add", int32(1), int32(2))
	noError(t, err)
}

// What the runtime limits holds for every kind of call, and for instances of pools.
func TestLimitsHoldForTypedCalls(t *testing.T) {
	rt, err := wasmspan.New(wasmspan.WithLimits(wasmspan.Limits{Time: 50 * time.Millisecond, StackBytes: 64 << 10}))
	noError(t, err)
	defer rt.Close()
	module, err := rt.Compile([]byte(`(module
		(func (export "spin") (param i32) (loop (br 0)))
		(func $deep (export "deep") (param i32) (call $deep (local.get 0)))
		(func (export "add") (param i64 f64) (result f64) (f64.add (f64.convert_i64_s (local.get 0)) (local.get 1))))`))
	noError(t, err)
	own, err := module.Instantiate(ctx)
	noError(t, err)
	defer own.Close()
	pool, err := module.NewPool(1)
	noError(t, err)
	defer pool.Close()
	pooled, err := pool.Get(ctx)
	noError(t, err)
	defer pooled.Close()
	for _, instance := range []*wasmspan.Instance{own, pooled} {
		for name, code := range map[string]wasmspan.Code{
			"spin": wasmspan.CodeInterrupted, "deep": wasmspan.CodeStackOverflow,
		} {
			f, err := wasmspan.Proc1[int32](instance, name)
			noError(t, err)
			err = f(ctx, 1)
			var trap *wasmspan.Trap
			if !errors.As(err, &trap) || trap.Code != code || !strings.Contains(trap.Text, "limit is") {
				t.Errorf("%s: %v", name, err)
			}
		}
		add, err := wasmspan.Func2[int64, float64, float64](instance, "add")
		noError(t, err)
		if sum, err := add(ctx, -3, 0.5); err != nil || sum != -2.5 {
			t.Error(sum, err)
		}
	}
}
