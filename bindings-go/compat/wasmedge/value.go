package wasmedge

// #include "shim.h"
import "C"
import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"unsafe"
)

// ValType is the type of a value.
type ValType C.enum_WasmEdge_ValType

// RefType is the type of a reference.
type RefType C.enum_WasmEdge_RefType

// ValMut says whether a global can be set.
type ValMut C.enum_WasmEdge_Mutability

// ExternType says what is imported or exported.
type ExternType C.enum_WasmEdge_ExternalType

const (
	ValType_I32       = ValType(C.WasmEdge_ValType_I32)
	ValType_I64       = ValType(C.WasmEdge_ValType_I64)
	ValType_F32       = ValType(C.WasmEdge_ValType_F32)
	ValType_F64       = ValType(C.WasmEdge_ValType_F64)
	ValType_V128      = ValType(C.WasmEdge_ValType_V128)
	ValType_FuncRef   = ValType(C.WasmEdge_ValType_FuncRef)
	ValType_ExternRef = ValType(C.WasmEdge_ValType_ExternRef)
)

const (
	RefType_FuncRef   = RefType(C.WasmEdge_RefType_FuncRef)
	RefType_ExternRef = RefType(C.WasmEdge_RefType_ExternRef)
)

const (
	ValMut_Const = ValMut(C.WasmEdge_Mutability_Const)
	ValMut_Var   = ValMut(C.WasmEdge_Mutability_Var)
)

const (
	ExternType_Function = ExternType(C.WasmEdge_ExternalType_Function)
	ExternType_Table    = ExternType(C.WasmEdge_ExternalType_Table)
	ExternType_Memory   = ExternType(C.WasmEdge_ExternalType_Memory)
	ExternType_Global   = ExternType(C.WasmEdge_ExternalType_Global)
)

// String gives the type's name.
func (self ValType) String() string {
	switch self {
	case ValType_I32:
		return "i32"
	case ValType_I64:
		return "i64"
	case ValType_F32:
		return "f32"
	case ValType_F64:
		return "f64"
	case ValType_V128:
		return "v128"
	case ValType_FuncRef:
		return "funcref"
	case ValType_ExternRef:
		return "externref"
	}
	panic(fmt.Sprintf("wasmedge: there is no value type %#x", uint32(self)))
}

// String gives the type's name.
func (self RefType) String() string { return ValType(self).String() }

// String gives "const" or "var".
func (self ValMut) String() string {
	switch self {
	case ValMut_Const:
		return "const"
	case ValMut_Var:
		return "var"
	}
	panic(fmt.Sprintf("wasmedge: there is no mutability %#x", uint32(self)))
}

// V128 is a vector of 128 bits.
type V128 struct {
	high, low uint64
}

// NewV128 makes a vector from its halves.
func NewV128(high uint64, low uint64) V128 { return V128{high, low} }

// GetVal gives the halves, the upper one first.
func (self V128) GetVal() (uint64, uint64) { return self.high, self.low }

// FuncRef is a reference to a function.
type FuncRef struct {
	function *Function
}

// NewFuncRef makes a reference to a function; the null reference from nil.
func NewFuncRef(funcinst *Function) FuncRef { return FuncRef{funcinst} }

// GetRef gives the function, or nil. It belongs to whom the reference came from.
func (self FuncRef) GetRef() *Function { return self.function }

// ExternRef is a reference to a Go value; the zero value is the null reference.
//
// Who was given one holds it: the Go value stays alive as long as Go can reach the ExternRef or a module, table or global
// that it was given to, or until Release.
type ExternRef struct {
	ref *externRef
}

type externRef struct {
	number uintptr
	// Ends the use of the number.
	handle *handle
	mu     sync.Mutex
	value  interface{}
	held   []*holder
}

// NewExternRef makes a reference to a Go value.
func NewExternRef(ptr interface{}) ExternRef {
	if ptr == nil {
		return ExternRef{}
	}
	ref := &externRef{value: ptr}
	number := externRefs.put(weakToExtern(ref))
	ref.number, ref.handle = number, newHandle(func() { externRefs.take(number) })
	return ExternRef{ref}
}

// externRefOf is the one of a number that comes from a guest.
func externRefOf(number uintptr) ExternRef {
	found, _ := externRefs.get(number)
	if ref, ok := found.(*externRef); ok {
		return ExternRef{ref}
	}
	// It is released.
	return ExternRef{&externRef{number: number}}
}

// GetRef gives the Go value; nil for the null reference and after Release.
func (self ExternRef) GetRef() interface{} {
	if self.ref == nil {
		return nil
	}
	self.ref.mu.Lock()
	defer self.ref.mu.Unlock()
	return self.ref.value
}

// Release lets go of the Go value. Copies of the reference are released too.
func (self *ExternRef) Release() {
	if self.ref == nil || self.ref.handle == nil {
		return
	}
	self.ref.mu.Lock()
	held := self.ref.held
	self.ref.value, self.ref.held = nil, nil
	self.ref.handle.close()
	self.ref.mu.Unlock()
	for _, h := range held {
		h.drop(self.ref)
	}
}

