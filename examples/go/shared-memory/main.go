// Command shared-memory has data that guests and host share without copying it.
package main

import (
	"context"
	"fmt"
	"log"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// Two guests: one has the memory, the other imports it.
const (
	owner  = `(module (memory (export "memory") 16 256))`
	filter = `(module (import "host" "memory" (memory 16 256))
  (func (export "invert") (param $at i32) (param $length i32)
    (loop $next
      (i32.store (local.get $at) (i32.xor (i32.load (local.get $at)) (i32.const -1)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 4)))))))`
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
	host := must(must(rt.Compile([]byte(owner))).Instantiate(ctx, wasmspan.WithName("host")))
	defer host.Close()
	instance := must(must(rt.Compile([]byte(filter))).Instantiate(ctx))
	defer instance.Close()
	invert := must(wasmspan.Proc2[int32, int32](instance, "invert"))

	// A view of the guests' own memory: what one writes, the others read.
	memory := host.Memory("memory")
	pixels := memory.View()[65536:][:640*480]
	for at := range pixels {
		pixels[at] = 200
	}
	if err := invert(ctx, 65536, int32(len(pixels))); err != nil {
		log.Fatal(err)
	}
	fmt.Println("inverted:", pixels[0], pixels[len(pixels)-1])

	// The view stays good when the memory grows; a new one sees the rest too.
	before := len(memory.View())
	must(memory.GrowPages(1))
	more := len(memory.View()) - before
	fmt.Println("grown:", more, "bytes more,", pixels[0], pixels[len(pixels)-1])

	// Copies where those are wanted, with checked bounds.
	must(memory.WriteAt([]byte("text"), 0))
	text, _ := memory.Read(0, 4)
	fmt.Println("copied:", string(text))
}
