package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	var res []interface{}
	vm := wasmedge.NewVM()
	err := vm.LoadWasmFile("fibonacci.wasm")
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
	async := vm.AsyncExecute("fib", uint32(25))
	res, err = async.GetResult()
	if err == nil {
		fmt.Println("Get the result:", res[0].(int32))
	} else {
		fmt.Println("Error message:", err.Error())
	}
	async.Release()
	vm.Release()
}
