package wasmspan

// #include "shim.h"
import "C"
import (
	"errors"
	"fmt"
	"os"
	"unsafe"
)

const hostFunctionFailed = uint32(C.WasmEdge_ErrCode_HostFuncError)

// bodyOf finds a host function. The owner is the instance whose call is running, and holds it; a function that came from
// another runtime is looked for.
func bodyOf(owner *Instance, number uintptr, at uint32) *hostBody {
	if owner != nil {
		if bodies := owner.runtime.bodies.Load(); bodies != nil && int(at) < len(*bodies) {
			if body := (*bodies)[at]; body.number == number {
				return body
			}
		}
	}
	found, _ := left.get(number)
	body, _ := found.(*hostBody)
	return body
}

//export wasmspanGoCall
func wasmspanGoCall(number uintptr, at uint32, frame, params, returns unsafe.Pointer, owner, context uintptr, failed *C.uintptr_t) (code uint32) {
	// The address is that of an instance that the function that made the call keeps alive, further down on this stack.
	call := hostCall{owner: *(**Instance)(unsafe.Pointer(&owner)), frame: (*C.WasmEdge_CallingFrameContext)(frame), number: context}
	returned := false
	defer func() {
		if !returned && !unwound() {
			code = hostFunctionFailed
			fmt.Fprintf(os.Stderr, "wasmspan: a host function panicked: %v\n", recover())
		}
	}()
	host := bodyOf(call.owner, number, at)
	if host == nil {
		returned = true
		return hostFunctionFailed
	}
	err := host.call(call, unsafe.Slice((*value)(params), len(host.params)), unsafe.Slice((*value)(returns), len(host.results)))
	returned = true
	if err != nil {
		if failed != nil {
			*failed = C.uintptr_t(left.put(&hostError{err}))
		}
		return codeFor(err)
	}
	return 0
}

// unwound ends the call of Go's that the running callback belongs to, of which the function panics or ends its goroutine:
// a deferred function of the callback calls it, and what unwinds goes on then. False if there is no such call.
func unwound() bool {
	var brief C.uintptr_t
	ended := bool(C.ws_finish(&brief))
	if brief != 0 {
		// As in wasmspanGoCall.
		instance := *(**Instance)(unsafe.Pointer(&brief))
		instance.leave()
	}
	return ended
}

// codeFor is what the guest's call ends with after this error of a host function.
func codeFor(err error) uint32 {
	var user UserError
	var exit *ExitError
	var trap *Trap
	switch {
	case errors.As(err, &trap):
		return uint32(trap.Code)
	case errors.As(err, &user):
		return userLevel | uint32(user)&(userLevel-1)
	case errors.As(err, &exit):
		return uint32(CodeTerminated)
	}
	return hostFunctionFailed
}

//export wasmspanGoGone
func wasmspanGoGone(number uintptr) { left.take(number) }
