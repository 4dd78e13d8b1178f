module github.com/wasmspan/wasmspan/tests/generated/go

go 1.21

require github.com/wasmspan/wasmspan/bindings-go v0.1.0

require github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64 v0.1.0 // indirect

replace (
	github.com/wasmspan/wasmspan/bindings-go => ../../../bindings-go
	github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64 => ../../../bindings-go/lib/linux-amd64
)
