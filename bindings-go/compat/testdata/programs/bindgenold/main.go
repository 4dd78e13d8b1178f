// Calls a guest of wasmedge-bindgen by the package of release 0.1.
package main

import (
	"fmt"
	"os"
	"strconv"

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
	bg := bindgen.Instantiate(vm)
	res, err := bg.Execute("say", "bindgen funcs test")
	fmt.Println("say:", string(res), err)
	res, err = bg.Execute("lowest_common_multiple", int32(123), int32(2))
	num, _ := strconv.ParseInt(string(res), 10, 32)
	fmt.Println("lowest_common_multiple:", num, err)
	res, err = bg.Execute("sha3_digest", []byte("This is an important message"))
	fmt.Println("sha3_digest:", res[:4], err)
	res, err = bg.Execute("divide", int32(7), int32(0))
	fmt.Println("divide:", res, err)
	bg.Release()
	vm.Release()
	conf.Release()
}
