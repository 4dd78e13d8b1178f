package wasmedge

// #include "shim.h"
import "C"

// Result says how a call ended; *Result is the error type of this package.
type Result struct {
	code uint32
}

// ErrCategory says whose code a Result carries.
type ErrCategory C.enum_WasmEdge_ErrCategory

const (
	// ErrCategory_WASM: the code is the engine's.
	ErrCategory_WASM = ErrCategory(C.WasmEdge_ErrCategory_WASM)
	// ErrCategory_UserLevel: the code is a host function's own.
	ErrCategory_UserLevel = ErrCategory(C.WasmEdge_ErrCategory_UserLevelError)
)

// What host functions return.
var (
	// Result_Success: the function succeeded.
	Result_Success = Result{0x00}
	// Result_Terminate ends the execution, which counts as a success.
	Result_Terminate = Result{0x01}
	// Result_Fail ends the execution with an error.
	Result_Fail = Result{0x02}
)

// NewResult makes a result. Of the code the lower 24 bits count.
func NewResult(cate ErrCategory, code int) Result {
	return Result{uint32(C.WasmEdge_ResultGen(C.enum_WasmEdge_ErrCategory(cate), C.uint32_t(code)).Code)}
}

func (self *Result) c() C.WasmEdge_Result {
	return C.WasmEdge_Result{Code: C.uint32_t(self.code)}
}

// Error gives the message of the code.
func (self *Result) Error() string { return C.GoString(C.WasmEdge_ResultGetMessage(self.c())) }

// GetErrorCategory says whose code it is.
func (self *Result) GetErrorCategory() ErrCategory {
	return ErrCategory(C.WasmEdge_ResultGetCategory(self.c()))
}

// GetCode gives the code without its category.
func (self *Result) GetCode() int { return int(C.WasmEdge_ResultGetCode(self.c())) }

// The error for a result; nil for success.
func toError(res C.WasmEdge_Result) error { return codeError(uint32(res.Code)) }

func codeError(code uint32) error {
	if code <= 1 {
		return nil
	}
	return &Result{code}
}

// The error for a call.
func (o *outcome) err() error { return codeError(uint32(o.code)) }

type outcome C.go_outcome
