package wasmspan_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

func file(t testing.TB, name string) *wasmspan.Module {
	t.Helper()
	module, err := newRuntime(t).CompileFile(guest(name))
	noError(t, err)
	return module
}

// Sockets are closed to guests until they are allowed, all of them or some addresses.
func TestSockets(t *testing.T) {
	module := file(t, "http-echo.wasm")
	peer, err := net.Listen("tcp4", "127.0.0.1:0")
	noError(t, err)
	defer peer.Close()
	go func() {
		for {
			connection, err := peer.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				var text strings.Builder
				for line := bufio.NewScanner(connection); line.Scan() && line.Text() != ""; {
					fmt.Fprintln(&text, line.Text())
				}
				io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nword")
			}()
		}
	}()
	port := peer.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		wasi    wasmspan.WASI
		allowed bool
	}{
		{wasmspan.WASI{}, false},
		{wasmspan.WASI{Sockets: true}, true},
		{wasmspan.WASI{AllowAddresses: []string{fmt.Sprintf("127.0.0.1:%d", port)}}, true},
		{wasmspan.WASI{AllowAddresses: []string{"127.0.0.1:1", "10.0.0.0/8"}}, false},
	} {
		cmd := wasmspan.Command(ctx, module)
		cmd.WASI = c.wasi
		cmd.Args = []string{"http-echo", "ask", "4", fmt.Sprint(port), "1", "word"}
		out, err := cmd.CombinedOutput()
		if (err == nil && string(out) == "1 answers\n") != c.allowed {
			t.Errorf("%+v: %q %v", c.wasi, out, err)
		}
		if denials := cmd.Denials(); (len(denials) == 0) != c.allowed {
			t.Error(denials)
		} else if !c.allowed && (!strings.HasPrefix(denials[0].Function, "sock_") || denials[0].Errno != 2 || denials[0].Option == "") {
			t.Error(denials)
		}
	}
	cmd := wasmspan.Command(ctx, module, "http-echo")
	cmd.AllowAddresses = []string{"1.2.3.4:port"}
	if err := cmd.Run(); err == nil || !strings.Contains(err.Error(), "1.2.3.4:port") {
		t.Error(err)
	}
}

// A guest accepts connections of a listener it was given, and the program's own stays as it was.
func TestListeners(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	noError(t, err)
	defer listener.Close()
	module := compiled(t, `(module
	  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
	  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
	  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
	  (memory (export "memory") 1) (data (i32.const 100) "hello")
	  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
	  (func (export "_start")
	    (call $check (call $accept (i32.const 3) (i32.const 0) (i32.const 0)))
	    (i32.store (i32.const 8) (i32.const 100)) (i32.store (i32.const 12) (i32.const 5))
	    (call $check (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 16)))))`)
	cmd := wasmspan.Command(ctx, module, "serve")
	cmd.Listeners = []syscall.Conn{listener.(*net.TCPListener)}
	noError(t, cmd.Start())
	connection, err := net.Dial("tcp4", listener.Addr().String())
	noError(t, err)
	text, err := io.ReadAll(connection)
	noError(t, err)
	noError(t, cmd.Wait())
	if string(text) != "hello" {
		t.Errorf("%q", text)
	}
	noError(t, listener.(*net.TCPListener).SetDeadline(time.Now().Add(10*time.Millisecond)))
	var late net.Error
	if _, err := listener.Accept(); !errors.As(err, &late) || !late.Timeout() {
		t.Error(err)
	}
	listener.Close()
	if err := cmd.Run(); err == nil {
		t.Error("a closed listener was taken")
	}
}

// Asks for time of day, monotonic time and eight random bytes, and leaves them in memory.
const asksWASI = `(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "ask") (result i32)
    (i32.or (call $clock (i32.const 0) (i64.const 1) (i32.const 0))
      (i32.or (call $clock (i32.const 1) (i64.const 1) (i32.const 8)) (call $random (i32.const 16) (i32.const 8)))))
  (func (export "ask for ever") (loop (drop (call $random (i32.const 16) (i32.const 8))) (br 0)))
  (func (export "look for ever") (loop (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 0))) (br 0))))`

type endless struct{ with byte }

func (e endless) Read(p []byte) (int, error) {
	for at := range p {
		p[at] = e.with
	}
	return len(p), nil
}

