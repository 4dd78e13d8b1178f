package wasmspan_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

var ctx = context.Background()

func guest(name string) string { return filepath.Join("..", "tests", "wasm", name) }

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newRuntime(t testing.TB) *wasmspan.Runtime {
	t.Helper()
	rt, err := wasmspan.New()
	noError(t, err)
	t.Cleanup(func() { rt.Close() })
	return rt
}

func instance(t testing.TB, rt *wasmspan.Runtime, text string) *wasmspan.Instance {
	t.Helper()
	module, err := rt.Compile([]byte(text))
	noError(t, err)
	i, err := module.Instantiate(ctx)
	noError(t, err)
	noError(t, module.Close())
	t.Cleanup(func() { i.Close() })
	return i
}

const numbers = `(module
  (memory (export "memory") 1 3)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "mix") (param i64 f32 f64) (result f64)
    (f64.add (f64.convert_i64_u (local.get 0)) (f64.add (f64.promote_f32 (local.get 1)) (local.get 2))))
  (func (export "pair") (param i32) (result i64 i32) (i64.const -2) (local.get 0))
  (func (export "trap") unreachable)
  (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func (export "forever") (loop br 0)))`

func TestCalls(t *testing.T) {
	i := instance(t, newRuntime(t), numbers)
	results, err := i.Call(ctx, "pair", uint32(7))
	noError(t, err)
	if !reflect.DeepEqual(results, []any{int64(-2), int32(7)}) {
		t.Fatal(results)
	}
	add, err := wasmspan.Func2[int32, int32, int32](i, "add")
	noError(t, err)
	if sum, err := add(ctx, -5, 3); sum != -2 || err != nil {
		t.Fatal(sum, err)
	}
	mix, err := wasmspan.Func3[uint64, float32, float64, float64](i, "mix")
	noError(t, err)
	if sum, err := mix(ctx, 1, 0.5, 0.25); sum != 1.75 || err != nil {
		t.Fatal(sum, err)
	}
	for _, wrong := range []func() error{
		func() error { _, err := wasmspan.Func2[int32, int64, int32](i, "add"); return err },
		func() error { _, err := wasmspan.Proc2[int32, int32](i, "add"); return err },
		func() error { _, err := wasmspan.Proc0(i, "absent"); return err },
		func() error { _, err := i.Call(ctx, "add", int32(1)); return err },
		func() error { _, err := i.Call(ctx, "add", int32(1), "two"); return err },
	} {
		var e *wasmspan.Error
		if err := wrong(); !errors.As(err, &e) {
			t.Fatal(err)
		}
	}
	_, err = i.Call(ctx, "trap")
	var trap *wasmspan.Trap
	if !errors.As(err, &trap) || trap.Code != wasmspan.CodeUnreachable || !strings.Contains(trap.Error(), "unreachable") {
		t.Fatal(err)
	}
	divide, err := wasmspan.Func1[int32, int32](i, "divide")
	noError(t, err)
	if _, err := divide(ctx, 0); !errors.As(err, &trap) || trap.Code != wasmspan.CodeDivideByZero {
		t.Fatal(err)
	}
	noError(t, i.Close())
	noError(t, i.Close())
	if _, err := add(ctx, 1, 2); !errors.Is(err, wasmspan.ErrClosed) {
		t.Fatal(err)
	}
	if _, err := i.Call(ctx, "add", int32(1), int32(2)); !errors.Is(err, wasmspan.ErrClosed) {
		t.Fatal(err)
	}
}

func TestRefusedModules(t *testing.T) {
	rt := newRuntime(t)
	for text, want := range map[string]string{
		"":                                 "",
		"(module":                          "",
		"(module (func (result i32)))":     "",
		`(module (import "a" "b" (func)))`: "a",
	} {
		module, err := rt.Compile([]byte(text))
		if err == nil {
			_, err = module.Instantiate(ctx)
		}
		var e *wasmspan.Error
		if !errors.As(err, &e) || e.Text == "" || !strings.Contains(e.Text, want) {
			t.Fatalf("%q: %v", text, err)
		}
	}
}

