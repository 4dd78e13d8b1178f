//go:build !wasmspan_system

package wasmspan

// The library comes with its module.
import _ "github.com/wasmspan/wasmspan/bindings-go/lib/linux-amd64"
