package wasmspan

// #include "shim.h"
import "C"
import (
	"fmt"
	"math"
	"reflect"
	"sync"
	"unsafe"
)

// ValueType is the type of a WebAssembly value.
type ValueType uint32

// The types of values, and the Go types that go with them in Instance.Call and HostModule.FuncOf.
const (
	I32       ValueType = C.WasmEdge_ValType_I32       // int32; as an argument any integer that fits, such as an int
	I64       ValueType = C.WasmEdge_ValType_I64       // int64; as an argument any integer
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

func (t ValueType) isKnown() bool {
	switch t {
	case I32, I64, F32, F64, V128Type, FuncRef, ExternRef:
		return true
	}
	return false
}

func (t ValueType) goTypes() string {
	switch t {
	case I32:
		return "int32 or another integer that fits"
	case I64:
		return "int64 or another integer"
	case F32:
		return "float32"
	case F64:
		return "float64"
	case V128Type:
		return "V128"
	case FuncRef:
		return "Func or nil"
	}
	return "Extern or nil"
}

// V128 is a vector of 128 bits; lane 0 lies in the low ones.
type V128 struct{ Low, High uint64 }

// Func refers to a function of a guest. It is good as long as the instance lives that it came from. The zero value is
// the null reference.
type Func struct {
	inner *C.WasmEdge_FunctionInstanceContext
	// Whom it came from.
	from *Instance
}

// IsNull says whether it refers to nothing.
func (f Func) IsNull() bool { return f.inner == nil }

// Extern refers to a Go value that guests can hold and give back, but not look into. Extern values are equal if they
// were made by the same NewExtern. The zero value is the null reference.
//
// An instance that was given one holds it: the Go value stays alive as long as Go can reach an Extern or such an
// instance, or until Close.
type Extern struct{ ref *externRef }

type externRef struct {
	number uintptr
	// Ends the use of the number.
	handle *handle
	mu     sync.Mutex
	value  any
	held   []*holder
}

// NewExtern makes a reference to a Go value.
func NewExtern(value any) Extern {
	ref := &externRef{value: value}
	number := handles.put(weakTo(ref))
	ref.number, ref.handle = number, newHandle(func() { handles.take(number) })
	return Extern{ref}
}

// externOf is the one of a number that comes from a guest.
func externOf(number uintptr) Extern {
	if number == 0 {
		return Extern{}
	}
	found, _ := handles.get(number)
	if ref, ok := found.(*externRef); ok {
		return Extern{ref}
	}
	return Extern{&externRef{number: number}}
}

// Value gives the Go value; nil for the null reference and after Close.
func (e Extern) Value() any {
	if e.ref == nil {
		return nil
	}
	e.ref.mu.Lock()
	defer e.ref.mu.Unlock()
	return e.ref.value
}

// IsNull says whether it refers to nothing.
func (e Extern) IsNull() bool { return e.ref == nil }

// Close lets go of the Go value. Guests may still hold the reference, to nothing then.
func (e Extern) Close() error {
	if e.ref == nil || e.ref.handle == nil {
		return nil
	}
	e.ref.mu.Lock()
	held := e.ref.held
	e.ref.value, e.ref.held = nil, nil
	e.ref.handle.close()
	e.ref.mu.Unlock()
	for _, h := range held {
		h.drop(e.ref)
	}
	return nil
}

// heldBy lets an instance hold it.
func (r *externRef) heldBy(h *holder) {
	if h == nil || r.handle == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, known := range r.held {
		if known == h {
			return
		}
	}
	if !r.handle.isClosed() {
		r.held = append(r.held, h)
		h.hold(r)
	}
}

// value is C's WasmEdge_Value.
type value struct {
	low, high uint64
	kind      uint32
	_         [3]uint32
}

// toValue gives the value of a type that a Go value stands for, to be given to whom the holder belongs to.
func toValue(from any, kind ValueType, to *holder) (value, error) {
	v := value{kind: uint32(kind)}
	if bits, number := numberBits(from); number == C.enum_WasmEdge_ValType(kind) {
		v.low = bits
		return v, nil
	}
	fits := false
	switch x := from.(type) {
	case nil:
		fits = kind == FuncRef || kind == ExternRef
	case V128:
		v.low, v.high, fits = x.Low, x.High, kind == V128Type
	case Func:
		if fits = kind == FuncRef; fits && x.inner != nil {
			if x.from != nil && to != nil {
				to.hold(x.from)
			}
			v = seen(C.WasmEdge_ValueGenFuncRef(x.inner))
		}
	case Extern:
		if fits = kind == ExternRef; fits && x.ref != nil {
			x.ref.heldBy(to)
			v = seen(C.ws_extern(C.uintptr_t(x.ref.number)))
		}
	default:
		var err error
		if v.low, fits, err = integerBits(from, kind); err != nil {
			return v, err
		}
	}
	if !fits {
		return v, usage(CodeFuncSigMismatch, "a %T is no %v, which is %s in Go", from, kind, kind.goTypes())
	}
	if from == nil || v.low == 0 && v.high == 0 && (kind == FuncRef || kind == ExternRef) {
		v = seen(C.WasmEdge_ValueGenNullRef(C.enum_WasmEdge_RefType(kind)))
	}
	return v, nil
}

// integerBits takes integers of every type, also of a program's own, whose value the WebAssembly type can have.
func integerBits(from any, kind ValueType) (bits uint64, fits bool, err error) {
	if kind != I32 && kind != I64 {
		return 0, false, nil
	}
	switch number := reflect.ValueOf(from); number.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := number.Int()
		bits, fits = uint64(n), kind == I64 || n >= math.MinInt32 && n <= math.MaxUint32
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		bits = number.Uint()
		fits = kind == I64 || bits <= math.MaxUint32
	default:
		return 0, false, nil
	}
	if !fits {
		return 0, false, usage(CodeFuncSigMismatch, "the %T %v is too large for %v", from, from, kind)
	}
	if kind == I32 {
		bits = uint64(uint32(bits))
	}
	return bits, true, nil
}

