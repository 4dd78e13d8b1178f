//go:build wasmspan_system

package wasmspan

// With the tag wasmspan_system the program uses an installed libwasmedge that pkg-config finds.

// #cgo CFLAGS: -DWASMSPAN_GO_SYSTEM
// #cgo pkg-config: wasmedge
import "C"
