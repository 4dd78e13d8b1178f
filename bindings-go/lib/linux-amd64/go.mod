module github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64

go 1.21
