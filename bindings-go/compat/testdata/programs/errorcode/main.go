package main

import (
	"errors"
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func trap(data interface{}, callframe *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result) {
	return nil, wasmedge.NewResult(wasmedge.ErrCategory_UserLevel, int(params[0].(int32)))
}

func main() {
	vm := wasmedge.NewVM()
	wasmbuf := []byte{
		0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00,
		0x01, 0x05, 0x01, 0x60, 0x01, 0x7F, 0x00,
		0x02, 0x0F, 0x01, 0x06, 'e', 'x', 't', 'e', 'r', 'n', 0x04, 't', 'r', 'a', 'p', 0x00, 0x00,
		0x03, 0x02, 0x01, 0x00,
		0x07, 0x08, 0x01, 0x04, 't', 'r', 'a', 'p', 0x00, 0x01,
		0x0A, 0x08, 0x01, 0x06, 0x00, 0x20, 0x00, 0x10, 0x00, 0x0B,
	}
	impmod := wasmedge.NewModule("extern")
	functype := wasmedge.NewFunctionType([]wasmedge.ValType{wasmedge.ValType_I32}, []wasmedge.ValType{})
	hostfunc := wasmedge.NewFunction(functype, trap, nil, 0)
	functype.Release()
	impmod.AddFunction("trap", hostfunc)
	vm.RegisterImport(impmod)
	_, err := vm.RunWasmBuffer(wasmbuf, "trap", uint32(5566))
	var result *wasmedge.Result
	if errors.As(err, &result) {
		fmt.Println("Get the error code:", result.GetCode())
	}
	impmod.Release()
	vm.Release()
}
