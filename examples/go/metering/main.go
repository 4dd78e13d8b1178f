// Command metering shows what a guest costs: instructions counted exactly, a price for each, and an end when the budget is
// spent.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const guest = `(module (func (export "count") (param i32)
  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	ctx := context.Background()
	rt := must(wasmspan.New(wasmspan.WithMetering(wasmspan.Metering{Instructions: true, Cost: true}),
		wasmspan.WithLimits(wasmspan.Limits{Cost: 100_000})))
	defer rt.Close()
	instance := must(must(rt.Compile([]byte(guest))).Instantiate(ctx))
	defer instance.Close()

	must(instance.Call(ctx, "count", int32(100)))
	fmt.Println("instructions:", rt.Statistics().Instructions)
	must(instance.Call(ctx, "count", int32(100)))
	fmt.Println("the same again:", rt.Statistics().Instructions)

	// A budget for one call, within what all calls together may cost.
	attempt := func(turns int32, cost uint64) string {
		_, err := instance.CallWithin(ctx, wasmspan.Limits{Cost: cost}, "count", turns)
		var trap *wasmspan.Trap
		if errors.As(err, &trap) {
			return trap.Code.String()
		}
		must(0, err)
		return "done"
	}
	fmt.Println("100 turns for 1000:", attempt(100, 1000))
	fmt.Println("1000 turns for 1000:", attempt(1000, 1000))
	fmt.Println("a million turns:", attempt(1_000_000, 0))
	fmt.Println("cost of all calls:", rt.Statistics().Cost)
}
