package wasmedge_test

import (
	"math/rand"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

// through runs f on a goroutine, and says how that ended.
func through(f func()) interface{} {
	ended := make(chan interface{})
	go func() {
		var how interface{} = "exited"
		defer func() { ended <- how }()
		defer func() {
			if value := recover(); value != nil {
				how = value
			}
		}()
		f()
		how = "returned"
	}()
	return <-ended
}

// Host functions that panic or end their goroutine: everybody's deferred functions run, and the VM goes on.
func TestHostFunctionsThatDoNotReturn(t *testing.T) {
	endings := map[interface{}]func(){
		"returned": func() {},
		"exited":   runtime.Goexit,
		"up":       func() { panic("up") },
		"late":     func() { defer panic("late"); runtime.Goexit() },
	}
	var vm *wasmedge.VM
	act := func() {}
	vm, release := hosted(t, func(_ interface{}, _ *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
		if n := params[0].(int32); n > 0 {
			res, err := vm.Execute("run", n-1)
			if err != nil {
				return nil, wasmedge.Result_Fail
			}
			return res, wasmedge.Result_Success
		}
		act()
		return []interface{}{int32(7)}, wasmedge.Result_Success
	}, nil)
	defer release()
	for want, how := range endings {
		for depth := int32(0); depth < 3; depth++ {
			act = how
			if got := through(func() { vm.Execute("run", depth) }); got != want {
				t.Fatalf("%v instead of %v", got, want)
			}
			act = func() {}
			res, err := vm.Execute("run", depth)
			noError(t, err)
			equal(t, res[0], int32(7))
		}
	}
	// Nobody waits for an asynchronous call on its thread: it fails.
	for range [20]int{} {
		act = runtime.Goexit
		async := vm.AsyncExecute("run", int32(0))
		_, err := async.GetResult()
		message(t, err, "host function failed")
		async.Release()
		act = func() {}
		res, err := vm.Execute("run", int32(1))
		noError(t, err)
		equal(t, res[0], int32(7))
	}
}

const refers = `(module (import "host" "f" (func $f (param i32) (result i32)))
  (table (export "externs") 2 externref) (table (export "funcs") 2 funcref)
  (global (export "extern") (mut externref) (ref.null extern))
  (func (export "take") (param externref) (table.set 0 (i32.const 1) (local.get 0)))
  (func (export "run") (param i32) (result i32) (call $f (local.get 0))))`

type holder struct {
	things []interface{}
	n      int32
}

func (h *holder) body(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
	return []interface{}{h.n}, wasmedge.Result_Success
}

// Every shape of a cycle from Go through a guest and back is freed when nobody holds it from outside.
func TestCyclesAreFreed(t *testing.T) {
	if v := runtime.Version(); strings.HasPrefix(v, "go1.") && len(v) > 5 && v[4:6] < "24" {
		t.Skip("there are no weak pointers")
	}
	plain := func(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
		return []interface{}{int32(1)}, wasmedge.Result_Success
	}
	made := func(h *holder, body hostBody, data interface{}) *wasmedge.VM {
		host := hostModule("host", "f", i32, i32, body, data)
		vm := vmWith(t, refers, host)
		_, err := vm.Execute("run", int32(1))
		noError(t, err)
		h.things = append(h.things, vm, host)
		return vm
	}
	for name, make := range map[string]func(h *holder){
		"method value": func(h *holder) { made(h, h.body, nil) },
		"closure": func(h *holder) {
			made(h, func(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
				return []interface{}{h.n}, wasmedge.Result_Success
			}, nil)
		},
		"data": func(h *holder) { made(h, plain, h) },
		"executor and store": func(h *holder) {
			store, executor, loader := wasmedge.NewStore(), wasmedge.NewExecutor(), wasmedge.NewLoader()
			noError(t, executor.RegisterImport(store, hostModule("host", "f", i32, i32, h.body, nil)))
			ast, err := loader.LoadBuffer(wasm(t, refers))
			noError(t, err)
			noError(t, wasmedge.NewValidator().Validate(ast))
			instance, err := executor.Instantiate(store, ast)
			noError(t, err)
			_, err = executor.Invoke(store, instance.FindFunction("run"), int32(1))
			noError(t, err)
			h.things = append(h.things, executor, instance)
		},
		"given store": func(h *holder) {
			store := wasmedge.NewStore()
			vm := wasmedge.NewVMWithStore(store)
			noError(t, vm.RegisterModule(hostModule("host", "f", i32, i32, h.body, nil)))
			h.things = append(h.things, store, vm.GetStore())
		},
		"extern in a table": func(h *holder) {
			noError(t, made(h, plain, nil).GetActiveModule().FindTable("externs").SetData(wasmedge.NewExternRef(h), 0))
		},
		"extern in a global": func(h *holder) {
			made(h, plain, nil).GetActiveModule().FindGlobal("extern").SetValue(wasmedge.NewExternRef(h))
		},
		"extern by a call": func(h *holder) {
			_, err := made(h, plain, nil).Execute("take", wasmedge.NewExternRef(h))
			noError(t, err)
		},
		"function in a table": func(h *holder) {
			ftype := wasmedge.NewFunctionType(i32, i32)
			f := wasmedge.NewFunction(ftype, h.body, nil, 0)
			noError(t, made(h, plain, nil).GetActiveModule().FindTable("funcs").SetData(wasmedge.NewFuncRef(f), 0))
		},
		"bindgen": func(h *holder) {
			vm := made(h, h.body, nil)
			h.things = append(h.things, vm.GetActiveModule(), vm.GetExecutor(), vm.GetStatistics())
		},
	} {
		t.Run(name, func(t *testing.T) {
			const rounds = 20
			var freed int32
			for range [rounds]int{} {
				h := &holder{n: 1}
				witness := new([64]byte)
				runtime.SetFinalizer(witness, func(*[64]byte) { atomic.AddInt32(&freed, 1) })
				h.things = append(h.things, witness)
				make(h)
			}
			for end := time.Now().Add(20 * time.Second); atomic.LoadInt32(&freed) < rounds; {
				if time.Now().After(end) {
					t.Fatal(freed, "of", rounds, "are freed")
				}
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
		})
	}
}

// Goroutines use and release the same objects: everything works, or fails with an error.
func TestEverythingAtOnce(t *testing.T) {
	long := 5 * time.Second
	if testing.Short() {
		long = 2 * time.Second
	}
	if given, err := time.ParseDuration(os.Getenv("WASMSPAN_STRESS")); err == nil {
		long = given
	}
	type things struct {
		vm       *wasmedge.VM
		host     *wasmedge.Module
		ast      *wasmedge.AST
		instance *wasmedge.Module
		executor *wasmedge.Executor
		store    *wasmedge.Store
		loader   *wasmedge.Loader
	}
	code := wasm(t, stressed)
	renewed := func() *things {
		s := &things{host: hostModule("host", "f", i32, i32, func(_ interface{}, _ *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
			return params, wasmedge.Result_Success
		}, nil), executor: wasmedge.NewExecutor(), store: wasmedge.NewStore(), loader: wasmedge.NewLoader()}
		s.vm = vmWith(t, stressed, s.host)
		var err error
		s.ast, err = s.loader.LoadBuffer(code)
		noError(t, err)
		noError(t, wasmedge.NewValidator().Validate(s.ast))
		noError(t, s.executor.RegisterImport(s.store, s.host))
		s.instance, err = s.executor.Instantiate(s.store, s.ast)
		noError(t, err)
		return s
	}
	var shared atomic.Value
	shared.Store(renewed())
	act := func(random *rand.Rand, s *things) {
		switch at := random.Intn(100); {
		case at < 25:
			s.vm.Execute("run", int32(1))
		case at < 35:
			s.executor.Invoke(s.store, s.instance.FindFunction("run"), int32(1))
		case at < 45:
			if memory := s.instance.FindMemory("memory"); memory != nil {
				memory.SetData([]byte("text"), 0, 4)
				memory.GrowPage(0)
				memory.GetPageSize()
			}
		case at < 52:
			if table := s.instance.FindTable("table"); table != nil {
				table.SetData(wasmedge.NewExternRef(at), 0)
				table.GetData(0)
				table.Grow(1)
			}
		case at < 60:
			if made, err := s.executor.Instantiate(s.store, s.ast); err == nil && at%2 == 0 {
				s.executor.Invoke(s.store, made.FindFunction("run"), int32(1))
				made.Release()
			}
		case at < 65:
			if ast, err := s.loader.LoadBuffer(code); err == nil {
				ast.ListImports()
				ast.Release()
			}
		case at < 70:
			s.vm.GetFunctionList()
			s.ast.ListExports()
			s.store.ListModule()
			s.instance.ListFunction()
		case at < 76:
			async := s.vm.AsyncExecute("forever")
			async.WaitFor(1)
			async.Cancel()
			async.GetResult()
			async.Release()
		case at < 80:
			s.vm.Execute("trap")
			through(func() { s.vm.Execute("run", int32(1)) })
		case at < 83:
			s.vm.Release()
		case at < 85:
			s.instance.Release()
		case at < 87:
			s.executor.Release()
		case at < 89:
			s.store.Release()
		case at < 91:
			s.ast.Release()
		case at < 93:
			s.loader.Release()
		case at < 95:
			s.host.Release()
		default:
			shared.Store(renewed())
		}
	}
	end := time.Now().Add(long)
	var group sync.WaitGroup
	var done int64
	for g := 0; g < 8; g++ {
		random := rand.New(rand.NewSource(int64(g)))
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Now().Before(end) && !t.Failed() {
				act(random, shared.Load().(*things))
				atomic.AddInt64(&done, 1)
			}
		}()
	}
	group.Wait()
	t.Log(done, "steps")
}

const stressed = `(module (import "host" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1 16) (table (export "table") 1 1000 externref)
  (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
  (func (export "trap") unreachable) (func (export "forever") (loop br 0)))`
