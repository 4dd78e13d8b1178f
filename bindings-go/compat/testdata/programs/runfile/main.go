package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	wasmedge.SetLogErrorLevel()
	conf := wasmedge.NewConfigure(wasmedge.WASI)
	vm := wasmedge.NewVMWithConfig(conf)
	res, err := vm.RunWasmFile("fibonacci.wasm", "fib", uint32(21))
	if err == nil {
		fmt.Println("Get fibonacci[21]:", res[0].(int32))
	} else {
		fmt.Println("Run failed:", err.Error())
	}
	vm.Release()
	conf.Release()
}
