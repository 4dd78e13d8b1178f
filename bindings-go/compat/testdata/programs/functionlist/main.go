package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	vm := wasmedge.NewVM()
	if err := vm.LoadWasmFile("fibonacci.wasm"); err != nil {
		fmt.Println("Load WASM from file FAILED:", err.Error())
		return
	}
	if err := vm.Validate(); err != nil {
		fmt.Println("Validation FAILED:", err.Error())
		return
	}
	if err := vm.Instantiate(); err != nil {
		fmt.Println("Instantiation FAILED:", err.Error())
		return
	}
	funcnames, functypes := vm.GetFunctionList()
	for _, fname := range funcnames {
		fmt.Println("Exported function name:", fname)
	}
	for _, ftype := range functypes {
		_ = ftype
	}
	vm.Release()
}
