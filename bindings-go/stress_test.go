package wasmspan_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// stressTime is how long goroutines work against each other: seconds, or what WASMSPAN_STRESS says (make soak).
func stressTime(t testing.TB) time.Duration {
	if given, err := time.ParseDuration(os.Getenv("WASMSPAN_STRESS")); err == nil {
		return given
	}
	if testing.Short() {
		return 2 * time.Second
	}
	return 5 * time.Second
}

const stressed = `(module (import "env" "next" (func $next (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 64) (table (export "table") 1 1000 externref)
  (global (export "global") (mut i32) (i32.const 0))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024)) (func (export "free") (param i32))
  (func (export "_start") (drop (call $next (i32.const 1))))
  (func (export "print") (result i32)
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
  (func (export "run") (param i32) (result i32) (call $next (local.get 0)))
  (func (export "trap") unreachable) (func (export "forever") (loop br 0)))`

// things are what goroutines share; each of them closes and replaces them.
type things struct {
	runtime  *wasmspan.Runtime
	module   *wasmspan.Module
	instance *wasmspan.Instance
	heap     *wasmspan.Heap
	files    *wasmspan.MemFS
}

func newThings() *things {
	rt, err := wasmspan.New()
	if err != nil {
		panic(err)
	}
	if err := rt.HostModule("env").Func("next", func(caller *wasmspan.Caller, n int32) int32 {
		if memory := caller.Memory(0); memory != nil {
			memory.WriteUint32(8, uint32(n))
		}
		return n + 1
	}).Register(); err != nil {
		panic(err)
	}
	made := &things{runtime: rt, files: wasmspan.NewMemFS(0)}
	made.module, err = rt.Compile([]byte(stressed))
	if err != nil {
		panic(err)
	}
	made.instance, err = made.module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{Stdout: discard{}}))
	if err != nil {
		panic(err)
	}
	made.heap, err = wasmspan.NewHeap(made.instance)
	if err != nil {
		panic(err)
	}
	return made
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Goroutines call, read, grow, instantiate, compile and close the same objects at random: everything works, or fails with
// an error that says why.
func TestEverythingAtOnce(t *testing.T) {
	var shared atomic.Pointer[things]
	shared.Store(newThings())
	end := time.Now().Add(stressTime(t))
	expected := func(what string, err error) {
		var refused *wasmspan.Error
		var trap *wasmspan.Trap
		if err != nil && !errors.Is(err, wasmspan.ErrClosed) && !errors.As(err, &trap) &&
			!(errors.As(err, &refused) && (refused.Code == wasmspan.CodeUnknownImport || refused.Code == wasmspan.CodeMemoryOutOfBounds ||
				refused.Code == wasmspan.CodeTableOutOfBounds)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	var group sync.WaitGroup
	done := map[string]int{}
	var counting sync.Mutex
	for g := 0; g < 8; g++ {
		random := rand.New(rand.NewSource(int64(g)))
		group.Add(1)
		go func() {
			defer group.Done()
			counts := map[string]int{}
			for time.Now().Before(end) && !t.Failed() {
				what, err := act(random, shared.Load())
				if what == "renew" {
					shared.Store(newThings())
				}
				counts[what]++
				expected(what, err)
			}
			counting.Lock()
			defer counting.Unlock()
			for what, n := range counts {
				done[what] += n
			}
		}()
	}
	group.Wait()
	t.Log(done)
}

func act(random *rand.Rand, s *things) (what string, err error) {
	switch at := random.Intn(200); {
	case at < 30:
		_, err = s.instance.Call(ctx, "run", 1)
		return "call", err
	case at < 50:
		run, err := wasmspan.Func1[int32, int32](s.instance, "run")
		if err != nil {
			return "typed", err
		}
		_, err = run(ctx, 1)
		return "typed", err
	case at < 60:
		if memory := s.instance.Memory("memory"); memory != nil {
			memory.Read(8, 100)
			memory.WriteUint64(16, 1)
			_, err = memory.GrowPages(uint32(random.Intn(2)))
		}
		return "memory", err
	case at < 70:
		if table := s.instance.Table("table"); table != nil {
			table.Size()
			if _, err = table.Grow(1); err == nil {
				err = table.Set(0, wasmspan.NewExtern(at))
			}
			table.Get(0)
		}
		return "table", err
	case at < 80:
		if global := s.instance.Global("global"); global != nil {
			err = global.Set(at)
			global.Get()
		}
		return "global", err
	case at < 90:
		made, err := s.module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{Mounts: nil}))
		if err == nil && random.Intn(2) == 0 {
			_, err = made.Call(ctx, "run", 1)
			made.Close()
		}
		return "instantiate", err
	case at < 100:
		module, err := s.runtime.Compile([]byte(`(module (func (export "f")))`))
		if err == nil {
			module.Close()
		}
		return "compile", err
	case at < 105:
		if _, err := s.instance.FuncType("run"); err != nil {
			return "type", err
		}
		s.instance.Exports()
		s.module.Imports()
		s.module.Exports()
		s.module.IsPrecompiled()
		return "type", nil
	case at < 115:
		span, err := s.heap.PutString("text")
		if err == nil {
			_, err = s.heap.GetString(span.Address, span.Length)
		}
		return "heap", err
	case at < 125:
		if err = s.files.WriteFile(fmt.Sprint("file", at), []byte("text")); errors.Is(err, os.ErrClosed) {
			err = nil
		}
		s.files.ReadFile("file120")
		s.files.Used()
		return "files", err
	case at < 130:
		cmd := wasmspan.Command(ctx, s.module, "x")
		cmd.Mounts = []wasmspan.Mount{{FS: s.files, Guest: "/"}}
		err = cmd.Run()
		return "command", err
	case at < 140:
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		_, err = s.instance.Call(short, "forever")
		if errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		cancel()
		return "stopped", err
	case at < 150:
		_, err = s.instance.Call(ctx, "trap")
		return "trap", err
	case at < 160:
		_, err = s.instance.Call(ctx, "print")
		return "print", err
	case at < 165:
		s.runtime.Statistics()
		s.instance.Statistics()
		return "statistics", nil
	case at < 170:
		_, err = s.runtime.CompileToBytes([]byte(`(module)`))
		return "compile to bytes", err
	case at < 175:
		through(func() { s.instance.Call(ctx, "run") })
		return "goroutine", nil
	case at < 182:
		return "close instance", s.instance.Close()
	case at < 187:
		return "close module", s.module.Close()
	case at < 190:
		return "close runtime", s.runtime.Close()
	case at < 192:
		s.files.Close()
		return "close heap", s.heap.Close()
	}
	return "renew", nil
}

