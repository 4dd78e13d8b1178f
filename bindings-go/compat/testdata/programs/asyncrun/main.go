package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	vm := wasmedge.NewVM()
	async := vm.AsyncRunWasmFile("fibonacci.wasm", "fib", uint32(20))
	res, err := async.GetResult()
	if err == nil {
		fmt.Println("Get the result:", res[0].(int32))
	} else {
		fmt.Println("Error message:", err.Error())
	}
	async.Release()
	vm.Release()
}
