//go:build tensorflow || tensorflowlite
// +build tensorflow tensorflowlite

package wasmedge

// NewTensorflowModule is there so that programs with the tag tensorflow or tensorflowlite build. The extension is not built
// in: it gives nil, which cannot be registered.
func NewTensorflowModule() *Module { return nil }

// NewTensorflowLiteModule is NewTensorflowModule for TensorFlow Lite.
func NewTensorflowLiteModule() *Module { return nil }