func (r *externRef) isReleased() bool { return r.handle == nil || r.handle.isClosed() }

// heldBy lets a holder hold it.
func (r *externRef) heldBy(h *holder) {
	if h == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, known := range r.held {
		if known == h {
			return
		}
	}
	if !r.isReleased() {
		r.held = append(r.held, h)
		h.hold(r)
	}
}

// A value with its type, in the memory layout of C's WasmEdge_Value. C wants 16-byte alignment,
// which Go's heap gives to blocks of this size and its multiples.
type value struct {
	low, high uint64
	kind      uint32
	_         [3]uint32
}

func (v *value) c() *C.WasmEdge_Value { return (*C.WasmEdge_Value)(unsafe.Pointer(v)) }

// The first of a list, as C takes it.
func first(values []value) *C.WasmEdge_Value {
	if len(values) == 0 {
		return nil
	}
	return values[0].c()
}

// set is the value of a Go value, to be given to whom the holder belongs to.
func (v *value) set(from interface{}, to *holder) {
	switch x := from.(type) {
	case int32:
		v.low, v.kind = uint64(uint32(x)), uint32(ValType_I32)
	case uint32:
		v.low, v.kind = uint64(x), uint32(ValType_I32)
	case int64:
		v.low, v.kind = uint64(x), uint32(ValType_I64)
	case uint64:
		v.low, v.kind = x, uint32(ValType_I64)
	case int:
		v.setInt(uint64(x))
	case uint:
		v.setInt(uint64(x))
	case float32:
		v.low, v.kind = uint64(math.Float32bits(x)), uint32(ValType_F32)
	case float64:
		v.low, v.kind = math.Float64bits(x), uint32(ValType_F64)
	case V128:
		v.low, v.high, v.kind = x.low, x.high, uint32(ValType_V128)
	case FuncRef:
		if x.function == nil {
			C.go_null_ref(v.c(), C.uint32_t(RefType_FuncRef))
			return
		}
		if x.function.holder != nil {
			to.hold(x.function.holder)
		}
		C.go_func_ref(v.c(), x.function.c())
		runtime.KeepAlive(x.function)
	case ExternRef:
		if x.ref == nil {
			C.go_null_ref(v.c(), C.uint32_t(RefType_ExternRef))
			return
		}
		x.ref.heldBy(to)
		*v.c() = C.go_extern_ref(C.uintptr_t(x.ref.number))
	default:
		panic(fmt.Sprintf("wasmedge: a Go value of type %T cannot be a WebAssembly value", from))
	}
}

func (v *value) setInt(x uint64) {
	if math.MaxUint32 == ^uint(0) {
		v.low, v.kind = x&math.MaxUint32, uint32(ValType_I32)
	} else {
		v.low, v.kind = x, uint32(ValType_I64)
	}
}

// The Go value; owner is what a function belongs to.
func (v *value) get(owner interface{}) interface{} {
	switch ValType(v.kind) {
	case ValType_I32:
		return int32(v.low)
	case ValType_I64:
		return int64(v.low)
	case ValType_F32:
		return math.Float32frombits(uint32(v.low))
	case ValType_F64:
		return math.Float64frombits(v.low)
	case ValType_V128:
		return V128{v.high, v.low}
	case ValType_FuncRef:
		if C.go_is_null_ref(v.c()) {
			return FuncRef{}
		}
		return FuncRef{lentFunction(C.go_func_ref_function(v.c()), owner)}
	case ValType_ExternRef:
		if C.go_is_null_ref(v.c()) {
			return ExternRef{}
		}
		return externRefOf(uintptr(C.go_extern_ref_number(v.c())))
	}
	panic(fmt.Sprintf("wasmedge: there is no value type %#x", v.kind))
}

// Results for which a call has room at first.
const usualResults = 1

// Converts parameters, calls, with more room if it is needed, and converts the results.
func call(owner based, params []interface{}, run func(*C.WasmEdge_Value, C.uint32_t, C.uint32_t) C.go_outcome) ([]interface{}, error) {
	room := usualResults
	var to *holder
	if base := owner.base(); base != nil {
		to = base.holder
	}
	for {
		values := make([]value, len(params)+room)
		for i := range params {
			if extern, ok := params[i].(ExternRef); ok && extern.ref != nil && extern.ref.isReleased() {
				return nil, &Result{uint32(C.WasmEdge_ErrCode_RefTypeMismatch)}
			}
			values[i].set(params[i], to)
		}
		done := outcome(run(first(values), C.uint32_t(len(params)), C.uint32_t(room)))
		runtime.KeepAlive(params)
		if int(done.count) > room {
			room = int(done.count)
			continue
		}
		if err := done.err(); err != nil {
			return nil, err
		}
		results := make([]interface{}, int(done.count))
		for i := range results {
			// A terminated execution has no results.
			if v := &values[len(params)+i]; v.kind != 0 {
				results[i] = v.get(owner)
			}
		}
		return results, nil
	}
}
