// Command aot-cache compiles ahead of time into a file, and keeps compiled code from one process to the next.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const source = "../../tests/wasm/fibonacci.wasm"

// fib calls the guest's function once.
func fib(module *wasmspan.Module, n int32) int32 {
	instance, err := module.Instantiate(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer instance.Close()
	f, err := wasmspan.Func1[int32, int32](instance, "fib")
	if err != nil {
		log.Fatal(err)
	}
	result, err := f(context.Background(), n)
	if err != nil {
		log.Fatal(err)
	}
	return result
}

func main() {
	folder, err := os.MkdirTemp("", "wasmspan-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	code, err := os.ReadFile(source)
	if err != nil {
		log.Fatal(err)
	}

	// One file for every runtime: the code lies in a section that others ignore. It holds machine code, so it is only
	// loaded for those who trust it like a program.
	rt, err := wasmspan.New()
	if err != nil {
		log.Fatal(err)
	}
	file := filepath.Join(folder, "fibonacci.wasm")
	if err := rt.CompileTo(file, code); err != nil {
		log.Fatal(err)
	}
	compiled, err := rt.LoadCompiled(file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("fib(10):", fib(compiled, 10))
	_, err = rt.CompileFile(file)
	fmt.Println("valid elsewhere:", err == nil)

	// Or let the runtime remember: the second time nothing is compiled, in other processes too.
	cache := filepath.Join(folder, "cache")
	for _, turn := range []string{"first", "second"} {
		rt, err := wasmspan.New(wasmspan.WithCache(cache, 64<<20))
		if err != nil {
			log.Fatal(err)
		}
		module, err := rt.CompileFile("../../tests/wasm/hello-c.wasm")
		if err != nil {
			log.Fatal(err)
		}
		out, err := wasmspan.Command(context.Background(), module, "hello").Output()
		fmt.Printf("%s time: %t %v\n", turn, bytes.HasPrefix(out, []byte("hello from C")), err)
	}
	entries, err := os.ReadDir(cache)
	fmt.Println("in the cache:", len(entries) > 0, err)
}

// Prints:
// fib(10): 89
// valid elsewhere: true
// first time: true <nil>
// second time: true <nil>
// in the cache: true <nil>
