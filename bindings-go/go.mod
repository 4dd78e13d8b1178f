module github.com/wasmspan/wasmspan/bindings-go

go 1.21

require github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64 v0.1.0

replace github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64 => ./lib/linux-amd64
