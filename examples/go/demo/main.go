// Command demo prints the lines of Go in the demonstration. `make demo` runs the same program in five languages.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

var good = true

// line prints a line: what ran, what was expected, what came out, and how long it took.
func line(what, expected, got string, start time.Time) {
	took := fmt.Sprintf("%.2f ms", time.Since(start).Seconds()*1e3)
	verdict := "ok"
	if got != expected {
		verdict, good = "WRONG", false
	}
	fmt.Printf("%-8s %-34s %22s %22s %11s %s\n", "Go", what, expected, got, took, verdict)
}

// must gives a value, or ends the program if there was an error.
func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal("the demo in Go failed: ", err)
	}
	return value
}

// digest has the guest digest bytes, and gives the first of the digest's bytes.
func digest(guest *wasmspan.Bindgen, data []byte) string {
	results := must(guest.Call(context.Background(), "sha3_digest", data))
	return hex.EncodeToString(results[0].([]byte)[:8])
}

func main() {
	ctx := context.Background()
	rt := must(wasmspan.New())

	// A guest of wasmedge-bindgen: its functions take and return texts and bytes.
	start := time.Now()
	module := must(rt.CompileFile("tests/wasm/bindgen-rust.wasm"))
	instance := must(module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{})))
	guest := must(wasmspan.NewBindgen(ctx, instance))
	hello := must(guest.Call(ctx, "say", "demo"))
	line("load a guest, pass it a text", "hello demo", hello[0].(string), start)

	start = time.Now()
	created := must(guest.Call(ctx, "create_line", `{"x":0,"y":0}`, `{"x":3,"y":4}`, "a line"))
	line("create_line, digest of its text", "b9b5c1698ab7b6ec", digest(guest, []byte(created[0].(string))), start)

	data := make([]byte, 256<<10)
	for at := range data {
		data[at] = byte(at % 251)
	}
	start = time.Now()
	line("sha3_digest of 256 KiB", "2ae120f51b9b63e9", digest(guest, data), start)

	// A guest that calls a function of its host.
	if err := rt.HostModule("env").Func("double", func(n int32) int32 { return n * 2 }).Register(); err != nil {
		log.Fatal(err)
	}
	instance = must(must(rt.CompileFile("examples/demo.wat")).Instantiate(ctx))
	start = time.Now()
	sum := must(instance.Call(ctx, "sum_of_doubles", int32(10_000)))
	line("10000 calls of a host function", "100010000", fmt.Sprint(sum[0]), start)

	// Errors of the guest, after which it can be called again.
	start = time.Now()
	_, err := instance.Call(ctx, "divide", int32(1), int32(0))
	text, _, _ := strings.Cut(fmt.Sprint(err), "\n")
	line("a trap, caught", "integer divide by zero", text, start)

	start = time.Now()
	soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	got := "not stopped"
	if _, err := instance.Call(soon, "forever"); errors.Is(err, context.DeadlineExceeded) {
		got = "stopped"
	}
	line("an endless loop, stopped at 20 ms", "stopped", got, start)
	if !good {
		os.Exit(1)
	}
}