func TestContextsStopGuests(t *testing.T) {
	i := instance(t, newRuntime(t), numbers)
	forever, err := wasmspan.Proc0(i, "forever")
	noError(t, err)
	for _, run := range []func(context.Context) error{
		forever,
		func(ctx context.Context) error { _, err := i.Call(ctx, "forever"); return err },
	} {
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		err := run(short)
		cancel()
		var trap *wasmspan.Trap
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &trap) || trap.Code != wasmspan.CodeInterrupted {
			t.Fatal(err)
		}
		cancelled, cancel := context.WithCancel(ctx)
		time.AfterFunc(10*time.Millisecond, cancel)
		if err := run(cancelled); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := run(cancelled); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	// The instance goes on, and one that is busy is waited for as long as the context lasts.
	if _, err := i.Call(ctx, "add", int32(1), int32(2)); err != nil {
		t.Fatal(err)
	}
	long, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- forever(long) }()
	time.Sleep(20 * time.Millisecond)
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := i.Call(short, "add", int32(1), int32(2)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

type key struct{}

var errHost = errors.New("the host's own")

func TestHostFunctions(t *testing.T) {
	rt := newRuntime(t)
	var i *wasmspan.Instance
	noError(t, rt.HostModule("env").
		Func("add", func(a, b int32) int32 { return a + b }).
		Func("mix", func(a int64, b float32, c float64, d uint32) float64 { return float64(a) + float64(b) + c + float64(d) }).
		Func("fail", func() error { return errHost }).
		Func("panic", func(code int32) int32 {
			if code == 0 {
				panic("thrown")
			}
			var nothing *strings.Builder
			return int32(nothing.Len())
		}).
		Func("read", func(ctx context.Context, caller *wasmspan.Caller, at uint32) (int32, error) {
			if ctx.Value(key{}) != "value" {
				return 0, errors.New("this is another context")
			}
			bytes, ok := caller.Memory(0).Read(at, 1)
			if !ok {
				return 0, errors.New("outside")
			}
			// Back into the instance that is running.
			res, err := i.Call(ctx, "double", int32(bytes[0]))
			if err != nil {
				return 0, err
			}
			return res[0].(int32), nil
		}).Register())
	i = instance(t, rt, `(module
	  (import "env" "add" (func $add (param i32 i32) (result i32)))
	  (import "env" "mix" (func $mix (param i64 f32 f64 i32) (result f64)))
	  (import "env" "fail" (func $fail))
	  (import "env" "panic" (func $panic (param i32) (result i32)))
	  (import "env" "read" (func $read (param i32) (result i32)))
	  (memory 1) (data (i32.const 5) "\15")
	  (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
	  (func (export "mix") (result f64) (call $mix (i64.const -1) (f32.const 0.5) (f64.const 2) (i32.const -1)))
	  (func (export "fail") (call $fail))
	  (func (export "panic") (param i32) (result i32) (call $panic (local.get 0)))
	  (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
	  (func (export "read") (param i32) (result i32) (call $read (local.get 0))))`)
	with := context.WithValue(ctx, key{}, "value")
	for _, c := range []struct {
		name string
		args []any
		want any
	}{
		{"add", []any{int32(2), int32(-3)}, int32(-1)},
		{"mix", nil, -1 + 0.5 + 2 + float64(1<<32-1)},
		{"read", []any{int32(5)}, int32(42)},
	} {
		res, err := i.Call(with, c.name, c.args...)
		noError(t, err)
		if res[0] != c.want {
			t.Fatal(c.name, res)
		}
	}
	var trap *wasmspan.Trap
	if _, err := i.Call(ctx, "fail"); !errors.Is(err, errHost) || !errors.As(err, &trap) {
		t.Fatal(err)
	}
	if _, err := i.Call(with, "read", uint32(1<<31)); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Fatal(err)
	}
	catch := func(code int32) (caught any) {
		defer func() { caught = recover() }()
		_, err := i.Call(ctx, "panic", code)
		t.Fatal(err)
		return nil
	}
	if caught := catch(0); caught != "thrown" {
		t.Fatal(caught)
	}
	if _, ok := catch(1).(runtime.Error); !ok {
		t.Fatal("Go's fault came back as something else")
	}
	for _, wrong := range []any{1, func(string) {}, func() (int32, int64, string) { return 0, 0, "" }, func(...int32) {}} {
		if rt.HostModule("wrong").Func("f", wrong).Register() == nil {
			t.Fatalf("%T was accepted", wrong)
		}
	}
}