func TestClocksAndRandomBytes(t *testing.T) {
	module := compiled(t, asksWASI)
	ask := func(wasi wasmspan.WASI) (day, since uint64, random []byte) {
		i, err := module.Instantiate(ctx, wasmspan.WithWASI(wasi))
		noError(t, err)
		defer i.Close()
		result, err := i.Call(ctx, "ask")
		noError(t, err)
		if result[0] != int32(0) {
			t.Fatal(result)
		}
		bytes, _ := i.Memory("memory").Read(0, 24)
		return binary.LittleEndian.Uint64(bytes), binary.LittleEndian.Uint64(bytes[8:]), bytes[16:]
	}
	seed := uint64(7)
	one := wasmspan.WASI{
		RealtimeClock:  func() time.Time { return time.Unix(1000, 5) },
		MonotonicClock: func() time.Duration { return time.Second },
		RandomSeed:     &seed,
	}
	day, since, random := ask(one)
	_, _, again := ask(one)
	if day != 1000_000_000_005 || since != 1_000_000_000 || !bytes.Equal(random, again) {
		t.Error(day, since, random, again)
	}
	other := uint64(8)
	if _, _, another := ask(wasmspan.WASI{RandomSeed: &other}); bytes.Equal(random, another) {
		t.Error(another)
	}
	if _, _, random := ask(wasmspan.WASI{RandomSource: endless{9}}); !bytes.Equal(random, bytes.Repeat([]byte{9}, 8)) {
		t.Error(random)
	}
	day, _, random = ask(wasmspan.WASI{})
	if _, _, again := ask(wasmspan.WASI{}); time.Since(time.Unix(0, int64(day))).Abs() > time.Hour || bytes.Equal(random, again) {
		t.Error(day, random)
	}
}

// What Go is asked for by a guest that never ends, and that doesn't look at errors, may panic all the same.
func TestWhatPanicsEndsItsGuest(t *testing.T) {
	deaf := strings.ReplaceAll(strings.ReplaceAll(echo, "(call $exit (local.get 0))", ""),
		"(if (i32.load (i32.const 8)) (then", "(block (block")
	for what, c := range map[string]struct {
		text, function string
		wasi           wasmspan.WASI
		value          string
	}{
		"reader": {deaf, "_start", wasmspan.WASI{Stdin: panics{}}, "a reader"},
		"writer": {deaf, "_start", wasmspan.WASI{Stdin: endless{1}, Stdout: panics{}}, "a writer"},
		"random": {asksWASI, "ask for ever", wasmspan.WASI{RandomSource: strings.NewReader("few")}, "wasmspan: RandomSource: unexpected EOF"},
		"clock":  {asksWASI, "look for ever", wasmspan.WASI{RealtimeClock: func() time.Time { panic("a clock") }}, "a clock"},
	} {
		i, err := compiled(t, c.text).Instantiate(ctx, wasmspan.WithWASI(c.wasi))
		noError(t, err)
		defer i.Close()
		f, err := i.FuncType(c.function)
		noError(t, err)
		if len(f.Params) > 0 {
			t.Fatal(f)
		}
		ended := make(chan any, 1)
		go func() {
			defer func() { ended <- recover() }()
			i.Call(ctx, c.function)
		}()
		select {
		case value := <-ended:
			if fmt.Sprint(value) != c.value {
				t.Errorf("%s: %v", what, value)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: its guest goes on", what)
		}
	}
}

const escapes = `(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "../text")
  (func (export "open") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 0) (i64.const 2) (i64.const 0)
      (i32.const 0) (i32.const 100))))`

func TestDescriptorsAndMounts(t *testing.T) {
	files := wasmspan.NewMemFS(0)
	defer files.Close()
	noError(t, files.WriteFile("text", []byte("x")))
	opens := compiled(t, `(module
	  (import "wasi_snapshot_preview1" "path_open"
	    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
	  (memory (export "memory") 1) (data (i32.const 0) "text")
	  (func (export "open") (param $directory i32) (result i32)
	    (call $open (local.get $directory) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0)
	      (i32.const 0) (i32.const 100))))`)
	i, err := opens.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{
		Mounts: []wasmspan.Mount{{FS: files, Guest: "/data"}}, MaxDescriptors: 6,
	}))
	noError(t, err)
	defer i.Close()
	open, err := wasmspan.Func1[int32, int32](i, "open")
	noError(t, err)
	for _, want := range []int32{0, 0, 33} {
		if errno, err := open(ctx, 3); err != nil || errno != want {
			t.Fatal(errno, err, want)
		}
	}
	// A path that leads out of its mount.
	for _, capable := range []bool{false, true} {
		folder := t.TempDir()
		outside, err := compiled(t, escapes).Instantiate(ctx,
			wasmspan.WithWASI(wasmspan.WASI{Mounts: []wasmspan.Mount{{Host: folder, Guest: "/data"}}, OutsideIsNotCapable: capable}))
		noError(t, err)
		defer outside.Close()
		result, err := outside.Call(ctx, "open")
		noError(t, err)
		if want := map[bool]int32{false: 63, true: 76}[capable]; result[0] != want {
			t.Error(capable, result)
		}
	}
	// A directory that lists the mounts comes with them.
	listed, err := opens.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{
		Mounts: []wasmspan.Mount{{FS: files, Guest: "/data"}}, ListMounts: true,
	}))
	noError(t, err)
	defer listed.Close()
	open, err = wasmspan.Func1[int32, int32](listed, "open")
	noError(t, err)
	for _, directory := range []int32{3, 4} {
		if errno, err := open(ctx, directory); err != nil || (errno == 8) {
			t.Error(directory, errno, err)
		}
	}
}

