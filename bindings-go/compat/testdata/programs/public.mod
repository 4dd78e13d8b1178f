module programs

go 1.16

require (
	github.com/second-state/WasmEdge-go v0.11.2
	github.com/second-state/wasmedge-bindgen v0.4.1
)

replace github.com/second-state/WasmEdge-go => ../../
