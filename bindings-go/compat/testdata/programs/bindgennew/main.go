// Calls a guest of wasmedge-bindgen by the package of release 0.4.
package main

import (
	"fmt"
	"os"

	"github.com/second-state/WasmEdge-go/wasmedge"
	bindgen "github.com/second-state/wasmedge-bindgen/host/go"
)

func main() {
	wasmedge.SetLogErrorLevel()
	conf := wasmedge.NewConfigure(wasmedge.WASI)
	vm := wasmedge.NewVMWithConfig(conf)
	vm.GetImportModule(wasmedge.WASI).InitWasi(os.Args[1:], os.Environ(), []string{".:."})
	vm.LoadWasmFile(os.Args[1])
	vm.Validate()
	bg := bindgen.New(vm)
	bg.Instantiate()
	message := []byte("This is an important message")
	for _, call := range []struct {
		name   string
		inputs []interface{}
	}{
		{"create_line", []interface{}{`{"x":1.5,"y":3.8}`, `{"x":2.5,"y":5.8}`, "A thin red line"}},
		{"say", []interface{}{"bindgen funcs test"}},
		{"obfusticate", []interface{}{"A quick brown fox jumps over the lazy dog"}},
		{"lowest_common_multiple", []interface{}{int32(123), int32(2)}},
		{"sha3_digest", []interface{}{message}},
		{"keccak_digest", []interface{}{message}},
		{"divide", []interface{}{int32(7), int32(0)}},
	} {
		results, failed, err := bg.Execute(call.name, call.inputs...)
		switch {
		case err != nil:
			fmt.Println(call.name, "FAILED:", err)
		case failed != nil:
			fmt.Println(call.name, "says:", failed)
		default:
			fmt.Printf("%s: %v (%T)\n", call.name, results[0], results[0])
		}
	}
	bg.Release()
	conf.Release()
}
