//go:build image
// +build image

package wasmedge

// NewImageModule is there so that programs with the tag image build. The extension is not built in: it gives nil,
// which cannot be registered.
func NewImageModule() *Module { return nil }
