module github.com/wasmspan/wasmspan/bindings-go/compat

go 1.16
