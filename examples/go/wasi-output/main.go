// Command wasi-output runs a program for WASI with arguments and input; output, exit code and usage come back.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const script = `local sum = 0
for at = 1, #arg do sum = sum + tonumber(arg[at]) end
print("sum", sum)
error("nothing left to do")`

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rt, err := wasmspan.New()
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	// A Lua interpreter that was written in C, which reads a script from its standard input.
	lua, err := rt.CompileFile("../../tests/wasm/lua-cli.wasm")
	if err != nil {
		log.Fatal(err)
	}
	var failures bytes.Buffer
	cmd := wasmspan.Command(ctx, lua, "lua", "19", "23")
	cmd.Stdin, cmd.Stderr = strings.NewReader(script), &failures
	out, err := cmd.Output()
	var exit *wasmspan.ExitError
	if errors.As(err, &exit) {
		fmt.Println("exit code:", exit.ExitCode())
	}
	fmt.Printf("output: %s", out)
	fmt.Printf("errors: %s", failures.String())
	fmt.Println("pages of memory:", cmd.Usage().MemoryPages)
}
