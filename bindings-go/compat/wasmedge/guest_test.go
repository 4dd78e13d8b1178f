package wasmedge_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

// Every type of a guest of wasmedge-bindgen, there and back.
func TestBindgenGuest(t *testing.T) {
	conf := wasmedge.NewConfigure(wasmedge.WASI)
	defer conf.Release()
	vm := wasmedge.NewVMWithConfig(conf)
	defer vm.Release()
	noError(t, vm.LoadWasmFile(guest("bindgen-rust.wasm")))
	noError(t, vm.Validate())
	noError(t, vm.Instantiate())
	bindgen, err := wasmedge.NewBindgenGuest(vm.GetActiveModule())
	noError(t, err)
	for name, value := range map[string]interface{}{
		"echo_i8": int8(-8), "echo_u8": uint8(200), "echo_i16": int16(-1600), "echo_u16": uint16(60000),
		"echo_i32": int32(-1 << 31), "echo_u32": uint32(1<<32 - 1), "echo_i64": int64(-1 << 63), "echo_u64": uint64(1<<64 - 1),
		"echo_f32": float32(0.5), "echo_f64": -1.25, "echo_string": "naïve", "echo_i8s": []int8{-1, 2}, "echo_i16s": []int16{-3},
		"echo_u16s": []uint16{60000}, "echo_i32s": []int32{-5, 6}, "echo_u32s": []uint32{}, "echo_i64s": []int64{-1 << 63},
	} {
		results, err := bindgen.Execute(name, value)
		if err != nil || len(results) != 1 || !reflect.DeepEqual(results[0], value) {
			t.Errorf("%s(%v): %v %v", name, value, results, err)
		}
	}
	var failed *wasmedge.GuestError
	if _, err := bindgen.Execute("divide", int32(7), int32(0)); !errors.As(err, &failed) || failed.Message != "7 cannot be divided by zero" {
		t.Error(err)
	}
	if _, err := bindgen.Execute("say", struct{}{}); err == nil {
		t.Error("a structure can't be passed")
	}
	bindgen.Release()
	if _, err := bindgen.Execute("say", "x"); err == nil {
		t.Error("it is released")
	}
	plain := vmWith(t, "(module)")
	defer plain.Release()
	if _, err := wasmedge.NewBindgenGuest(plain.GetActiveModule()); err == nil {
		t.Error("that is no guest of wasmedge-bindgen")
	}
	if _, err := wasmedge.NewBindgenGuest(nil); err == nil {
		t.Error("there is no instance")
	}
}
