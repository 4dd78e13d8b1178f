package main

import (
	"os"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	wasmedge.SetLogErrorLevel()
	var conf = wasmedge.NewConfigure(wasmedge.REFERENCE_TYPES)
	conf.AddConfig(wasmedge.WASI)
	var vm = wasmedge.NewVMWithConfig(conf)
	var wasi = vm.GetImportModule(wasmedge.WASI)
	wasi.InitWasi(os.Args[1:], os.Environ(), []string{".:."})
	vm.RunWasmFile(os.Args[1], "_start")
	vm.Release()
	conf.Release()
}
