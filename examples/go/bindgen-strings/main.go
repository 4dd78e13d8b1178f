// Command bindgen-strings passes texts, numbers and bytes to guests that were built with wasmedge-bindgen, and strings to
// guests of AssemblyScript and C.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"strings"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	ctx := context.Background()
	rt := must(wasmspan.New())
	defer rt.Close()
	load := func(name string, options ...wasmspan.InstanceOption) *wasmspan.Instance {
		return must(must(rt.CompileFile("../../tests/wasm/"+name+".wasm")).Instantiate(ctx, options...))
	}

	// Functions of Rust that take and return what Rust has.
	guest := must(wasmspan.NewBindgen(ctx, load("bindgen-rust", wasmspan.WithWASI(wasmspan.WASI{}))))
	fmt.Println(must(guest.Call(ctx, "say", "bindgen funcs test"))[0])
	fmt.Println(must(guest.Call(ctx, "lowest_common_multiple", int32(123), int32(2)))[0])
	digest := must(guest.Call(ctx, "sha3_digest", []byte("This is an important message")))[0]
	fmt.Println(hex.EncodeToString(digest.([]byte)))
	_, err := guest.Call(ctx, "divide", int32(7), int32(0))
	var failed *wasmspan.GuestError
	if errors.As(err, &failed) {
		fmt.Println("the guest's error:", failed)
	}
	bytes := must(guest.Call(ctx, "echo_u8s", []byte{1, 2, 255}))[0]
	fmt.Println(strings.Trim(fmt.Sprint(bytes), "[]"))

	// Guests that only export an allocator: the same calls for both.
	for _, name := range []string{"strings-assemblyscript", "strings-c"} {
		instance := load(name)
		heap := must(wasmspan.NewHeap(instance))
		greet := must(wasmspan.Func1[uint32, uint32](instance, "greet"))
		text := must(heap.PutString("world"))
		fmt.Println(name+":", must(heap.GetString(must(greet(ctx, text.Address)), wasmspan.Whole)))
		if err := heap.Free(text.Address); err != nil {
			log.Fatal(err)
		}
	}
}
