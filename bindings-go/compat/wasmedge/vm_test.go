package wasmedge_test

import (
	"io/ioutil"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

const forever = `(module (func (export "run") (loop br 0)) (func (export "quick") (result i32) i32.const 1))`

func TestStates(t *testing.T) {
	vm := wasmedge.NewVM()
	defer vm.Release()
	wrong := "wrong VM workflow"
	message(t, vm.Validate(), wrong)
	message(t, vm.Instantiate(), wrong)
	if vm.GetActiveModule() != nil || vm.GetFunctionType("fib") != nil || vm.GetImportModule(wasmedge.WASI) != nil {
		t.Fatal("there is nothing yet")
	}
	noError(t, vm.LoadWasmFile(fibonacci))
	message(t, vm.Instantiate(), wrong)
	noError(t, vm.Validate())
	noError(t, vm.Instantiate())
	for i := 0; i < 2; i++ {
		res, err := vm.Execute("fib", uint32(25))
		noError(t, err)
		equal(t, res[0], int32(121393))
	}
	names, types := vm.GetFunctionList()
	equal(t, len(names), 1)
	equal(t, names[0], "fib")
	equal(t, types[0].GetParameters()[0], wasmedge.ValType_I32)
	equal(t, vm.GetFunctionType("fib").GetReturnsLength(), uint(1))
	// A module that cannot be loaded leaves the state as it is.
	message(t, vm.LoadWasmBuffer([]byte("no module")), "magic header not detected")
	if _, err := vm.Execute("fib", int32(1)); err != nil {
		t.Fatal(err)
	}
	vm.Cleanup()
	if vm.GetActiveModule() != nil {
		t.Fatal("Cleanup left the module")
	}
	if _, err := vm.Execute("fib", int32(1)); err == nil {
		t.Fatal("Cleanup left the module")
	}
	if _, err := vm.RunWasmFile(filepath.Join("no", "such", "file"), "fib"); err == nil {
		t.Fatal("there is no such file")
	}
}

func TestRegistration(t *testing.T) {
	store := wasmedge.NewStore()
	defer store.Release()
	vm := wasmedge.NewVMWithStore(store)
	defer vm.Release()
	noError(t, vm.RegisterWasmFile("mod", fibonacci))
	message(t, vm.RegisterWasmFile("mod", fibonacci), "module name conflict")
	res, err := vm.ExecuteRegistered("mod", "fib", int32(25))
	noError(t, err)
	equal(t, res[0], int32(121393))
	equal(t, strings.Join(store.ListModule(), ","), "mod")
	equal(t, strings.Join(vm.GetStore().ListModule(), ","), "mod")
	if store.FindModule("none") != nil || vm.GetFunctionTypeRegistered("mod", "none") != nil {
		t.Fatal("found what is not there")
	}
	equal(t, store.FindModule("mod").FindFunction("fib").GetFunctionType().GetParametersLength(), uint(1))
	_, err = vm.RunWasmBuffer(wasm(t, `(module (import "mod" "fib" (func $f (param i32) (result i32)))
	  (func (export "next") (param i32) (result i32) (call $f (i32.add (local.get 0) (i32.const 1)))))`), "next", int32(9))
	noError(t, err)
	_, err = vm.RunWasmBuffer(wasm(t, `(module (import "absent" "f" (func)))`), "f")
	message(t, err, "unknown import")
	message(t, vm.RegisterModule(nil), "wrong VM workflow")
}

func TestParts(t *testing.T) {
	conf := wasmedge.NewConfigure()
	conf.SetStatisticsInstructionCounting(true)
	conf.SetStatisticsCostMeasuring(true)
	conf.SetStatisticsTimeMeasuring(true)
	stat := wasmedge.NewStatistics()
	store := wasmedge.NewStore()
	loader := wasmedge.NewLoaderWithConfig(conf)
	validator := wasmedge.NewValidatorWithConfig(conf)
	executor := wasmedge.NewExecutorWithConfigAndStatistics(conf, stat)
	ast, err := loader.LoadFile(fibonacci)
	noError(t, err)
	_, err = executor.Instantiate(store, ast)
	message(t, err, "wasm module hasn't passed validation yet")
	noError(t, validator.Validate(ast))
	mod, err := executor.Instantiate(store, ast)
	noError(t, err)
	res, err := executor.Invoke(store, mod.FindFunction("fib"), int32(20))
	noError(t, err)
	equal(t, res[0], int32(10946))
	equal(t, stat.GetInstrCount(), uint(6*10946+15*10945))
	if stat.GetInstrPerSecond() <= 0 {
		t.Fatal("no instructions per second")
	}
	named, err := executor.Register(store, ast, "named")
	noError(t, err)
	equal(t, store.ListModule()[0], "named")
	stat.SetCostTable(make([]uint64, 256))
	costs := make([]uint64, 0x11)
	costs[0x10] = 20
	stat.SetCostTable(costs)
	before := stat.GetTotalCost()
	_, err = executor.Invoke(store, mod.FindFunction("fib"), int32(3))
	noError(t, err)
	equal(t, stat.GetTotalCost()-before, uint(4*20))
	stat.SetCostLimit(before + 100)
	_, err = executor.Invoke(store, mod.FindFunction("fib"), int32(20))
	message(t, err, "cost limit exceeded")
	conf.Release()
	stat.Release()
	ast.Release()
	loader.Release()
	validator.Release()
	executor.Release()
	store.Release()
	mod.Release()
	named.Release()
	if _, err = executor.Invoke(store, nil); err == nil {
		t.Fatal("what was released works")
	}
}

func TestAsync(t *testing.T) {
	vm := wasmedge.NewVM()
	defer vm.Release()
	async := vm.AsyncRunWasmFile(fibonacci, "fib", uint32(20))
	res, err := async.GetResult()
	noError(t, err)
	equal(t, res[0], int32(10946))
	equal(t, async.WaitFor(0), true)
	async.Release()

	vm2 := vmWith(t, forever)
	defer vm2.Release()
	async = vm2.AsyncExecute("run")
	defer async.Release()
	equal(t, async.WaitFor(20), false)
	async.Cancel()
	_, err = async.GetResult()
	message(t, err, "execution interrupted")
	res, err = vm2.Execute("quick")
	noError(t, err)
	equal(t, res[0], int32(1))
}

func TestForcedLimits(t *testing.T) {
	conf := wasmedge.NewConfigure()
	conf.SetMaxMemoryPage(3)
	vm := wasmedge.NewVMWithConfig(conf)
	conf.Release()
	defer vm.Release()
	res, err := vm.RunWasmBuffer(wasm(t, `(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`), "grow", int32(2))
	noError(t, err)
	equal(t, res[0], int32(1))
	res, err = vm.Execute("grow", int32(1))
	noError(t, err)
	equal(t, res[0], int32(-1))
}

// The interface of wasm-bindgen, by hand.
const bindgenModule = `(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (global $freed (export "freed") (mut i32) (i32.const 0))
  (func (export "__wbindgen_malloc") (param i32) (result i32)
    (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 0))))
  (func (export "__wbindgen_free") (param i32 i32) (global.set $freed (i32.add (global.get $freed) (local.get 1))))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "wide") (param $out i32) (param $low i32) (param $high i32)
    (i32.store (local.get $out) (local.get $high)) (i32.store offset=4 (local.get $out) (local.get $low)))
  (func (export "echo") (param $out i32) (param $at i32) (param $len i32)
    (i32.store8 (local.get $at) (i32.const 33))
    (i32.store (local.get $out) (local.get $at)) (i32.store offset=4 (local.get $out) (local.get $len)))
  (func (export "nothing")))`

func TestBindgen(t *testing.T) {
	vm := vmWith(t, bindgenModule)
	defer vm.Release()
	noError(t, vm.RegisterWasmBuffer("named", wasm(t, bindgenModule)))
	noError(t, vm.Instantiate())
	for _, run := range []func(string, int, ...interface{}) (interface{}, error){
		func(name string, kind int, args ...interface{}) (interface{}, error) {
			switch kind {
			case 1:
				return vm.ExecuteBindgen(name, wasmedge.Bindgen_return_i32, args...)
			case 2:
				return vm.ExecuteBindgen(name, wasmedge.Bindgen_return_i64, args...)
			case 3:
				return vm.ExecuteBindgen(name, wasmedge.Bindgen_return_array, args...)
			}
			return vm.ExecuteBindgen(name, wasmedge.Bindgen_return_void, args...)
		},
		func(name string, kind int, args ...interface{}) (interface{}, error) {
			switch kind {
			case 1:
				return vm.ExecuteBindgenRegistered("named", name, wasmedge.Bindgen_return_i32, args...)
			case 2:
				return vm.ExecuteBindgenRegistered("named", name, wasmedge.Bindgen_return_i64, args...)
			case 3:
				return vm.ExecuteBindgenRegistered("named", name, wasmedge.Bindgen_return_array, args...)
			}
			return vm.ExecuteBindgenRegistered("named", name, wasmedge.Bindgen_return_void, args...)
		},
	} {
		res, err := run("add", 1, int32(123), uint32(123))
		noError(t, err)
		equal(t, res, int32(246))
		res, err = run("wide", 2, int64(1)<<32+2)
		noError(t, err)
		equal(t, res, int64(2)<<32+1)
		res, err = run("echo", 3, []byte("hello"))
		noError(t, err)
		equal(t, string(res.([]byte)), "!ello")
		res, err = run("nothing", 0)
		noError(t, err)
		equal(t, res, nil)
		_, err = run("absent", 0)
		message(t, err, "wasm function not found")
	}
	equal(t, vm.GetActiveModule().FindGlobal("freed").GetValue(), int32(5))
}

// As a program of its own: the guest's output is the process's.
func TestWASI(t *testing.T) {
	if os.Getenv("WASMEDGE_TEST_CHILD") != "" {
		conf := wasmedge.NewConfigure(wasmedge.WASI)
		vm := wasmedge.NewVMWithConfig(conf)
		conf.Release()
		wasi := vm.GetImportModule(wasmedge.WASI)
		wasi.InitWasi([]string{"program", "one", "two"}, []string{"NAME=value"}, []string{".:."})
		_, err := vm.RunWasmFile(guest("hello-c.wasm"), "_start")
		noError(t, err)
		os.Exit(int(wasi.WasiGetExitCode()))
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestWASI$")
	cmd.Env = append(os.Environ(), "WASMEDGE_TEST_CHILD=1")
	out, err := cmd.CombinedOutput()
	noError(t, err)
	if !strings.Contains(string(out), "one") {
		t.Fatalf("the guest wrote %q", out)
	}

	wasi := wasmedge.NewWasiModule([]string{"program"}, nil, nil)
	defer wasi.Release()
	vm := wasmedge.NewVM()
	defer vm.Release()
	noError(t, vm.RegisterModule(wasi))
	_, err = vm.RunWasmBuffer(wasm(t, `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
	  (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 7))))`), "_start")
	noError(t, err)
	equal(t, wasi.WasiGetExitCode(), uint(7))
}

func TestCompiler(t *testing.T) {
	dir, err := ioutil.TempDir("", "wasmedge")
	noError(t, err)
	defer os.RemoveAll(dir)
	conf := wasmedge.NewConfigure()
	compiler := wasmedge.NewCompilerWithConfig(conf)
	conf.Release()
	defer compiler.Release()
	out := filepath.Join(dir, "fib.wasm")
	noError(t, compiler.Compile(fibonacci, out))
	vm := wasmedge.NewVM()
	defer vm.Release()
	res, err := vm.RunWasmFile(out, "fib", int32(25))
	noError(t, err)
	equal(t, res[0], int32(121393))
	if compiler.Compile(filepath.Join(dir, "absent"), out) == nil {
		t.Fatal("there is no such file")
	}
}

func TestExtensionsThatAreNotBuiltIn(t *testing.T) {
	for _, module := range []*wasmedge.Module{
		wasmedge.NewWasiNNModule(), wasmedge.NewWasiCryptoCommonModule(),
		wasmedge.NewWasiCryptoAsymmetricCommonModule(), wasmedge.NewWasiCryptoKxModule(),
		wasmedge.NewWasiCryptoSignaturesModule(), wasmedge.NewWasiCryptoSymmetricModule(),
	} {
		if module != nil {
			t.Fatal("this module is built in: test it")
		}
		// Programs that go on anyhow get an error, not a crash.
		equal(t, module.FindFunction("f") == nil, true)
	}
}
