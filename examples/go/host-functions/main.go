// Command host-functions gives a guest functions of Go: with values, through its memory, and with errors.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const guest = `(module
  (import "host" "log" (func $log (param i32 i32)))
  (import "host" "rate" (func $rate (param i32) (result f64)))
  (import "host" "check" (func $check (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from the guest")
  (func (export "greet") (call $log (i32.const 16) (i32.const 20)))
  (func (export "convert") (param f64 i32) (result f64)
    (f64.mul (local.get 0) (call $rate (local.get 1))))
  (func (export "withdraw") (param i64) (call $check (local.get 0))))`

// overdrawn is an error of the host's own.
type overdrawn int64

func (o overdrawn) Error() string { return fmt.Sprintf("%d is more than there is", int64(o)) }

func check(amount int64) error {
	if amount > 100 {
		return overdrawn(amount)
	}
	return nil
}

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
	err := rt.HostModule("host").
		Func("log", func(caller *wasmspan.Caller, address, length uint32) {
			text, _ := caller.Memory(0).Read(address, length)
			fmt.Println(string(text))
		}).
		Func("rate", func(currency int32) float64 { return []float64{1, 1.25}[currency] }).
		Func("check", check).
		Register()
	if err != nil {
		log.Fatal(err)
	}
	instance := must(must(rt.Compile([]byte(guest))).Instantiate(ctx))
	defer instance.Close()

	must(instance.Call(ctx, "greet"))
	convert := must(wasmspan.Func2[float64, int32, float64](instance, "convert"))
	fmt.Println("converted:", must(convert(ctx, 8, 1)))
	withdraw := must(wasmspan.Proc1[int64](instance, "withdraw"))
	if err := withdraw(ctx, 100); err != nil {
		log.Fatal(err)
	}
	// The very error that the function returned, through the guest.
	var why overdrawn
	if errors.As(withdraw(ctx, 101), &why) {
		fmt.Println("refused:", why)
	}
}
