package wasmspan_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// Writes what it reads, and exits with the number of the error that it gets.
const echo = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func (export "_start") (loop
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 4096))
    (call $check (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (i32.load (i32.const 8)) (then
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
      (br 1))))))`

func compiled(t testing.TB, text string) *wasmspan.Module {
	t.Helper()
	module, err := newRuntime(t).Compile([]byte(text))
	noError(t, err)
	return module
}

func ExampleCmd_StdoutPipe() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	module, _ := rt.Compile([]byte(echo))
	cmd := wasmspan.Command(context.Background(), module, "echo")
	to, _ := cmd.StdinPipe()
	from, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	lines := bufio.NewReader(from)
	for _, word := range []string{"one", "two"} {
		fmt.Fprintln(to, word)
		line, _ := lines.ReadString('\n')
		fmt.Print(line)
	}
	to.Close()
	fmt.Println(cmd.Wait())
	// Output:
	// one
	// two
	// <nil>
}

// Streams pass bytes as they come, of any number, and tell their errors.
func TestStreams(t *testing.T) {
	module := compiled(t, echo)
	text := strings.Repeat("0123456789", 2000)
	for _, contexts := range []func() (context.Context, context.CancelFunc){
		func() (context.Context, context.CancelFunc) { return ctx, func() {} },
		func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
	} {
		limited, cancel := contexts()
		for _, reader := range []io.Reader{
			strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text)),
		} {
			cmd := wasmspan.Command(limited, module, "echo")
			cmd.Stdin = reader
			out, err := cmd.Output()
			noError(t, err)
			if string(out) != text {
				t.Fatal(len(out))
			}
		}
		wrong := errors.New("the disk is wet")
		cmd := wasmspan.Command(limited, module, "echo")
		cmd.Stdin = io.MultiReader(strings.NewReader("x"), iotest.ErrReader(wrong))
		var exit *wasmspan.ExitError
		if out, err := cmd.Output(); !errors.As(err, &exit) || exit.ExitCode() != 29 || string(out) != "x" {
			t.Fatalf("%q %v", out, err)
		}
		cancel()
	}
	// The guest drops the error of its output: the run tells it.
	ignores := compiled(t, strings.ReplaceAll(echo, "(call $exit (local.get 0))", ""))
	cmd := wasmspan.Command(ctx, ignores, "echo")
	from, to := io.Pipe()
	from.Close()
	cmd.Stdin, cmd.Stdout = strings.NewReader("x"), to
	if err := cmd.Run(); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	// Files are the guest's own.
	cmd = wasmspan.Command(ctx, module, "echo")
	file, err := os.CreateTemp(t.TempDir(), "")
	noError(t, err)
	cmd.Stdin, cmd.Stdout = strings.NewReader(text), file
	noError(t, cmd.Run())
	_, err = file.Seek(0, io.SeekStart)
	noError(t, err)
	cmd = wasmspan.Command(ctx, module, "echo")
	cmd.Stdin = file
	out, err := cmd.CombinedOutput()
	noError(t, err)
	if string(out) != text {
		t.Fatal(len(out))
	}
}

func TestOutputLimit(t *testing.T) {
	module := compiled(t, echo)
	cmd := wasmspan.Command(ctx, module, "echo")
	cmd.OutputLimit = 5000
	cmd.Stdin = bytes.NewReader(make([]byte, 10000))
	out, err := cmd.Output()
	var exit *wasmspan.ExitError
	if len(out) != 5000 || !errors.As(err, &exit) || exit.ExitCode() != 51 || !cmd.Usage().Truncated || !errors.Is(err, wasmspan.ErrOutputLimit) {
		t.Fatal(len(out), err, cmd.Usage())
	}
	// A guest that drops the error of its output does not make it a success.
	cmd = wasmspan.Command(ctx, compiled(t, strings.ReplaceAll(echo, "(call $exit (local.get 0))", "")), "echo")
	cmd.OutputLimit, cmd.Stdin = 1, strings.NewReader("xx")
	if out, err := cmd.Output(); string(out) != "x" || !errors.Is(err, wasmspan.ErrOutputLimit) || errors.As(err, &exit) {
		t.Fatalf("%q %v", out, err)
	}
	const usual = 64 << 20
	for size, wanted := range map[int]error{usual: nil, usual + 1: wasmspan.ErrOutputLimit} {
		cmd := wasmspan.Command(ctx, module, "echo")
		cmd.Stdin = bytes.NewReader(make([]byte, size))
		if out, err := cmd.Output(); len(out) != usual || !errors.Is(err, wanted) {
			t.Fatal(size, len(out), err)
		}
	}
	cmd = wasmspan.Command(ctx, module, "echo")
	cmd.Limits.OutputBytes, cmd.OutputLimit, cmd.Stdin = 3000, 0, bytes.NewReader(make([]byte, 10000))
	if out, err := cmd.Output(); len(out) > 3000 || err == nil {
		t.Fatal(len(out), err)
	}
	if usage := cmd.Usage(); usage.MemoryPages != 1 || usage.Wall <= 0 {
		t.Fatal(usage)
	}
}

// A context stops a guest that waits for a reader that never gives anything, and for pipes.
func TestContextsStopStreams(t *testing.T) {
	module := compiled(t, echo)
	never, _ := io.Pipe()
	prepare := []func(*wasmspan.Cmd){
		func(cmd *wasmspan.Cmd) { cmd.Stdin = never },
		func(cmd *wasmspan.Cmd) { cmd.StdinPipe() },
		func(cmd *wasmspan.Cmd) { cmd.Stdin = strings.NewReader("x"); cmd.StdoutPipe() },
		func(cmd *wasmspan.Cmd) {
			from, to, err := os.Pipe()
			noError(t, err)
			t.Cleanup(func() { from.Close(); to.Close() })
			cmd.Stdin = from
		},
	}
	for at, prepare := range prepare {
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		cmd := wasmspan.Command(short, module, "echo")
		prepare(cmd)
		begin := time.Now()
		noError(t, cmd.Start())
		if err := cmd.Wait(); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 10*time.Second {
			t.Fatal(at, err, time.Since(begin))
		}
		cancel()
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error)  { panic("a reader") }
func (panics) Write([]byte) (int, error) { panic("a writer") }

// Panics of streams come back where the guest was called: by Run, Wait, and calls of instances.
func TestStreamsPanic(t *testing.T) {
	caught := func(f func() error) (value any) {
		defer func() { value = recover() }()
		t.Error(f())
		return nil
	}
	module := compiled(t, echo)
	cmd := wasmspan.Command(ctx, module, "echo")
	cmd.Stdin = panics{}
	if value := caught(cmd.Run); value != "a reader" {
		t.Fatal(value)
	}
	cmd.Stdin, cmd.Stdout = strings.NewReader("x"), panics{}
	noError(t, cmd.Start())
	if value := caught(cmd.Wait); value != "a writer" {
		t.Fatal(value)
	}
	instance, err := module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{Stdin: panics{}}))
	noError(t, err)
	defer instance.Close()
	start, err := wasmspan.Proc0(instance, "_start")
	noError(t, err)
	if value := caught(func() error { return start(ctx) }); value != "a reader" {
		t.Fatal(value)
	}
}

func TestCommandMisuse(t *testing.T) {
	module := compiled(t, echo)
	cmd := wasmspan.Command(ctx, module, "echo")
	if cmd.Wait() == nil {
		t.Fatal("it was not started")
	}
	noError(t, cmd.Start())
	if cmd.Start() == nil || cmd.Run() == nil {
		t.Fatal("it is started already")
	}
	noError(t, cmd.Wait())
	cmd.Stdout = io.Discard
	if _, err := cmd.Output(); err == nil {
		t.Fatal("Stdout is set")
	}
	if _, err := cmd.StdoutPipe(); err == nil {
		t.Fatal("Stdout is set")
	}
}
