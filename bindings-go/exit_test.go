package wasmspan_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// What guests do while the program ends, on goroutines of their own.
var busyGuests = map[string]func(i *wasmspan.Instance, module *wasmspan.Module){
	"runs": func(i *wasmspan.Instance, _ *wasmspan.Module) { i.Call(ctx, "forever") },
	"may be stopped": func(i *wasmspan.Instance, _ *wasmspan.Module) {
		ending, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		i.Call(ending, "forever")
	},
	"sleeps":      func(i *wasmspan.Instance, _ *wasmspan.Module) { i.Call(ctx, "sleep") },
	"calls back":  func(i *wasmspan.Instance, _ *wasmspan.Module) { i.Call(ctx, "back") },
	"waits there": func(i *wasmspan.Instance, _ *wasmspan.Module) { i.Call(ctx, "wait") },
	"waits for it": func(i *wasmspan.Instance, _ *wasmspan.Module) {
		go i.Call(ctx, "forever")
		time.Sleep(time.Millisecond)
		i.Call(ctx, "forever")
	},
	"reads": func(_ *wasmspan.Instance, module *wasmspan.Module) {
		cmd := wasmspan.Command(ctx, module, "x")
		cmd.Stdin, _ = io.Pipe()
		cmd.Run()
	},
	"closes": func(i *wasmspan.Instance, module *wasmspan.Module) {
		for {
			made, _ := module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{}))
			made.Close()
		}
	},
}

// How the program ends, and what code it has then.
var programEnds = map[string]struct {
	end  func()
	code int
	says string
}{
	"returns": {func() {}, 0, ""},
	"exits":   {func() { os.Exit(7) }, 7, ""},
	"panics":  {func() { panic("the program's own") }, 2, "panic: the program's own"},
	"killed":  {func() { syscall.Kill(os.Getpid(), syscall.SIGTERM); select {} }, -1, ""},
}

const endsAnyhow = `(module (import "env" "back" (func $back)) (import "env" "wait" (func $wait))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "forever") (loop br 0))
  (func (export "back") (loop (call $back) (br 0)))
  (func (export "wait") (call $wait))
  (func (export "_start") (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func (export "sleep")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))))`

func TestMain(m *testing.M) {
	does, how, _ := strings.Cut(os.Getenv("WASMSPAN_TEST_ENDS"), "/")
	if does == "" {
		os.Exit(m.Run())
	}
	rt, err := wasmspan.New()
	if err == nil {
		err = rt.HostModule("env").Func("back", func() {}).Func("wait", func() { select {} }).Register()
	}
	if err != nil {
		panic(err)
	}
	module, err := rt.Compile([]byte(endsAnyhow))
	if err != nil {
		panic(err)
	}
	for range [3]int{} {
		i, err := module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{}))
		if err != nil {
			panic(err)
		}
		go busyGuests[does](i, module)
	}
	time.Sleep(20 * time.Millisecond)
	programEnds[how].end()
}

// A program that ends while guests run ends at once, with its own code, and says nothing of it.
func TestProgramsEnd(t *testing.T) {
	for does := range busyGuests {
		for how, want := range programEnds {
			if testing.Short() && how != "returns" && does != "runs" {
				continue
			}
			short, cancel := context.WithTimeout(ctx, 30*time.Second)
			cmd := exec.CommandContext(short, os.Args[0])
			cmd.Env = append(os.Environ(), "WASMSPAN_TEST_ENDS="+does+"/"+how)
			out, err := cmd.CombinedOutput()
			cancel()
			code := 0
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				code = exit.ExitCode()
			}
			said := string(out)
			if want.says != "" {
				said, _, _ = strings.Cut(said, "\n")
			}
			if code != want.code || said != want.says || short.Err() == context.DeadlineExceeded {
				t.Errorf("%s, %s: code %d, %v\n%s", does, how, code, err, out)
			}
		}
	}
}
