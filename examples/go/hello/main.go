// Command hello is the example of the README.
package main

import (
	"context"
	"fmt"
	"log"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const text = `(module
  (import "env" "double" (func $double (param i32) (result i32)))
  (func (export "quadruple") (param i32) (result i32)
    (call $double (call $double (local.get 0)))))`

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
	err := rt.HostModule("env").Func("double", func(n int32) int32 { return n * 2 }).Register()
	if err != nil {
		log.Fatal(err)
	}
	instance := must(must(rt.Compile([]byte(text))).Instantiate(ctx))
	defer instance.Close()
	quadruple := must(wasmspan.Func1[int32, int32](instance, "quadruple"))
	fmt.Println(must(quadruple(ctx, 5)))
}