// Every setting of code can be made, and changes nothing of what code does.
func TestSettingsOfCode(t *testing.T) {
	for what, option := range map[string]wasmspan.Option{
		"checks": wasmspan.WithSignals(false, false), "eager": wasmspan.WithCompileTime(wasmspan.CompileEager),
		"fast": wasmspan.WithOptLevel(wasmspan.OptimizeNothing), "small": wasmspan.WithOptLevel(wasmspan.OptimizeSpeedAndSize),
		"generic": wasmspan.WithGenericCode(),
		"lazy":    wasmspan.WithCompileTime(wasmspan.CompileLazy), "threads": wasmspan.WithCompileThreads(1),
		"size":    wasmspan.WithCompiler(wasmspan.Compiler{OptimizationLevel: wasmspan.OptimizeSpeedAndSize, GenericBinary: true}),
		"nothing": wasmspan.WithCompiler(wasmspan.Compiler{OptimizationLevel: wasmspan.OptimizeNothing, Interruptible: true}),
	} {
		rt, err := wasmspan.New(option)
		noError(t, err)
		defer rt.Close()
		compiled, err := rt.CompileToBytes([]byte(numbers))
		noError(t, err)
		for _, load := range []func() (*wasmspan.Module, error){
			func() (*wasmspan.Module, error) { return rt.Compile([]byte(numbers)) },
			func() (*wasmspan.Module, error) { return rt.LoadCompiledBytes(compiled) },
		} {
			module, err := load()
			noError(t, err)
			i, err := module.Instantiate(ctx)
			noError(t, err)
			defer i.Close()
			divide, err := wasmspan.Func1[int32, int32](i, "divide")
			noError(t, err)
			var trap *wasmspan.Trap
			if _, err := divide(ctx, 0); !errors.As(err, &trap) || trap.Code != wasmspan.CodeDivideByZero {
				t.Errorf("%s: %v", what, err)
			}
			short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
			defer cancel()
			if _, err := i.Call(short, "forever"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	for what, option := range map[string]wasmspan.Option{
		"code": wasmspan.WithOptLevel(9), "time": wasmspan.WithCompileTime(9), "level": wasmspan.WithCompiler(wasmspan.Compiler{OptimizationLevel: 9}),
	} {
		if _, err := wasmspan.New(option); err == nil {
			t.Error(what, "was taken")
		}
	}
}

func TestProposals(t *testing.T) {
	relaxed := `(module (func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))`
	tail := `(module (func $f (return_call $f)))`
	for what, c := range map[string]struct {
		option wasmspan.Option
		text   string
		taken  bool
	}{
		"all": {wasmspan.WithMaxMemoryPages(1), relaxed, true}, "tail": {wasmspan.WithMaxMemoryPages(1), tail, true},
		"without":    {wasmspan.WithoutProposals(wasmspan.RelaxedSIMD), relaxed, false},
		"some":       {wasmspan.WithProposals(wasmspan.SIMD, wasmspan.RelaxedSIMD), relaxed, true},
		"others":     {wasmspan.WithProposals(wasmspan.SIMD, wasmspan.RelaxedSIMD), tail, false},
		"none":       {wasmspan.WithProposals(), `(module (func (result i32 i32) (i32.const 1) (i32.const 2)))`, false},
		"unfinished": {wasmspan.WithProposals(wasmspan.ExceptionHandling), `(module (tag))`, false},
	} {
		rt, err := wasmspan.New(c.option)
		noError(t, err)
		defer rt.Close()
		if _, err := rt.Compile([]byte(c.text)); (err == nil) != c.taken {
			t.Errorf("%s: %v", what, err)
		}
	}
}
