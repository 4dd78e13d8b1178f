// Package bindgenrust has the functions of the module bindgen-rust; made by `wasmspan bindgen`.
package bindgenrust

import (
	"context"

	"github.com/wasmspan/wasmspan/bindings-go"
)

// BindgenRust is an instance of the module.
type BindgenRust struct {
	guest *wasmspan.Bindgen
}

// NewBindgenRust prepares calls of a new instance, whose _initialize is called if it has one.
func NewBindgenRust(ctx context.Context, instance *wasmspan.Instance) (*BindgenRust, error) {
	guest, err := wasmspan.NewBindgen(ctx, instance)
	if err != nil {
		return nil, err
	}
	return &BindgenRust{guest}, nil
}

// BoolToU8 calls bool_to_u8 of the guest.
func (w *BindgenRust) BoolToU8(ctx context.Context, value bool) (result uint8, err error) {
	results, err := w.guest.Call(ctx, "bool_to_u8", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// CharToU32 calls char_to_u32 of the guest.
func (w *BindgenRust) CharToU32(ctx context.Context, value wasmspan.Char) (result uint32, err error) {
	results, err := w.guest.Call(ctx, "char_to_u32", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// CreateLine calls create_line of the guest.
//
// Makes a line of two points, as JSON.
//
// Points are JSON, too: `{"x": 1.5, "y": 3.8}`.
func (w *BindgenRust) CreateLine(ctx context.Context, from string, to string, desc string) (result string, err error) {
	results, err := w.guest.Call(ctx, "create_line", from, to, desc)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Describe calls describe of the guest.
//
// All scalar types at once, as text.
func (w *BindgenRust) Describe(ctx context.Context, a uint8, b int8, c uint16, d int16, e uint32, f int32, g uint64, h int64, i float32, j float64, k bool, l wasmspan.Char, m string, n []int16) (result string, err error) {
	results, err := w.guest.Call(ctx, "describe", a, b, c, d, e, f, g, h, i, j, k, l, m, n)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Divide calls divide of the guest.
//
// Divides; by zero it fails.
func (w *BindgenRust) Divide(ctx context.Context, a int32, b int32) (result int32, err error) {
	results, err := w.guest.Call(ctx, "divide", a, b)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoF32 calls echo_f32 of the guest.
func (w *BindgenRust) EchoF32(ctx context.Context, value float32) (result float32, err error) {
	results, err := w.guest.Call(ctx, "echo_f32", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoF64 calls echo_f64 of the guest.
func (w *BindgenRust) EchoF64(ctx context.Context, value float64) (result float64, err error) {
	results, err := w.guest.Call(ctx, "echo_f64", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI16 calls echo_i16 of the guest.
func (w *BindgenRust) EchoI16(ctx context.Context, value int16) (result int16, err error) {
	results, err := w.guest.Call(ctx, "echo_i16", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI16s calls echo_i16s of the guest.
func (w *BindgenRust) EchoI16s(ctx context.Context, value []int16) (result []int16, err error) {
	results, err := w.guest.Call(ctx, "echo_i16s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI32 calls echo_i32 of the guest.
func (w *BindgenRust) EchoI32(ctx context.Context, value int32) (result int32, err error) {
	results, err := w.guest.Call(ctx, "echo_i32", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI32s calls echo_i32s of the guest.
func (w *BindgenRust) EchoI32s(ctx context.Context, value []int32) (result []int32, err error) {
	results, err := w.guest.Call(ctx, "echo_i32s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI64 calls echo_i64 of the guest.
func (w *BindgenRust) EchoI64(ctx context.Context, value int64) (result int64, err error) {
	results, err := w.guest.Call(ctx, "echo_i64", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI64s calls echo_i64s of the guest.
func (w *BindgenRust) EchoI64s(ctx context.Context, value []int64) (result []int64, err error) {
	results, err := w.guest.Call(ctx, "echo_i64s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI8 calls echo_i8 of the guest.
func (w *BindgenRust) EchoI8(ctx context.Context, value int8) (result int8, err error) {
	results, err := w.guest.Call(ctx, "echo_i8", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoI8s calls echo_i8s of the guest.
func (w *BindgenRust) EchoI8s(ctx context.Context, value []int8) (result []int8, err error) {
	results, err := w.guest.Call(ctx, "echo_i8s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoString calls echo_string of the guest.
func (w *BindgenRust) EchoString(ctx context.Context, value string) (result string, err error) {
	results, err := w.guest.Call(ctx, "echo_string", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU16 calls echo_u16 of the guest.
func (w *BindgenRust) EchoU16(ctx context.Context, value uint16) (result uint16, err error) {
	results, err := w.guest.Call(ctx, "echo_u16", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU16s calls echo_u16s of the guest.
func (w *BindgenRust) EchoU16s(ctx context.Context, value []uint16) (result []uint16, err error) {
	results, err := w.guest.Call(ctx, "echo_u16s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU32 calls echo_u32 of the guest.
func (w *BindgenRust) EchoU32(ctx context.Context, value uint32) (result uint32, err error) {
	results, err := w.guest.Call(ctx, "echo_u32", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU32s calls echo_u32s of the guest.
func (w *BindgenRust) EchoU32s(ctx context.Context, value []uint32) (result []uint32, err error) {
	results, err := w.guest.Call(ctx, "echo_u32s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU64 calls echo_u64 of the guest.
func (w *BindgenRust) EchoU64(ctx context.Context, value uint64) (result uint64, err error) {
	results, err := w.guest.Call(ctx, "echo_u64", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU64s calls echo_u64s of the guest.
func (w *BindgenRust) EchoU64s(ctx context.Context, value []uint64) (result []uint64, err error) {
	results, err := w.guest.Call(ctx, "echo_u64s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU8 calls echo_u8 of the guest.
func (w *BindgenRust) EchoU8(ctx context.Context, value uint8) (result uint8, err error) {
	results, err := w.guest.Call(ctx, "echo_u8", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// EchoU8s calls echo_u8s of the guest.
func (w *BindgenRust) EchoU8s(ctx context.Context, value []uint8) (result []uint8, err error) {
	results, err := w.guest.Call(ctx, "echo_u8s", value)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Exits calls exits of the guest.
func (w *BindgenRust) Exits(ctx context.Context, code int32) (result int32, err error) {
	results, err := w.guest.Call(ctx, "exits", code)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// FailEmpty calls fail_empty of the guest.
func (w *BindgenRust) FailEmpty(ctx context.Context) (result uint8, err error) {
	results, err := w.guest.Call(ctx, "fail_empty")
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// KeccakDigest calls keccak_digest of the guest.
//
// Keccak-256 of bytes.
func (w *BindgenRust) KeccakDigest(ctx context.Context, data []uint8) (result []uint8, err error) {
	results, err := w.guest.Call(ctx, "keccak_digest", data)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// LowestCommonMultiple calls lowest_common_multiple of the guest.
//
// The least number that both divide.
func (w *BindgenRust) LowestCommonMultiple(ctx context.Context, a int32, b int32) (result int32, err error) {
	results, err := w.guest.Call(ctx, "lowest_common_multiple", a, b)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// MakeBytes calls make_bytes of the guest.
func (w *BindgenRust) MakeBytes(ctx context.Context, len uint32) (result []uint8, err error) {
	results, err := w.guest.Call(ctx, "make_bytes", len)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Nothing calls nothing of the guest.
func (w *BindgenRust) Nothing(ctx context.Context) (err error) {
	results, err := w.guest.Call(ctx, "nothing")
	if err == nil {
		err = wasmspan.Scan(results)
	}
	return err
}

// Obfusticate calls obfusticate of the guest.
//
// Turns letters by 13 places.
func (w *BindgenRust) Obfusticate(ctx context.Context, text string) (result string, err error) {
	results, err := w.guest.Call(ctx, "obfusticate", text)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Panics calls panics of the guest.
func (w *BindgenRust) Panics(ctx context.Context, message string) (result int32, err error) {
	results, err := w.guest.Call(ctx, "panics", message)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Prints calls prints of the guest.
func (w *BindgenRust) Prints(ctx context.Context, text string) (err error) {
	results, err := w.guest.Call(ctx, "prints", text)
	if err == nil {
		err = wasmspan.Scan(results)
	}
	return err
}

// Say calls say of the guest.
//
// Greets somebody.
func (w *BindgenRust) Say(ctx context.Context, name string) (result string, err error) {
	results, err := w.guest.Call(ctx, "say", name)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Sha3Digest calls sha3_digest of the guest.
//
// SHA3-256 of bytes.
func (w *BindgenRust) Sha3Digest(ctx context.Context, data []uint8) (result []uint8, err error) {
	results, err := w.guest.Call(ctx, "sha3_digest", data)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}

// Split calls split of the guest.
//
// Divides a text where the separator first is; fails where it isn't.
func (w *BindgenRust) Split(ctx context.Context, text string, separator string) (result0 string, result1 string, err error) {
	results, err := w.guest.Call(ctx, "split", text, separator)
	if err == nil {
		err = wasmspan.Scan(results, &result0, &result1)
	}
	return result0, result1, err
}

// Swap calls swap of the guest.
//
// Gives both back, in the other order.
func (w *BindgenRust) Swap(ctx context.Context, a int32, b string) (result0 string, result1 int32, err error) {
	results, err := w.guest.Call(ctx, "swap", a, b)
	if err == nil {
		err = wasmspan.Scan(results, &result0, &result1)
	}
	return result0, result1, err
}

// TakeBytes calls take_bytes of the guest.
func (w *BindgenRust) TakeBytes(ctx context.Context, data []uint8) (result uint32, err error) {
	results, err := w.guest.Call(ctx, "take_bytes", data)
	if err == nil {
		err = wasmspan.Scan(results, &result)
	}
	return result, err
}
