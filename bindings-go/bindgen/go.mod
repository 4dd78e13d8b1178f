module github.com/wasmspan/wasmspan/bindings-go/bindgen

go 1.16

require github.com/second-state/WasmEdge-go v0.11.2

replace github.com/second-state/WasmEdge-go => ../compat
