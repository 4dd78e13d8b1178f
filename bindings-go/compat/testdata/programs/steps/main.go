package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	wasmedge.SetLogErrorLevel()
	vm := wasmedge.NewVM()
	var err error
	var res []interface{}
	err = vm.LoadWasmFile("fibonacci.wasm")
	if err != nil {
		fmt.Println("Load WASM from file FAILED:", err.Error())
		return
	}
	err = vm.Validate()
	if err != nil {
		fmt.Println("Validation FAILED:", err.Error())
		return
	}
	err = vm.Instantiate()
	if err != nil {
		fmt.Println("Instantiation FAILED:", err.Error())
		return
	}
	res, err = vm.Execute("fib", uint32(25))
	if err == nil {
		fmt.Println("Get fibonacci[25]:", res[0].(int32))
	} else {
		fmt.Println("Run failed:", err.Error())
	}
	vm.Release()
}
