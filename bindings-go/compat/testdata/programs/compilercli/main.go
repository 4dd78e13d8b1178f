package main

import (
	"os"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

func main() {
	wasmedge.RunWasmEdgeAOTCompilerCLI(os.Args)
}
