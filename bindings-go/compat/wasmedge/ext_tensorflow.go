//go:build tensorflow
// +build tensorflow

package wasmedge

// NewTensorflowModule is there so that programs with the tag tensorflow build. The extension is not built in: it gives nil,
// which cannot be registered.
func NewTensorflowModule() *Module { return nil }