func TestMemory(t *testing.T) {
	i := instance(t, newRuntime(t), numbers)
	memory := i.Memory("memory")
	if memory.Size() != 1<<16 || i.Memory("absent") != nil {
		t.Fatal(memory.Size())
	}
	if n, err := memory.WriteAt([]byte("text"), 100); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	read, ok := memory.Read(100, 4)
	if !ok || string(read) != "text" {
		t.Fatal(read, ok)
	}
	read[0] = 'T'
	if view := memory.View(); string(view[100:104]) != "text" {
		t.Fatal("Read gave the memory itself")
	}
	if _, ok := memory.Read(1<<16-1, 2); ok {
		t.Fatal("outside")
	}
	if n, err := memory.ReadAt(make([]byte, 2), 1<<16-1); n != 1 || err != io.EOF {
		t.Fatal(n, err)
	}
	if n, err := memory.WriteAt(make([]byte, 2), 1<<16-1); n != 0 || err == nil {
		t.Fatal(n, err)
	}
	if !memory.Grow(2) || memory.Grow(1) || memory.Size() != 3<<16 {
		t.Fatal(memory.Size())
	}
	i.Close()
	if _, ok := memory.Read(0, 1); ok {
		t.Fatal("the memory is gone")
	}
}

func TestCommands(t *testing.T) {
	rt := newRuntime(t)
	hello, err := rt.CompileFile(guest("hello-c.wasm"))
	noError(t, err)
	cmd := wasmspan.Command(ctx, hello, "hello", "one")
	cmd.Env = []string{"GREETING=hi=there"}
	for round := 0; round < 2; round++ {
		out, err := cmd.Output()
		noError(t, err)
		if want := "hello from C\narg 1: one\nGREETING=hi=there\n"; string(out) != want {
			t.Fatalf("%q", out)
		}
	}
	exits, err := rt.Compile([]byte(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
	  (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 7))))`))
	noError(t, err)
	var exit *wasmspan.ExitError
	if err := wasmspan.Command(ctx, exits, "exits").Run(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Fatal(err)
	}
	// A guest that sleeps for an hour.
	sleeps, err := rt.Compile([]byte(`(module
	  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
	  (memory (export "memory") 1)
	  (func (export "_start")
	    (i32.store (i32.const 16) (i32.const 1))
	    (i64.store (i32.const 24) (i64.const 3600000000000))
	    (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))))`))
	noError(t, err)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := wasmspan.Command(short, sleeps, "sleeps").Run(); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if time.Since(begin) > 30*time.Second {
		t.Fatal("the guest slept on")
	}
	// Files: only what is mounted.
	dir := t.TempDir()
	noError(t, os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o644))
	cmd = wasmspan.Command(ctx, hello, "hello")
	cmd.Mounts = []wasmspan.Mount{{Host: filepath.Join(dir, "absent"), Guest: "/"}}
	if err := cmd.Run(); err == nil {
		t.Fatal("there is no such directory")
	}
}

func TestManyGoroutines(t *testing.T) {
	rt := newRuntime(t)
	noError(t, rt.HostModule("env").Func("next", func(a int32) int32 { return a + 1 }).Register())
	text := `(module (import "env" "next" (func $next (param i32) (result i32)))
	  (func (export "run") (param i32) (result i32) (call $next (local.get 0)))
	  (func (export "trap") unreachable) (func (export "forever") (loop br 0)))`
	module, err := rt.Compile([]byte(text))
	noError(t, err)
	shared, err := module.Instantiate(ctx)
	noError(t, err)
	defer shared.Close()
	operations := 100
	if testing.Short() {
		operations = 20
	}
	if n, err := strconv.Atoi(os.Getenv("WASMSPAN_OPERATIONS")); err == nil {
		operations = n
	}
	var group sync.WaitGroup
	for g := 0; g < 100; g++ {
		group.Add(1)
		go func() {
			defer group.Done()
			own, err := module.Instantiate(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			defer own.Close()
			for n := 0; n < operations; n++ {
				i := shared
				if n%2 == 0 {
					i = own
				}
				if res, err := i.Call(ctx, "run", int32(n)); err != nil || res[0] != int32(n+1) {
					t.Error(res, err)
				}
				if _, err := i.Call(ctx, "trap"); err == nil {
					t.Error("no trap")
				}
			}
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			if _, err := own.Call(short, "forever"); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}()
	}
	group.Wait()
}
