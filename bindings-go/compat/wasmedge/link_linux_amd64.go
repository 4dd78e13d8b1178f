//go:build !wasmedge_system
// +build !wasmedge_system

package wasmedge

// #cgo CFLAGS: -I${SRCDIR}
// #cgo LDFLAGS: ${SRCDIR}/libwasmedge_linux_amd64.a -lm -ldl -lpthread
import "C"
