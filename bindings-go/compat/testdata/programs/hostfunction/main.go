package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func add(data interface{}, callframe *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
	res := params[0].(int32) + params[1].(int32)
	returns := make([]interface{}, 1)
	returns[0] = res
	return returns, wasmedge.Result_Success
}

func main() {
	vm := wasmedge.NewVM()
	wasmbuf := []byte{
		0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00,
		0x01, 0x07, 0x01, 0x60, 0x02, 0x7F, 0x7F, 0x01, 0x7F,
		0x02, 0x13, 0x01, 0x06, 0x65, 0x78, 0x74, 0x65, 0x72, 0x6E,
		0x08, 0x66, 0x75, 0x6E, 0x63, 0x2D, 0x61, 0x64, 0x64, 0x00, 0x00,
		0x03, 0x02, 0x01, 0x00,
		0x07, 0x0A, 0x01, 0x06, 0x61, 0x64, 0x64, 0x54, 0x77, 0x6F, 0x00, 0x01,
		0x0A, 0x0A, 0x01, 0x08, 0x00, 0x20, 0x00, 0x20, 0x01, 0x10, 0x00, 0x0B,
	}
	impmod := wasmedge.NewModule("extern")
	functype := wasmedge.NewFunctionType(
		[]wasmedge.ValType{wasmedge.ValType_I32, wasmedge.ValType_I32},
		[]wasmedge.ValType{wasmedge.ValType_I32},
	)
	hostfunc := wasmedge.NewFunction(functype, add, nil, 0)
	functype.Release()
	impmod.AddFunction("func-add", hostfunc)
	vm.RegisterImport(impmod)
	res, err := vm.RunWasmBuffer(wasmbuf, "addTwo", uint32(1234), uint32(5678))
	if err == nil {
		fmt.Println("Get the result:", res[0].(int32))
	} else {
		fmt.Println("Error message:", err.Error())
	}
	impmod.Release()
	vm.Release()
}
