// Command plugin-limits runs a plug-in that nobody has read: so much time, memory and stack, and no way out but what it is
// given.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const plugin = `(module
  (memory (export "memory") 1)
  (func (export "price") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func (export "hang") (loop (br 0)))
  (func (export "hoard") (result i32)
    (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
  (func $deep (export "deep") (call $deep)))`

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	rt := must(wasmspan.New(wasmspan.WithLimits(wasmspan.Limits{MemoryPages: 4, StackBytes: 256 << 10})))
	defer rt.Close()
	instance := must(must(rt.Compile([]byte(plugin))).Instantiate(context.Background()))
	defer instance.Close()
	call := func(name string, args ...any) ([]any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer cancel()
		return instance.Call(ctx, name, args...)
	}

	fmt.Println("price:", must(call("price", int32(14)))[0])
	fmt.Println("pages that it got:", must(call("hoard"))[0])
	for _, name := range []string{"hang", "deep"} {
		_, err := call(name)
		var trap *wasmspan.Trap
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			fmt.Println(name, "was stopped: it ran out of time")
		case errors.As(err, &trap):
			fmt.Println(name, "was stopped:", trap.Code)
		}
	}
	// Stopped is not broken.
	fmt.Println("price:", must(call("price", int32(2)))[0])
}
