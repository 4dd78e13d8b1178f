package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	vm := wasmedge.NewVM()
	var res []interface{}
	var err error
	err = vm.RegisterWasmFile("mod", "fibonacci.wasm")
	if err != nil {
		fmt.Println("WASM registration failed:", err.Error())
		return
	}
	res, err = vm.ExecuteRegistered("mod", "fib", int32(25))
	if err == nil {
		fmt.Println("Get fibonacci[25]:", res[0].(int32))
	} else {
		fmt.Println("Run failed:", err.Error())
	}
	vm.Release()
}
