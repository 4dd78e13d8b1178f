package wasmedge_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

const traps = `(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "outside") (result i32) (i32.load (i32.const -4)))
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "unreachable") unreachable)
  (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
  (func (export "spin") (param i32) (result i32)
    (local $i i32)
    (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
    (local.get $i)))`

type linked struct{ next *linked }

// The engine's faults and Go's, of which each must find its own handler, while the garbage collector
// runs and goroutines are preempted by signals.
func TestFaultsOfBothSides(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	stop := make(chan struct{})
	var collector sync.WaitGroup
	collector.Add(1)
	go func() {
		defer collector.Done()
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	var group sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			vm := vmWith(t, traps)
			defer vm.Release()
			for round := 0; round < rounds; round++ {
				for name, want := range map[string]string{
					"outside": "out of bounds memory access", "unreachable": "unreachable",
				} {
					if _, err := vm.Execute(name); err == nil || err.Error() != want {
						t.Errorf("%s: %v", name, err)
					}
				}
				if _, err := vm.Execute("divide", int32(0)); err == nil || err.Error() != "integer divide by zero" {
					t.Errorf("divide: %v", err)
				}
				if res, err := vm.Execute("spin", int32(20000)); err != nil || res[0] != int32(20000) {
					t.Errorf("spin: %v %v", res, err)
				}
				func() {
					defer func() {
						if _, ok := recover().(runtime.Error); !ok {
							t.Error("Go's fault was lost")
						}
					}()
					var list *linked
					_ = list.next.next
				}()
			}
		}()
	}
	group.Wait()
	close(stop)
	collector.Wait()
}

func TestStackOverflowIsAnError(t *testing.T) {
	vm := vmWith(t, traps)
	defer vm.Release()
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := vm.Execute("deep", int32(1)); err == nil {
				t.Error("there is an end of every stack")
			}
		}()
	}
	group.Wait()
	res, err := vm.Execute("spin", int32(3))
	noError(t, err)
	equal(t, res[0], int32(3))
}

// Go and wasm calling each other, as deep as the stack goes: an error, not a crash.
func TestEndlessMutualCalls(t *testing.T) {
	var vm *wasmedge.VM
	depth := 0
	vm, release := hosted(t, func(_ interface{}, _ *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
		depth++
		res, err := vm.Execute("run", params[0])
		if err != nil {
			return nil, *err.(*wasmedge.Result)
		}
		return res, wasmedge.Result_Success
	}, nil)
	defer release()
	if _, err := vm.Execute("run", int32(0)); err == nil {
		t.Fatal("there is an end of every stack")
	}
	t.Log("depth", depth)
	depth = 0
	_, err := vm.Execute("twice", int32(0))
	if err == nil || depth < 10 {
		t.Fatal(err, depth)
	}
}

// Mixed operations on one VM that all share and on VMs of each goroutine's own.
func TestManyGoroutines(t *testing.T) {
	goroutines, operations := 100, count(t, "WASMSPAN_OPERATIONS", 100, 20)
	shared, release := hosted(t, func(_ interface{}, frame *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
		if _, err := frame.GetMemoryByIndex(0).GetData(0, 16); err != nil {
			return nil, wasmedge.Result_Fail
		}
		return []interface{}{params[0].(int32) + 1}, wasmedge.Result_Success
	}, nil)
	defer release()
	before := wasmedge.HostFunctionsInUse()
	var group sync.WaitGroup
	for g := 0; g < goroutines; g++ {
		g := g
		group.Add(1)
		go func() {
			defer group.Done()
			own := vmWith(t, traps)
			defer own.Release()
			for i := 0; i < operations; i++ {
				switch (g + i) % 7 {
				case 0, 1, 2:
					res, err := shared.Execute("run", int32(i))
					if err != nil || res[0] != int32(i+1) {
						t.Error(res, err)
					}
				case 3:
					if _, err := own.Execute("outside"); err == nil {
						t.Error("no trap")
					}
				case 4:
					memory := own.GetActiveModule().FindMemory("memory")
					text := strconv.Itoa(g)
					if err := memory.SetData([]byte(text), 100, uint(len(text))); err != nil {
						t.Error(err)
					}
					if data, err := memory.GetData(100, uint(len(text))); err != nil || string(data) != text {
						t.Error(data, err)
					}
				case 5:
					async := shared.AsyncExecute("twice", int32(i))
					if res, err := async.GetResult(); err != nil || res[0] != int32(i+1) {
						t.Error(res, err)
					}
					async.Release()
				case 6:
					ref := wasmedge.NewExternRef(i)
					vm, release := hosted(t, add, &ref)
					release()
					_ = vm
					ref.Release()
				}
			}
		}()
	}
	group.Wait()
	// Those that other tests forgot may be freed meanwhile.
	if now := wasmedge.HostFunctionsInUse(); now > before {
		t.Fatal(now-before, "host functions are still there")
	}
}
