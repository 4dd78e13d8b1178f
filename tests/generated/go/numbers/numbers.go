// Package numbers has the functions of the module numbers; made by `wasmspan bindgen`.
package numbers

import (
	"context"

	"github.com/wasmspan/wasmspan/bindings-go"
)

// Numbers is an instance of the module.
type Numbers struct {
	instance *wasmspan.Instance
}

// NewNumbers wraps an instance.
func NewNumbers(instance *wasmspan.Instance) *Numbers {
	return &Numbers{instance}
}

// Add calls add of the guest.
func (w *Numbers) Add(ctx context.Context, a int64, b int64) (result int64, err error) {
	results, err := w.instance.Call(ctx, "add", a, b)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// DivRem calls div-rem of the guest.
//
// Divides, and gives quotient and rest.
//
// Traps if the divisor is zero.
func (w *Numbers) DivRem(ctx context.Context, dividend int32, divisor int32) (result0 int32, result1 int32, err error) {
	results, err := w.instance.Call(ctx, "div-rem", dividend, divisor)
	if err == nil {
		err = wasmspan.Scan(results, &result0, &result1)
	}
	return result0, result1, err
}

// New calls new of the guest.
func (w *Numbers) New(ctx context.Context, type_ float32) (result float64, err error) {
	results, err := w.instance.Call(ctx, "new", type_)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Import calls import of the guest.
func (w *Numbers) Import(ctx context.Context, class int32) (err error) {
	results, err := w.instance.Call(ctx, "import", class)
	if err == nil {
		err = wasmspan.Scan(results)
	}
	return err
}

// NotMuch calls notMuch of the guest.
func (w *Numbers) NotMuch(ctx context.Context) (err error) {
	results, err := w.instance.Call(ctx, "notMuch")
	if err == nil {
		err = wasmspan.Scan(results)
	}
	return err
}
