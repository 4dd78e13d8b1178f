// Command aot-cache compiles ahead of time into a file, and keeps compiled code from one process to the next.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const source = "../../tests/wasm/fibonacci.wasm"

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// fib calls the guest's function once.
func fib(module *wasmspan.Module, n int32) int32 {
	ctx := context.Background()
	instance := must(module.Instantiate(ctx))
	defer instance.Close()
	return must(must(wasmspan.Func1[int32, int32](instance, "fib"))(ctx, n))
}

func main() {
	folder := must(os.MkdirTemp("", "wasmspan-"))
	defer os.RemoveAll(folder)

	// One file for every runtime: the code lies in a section that others ignore.
	rt := must(wasmspan.New())
	defer rt.Close()
	file := filepath.Join(folder, "fibonacci.wasm")
	if err := rt.CompileTo(file, must(os.ReadFile(source))); err != nil {
		log.Fatal(err)
	}
	compiled := must(rt.LoadCompiled(file))
	fmt.Println("the file has its code:", compiled.IsPrecompiled())
	fmt.Println("fib(10):", fib(compiled, 10))
	// Code in a file is only run for those who trust the file; for others it is a module like any.
	module := must(rt.CompileFile(file))
	fmt.Println("without trust:", module.IsPrecompiled())
	fmt.Println("fib(10):", fib(module, 10))

	// Or let the runtime remember: the second time nothing is compiled, in other processes too.
	rt = must(wasmspan.New(wasmspan.WithCache(filepath.Join(folder, "cache"), 64<<20)))
	defer rt.Close()
	for _, turn := range []string{"first", "second"} {
		fmt.Println(turn+" time:", fib(must(rt.CompileFile(source)), 20))
	}
}
