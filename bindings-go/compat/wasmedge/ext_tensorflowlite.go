//go:build tensorflowlite
// +build tensorflowlite

package wasmedge

// NewTensorflowLiteModule is there so that programs with the tag tensorflowlite build. The extension is not built in: it gives nil,
// which cannot be registered.
func NewTensorflowLiteModule() *Module { return nil }
