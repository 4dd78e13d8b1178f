package wasmspan_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

func Example() {
	ctx := context.Background()
	rt, err := wasmspan.New()
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	module, err := rt.Compile([]byte(`(module
	  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`))
	if err != nil {
		panic(err)
	}
	instance, err := module.Instantiate(ctx)
	if err != nil {
		panic(err)
	}
	defer instance.Close()
	add, err := wasmspan.Func2[int32, int32, int32](instance, "add")
	if err != nil {
		panic(err)
	}
	fmt.Println(add(ctx, 1234, 5678))
	// Output: 6912 <nil>
}

func ExampleRuntime_HostModule() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	rt.HostModule("env").Func("print", func(number int64) { fmt.Println("the guest says", number) }).Register()
	module, _ := rt.Compile([]byte(`(module (import "env" "print" (func $print (param i64)))
	  (func (export "run") (call $print (i64.const 42))))`))
	instance, _ := module.Instantiate(context.Background())
	defer instance.Close()
	fmt.Println(instance.Call(context.Background(), "run"))
	// Output:
	// the guest says 42
	// [] <nil>
}

func ExampleInstance_Call_deadline() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	module, _ := rt.Compile([]byte(`(module (func (export "forever") (loop br 0)))`))
	instance, _ := module.Instantiate(context.Background())
	defer instance.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := instance.Call(ctx, "forever")
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleCommand() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	module, err := rt.CompileFile("../tests/wasm/hello-c.wasm")
	if err != nil {
		panic(err)
	}
	cmd := wasmspan.Command(context.Background(), module, "hello", "first")
	cmd.Env = []string{"GREETING=hi"}
	out, err := cmd.Output()
	fmt.Printf("%s%v\n", out, err)
	// Output:
	// hello from C
	// arg 1: first
	// GREETING=hi
	// <nil>
}
