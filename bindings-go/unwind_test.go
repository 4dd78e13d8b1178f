package wasmspan_test

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// through runs f on a goroutine, and says how that ended: "returned", "exited" or "panicked: …".
func through(f func()) string {
	ended := make(chan string)
	go func() {
		how := "exited"
		defer func() { ended <- how }()
		defer func() {
			if value := recover(); value != nil {
				how = fmt.Sprint("panicked: ", value)
			}
		}()
		f()
		how = "returned"
	}()
	return <-ended
}

// How a host function can end.
var endings = map[string]struct {
	f    func()
	want string
}{
	"return":             {func() {}, "returned"},
	"exit":               {runtime.Goexit, "exited"},
	"panic":              {func() { panic("up") }, "panicked: up"},
	"panic in exit":      {func() { defer panic("late"); runtime.Goexit() }, "panicked: late"},
	"caught in exit":     {func() { defer func() { defer func() { recover() }(); panic("late") }(); runtime.Goexit() }, "exited"},
	"exit in panic":      {func() { defer runtime.Goexit(); panic("up") }, "exited"},
	"collect in exit":    {func() { defer runtime.GC(); runtime.Goexit() }, "exited"},
	"deep stack in exit": {func() { defer deep(1000); runtime.Goexit() }, "exited"},
}

func deep(n int) byte {
	var room [1 << 10]byte
	if n > 0 {
		room[n%len(room)] = deep(n-1) + 1
	}
	return room[n%len(room)]
}

// Whatever a host function does with its goroutine, those who called the guest have their deferred functions run, and
// everybody else can go on with the instance.
func TestHostFunctionsThatDoNotReturn(t *testing.T) {
	rt := newRuntime(t)
	var i, other *wasmspan.Instance
	var act func()
	noError(t, rt.HostModule("env").
		Func("f", func(n int32) int32 { act(); return n + 1 }).
		Func("again", func(n int32) (int32, error) {
			res, err := i.Call(ctx, "run", n)
			if err != nil {
				return 0, err
			}
			return res[0].(int32), nil
		}).
		Func("across", func(n int32) (int32, error) {
			res, err := other.Call(ctx, "run", n)
			if err != nil {
				return 0, err
			}
			return res[0].(int32), nil
		}).Register())
	const text = `(module (import "env" "f" (func $f (param i32) (result i32)))
	  (import "env" "again" (func $again (param i32) (result i32)))
	  (import "env" "across" (func $across (param i32) (result i32)))
	  (memory (export "memory") 1)
	  (func (export "malloc") (param i32) (result i32) (call $f (i32.const 1024)))
	  (func (export "free") (param i32))
	  (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
	  (func (export "again") (param i32) (result i32) (call $again (local.get 0)))
	  (func (export "across") (param i32) (result i32) (call $across (local.get 0)))
	  (func (export "trap") (unreachable)))`
	i, other = instance(t, rt, text), instance(t, rt, text)
	starting, err := rt.Compile([]byte(`(module (import "env" "f" (func $f (param i32) (result i32)))
	  (func $start (drop (call $f (i32.const 1)))) (start $start))`))
	noError(t, err)
	heap, err := wasmspan.NewHeap(i)
	noError(t, err)
	ending, cancel := newContext(t)
	defer cancel()
	calls := map[string]func() error{
		"values":  func() error { _, err := i.Call(ctx, "run", 1); return err },
		"nested":  func() error { _, err := i.Call(ctx, "again", 1); return err },
		"across":  func() error { _, err := i.Call(ctx, "across", 1); return err },
		"context": func() error { _, err := i.Call(ending, "run", 1); return err },
		"within": func() error {
			_, err := i.CallWithin(ctx, wasmspan.Limits{Time: time.Minute}, "across", 1)
			return err
		},
		"start": func() error {
			made, err := starting.Instantiate(ctx)
			if err == nil {
				made.Close()
			}
			return err
		},
		"heap": func() error { _, err := heap.PutString("text"); return err },
	}
	for name, export := range map[string]string{"typed": "run", "typed nested": "again", "typed across": "across"} {
		f, err := wasmspan.Func1[int32, int32](i, export)
		noError(t, err)
		calls[name] = func() error { _, err := f(ctx, 1); return err }
		calls[name+", context"] = func() error { _, err := f(ending, 1); return err }
	}
	for what, ending := range endings {
		for how, call := range calls {
			for range [3]int{} {
				act = ending.f
				if got := through(func() { noError(t, call()) }); got != ending.want {
					t.Fatalf("%s, %s: %s instead of %s", what, how, got, ending.want)
				}
				act = func() {}
				short, cancel := newContext(t)
				for _, i := range []*wasmspan.Instance{i, other} {
					if res, err := i.Call(short, "across", 4); err != nil || res[0] != int32(5) {
						t.Fatalf("%s, %s: then %v %v", what, how, res, err)
					}
					var trap *wasmspan.Trap
					if _, err := i.Call(short, "trap"); !errors.As(err, &trap) || trap.Code != wasmspan.CodeUnreachable {
						t.Fatal(what, how, err)
					}
				}
				cancel()
			}
		}
	}
}

