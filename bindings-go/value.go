package wasmspan

// #include "shim.h"
import "C"
import (
	"fmt"
	"math"
	"unsafe"
)

// ValueType is the type of a WebAssembly value.
type ValueType uint32

// The types of values, and the Go types that go with them in Instance.Call and HostModule.FuncOf.
const (
	I32       ValueType = C.WasmEdge_ValType_I32       // int32, or uint32 as an argument
	I64       ValueType = C.WasmEdge_ValType_I64       // int64, or uint64 as an argument
	F32       ValueType = C.WasmEdge_ValType_F32       // float32
	F64       ValueType = C.WasmEdge_ValType_F64       // float64
	V128Type  ValueType = C.WasmEdge_ValType_V128      // V128
	FuncRef   ValueType = C.WasmEdge_ValType_FuncRef   // Func, or nil as an argument
	ExternRef ValueType = C.WasmEdge_ValType_ExternRef // Extern, or nil as an argument
)

// String gives the type's name in the text format.
func (t ValueType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128Type:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return fmt.Sprintf("type %#x", uint32(t))
}

// V128 is a vector of 128 bits; lane 0 lies in the low ones.
type V128 struct{ Low, High uint64 }

// Func refers to a function of a guest. It is good as long as the instance lives that it came from. The zero value is
// the null reference.
type Func struct {
	inner *C.WasmEdge_FunctionInstanceContext
}

// IsNull says whether it refers to nothing.
func (f Func) IsNull() bool { return f.inner == nil }

// Extern refers to a Go value that guests can hold and give back, but not look into. Extern values are equal if they
// were made by the same NewExtern. The zero value is the null reference.
type Extern struct{ number uintptr }

// NewExtern makes a reference to a Go value, which stays alive until Close.
func NewExtern(value any) Extern { return Extern{left.put(&extern{value})} }

type extern struct{ value any }

// Value gives the Go value; nil for the null reference and after Close.
func (e Extern) Value() any {
	found, _ := left.get(e.number)
	if extern, ok := found.(*extern); ok {
		return extern.value
	}
	return nil
}

// IsNull says whether it refers to nothing.
func (e Extern) IsNull() bool { return e.number == 0 }

// Close lets go of the Go value. Guests may still hold the reference, to nothing then.
func (e Extern) Close() error {
	left.take(e.number)
	return nil
}

// toValue gives the value of a type that a Go value stands for.
func toValue(from any, kind ValueType) (value, error) {
	to := value{kind: uint32(kind)}
	if bits, number := numberBits(from); number == C.enum_WasmEdge_ValType(kind) {
		to.low = bits
		return to, nil
	}
	fits := false
	switch x := from.(type) {
	case nil:
		fits = kind == FuncRef || kind == ExternRef
	case V128:
		to.low, to.high, fits = x.Low, x.High, kind == V128Type
	case Func:
		if fits = kind == FuncRef; x.inner != nil {
			to = seen(C.WasmEdge_ValueGenFuncRef(x.inner))
		}
	case Extern:
		if fits = kind == ExternRef; x.number != 0 {
			to = seen(C.ws_extern(C.uintptr_t(x.number)))
		}
	}
	if !fits {
		return to, &Error{CodeFuncSigMismatch, fmt.Sprintf("a %T is no %v", from, kind)}
	}
	if from == nil || to.low == 0 && to.high == 0 && (kind == FuncRef || kind == ExternRef) {
		to = seen(C.WasmEdge_ValueGenNullRef(C.enum_WasmEdge_RefType(kind)))
	}
	return to, nil
}

// seen is the same value as Go sees it.
func seen(from C.WasmEdge_Value) value { return *(*value)(unsafe.Pointer(&from)) }

// goValue is the Go value that this stands for.
func (v *value) goValue() any {
	switch ValueType(v.kind) {
	case I32:
		return int32(v.low)
	case I64:
		return int64(v.low)
	case F32:
		return math.Float32frombits(uint32(v.low))
	case F64:
		return math.Float64frombits(v.low)
	case V128Type:
		return V128{v.low, v.high}
	case FuncRef:
		return Func{(*C.WasmEdge_FunctionInstanceContext)(unsafe.Pointer(C.WasmEdge_ValueGetFuncRef(v.c())))}
	case ExternRef:
		return Extern{uintptr(C.ws_extern_number(v.c()))}
	}
	return nil
}

func (v *value) c() C.WasmEdge_Value { return *(*C.WasmEdge_Value)(unsafe.Pointer(v)) }

// toValues gives the values of these types.
func toValues(from []any, kinds []C.enum_WasmEdge_ValType) ([]value, error) {
	if len(from) != len(kinds) {
		return nil, &Error{CodeFuncSigMismatch, fmt.Sprintf("there are %d values, not %d", len(from), len(kinds))}
	}
	values := make([]value, len(from))
	for at := range from {
		var err error
		if values[at], err = toValue(from[at], ValueType(kinds[at])); err != nil {
			return nil, fmt.Errorf("value %d: %w", at, err)
		}
	}
	return values, nil
}

func goValues(values []value) []any {
	out := make([]any, len(values))
	for at := range values {
		out[at] = values[at].goValue()
	}
	return out
}

func firstValue(values []value) *C.WasmEdge_Value {
	if len(values) == 0 {
		return nil
	}
	return (*C.WasmEdge_Value)(unsafe.Pointer(&values[0]))
}
