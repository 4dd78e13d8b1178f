// Package generated uses the wrappers in Go that `wasmspan bindgen` writes.
package generated

import (
	"context"
	"errors"
	"math"
	"testing"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
	"github.com/wasmspan/wasmspan/tests/generated/go/bindgenrust"
	"github.com/wasmspan/wasmspan/tests/generated/go/numbers"
)

func instantiate(t *testing.T, file string) *wasmspan.Instance {
	t.Helper()
	rt, err := wasmspan.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Close() })
	module, err := rt.CompileFile(file)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := module.Instantiate(context.Background(), wasmspan.WithWASI(wasmspan.WASI{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { instance.Close() })
	return instance
}

// is reports what is wrong with a result.
func is[T comparable](t *testing.T, got T, err error, expected T) {
	t.Helper()
	if err != nil || got != expected {
		t.Errorf("%v, %v instead of %v", got, err, expected)
	}
}

func TestGuestOfBindgen(t *testing.T) {
	ctx := context.Background()
	guest, err := bindgenrust.NewBindgenRust(ctx, instantiate(t, "../../wasm/bindgen-rust.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	hello, err := guest.Say(ctx, "bindgen funcs test")
	is(t, hello, err, "hello bindgen funcs test")
	multiple, err := guest.LowestCommonMultiple(ctx, 123, 2)
	is(t, multiple, err, 246)
	digest, err := guest.Sha3Digest(ctx, []byte("This is an important message"))
	is(t, digest[1], err, 27)
	text, number, err := guest.Swap(ctx, 5, "five")
	is(t, text, err, "five")
	is(t, number, err, 5)
	described, err := guest.Describe(ctx, 1, -2, 3, -4, 5, -6, 7, -8, 0.5, -0.25, true, 'é', "text", []int16{9, -9})
	is(t, described, err, "1 -2 3 -4 5 -6 7 -8 0.5 -0.25 true é text [9, -9]")
	if err := guest.Nothing(ctx); err != nil {
		t.Error(err)
	}
	var failed *wasmspan.GuestError
	if _, err := guest.Divide(ctx, 7, 0); !errors.As(err, &failed) || failed.Message != "7 cannot be divided by zero" {
		t.Error(err)
	}
	if _, err := guest.Panics(ctx, "on purpose"); err == nil || errors.As(err, &failed) {
		t.Error(err)
	}
}

func TestModuleOfNumbers(t *testing.T) {
	ctx := context.Background()
	module := numbers.NewNumbers(instantiate(t, "../numbers.wat"))
	sum, err := module.Add(ctx, math.MaxInt64, -1)
	is(t, sum, err, math.MaxInt64-1)
	quotient, rest, err := module.DivRem(ctx, 17, 5)
	is(t, quotient, err, 3)
	is(t, rest, err, 2)
	wide, err := module.New(ctx, 0.5)
	is(t, wide, err, 0.5)
	if err := errors.Join(module.Import(ctx, 1), module.NotMuch(ctx)); err != nil {
		t.Error(err)
	}
	if _, _, err := module.DivRem(ctx, 1, 0); err == nil {
		t.Error("no trap")
	}
}

func TestScanComparesTypes(t *testing.T) {
	var number int32
	var text string
	results := []any{int32(5), "five"}
	if err := wasmspan.Scan(results, &number, &text); err != nil || number != 5 || text != "five" {
		t.Error(number, text, err)
	}
	for _, into := range [][]any{{}, {&number}, {&text, &number}} {
		if wasmspan.Scan(results, into...) == nil {
			t.Error(into)
		}
	}
}