// The usual way to meet it: a test that stops in a function that stands in for another.
func TestMocksThatSkip(t *testing.T) {
	rt := newRuntime(t)
	var current *testing.T
	noError(t, rt.HostModule("env").Func("f", func(n int32) int32 {
		if n%2 == 0 {
			current.Skip("no mock for even numbers")
		}
		return n + 1
	}).Register())
	i := instance(t, rt, `(module (import "env" "f" (func $f (param i32) (result i32)))
	  (func (export "run") (param i32) (result i32) (call $f (local.get 0))))`)
	for n := 0; n < 20; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			current = t
			res, err := i.Call(ctx, "run", n)
			noError(t, err)
			if n%2 == 0 || res[0] != int32(n+1) {
				t.Fatal(res)
			}
		})
	}
}

type actor struct{ act *func() }

func (a actor) Write(p []byte) (int, error)           { (*a.act)(); return len(p), nil }
func (a actor) Read(p []byte) (int, error)            { (*a.act)(); return copy(p, "x"), nil }
func (a actor) Open(name string) (fs.File, error)     { (*a.act)(); return nil, fs.ErrNotExist }
func (a actor) Stat(name string) (fs.FileInfo, error) { (*a.act)(); return nil, fs.ErrNotExist }

// Streams and file systems that panic or end their goroutine: what unwinds goes on when the guest has ended.
func TestStreamsThatDoNotReturn(t *testing.T) {
	module := compiled(t, `(module
	  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
	  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
	  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
	  (memory (export "memory") 1) (data (i32.const 0) "\40\00\00\00\01\00\00\00file")
	  (func (export "_start")
	    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
	    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
	    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 4) (i32.const 0)
	      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
	    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))))`)
	ending, cancel := newContext(t)
	defer cancel()
	act, quiet := func() {}, func() {}
	for what, how := range endings {
		for at := 0; at < 4; at++ {
			acts := [4]*func(){&quiet, &quiet, &quiet, &quiet}
			act, acts[at] = how.f, &act
			for _, under := range []bool{false, true} {
				cmd := wasmspan.Command(ctx, module, "x")
				if under {
					cmd.SetContext(ending)
				}
				cmd.Stdout, cmd.Stdin, cmd.Stderr = actor{acts[0]}, actor{acts[1]}, actor{acts[2]}
				cmd.Mounts = []wasmspan.Mount{{FS: actor{acts[3]}, Guest: "/data"}}
				for range [2]int{} {
					if got := through(func() { noError(t, cmd.Run()) }); got != how.want {
						t.Fatalf("%s, stream %d, context %v: %s instead of %s", what, at, under, got, how.want)
					}
				}
			}
		}
	}
	cmd := wasmspan.Command(ctx, module, "x")
	act = runtime.Goexit
	cmd.Stdout = actor{&act}
	noError(t, cmd.Start())
	if got := through(func() { cmd.Wait() }); got != "exited" {
		t.Fatal(got)
	}
}

// The panic is the original one: a program that dies of it shows where it came from.
func TestPanicsKeepTheirStack(t *testing.T) {
	rt := newRuntime(t)
	noError(t, rt.HostModule("env").Func("f", func() { panicsHere() }).Register())
	i := instance(t, rt, `(module (import "env" "f" (func $f)) (func (export "run") (call $f)))`)
	var stack string
	func() {
		defer func() {
			buf := make([]byte, 1<<16)
			stack = string(buf[:runtime.Stack(buf, false)])
			recover()
		}()
		i.Call(ctx, "run")
	}()
	if !strings.Contains(stack, "panicsHere") {
		t.Fatal(stack)
	}
}

//go:noinline
func panicsHere() { panic("here") }