// seen is the same value as Go sees it.
func seen(from C.WasmEdge_Value) value { return *(*value)(unsafe.Pointer(&from)) }

// goValue is the Go value that this stands for; a function is one that came from this instance.
func (v *value) goValue(from *Instance) any {
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
		inner := (*C.WasmEdge_FunctionInstanceContext)(unsafe.Pointer(C.WasmEdge_ValueGetFuncRef(v.c())))
		if inner == nil {
			return Func{}
		}
		return Func{inner, from}
	case ExternRef:
		return externOf(uintptr(C.ws_extern_number(v.c())))
	}
	return nil
}

func (v *value) c() C.WasmEdge_Value { return *(*C.WasmEdge_Value)(unsafe.Pointer(v)) }

// toValues gives the values of these types, as toValue does.
func toValues(from []any, kinds []C.enum_WasmEdge_ValType, to *holder) ([]value, error) {
	if len(from) != len(kinds) {
		return nil, usage(CodeFuncSigMismatch, "there are %d values, not %d", len(from), len(kinds))
	}
	values := make([]value, len(from))
	for at := range from {
		var err error
		if values[at], err = toValue(from[at], ValueType(kinds[at]), to); err != nil {
			return nil, fmt.Errorf("value %d: %w", at, err)
		}
	}
	return values, nil
}

func goValues(values []value, from *Instance) []any {
	out := make([]any, len(values))
	for at := range values {
		out[at] = values[at].goValue(from)
	}
	return out
}

func firstValue(values []value) *C.WasmEdge_Value {
	if len(values) == 0 {
		return nil
	}
	return (*C.WasmEdge_Value)(unsafe.Pointer(&values[0]))
}

func numberBits(value any) (uint64, C.enum_WasmEdge_ValType) {
	switch x := value.(type) {
	case int32:
		return uint64(uint32(x)), C.WasmEdge_ValType_I32
	case uint32:
		return uint64(x), C.WasmEdge_ValType_I32
	case int64:
		return uint64(x), C.WasmEdge_ValType_I64
	case uint64:
		return x, C.WasmEdge_ValType_I64
	case float32:
		return uint64(math.Float32bits(x)), C.WasmEdge_ValType_F32
	case float64:
		return math.Float64bits(x), C.WasmEdge_ValType_F64
	}
	return 0, C.WasmEdge_ValType_None
}

// Number is a Go type that a WebAssembly number can be passed as.
type Number interface {
	int32 | uint32 | int64 | uint64 | float32 | float64
}

// A number's bits, as many as its type has; which type it is does not matter.
func toBits[T Number](value T) uint64 {
	if unsafe.Sizeof(value) == 4 {
		return uint64(*(*uint32)(unsafe.Pointer(&value)))
	}
	return *(*uint64)(unsafe.Pointer(&value))
}

func fromBits[T Number](bits uint64) (value T) {
	if unsafe.Sizeof(value) == 4 {
		*(*uint32)(unsafe.Pointer(&value)) = uint32(bits)
	} else {
		*(*uint64)(unsafe.Pointer(&value)) = bits
	}
	return value
}

func kindOf[T Number]() C.enum_WasmEdge_ValType {
	var value T
	_, kind := numberBits(any(value))
	return kind
}

// Scan copies the results of Instance.Call or Bindgen.Call to where the pointers point. It is an error if there are more or
// fewer, or of other types.
func Scan(results []any, into ...any) error {
	mistake := func(format string, args ...any) error { return usage(CodeFuncSigMismatch, format, args...) }
	if len(results) != len(into) {
		return mistake("%d results were given instead of %d", len(results), len(into))
	}
	for at, place := range into {
		pointer := reflect.ValueOf(place)
		if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
			return mistake("result %d can't be copied to a %T: it takes a pointer that isn't nil", at, place)
		}
		value, found := pointer.Elem(), reflect.ValueOf(results[at])
		if !found.IsValid() || !found.Type().AssignableTo(value.Type()) {
			return mistake("result %d is of type %T, not %s", at, results[at], value.Type())
		}
		value.Set(found)
	}
	return nil
}
