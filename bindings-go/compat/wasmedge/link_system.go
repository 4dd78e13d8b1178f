//go:build wasmedge_system
// +build wasmedge_system

package wasmedge

// With the tag wasmedge_system the program uses an installed libwasmedge that pkg-config finds.

// #cgo CFLAGS: -I${SRCDIR}
// #cgo pkg-config: wasmedge
import "C"
