package wasmspan_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// holder refers to what refers to it through a guest.
type holderOf struct {
	things []any
	n      int32
}

func (h *holderOf) method(n int32) int32 { return n + h.n }

func (h *holderOf) Write(p []byte) (int, error) { return len(p), nil }

const cyclic = `(module (import "e" "f" (func $f (param i32) (result i32)))
  (table (export "externs") 2 externref) (table (export "funcs") 2 funcref)
  (global (export "extern") (mut externref) (ref.null extern)) (global (export "func") (mut funcref) (ref.null func))
  (func (export "take") (param externref) (table.set 0 (i32.const 1) (local.get 0)))
  (func (export "go") (param i32) (result i32) (call $f (local.get 0))))`

// Every shape of a cycle from Go through a guest and back is freed when nobody holds it from outside.
func TestCyclesAreFreed(t *testing.T) {
	if v := runtime.Version(); strings.HasPrefix(v, "go1.21") || strings.HasPrefix(v, "go1.22") || strings.HasPrefix(v, "go1.23") {
		t.Skip("there are no weak pointers")
	}
	plain := func(n int32) int32 { return n + 1 }
	// f makes a host function that refers to the holder; a runtime and its instance.
	made := func(t *testing.T, h *holderOf, f any) (*wasmspan.Runtime, *wasmspan.Instance) {
		rt, err := wasmspan.New()
		noError(t, err)
		noError(t, rt.HostModule("e").Func("f", f).Register())
		i, err := rt.Instantiate(ctx, []byte(cyclic))
		noError(t, err)
		if res, err := i.Call(ctx, "go", 1); err != nil || res[0] != int32(2) {
			t.Fatal(res, err)
		}
		h.things = append(h.things, rt, i)
		return rt, i
	}
	shared := newRuntime(t)
	noError(t, shared.HostModule("e").Func("f", plain).Register())
	module, err := shared.Compile([]byte(cyclic))
	noError(t, err)
	// Instances of a runtime that lives on.
	inShared := func(t *testing.T, h *holderOf) *wasmspan.Instance {
		i, err := module.Instantiate(ctx)
		noError(t, err)
		h.things = append(h.things, i)
		return i
	}
	for name, make := range map[string]func(*testing.T, *holderOf){
		"closure": func(t *testing.T, h *holderOf) {
			made(t, h, func(n int32) int32 { return n + h.n })
		},
		"method value": func(t *testing.T, h *holderOf) { made(t, h, h.method) },
		"no cycle":     func(t *testing.T, h *holderOf) { made(t, h, plain) },
		"several instances": func(t *testing.T, h *holderOf) {
			rt, _ := made(t, h, h.method)
			for range [3]int{} {
				i, err := rt.Instantiate(ctx, []byte(cyclic))
				noError(t, err)
				h.things = append(h.things, i)
			}
		},
		"closed runtime": func(t *testing.T, h *holderOf) {
			rt, i := made(t, h, h.method)
			noError(t, rt.Close())
			_, err := i.Call(ctx, "go", 1)
			noError(t, err)
		},
		"pool": func(t *testing.T, h *holderOf) {
			rt, _ := made(t, h, h.method)
			module, err := rt.Compile([]byte(cyclic))
			noError(t, err)
			pool, err := module.NewPool(2)
			noError(t, err)
			i, err := pool.Get(ctx)
			noError(t, err)
			h.things = append(h.things, module, pool, i)
		},
		"named instance": func(t *testing.T, h *holderOf) {
			rt, err := wasmspan.New()
			noError(t, err)
			noError(t, rt.HostModule("e").Func("f", h.method).Register())
			named, err := rt.Instantiate(ctx, []byte(cyclic), wasmspan.WithName("named"))
			noError(t, err)
			i, err := rt.Instantiate(ctx, []byte(`(module (import "named" "externs" (table 2 externref))
			  (func (export "take") (param externref) (table.set 0 (i32.const 0) (local.get 0))))`))
			noError(t, err)
			_, err = i.Call(ctx, "take", wasmspan.NewExtern(h))
			noError(t, err)
			h.things = append(h.things, named, i)
		},
		"extern in a table": func(t *testing.T, h *holderOf) {
			noError(t, inShared(t, h).Table("externs").Set(0, wasmspan.NewExtern(h)))
		},
		"extern in a global": func(t *testing.T, h *holderOf) {
			noError(t, inShared(t, h).Global("extern").Set(wasmspan.NewExtern(h)))
		},
		"extern by a call": func(t *testing.T, h *holderOf) {
			_, err := inShared(t, h).Call(ctx, "take", wasmspan.NewExtern(h))
			noError(t, err)
		},
		"extern of a host function": func(t *testing.T, h *holderOf) {
			rt, err := wasmspan.New()
			noError(t, err)
			noError(t, rt.HostModule("e").FuncOf("f", wasmspan.FuncType{Results: []wasmspan.ValueType{wasmspan.ExternRef}},
				func(_ context.Context, _ *wasmspan.Caller, _ []any) ([]any, error) {
					return []any{wasmspan.NewExtern(h)}, nil
				}).Register())
			i, err := rt.Instantiate(ctx, []byte(`(module (import "e" "f" (func $f (result externref))) (table (export "t") 1 externref)
			  (func (export "go") (table.set 0 (i32.const 0) (call $f))))`))
			noError(t, err)
			_, err = i.Call(ctx, "go")
			noError(t, err)
			h.things = append(h.things, i)
		},
		"function in a table": func(t *testing.T, h *holderOf) {
			rt, i := made(t, h, h.method)
			other, err := rt.Instantiate(ctx, []byte(cyclic))
			noError(t, err)
			res, err := rt.Instantiate(ctx, []byte(`(module (func $f) (elem declare func $f)
			  (func (export "ref") (result funcref) (ref.func $f)))`))
			noError(t, err)
			ref, err := res.Call(ctx, "ref")
			noError(t, err)
			noError(t, other.Table("funcs").Set(0, ref[0]))
			noError(t, i.Global("func").Set(ref[0]))
			h.things = append(h.things, other, res)
		},
		"host table and global": func(t *testing.T, h *holderOf) {
			rt, err := wasmspan.New()
			noError(t, err)
			table, err := rt.NewTable(wasmspan.TableType{Element: wasmspan.ExternRef, Min: 2})
			noError(t, err)
			global, err := rt.NewGlobal(wasmspan.GlobalType{Value: wasmspan.ExternRef, Mutable: true}, wasmspan.NewExtern(h))
			noError(t, err)
			noError(t, rt.HostModule("e").Table("t", table).Global("g", global).Func("f", h.method).Register())
			noError(t, table.Set(0, wasmspan.NewExtern(h)))
			i, err := rt.Instantiate(ctx, []byte(`(module (import "e" "t" (table 1 externref)) (import "e" "g" (global (mut externref))))`))
			noError(t, err)
			h.things = append(h.things, table, global, i)
		},
		"stream and files": func(t *testing.T, h *holderOf) {
			i, err := shared.Instantiate(ctx, []byte(`(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))))`),
				wasmspan.WithWASI(wasmspan.WASI{Stdout: h, Mounts: []wasmspan.Mount{{FS: actor{new(func())}, Guest: "/"}}}))
			noError(t, err)
			h.things = append(h.things, i)
		},
		"what was found in it": func(t *testing.T, h *holderOf) {
			_, i := made(t, h, h.method)
			f, err := wasmspan.Func1[int32, int32](i, "go")
			noError(t, err)
			h.things = append(h.things, i.Table("funcs"), i.Global("extern"), f)
		},
	} {
		t.Run(name, func(t *testing.T) {
			const rounds = 20
			var freed atomic.Int32
			for range [rounds]int{} {
				h := &holderOf{n: 1}
				// A finalizer would keep what is in the cycle, so it is that of something that only leads out of it.
				witness := new([64]byte)
				runtime.SetFinalizer(witness, func(*[64]byte) { freed.Add(1) })
				h.things = append(h.things, witness)
				make(t, h)
			}
			for end := time.Now().Add(20 * time.Second); freed.Load() < rounds; {
				if time.Now().After(end) {
					t.Fatal(freed.Load(), "of", rounds, "are freed")
				}
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
		})
	}
	runtime.KeepAlive(shared)
}

// What a guest may still reach is not freed: host functions and externs of instances that nobody else holds.
func TestWhatGuestsReachStays(t *testing.T) {
	rt := newRuntime(t)
	calls := new(atomic.Int32)
	noError(t, rt.HostModule("e").Func("f", func(n int32) int32 { return n + calls.Add(1) }).Register())
	run := func() func() {
		i, err := rt.Instantiate(ctx, []byte(cyclic))
		noError(t, err)
		noError(t, i.Table("externs").Set(0, wasmspan.NewExtern("kept")))
		table := i.Table("externs")
		f, err := wasmspan.Func1[int32, int32](i, "go")
		noError(t, err)
		return func() {
			if got, err := table.Get(0); err != nil || got.(wasmspan.Extern).Value() != "kept" {
				t.Fatal(got, err)
			}
			_, err := f(ctx, 1)
			noError(t, err)
		}
	}()
	// A function of an instance that is gone, in the table of another.
	table := func() *wasmspan.Table {
		from, err := rt.Instantiate(ctx, []byte(`(module (import "e" "f" (func $f (param i32) (result i32)))
		  (func $g (result i32) (call $f (i32.const 1))) (elem declare func $g) (func (export "ref") (result funcref) (ref.func $g)))`))
		noError(t, err)
		to, err := rt.Instantiate(ctx, []byte(`(module (type $t (func (result i32))) (table (export "t") 1 funcref)
		  (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))`))
		noError(t, err)
		ref, err := from.Call(ctx, "ref")
		noError(t, err)
		noError(t, to.Table("t").Set(0, ref[0]))
		call, err := wasmspan.Func0[int32](to, "call")
		noError(t, err)
		next := run
		run = func() {
			next()
			_, err := call(ctx)
			noError(t, err)
		}
		return to.Table("t")
	}()
	for range [20]int{} {
		runtime.GC()
		time.Sleep(time.Millisecond)
		run()
	}
	if calls.Load() != 40 || table.Size() != 1 {
		t.Fatal(calls.Load())
	}
	kept := wasmspan.NewExtern("value")
	noError(t, kept.Close())
	if kept.Value() != nil || kept.IsNull() {
		t.Fatal(kept.Value())
	}
}

// Instances that are made and forgotten don't fill the memory, though Go's heap hardly grows.
func TestForgottenInstancesStayFlat(t *testing.T) {
	rounds := 3000
	if n, err := strconv.Atoi(os.Getenv("WASMSPAN_FORGOTTEN")); err == nil {
		rounds = n
	}
	rt := newRuntime(t)
	noError(t, rt.HostModule("e").Func("f", func(n int32) int32 { return n + 1 }).Register())
	module, err := rt.Compile([]byte(`(module (import "e" "f" (func $f (param i32) (result i32))) (memory (export "memory") 160)
	  (func (export "go") (param i32) (result i32) (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x100000)) (call $f (local.get 0))))`))
	noError(t, err)
	resident := func() int {
		text, err := os.ReadFile("/proc/self/statm")
		noError(t, err)
		pages, err := strconv.Atoi(strings.Fields(string(text))[1])
		noError(t, err)
		return pages * os.Getpagesize() >> 20
	}
	begin, most := resident(), 0
	for n := 0; n < rounds; n++ {
		i, err := module.Instantiate(ctx)
		noError(t, err)
		if _, err := i.Call(ctx, "go", n); err != nil {
			t.Fatal(err)
		}
		if n%100 == 0 {
			most = max(most, resident()-begin)
		}
	}
	t.Logf("%d instances of 1 MiB each took up to %d MiB", rounds, most)
	if most > 600 {
		t.Error("what was forgotten piles up")
	}
	// A pool's places come back, too.
	pool, err := module.NewPool(2)
	noError(t, err)
	for range [20]int{} {
		short, cancel := newContext(t)
		_, err := pool.Get(short)
		noError(t, err)
		cancel()
	}
}
