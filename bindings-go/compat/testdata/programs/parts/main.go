package main

import (
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	wasmedge.SetLogDebugLevel()
	conf := wasmedge.NewConfigure()
	conf.SetStatisticsInstructionCounting(true)
	conf.SetStatisticsTimeMeasuring(true)
	stat := wasmedge.NewStatistics()
	store := wasmedge.NewStore()

	var err error
	var res []interface{}
	var ast *wasmedge.AST
	var mod *wasmedge.Module
	loader := wasmedge.NewLoaderWithConfig(conf)
	validator := wasmedge.NewValidatorWithConfig(conf)
	executor := wasmedge.NewExecutorWithConfigAndStatistics(conf, stat)

	ast, err = loader.LoadFile("fibonacci.wasm")
	if err != nil {
		fmt.Println("Load WASM from file FAILED:", err.Error())
		return
	}
	err = validator.Validate(ast)
	if err != nil {
		fmt.Println("Validation FAILED:", err.Error())
		return
	}
	mod, err = executor.Instantiate(store, ast)
	if err != nil {
		fmt.Println("Instantiation FAILED:", err.Error())
		return
	}
	funcnames := mod.ListFunction()
	for _, fname := range funcnames {
		fmt.Println("Exported function name:", fname)
	}
	funcinst := mod.FindFunction("fib")
	if funcinst == nil {
		fmt.Println("Run FAILED: Function name `fib` not found")
		return
	}
	res, err = executor.Invoke(store, funcinst, int32(30))
	if err == nil {
		fmt.Println("Get fibonacci[30]:", res[0].(int32))
	} else {
		fmt.Println("Run FAILED:", err.Error())
	}
	conf.Release()
	stat.Release()
	ast.Release()
	loader.Release()
	validator.Release()
	executor.Release()
	store.Release()
	mod.Release()
}
