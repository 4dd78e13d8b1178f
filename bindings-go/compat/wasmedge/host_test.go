package wasmedge_test

import (
	"encoding/binary"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

var i32 = []wasmedge.ValType{wasmedge.ValType_I32}

func add(data interface{}, frame *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
	return []interface{}{params[0].(int32) + params[1].(int32)}, wasmedge.Result_Success
}

const callsHost = `(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\2a\00\00\00")
  (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
  (func (export "twice") (param i32) (result i32) (drop (call $f (local.get 0))) (call $f (local.get 0))))`

func hosted(t testing.TB, body hostBody, data interface{}) (*wasmedge.VM, func()) {
	host := hostModule("host", "f", i32, i32, body, data)
	vm := vmWith(t, callsHost, host)
	return vm, func() { host.Release(); vm.Release() }
}

func TestHostFunctionSeesItsCaller(t *testing.T) {
	type given struct{ calls int }
	data := &given{}
	vm, release := hosted(t, func(d interface{}, frame *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
		d.(*given).calls++
		bytes, err := frame.GetMemoryByIndex(0).GetData(uint(params[0].(int32)), 4)
		if err != nil {
			return nil, *err.(*wasmedge.Result)
		}
		if frame.GetExecutor() == nil || frame.GetModule().FindFunction("run") == nil || frame.GetMemoryByIndex(1) != nil {
			return nil, wasmedge.Result_Fail
		}
		return []interface{}{int32(binary.LittleEndian.Uint32(bytes))}, wasmedge.Result_Success
	}, data)
	defer release()
	res, err := vm.Execute("run", int32(16))
	noError(t, err)
	equal(t, res[0], int32(42))
	_, err = vm.Execute("run", int32(65535))
	message(t, err, "out of bounds memory access")
	equal(t, data.calls, 2)
}

func TestHostFunctionResults(t *testing.T) {
	var results []interface{}
	var result wasmedge.Result
	vm, release := hosted(t, func(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
		return results, result
	}, nil)
	defer release()
	result = wasmedge.NewResult(wasmedge.ErrCategory_UserLevel, 5566)
	_, err := vm.Execute("run", 1)
	message(t, err, "function signature mismatch") // an int is an i64
	_, err = vm.Execute("run", int32(1))
	var got *wasmedge.Result
	if !errors.As(err, &got) || got.GetErrorCategory() != wasmedge.ErrCategory_UserLevel {
		t.Fatal(err)
	}
	equal(t, got.GetCode(), 5566)
	result = wasmedge.Result_Fail
	_, err = vm.Execute("run", int32(1))
	equal(t, code(t, err), 2)
	result = wasmedge.Result_Terminate
	_, err = vm.Execute("twice", int32(1))
	noError(t, err)
	result = wasmedge.Result_Success
	// The bits of what Go gives, whatever its type; zero for what is missing, and what is too much is ignored.
	for _, c := range []struct {
		given []interface{}
		want  int32
	}{
		{nil, 0}, {[]interface{}{nil}, 0}, {[]interface{}{len("abc")}, 3}, {[]interface{}{-1}, -1}, {[]interface{}{uint32(1 << 31)}, -1 << 31},
		{[]interface{}{int64(1<<32 + 7)}, 7}, {[]interface{}{uint(8)}, 8}, {[]interface{}{int32(1), "two", nil}, 1},
		{[]interface{}{float32(1)}, 0x3f800000}, {[]interface{}{int32(9)}, 9},
	} {
		results = c.given
		res, err := vm.Execute("run", int32(1))
		noError(t, err)
		equal(t, res[0], c.want)
	}
	// References are no numbers.
	results = []interface{}{wasmedge.NewExternRef(1)}
	_, err = vm.Execute("run", int32(1))
	message(t, err, "host function failed")
	// No results, and others than numbers.
	for _, c := range []struct {
		kinds []wasmedge.ValType
		given []interface{}
		want  interface{}
	}{
		{nil, []interface{}{int32(1)}, nil}, {nil, []interface{}{nil}, nil},
		{[]wasmedge.ValType{wasmedge.ValType_I64}, []interface{}{7}, int64(7)},
		{[]wasmedge.ValType{wasmedge.ValType_F64}, nil, 0.0},
		{[]wasmedge.ValType{wasmedge.ValType_F64}, []interface{}{1.5}, 1.5},
		{[]wasmedge.ValType{wasmedge.ValType_FuncRef}, nil, wasmedge.FuncRef{}},
		{[]wasmedge.ValType{wasmedge.ValType_ExternRef}, []interface{}{nil}, wasmedge.ExternRef{}},
	} {
		host := hostModule("host", "f", nil, c.kinds, func(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
			return c.given, wasmedge.Result_Success
		}, nil)
		vm := wasmedge.NewVM()
		noError(t, vm.RegisterModule(host))
		res, err := vm.ExecuteRegistered("host", "f")
		noError(t, err)
		equal(t, len(res), len(c.kinds))
		if len(res) == 1 {
			equal(t, res[0], c.want)
		}
		vm.Release()
		host.Release()
	}
}

type custom struct{ text string }

func TestPanicsComeBack(t *testing.T) {
	var vm *wasmedge.VM
	depth := 0
	vm, release := hosted(t, func(_ interface{}, _ *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
		switch params[0].(int32) {
		case 0:
			panic(&custom{"from below"})
		case 1:
			var nothing *custom
			return []interface{}{int32(len(nothing.text))}, wasmedge.Result_Success
		default:
			// Through two guests.
			depth++
			res, err := vm.Execute("run", params[0].(int32)-2)
			if err != nil {
				panic(err)
			}
			return res, wasmedge.Result_Success
		}
	}, nil)
	defer release()
	catch := func(arg int32) (value interface{}) {
		defer func() { value = recover() }()
		_, err := vm.Execute("run", arg)
		t.Fatal("no panic, but", err)
		return nil
	}
	equal(t, catch(0).(*custom).text, "from below")
	equal(t, catch(4).(*custom).text, "from below")
	equal(t, depth, 2)
	if _, ok := catch(1).(runtime.Error); !ok {
		t.Fatal("a dereference of nil came back as something else")
	}
	// A host function that catches the panic of an inner call goes on.
	inner, done := hosted(t, func(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
		return []interface{}{int32(len(catch(0).(*custom).text))}, wasmedge.Result_Success
	}, nil)
	defer done()
	res, err := inner.Execute("run", int32(0))
	noError(t, err)
	equal(t, res[0], int32(10))
}

func TestPanicOnAnotherThread(t *testing.T) {
	vm, release := hosted(t, func(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
		panic("nobody waits here")
	}, nil)
	defer release()
	async := vm.AsyncExecute("run", int32(0))
	defer async.Release()
	_, err := async.GetResult()
	message(t, err, "host function failed")
}

func TestClosuresAreFreed(t *testing.T) {
	before := wasmedge.HostFunctionsInUse()
	count := count(t, "WASMSPAN_CLOSURES", 10000, 1000)
	ftype := wasmedge.NewFunctionType(i32, i32)
	defer ftype.Release()
	for i := 0; i < count; i++ {
		host := wasmedge.NewModule("host")
		body := func(interface{}, *wasmedge.CallingFrame, []interface{}) ([]interface{}, wasmedge.Result) {
			return []interface{}{int32(i)}, wasmedge.Result_Success
		}
		host.AddFunction("f", wasmedge.NewFunction(ftype, body, nil, 0))
		host.AddFunction("g", wasmedge.NewFunction(ftype, body, nil, 0))
		if i%10 == 0 {
			vm := vmWith(t, callsHost, host)
			host.Release()
			res, err := vm.Execute("run", int32(0))
			noError(t, err)
			equal(t, res[0], int32(i))
			vm.Release()
		} else {
			host.Release()
		}
		wasmedge.NewFunction(ftype, body, nil, 0).Release()
	}
	// Those that other tests forgot may be freed meanwhile.
	if now := wasmedge.HostFunctionsInUse(); now > before {
		t.Fatal(now-before, "host functions are still there")
	}
}

func TestForgottenObjectsAreFreed(t *testing.T) {
	before := wasmedge.HostFunctionsInUse()
	for i := 0; i < 100; i++ {
		hosted(t, add, nil)
	}
	for end := time.Now().Add(20 * time.Second); wasmedge.HostFunctionsInUse() > before; {
		if time.Now().After(end) {
			t.Fatal(wasmedge.HostFunctionsInUse()-before, "host functions are still there")
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}
