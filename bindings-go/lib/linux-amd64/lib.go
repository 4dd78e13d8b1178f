// Package lib has the engine as a static library for one platform. It is linked by importing it; nothing is to be
// installed. Package wasmspan does that.
package lib

// #cgo LDFLAGS: ${SRCDIR}/libwasmspan.a -lm -ldl -lpthread
import "C"
