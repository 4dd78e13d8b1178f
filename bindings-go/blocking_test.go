package wasmspan_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const reads = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $pread (param i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\40\00\00\00\05\00\00\00file") (data (i32.const 128) "hello")
  (func (export "read") (result i32) (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))) (i32.load (i32.const 16)))
  (func (export "write") (result i32)
    (i32.store (i32.const 20) (i32.const 128)) (i32.store (i32.const 24) (i32.const 5))
    (call $write (i32.const 1) (i32.const 20) (i32.const 1) (i32.const 16)))
  (func (export "open") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 4) (i32.const 0) (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 28)))
  (func (export "pread") (result i32)
    (call $pread (i32.load (i32.const 28)) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 16))))`

// slow is a file system of which one operation waits until it is told to go on.
type slow struct{ open, read chan struct{} }

func (s slow) Open(string) (fs.File, error) {
	<-s.open
	return slowFile{s}, nil
}

func (s slow) Stat(string) (fs.FileInfo, error) { return slowFile{}.Stat() }

type slowFile struct{ slow }

func (slowFile) Stat() (fs.FileInfo, error) { return slowInfo{}, nil }
func (slowFile) Close() error               { return nil }

func (f slowFile) ReadAt(p []byte, at int64) (int, error) {
	<-f.read
	return copy(p, "late!"), nil
}

func (f slowFile) Read(p []byte) (int, error) { return f.ReadAt(p, 0) }

type slowInfo struct{ fs.FileInfo }

func (slowInfo) IsDir() bool        { return false }
func (slowInfo) Size() int64        { return 5 }
func (slowInfo) ModTime() time.Time { return time.Time{} }
func (slowInfo) Mode() fs.FileMode  { return 0o444 }

// A context, or a limit of time, ends calls that wait in streams and file systems of Go's; what comes late is for the next
// call.
func TestContextsStopBlockedStreams(t *testing.T) {
	module := compiled(t, reads)
	in, feed := io.Pipe()
	out, drain := io.Pipe()
	files := slow{make(chan struct{}), make(chan struct{})}
	i, err := module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{Stdin: in, Stdout: drain,
		Mounts: []wasmspan.Mount{{FS: files, Guest: "/"}}}))
	noError(t, err)
	defer i.Close()
	stopped := func(name string) {
		t.Helper()
		short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
		defer cancel()
		begin := time.Now()
		if _, err := i.Call(short, name); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(name, err)
		}
		_, err := i.CallWithin(ctx, wasmspan.Limits{Time: 30 * time.Millisecond}, name)
		var trap *wasmspan.Trap
		if !errors.As(err, &trap) || trap.Code != wasmspan.CodeInterrupted {
			t.Fatal(name, err)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Fatal(name, took)
		}
	}
	call := func(name string) int32 {
		t.Helper()
		long, cancel := newContext(t)
		defer cancel()
		res, err := i.Call(long, name)
		noError(t, err)
		return res[0].(int32)
	}
	stopped("read")
	go feed.Write([]byte("abc"))
	if n := call("read"); n != 3 {
		t.Fatal(n)
	}
	if got, _ := i.Memory("memory").ReadString(64, 3); got != "abc" {
		t.Fatalf("%q", got)
	}
	// Half of what came late is for the call after that.
	go feed.Write([]byte("defghijk"))
	stopped2 := func() {
		short, cancel := context.WithTimeout(ctx, time.Nanosecond)
		defer cancel()
		i.Call(short, "read")
	}
	stopped2()
	if n := call("read") + call("read"); n != 8 {
		t.Fatal(n)
	}
	stopped("write")
	written := make(chan string)
	go func() {
		buf := make([]byte, 5)
		io.ReadFull(out, buf)
		written <- string(buf)
	}()
	if text := <-written; text != "hello" {
		t.Fatal(text)
	}
	go func() {
		buf := make([]byte, 10)
		io.ReadFull(out, buf[:5])
		written <- string(buf[:5])
	}()
	if errno := call("write"); errno != 0 || <-written != "hello" {
		t.Fatal(errno)
	}
	stopped("open")
	close(files.open)
	if errno := call("open"); errno != 0 {
		t.Fatal(errno)
	}
	stopped("pread")
	close(files.read)
	if errno := call("pread"); errno != 0 {
		t.Fatal(errno)
	}
	if got, _ := i.Memory("memory").ReadString(64, 5); got != "late!" {
		t.Fatalf("%q", got)
	}
}

// The same for commands: what a run didn't read any more, the next one does.
func TestContextsStopBlockedCommands(t *testing.T) {
	cat := compiled(t, `(module
	  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
	  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
	  (memory (export "memory") 1) (data (i32.const 0) "\40\00\00\00\05\00\00\00")
	  (func (export "_start")
	    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
	    (i32.store (i32.const 4) (i32.load (i32.const 16)))
	    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))`)
	in, feed := io.Pipe()
	var out bytes.Buffer
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	cmd := wasmspan.Command(short, cat, "cat")
	cmd.Stdin, cmd.Stdout = in, &out
	if err := cmd.Run(); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	go feed.Write([]byte("late!"))
	long, cancel := newContext(t)
	defer cancel()
	cmd.SetContext(long)
	noError(t, cmd.Run())
	if out.String() != "late!" {
		t.Fatalf("%q", out.String())
	}
	// A limit of time, and a writer that blocks.
	_, drain := io.Pipe()
	cmd = wasmspan.Command(ctx, cat, "cat")
	cmd.Stdin, cmd.Stdout = strings.NewReader("text"), drain
	cmd.Limits.Time = 30 * time.Millisecond
	var trap *wasmspan.Trap
	if err := cmd.Run(); !errors.As(err, &trap) || trap.Code != wasmspan.CodeInterrupted {
		t.Fatal(err)
	}
}
