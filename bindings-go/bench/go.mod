module github.com/wasmspan/wasmspan/bindings-go/bench

go 1.24

require (
	github.com/bytecodealliance/wasmtime-go/v25 v25.0.0
	github.com/tetratelabs/wazero v1.9.0
	github.com/wasmspan/wasmspan/bindings-go v0.1.0
	github.com/wasmspan/wasmspan/bindings-go/compat v0.1.0
)

require github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64 v0.1.0 // indirect

replace (
	github.com/wasmspan/wasmspan/bindings-go => ../
	github.com/wasmspan/wasmspan/bindings-go/compat => ../compat
	github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64 => ../lib/linux-amd64
)
