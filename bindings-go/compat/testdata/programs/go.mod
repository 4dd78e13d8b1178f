module programs

go 1.16

require github.com/second-state/WasmEdge-go v0.11.2

replace github.com/second-state/WasmEdge-go => ../../
