package wasmspan_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// What makes no sense is an error that says what, and never something else than was asked for.
func TestMistakes(t *testing.T) {
	rt := newRuntime(t)
	echoes, library := compiled(t, echo), compiled(t, `(module (func (export "_start")))`)
	closed, err := os.CreateTemp(t.TempDir(), "")
	noError(t, err)
	closed.Close()
	run := func(change func(*wasmspan.Cmd)) error {
		cmd := wasmspan.Command(ctx, echoes, "echo")
		change(cmd)
		_, err := cmd.Output()
		return err
	}
	folder := t.TempDir()
	odd := wasmspan.ValueType(0x40)
	for says, err := range map[string]error{
		`"NAME"`: run(func(cmd *wasmspan.Cmd) { cmd.Env = []string{"NAME"} }),
		`"=x"`:   run(func(cmd *wasmspan.Cmd) { cmd.Env = []string{"=x"} }),
		"Stdin":  run(func(cmd *wasmspan.Cmd) { cmd.Stdin = closed }),
		"Stderr": run(func(cmd *wasmspan.Cmd) { cmd.Stderr = closed }),
		"open file": run(func(cmd *wasmspan.Cmd) {
			cmd.Stdin = (*os.File)(nil)
		}),
		"OutputLimit is -1": run(func(cmd *wasmspan.Cmd) { cmd.OutputLimit = -1 }),
		"both Host and FS": run(func(cmd *wasmspan.Cmd) {
			cmd.Mounts = []wasmspan.Mount{{Host: folder, FS: os.DirFS(folder), Guest: "/"}}
		}),
		"no type 0x40": rt.HostModule("odd").FuncOf("f", wasmspan.FuncType{Params: []wasmspan.ValueType{odd}},
			func(context.Context, *wasmspan.Caller, []any) ([]any, error) { return nil, nil }).Register(),
		"no global of type 0x40":   second(rt.NewGlobal(wasmspan.GlobalType{Value: odd}, nil)),
		"no table of 0":            second(rt.NewTable(wasmspan.TableType{Element: odd})),
		"isn't nil":                wasmspan.Scan([]any{int32(1)}, (*int32)(nil)),
		"can't be copied to a int": wasmspan.Scan([]any{int32(1)}, 5),
		"of type <nil>":            wasmspan.Scan([]any{nil}, new(int32)),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	// A path with a zero byte in it isn't the one before it.
	bad := filepath.Join(folder, "a\x00b")
	for what, err := range map[string]error{
		"compile": rt.CompileTo(bad, []byte(numbers)),
		"cache":   second(wasmspan.New(wasmspan.WithCache(bad, 0))),
		"own":     second(library.Instantiate(ctx, wasmspan.WithCache(bad, 0))),
		"overlay": second(wasmspan.NewOverlay(bad, 0)),
		"mount":   run(func(cmd *wasmspan.Cmd) { cmd.Mounts = []wasmspan.Mount{{Host: bad, Guest: "/"}} }),
	} {
		if path := (*fs.PathError)(nil); !errors.As(err, &path) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Error(left)
	}
	// A time that is over already.
	i := instance(t, rt, numbers)
	short, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := i.CallWithin(short, wasmspan.Limits{Time: -1}, "forever"); err == nil || short.Err() != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// An exit code comes with every kind of call.
func TestExitCodesOfCalls(t *testing.T) {
	module := compiled(t, `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
	  (memory (export "memory") 1) (func (export "quit") (call $exit (i32.const 7))))`)
	for _, wasi := range []wasmspan.WASI{{}, {Stdin: strings.NewReader("")}} {
		i, err := module.Instantiate(ctx, wasmspan.WithWASI(wasi))
		noError(t, err)
		defer i.Close()
		quit, err := wasmspan.Proc0(i, "quit")
		noError(t, err)
		for name, err := range map[string]error{"typed": quit(ctx), "untyped": second(i.Call(ctx, "quit"))} {
			if exit := (*wasmspan.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 7 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// An instance with surroundings of its own can be imported from as any other, wherever modules import.
func TestNamedInstancesWithWASI(t *testing.T) {
	rt := newRuntime(t)
	library, err := rt.Compile([]byte(`(module (func (export "seven") (result i32) (i32.const 7)))`))
	noError(t, err)
	user, err := rt.Compile([]byte(`(module (import "library" "seven" (func $f (result i32)))
	  (func (export "_start") (drop (call $f))))`))
	noError(t, err)
	named := []wasmspan.InstanceOption{wasmspan.WithName("library"), wasmspan.WithWASI(wasmspan.WASI{})}
	first, err := library.Instantiate(ctx, named...)
	noError(t, err)
	if _, err := library.Instantiate(ctx, named...); err == nil {
		t.Error("the name was given twice")
	}
	check := func(wanted bool) {
		t.Helper()
		for what, err := range map[string]error{
			"instance": second(user.Instantiate(ctx)),
			"its own":  second(user.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{}))),
			"command":  wasmspan.Command(ctx, user, "user").Run(),
			"pool":     second(user.NewPool(1)),
		} {
			if (err == nil) != wanted {
				t.Error(what, err)
			}
		}
	}
	check(true)
	noError(t, first.Close())
	_, err = library.Instantiate(ctx, named...)
	noError(t, err)
	check(true)
}

// A context that ends before, while or after a command begins, stops it: a request is never lost.
func TestCommandsAreStoppedAtAnyMoment(t *testing.T) {
	module := compiled(t, `(module (func (export "_start") (loop br 0)))`)
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	for round := 0; round < rounds; round++ {
		ending, cancel := context.WithCancel(ctx)
		wait := time.Duration(rand.Intn(1000)) * time.Microsecond
		if round%3 == 0 {
			wait = 0
		}
		go func() {
			time.Sleep(wait)
			cancel()
		}()
		ended := make(chan error, 1)
		go func() { ended <- wasmspan.Command(ending, module, "forever").Run() }()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it was not stopped after", wait)
		}
	}
}

// Pipes are for one run; the next one has its own, or none.
func TestPipesEndWithTheirRun(t *testing.T) {
	cmd := wasmspan.Command(ctx, compiled(t, echo), "echo")
	for _, text := range []string{"one", "", "two"} {
		if text != "" {
			to, err := cmd.StdinPipe()
			noError(t, err)
			go func() {
				fmt.Fprint(to, text)
				to.Close()
			}()
		}
		out, err := cmd.Output()
		if err != nil || string(out) != text {
			t.Fatalf("%q %q %v", text, out, err)
		}
	}
}

// What standard output and error get comes in the guest's order.
func TestCombinedOutputIsInOrder(t *testing.T) {
	module := compiled(t, `(module
	  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
	  (memory (export "memory") 1) (data (i32.const 100) "onetwo")
	  (func $say (param i32 i32) (i32.store (i32.const 0) (local.get 1)) (i32.store (i32.const 4) (i32.const 3))
	    (drop (call $write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8))))
	  (func (export "_start") (call $say (i32.const 1) (i32.const 100)) (call $say (i32.const 2) (i32.const 103))
	    (call $say (i32.const 1) (i32.const 100))))`)
	out, err := wasmspan.Command(ctx, module, "says").CombinedOutput()
	if err != nil || string(out) != "onetwoone" {
		t.Fatalf("%q %v", out, err)
	}
	cmd := wasmspan.Command(ctx, module, "says")
	cmd.OutputLimit = 5
	if out, err := cmd.CombinedOutput(); string(out) != "onetw" || !errors.Is(err, wasmspan.ErrOutputLimit) {
		t.Fatalf("%q %v", out, err)
	}
}

// Limits of an instance hold for every way to call it, also where a host function calls the one that called it.
func TestLimitsHoldForEveryCall(t *testing.T) {
	rt := newRuntime(t)
	var lent error
	noError(t, rt.HostModule("env").Func("again", func(ctx context.Context, caller *wasmspan.Caller) error {
		_, lent = caller.Instance().Call(ctx, "spin")
		return lent
	}).Register())
	module, err := rt.Compile([]byte(`(module (import "env" "again" (func $again)) (memory (export "memory") 1)
	  (func $spin (export "spin") (loop br 0)) (func (export "outer") (call $again))
	  (func (export "malloc") (param i32) (result i32) (call $spin) (i32.const 0))
	  (func (export "free") (param i32) (call $spin))
	  (func (export "allocate") (param i32) (result i32) (call $spin) (i32.const 0))
	  (func (export "deallocate") (param i32 i32) (call $spin))
	  (func (export "f") (param i32 i32) (result i32) (call $spin) (i32.const 0)))`))
	noError(t, err)
	i, err := module.Instantiate(ctx, wasmspan.WithLimits(wasmspan.Limits{Time: 30 * time.Millisecond}))
	noError(t, err)
	defer i.Close()
	heap, err := wasmspan.NewHeap(i)
	noError(t, err)
	bindgen, err := wasmspan.NewBindgen(ctx, i)
	noError(t, err)
	spin, err := wasmspan.Proc0(i, "spin")
	noError(t, err)
	for what, call := range map[string]func() error{
		"typed":   func() error { return spin(ctx) },
		"call":    func() error { return second(i.Call(ctx, "spin")) },
		"within":  func() error { return second(i.CallWithin(ctx, wasmspan.Limits{Time: time.Hour}, "spin")) },
		"host":    func() error { return second(i.Call(ctx, "outer")) },
		"put":     func() error { return second(heap.PutString("x")) },
		"free":    func() error { return heap.Free(0) },
		"bindgen": func() error { return second(bindgen.Call(ctx, "f", "x")) },
	} {
		err := call()
		if timeout := (*wasmspan.TimeoutError)(nil); !errors.As(err, &timeout) || timeout.Limit != 30*time.Millisecond {
			t.Errorf("%s: %v", what, err)
		}
	}
	if lent == nil {
		t.Error("the host function's call was not stopped")
	}
}
