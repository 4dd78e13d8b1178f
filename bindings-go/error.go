package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"errors"
	"fmt"
	"unsafe"
)

// Code is the number of an error of the engine, as WasmEdge numbers them.
type Code uint32

// String gives WasmEdge's message for the code.
func (c Code) String() string {
	return C.GoString(C.WasmEdge_ResultGetMessage(C.WasmEdge_ResultGen(C.WasmEdge_ErrCategory_WASM, C.uint32_t(c))))
}

// Codes that programs ask for.
const (
	CodeTerminated        Code = 0x01
	CodeCostLimitExceeded Code = 0x03
	CodeFuncNotFound      Code = 0x05
	CodeInterrupted       Code = 0x07
	CodeUnknownImport     Code = 0x62
	CodeFuncSigMismatch   Code = 0x83
	CodeDivideByZero      Code = 0x84
	CodeIntegerOverflow   Code = 0x85
	CodeTableOutOfBounds  Code = 0x87
	CodeMemoryOutOfBounds Code = 0x88
	CodeUnreachable       Code = 0x89
	CodeStackOverflow     Code = 0x91
)

// Error is what the engine refuses: a module that cannot be loaded, validated or linked, a call that
// does not fit its function.
type Error struct {
	Code Code
	// Text says what is wrong, in one or more lines.
	Text string
}

func (e *Error) Error() string { return e.Text }

// Trap is a call that ended before its time: by an instruction that trapped, by its context or by a limit.
type Trap struct {
	Code Code
	// Text says what happened, with the guest's functions that were running.
	Text string
	// The context's error, or the one that a host function returned.
	cause error
}

func (t *Trap) Error() string {
	if t.cause != nil {
		return t.Text + ": " + t.cause.Error()
	}
	return t.Text
}

// Unwrap gives the context's error, or the one that a host function returned.
func (t *Trap) Unwrap() error { return t.cause }

// UserError is an error by which a host function ends the guest's call with a number of its own, of 24 bits. The call's
// error wraps it.
type UserError uint32

func (e UserError) Error() string { return fmt.Sprintf("user error %d", uint32(e)) }

// Exit is the error by which a host function ends the run as proc_exit does. The call's error is an *ExitError.
func Exit(code int) error { return &ExitError{code} }

// ExitError is a guest that exited: a command with a code other than 0, or a called function with any.
type ExitError struct {
	code int
}

// ExitCode gives the code.
func (e *ExitError) ExitCode() int { return e.code }

func (e *ExitError) Error() string { return fmt.Sprintf("terminated with exit code %d", e.code) }

// ErrClosed is the error of everything that is used after Close.
var ErrClosed = errors.New("wasmspan: used after Close")

// ErrBusy is the error of a call of an instance with the context of one of its host functions that runs, on another
// goroutine than the host function's: if it waited, both would wait for each other.
var ErrBusy = errors.New("wasmspan: the instance is in a call of the host function that has this context, on another goroutine")

// errWaited ends the waiting for an instance.
var errWaited = errors.New("waited")

const (
	firstTrap = 0x80
	userLevel = 1 << 24
)

type hostError struct{ err error }

// The error for an outcome.
func (o *outcome) err(ctx context.Context) error {
	text := ""
	if o.text != nil {
		text = C.GoString(o.text)
		C.free(unsafe.Pointer(o.text))
		o.text = nil
	}
	code := uint32(o.code)
	if o.left != 0 {
		value, _ := left.take(uintptr(o.left))
		host := value.(*hostError)
		if exit := (*ExitError)(nil); errors.As(host.err, &exit) {
			return exit
		}
		// What ended a call that the host function made ends the one that called it.
		if trap := (*Trap)(nil); errors.As(host.err, &trap) {
			return host.err
		}
		return &Trap{Code: Code(code), Text: "host function failed", cause: host.err}
	}
	switch {
	case code == 0:
		return nil
	case Code(code) == CodeTerminated:
		return &ExitError{}
	case code >= userLevel:
		return &Trap{Code: Code(code), Text: text, cause: UserError(code & (userLevel - 1))}
	case Code(code) == CodeInterrupted:
		return &Trap{Code: CodeInterrupted, Text: text, cause: context.Cause(ctx)}
	case code >= firstTrap || Code(code) == CodeCostLimitExceeded:
		if Code(code) == CodeFuncSigMismatch {
			break
		}
		return &Trap{Code: Code(code), Text: text}
	}
	return &Error{Code(code), text}
}

type outcome C.ws_outcome