// A pool whose instances are used, closed and forgotten by many goroutines, until it is closed.
func TestPoolAtOnce(t *testing.T) {
	rt := newRuntime(t)
	module, err := rt.Compile([]byte(numbers))
	noError(t, err)
	for round := 0; round < 20; round++ {
		pool, err := module.NewPool(4)
		noError(t, err)
		var group sync.WaitGroup
		for g := 0; g < 8; g++ {
			group.Add(1)
			go func() {
				defer group.Done()
				for n := 0; n < 50; n++ {
					i, err := pool.Get(ctx)
					if errors.Is(err, wasmspan.ErrClosed) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					if res, err := i.Call(ctx, "add", 1, n); err != nil || res[0] != int32(n+1) {
						t.Error(res, err)
					}
					i.Close()
				}
			}()
		}
		if round%2 == 0 {
			time.Sleep(time.Millisecond)
			pool.Close()
		}
		group.Wait()
		pool.Close()
	}
}

// Close while others use what is closed, as fast as can be.
func TestCloseRaces(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 100
	}
	for n := 0; n < rounds; n++ {
		rt, err := wasmspan.New()
		noError(t, err)
		module, err := rt.Compile([]byte(numbers))
		noError(t, err)
		i, err := module.Instantiate(ctx)
		noError(t, err)
		var group sync.WaitGroup
		use := func(f func() error) {
			group.Add(1)
			go func() {
				defer group.Done()
				for k := 0; k < 100; k++ {
					if err := f(); errors.Is(err, wasmspan.ErrClosed) {
						return
					} else if err != nil {
						t.Error(err)
					}
				}
			}()
		}
		for range [2]int{} {
			use(func() error { _, err := i.Call(ctx, "add", 1, 2); return err })
			use(func() error {
				made, err := module.Instantiate(ctx)
				if err == nil {
					err = made.Close()
				}
				return err
			})
			use(func() error {
				made, err := rt.Compile([]byte(`(module)`))
				if err == nil {
					err = made.Close()
				}
				return err
			})
		}
		time.Sleep(time.Duration(n%10) * 20 * time.Microsecond)
		for at := 0; at < 3; at++ {
			switch (n + at) % 3 {
			case 0:
				noError(t, i.Close())
			case 1:
				noError(t, module.Close())
			case 2:
				noError(t, rt.Close())
			}
		}
		group.Wait()
	}
}
