// Command pool serves many requests at once, each with an instance of its own that begins in the module's first state.
package main

import (
	"context"
	"fmt"
	"log"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const guest = `(module
  (import "host" "fetch" (func $fetch (param i32) (result i32)))
  (global $seen (mut i32) (i32.const 0))
  (func (export "handle") (param i32) (result i32)
    (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
    (i32.add (i32.mul (call $fetch (local.get 0)) (i32.const 1000)) (global.get $seen))))`

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
	var running, most atomic.Int32
	err := rt.HostModule("host").Func("fetch", func(n int32) int32 {
		now := running.Add(1)
		for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
		}
		time.Sleep(20 * time.Millisecond)
		running.Add(-1)
		return n
	}).Register()
	if err != nil {
		log.Fatal(err)
	}
	pool := must(must(rt.Compile([]byte(guest))).NewPool(4))
	defer pool.Close()

	var answers [12]int32
	var group sync.WaitGroup
	for at := range answers {
		group.Add(1)
		go func(at int) {
			defer group.Done()
			instance := must(pool.Get(ctx))
			defer instance.Close()
			handle := must(wasmspan.Func1[int32, int32](instance, "handle"))
			answers[at] = must(handle(ctx, int32(at)))
		}(at)
	}
	group.Wait()
	fmt.Println("answers:", strings.Trim(fmt.Sprint(answers), "[]"))
	fmt.Println("at once, at most 4:", most.Load() <= 4 && most.Load() > 1)
	fmt.Println("in use:", pool.InUse(), "of", pool.Size())
}
