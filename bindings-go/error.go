package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
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

// Cause says why something failed, more coarsely than a Code.
type Cause uint32

// The causes, and the errors that have them. A later release may have more.
const (
	CauseTimeout       Cause = C.wasmspan_cause_timeout        // *Trap, *TimeoutError: a limit of time is used up
	CauseInterrupted   Cause = C.wasmspan_cause_interrupted    // *Trap: the context has ended
	CauseOutputLimit   Cause = C.wasmspan_cause_output_limit   // *Trap, *OutputLimitError: a limit of output is used up
	CauseCostLimit     Cause = C.wasmspan_cause_cost_limit     // *Trap: the call would cost more than it may
	CauseStackOverflow Cause = C.wasmspan_cause_stack_overflow // *Trap: the call has used up its stack
	CauseOutOfMemory   Cause = C.wasmspan_cause_out_of_memory  // *Error: there is no room for a memory
	CauseExit          Cause = C.wasmspan_cause_exit           // *ExitError
	CauseTrap          Cause = C.wasmspan_cause_trap           // *Trap: Code says what the guest did
	CauseHostError     Cause = C.wasmspan_cause_host_error     // *Trap that wraps the error of the host function
	CauseUser          Cause = C.wasmspan_cause_user           // *Trap that wraps a UserError
	CausePanic         Cause = C.wasmspan_cause_panic          // *Trap: a host function of another language panicked
	CauseFault         Cause = C.wasmspan_cause_fault          // *Error: a fault of the library, to be reported
	CauseImports       Cause = C.wasmspan_cause_imports        // *LinkError
	CauseUnsupported   Cause = C.wasmspan_cause_unsupported    // *UnsupportedError
	CauseMalformed     Cause = C.wasmspan_cause_malformed      // *Error: the module isn't well-formed
	CauseInvalid       Cause = C.wasmspan_cause_invalid        // *Error: the module isn't valid
	CauseInstantiation Cause = C.wasmspan_cause_instantiation  // *Error: it can't be instantiated for another reason
	CauseUsage         Cause = C.wasmspan_cause_usage          // *Error: a wrong use of this package
)

// Error is what the engine refuses: a module that cannot be loaded, validated or linked, a call that
// does not fit its function.
type Error struct {
	Code  Code
	Cause Cause
	// Text says what is wrong, in one or more lines.
	Text string
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

// usage is the error for a wrong use of this package.
func usage(code Code, format string, args ...any) *Error {
	return &Error{code, CauseUsage, fmt.Sprintf(format, args...)}
}

// LinkError is a module whose imports nobody gave, or that don't fit. It is an *Error, too.
type LinkError struct {
	Refused *Error
	// Missing has the imports at fault, in the module's order.
	Missing []MissingImport
}

// MissingImport is an import at fault.
type MissingImport struct {
	Module, Name string
	Kind         Kind
	// Wanted is the type that it is to have, and Found that of what was there in its place; "" if nothing was.
	Wanted, Found string
	// Reason says why it is at fault, in words.
	Reason string
}

// Error gives the text of the error, which names every import at fault.
func (e *LinkError) Error() string { return e.Refused.Text }

// Unwrap gives the *Error that it is.
func (e *LinkError) Unwrap() error { return e.Refused }

// UnsupportedError is a module that needs a proposal. It is an *Error, too.
type UnsupportedError struct {
	Refused *Error
	// Proposal is its name, and Available says whether WithProposals can switch it on.
	Proposal  string
	Available bool
}

// Error gives the text of the error, which names the proposal.
func (e *UnsupportedError) Error() string { return e.Refused.Text }

// Unwrap gives the *Error that it is.
func (e *UnsupportedError) Unwrap() error { return e.Refused }

// Trap is a call that ended before its time: by an instruction that trapped, by its context or by a limit.
type Trap struct {
	Code  Code
	Cause Cause
	// Text says what happened, with the guest's functions that were running.
	Text string
	// Frames are these functions, the innermost first.
	Frames []Frame
	// The context's error, the one that a host function returned, or the limit.
	cause error
}

// Frame is a function of a guest that was running.
type Frame struct {
	// Function is its index in its module, and Name its name there; "" if the module has none for it.
	Function uint32
	Name     string
	// Offset is where in the module's bytes the instruction is; -1 if that isn't known.
	Offset int64
	// Line is that of the guest's source, counted from 1; 0 if it isn't known.
	Line uint32
}

// Error gives the text, and what the trap wraps.
func (t *Trap) Error() string {
	switch t.cause.(type) {
	case nil, *TimeoutError, *OutputLimitError:
		// The text names the limit.
		return t.Text
	}
	return t.Text + ": " + t.cause.Error()
}

// Unwrap gives the context's error, the one that a host function returned, a UserError, a *TimeoutError or an
// *OutputLimitError.
func (t *Trap) Unwrap() error { return t.cause }

// TimeoutError is a limit of time that is used up. errors.Is takes it for context.DeadlineExceeded.
type TimeoutError struct{ Limit time.Duration }

// Error names the limit.
func (e *TimeoutError) Error() string { return fmt.Sprintf("the time limit is %v", e.Limit) }

// Timeout is true, as package net has it.
func (e *TimeoutError) Timeout() bool { return true }

// Is makes errors.Is take it for context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// OutputLimitError is a limit of output that is used up, in bytes. errors.Is takes it for ErrOutputLimit.
type OutputLimitError struct{ Limit uint64 }

// Error names the limit.
func (e *OutputLimitError) Error() string {
	return fmt.Sprintf("the output limit is %d bytes", e.Limit)
}

// Is makes errors.Is take it for ErrOutputLimit.
func (e *OutputLimitError) Is(target error) bool { return target == ErrOutputLimit }

// ErrOutputLimit is the error of a run or call whose guest wanted to write more than OutputLimit or Limits.OutputBytes, so
// that some of its output is missing.
var ErrOutputLimit = errors.New("wasmspan: the guest wanted to write more than its limit of output")

// UserError is an error by which a host function ends the guest's call with a number of its own, of 24 bits. The call's
// error wraps it.
type UserError uint32

// Error gives the number.
func (e UserError) Error() string { return fmt.Sprintf("user error %d", uint32(e)) }

// Exit is the error by which a host function ends the run as proc_exit does. The call's error is an *ExitError.
func Exit(code int) error { return &ExitError{code} }

// ExitError is a guest that exited: a command with a code other than 0, or a called function with any.
type ExitError struct {
	code int
}

// ExitCode gives the code.
func (e *ExitError) ExitCode() int { return e.code }

// Error gives the code.
func (e *ExitError) Error() string { return fmt.Sprintf("terminated with exit code %d", e.code) }

// ErrClosed is the error of everything that is used after Close.
var ErrClosed = errors.New("wasmspan: used after Close")

// ErrBusy is the error of a call of an instance with the context of one of its host functions that runs, on another
// goroutine than the host function's: if it waited, both would wait for each other.
var ErrBusy = errors.New("wasmspan: the instance is in a call of the host function that has this context, on another goroutine")

// errWaited ends the waiting for an instance.
var errWaited = errors.New("waited")

// A UserError's code is its number with this bit.
const userLevel = 1 << 24

type hostError struct{ err error }

// interrupted is a call whose context has ended.
func interrupted(ctx context.Context) *Trap {
	return &Trap{Code: CodeInterrupted, Cause: CauseInterrupted, Text: "execution interrupted", cause: context.Cause(ctx)}
}

type outcome C.ws_outcome

// err is the error for an outcome. It may be asked for once.
func (o *outcome) err(ctx context.Context) error {
	if o.code == 0 {
		return nil
	}
	defer C.free(unsafe.Pointer(o.facts))
	var host error
	if o.left != 0 {
		value, _ := handles.take(uintptr(o.left))
		host = value.(*hostError).err
	}
	facts := facts(unsafe.Slice((*byte)(o.facts), int(o.size)))
	return errorOf(ctx, Code(o.code), Cause(o.cause), uint64(o.fact), facts, host)
}

// errorOf is the error with a cause, the fact that belongs to it, and the error that a host function left, if one did.
func errorOf(ctx context.Context, code Code, cause Cause, fact uint64, facts facts, host error) error {
	text := facts.text()
	trap := func(wraps error) error {
		return &Trap{Code: code, Cause: cause, Text: text, Frames: facts.frames(), cause: wraps}
	}
	if host != nil {
		var exit *ExitError
		var ended *Trap
		switch {
		case errors.As(host, &exit):
			return exit
		case cause == CauseTimeout || cause == CauseOutputLimit:
			// The limit of this call ended the one that the host function made.
		case errors.As(host, &ended):
			// What ended a call that the host function made ends the one that called it.
			return host
		default:
			if cause != CauseUser {
				cause = CauseHostError
			}
			text = "host function failed"
			return trap(host)
		}
	}
	refused := &Error{code, cause, text}
	switch cause {
	case CauseTimeout:
		return trap(&TimeoutError{time.Duration(fact)})
	case CauseInterrupted:
		return trap(context.Cause(ctx))
	case CauseOutputLimit:
		return trap(&OutputLimitError{fact})
	case CauseUser:
		return trap(UserError(fact))
	case CauseCostLimit, CauseStackOverflow, CauseTrap, CauseHostError, CausePanic:
		return trap(nil)
	case CauseExit:
		return &ExitError{int(fact)}
	case CauseImports:
		return &LinkError{refused, facts.imports()}
	case CauseUnsupported:
		return &UnsupportedError{refused, facts.text(), fact != 0}
	case CauseOutOfMemory, CauseFault, CauseMalformed, CauseInvalid, CauseInstantiation, CauseUsage:
		return refused
	}
	// A library that is newer than this package.
	return refused
}

// facts are what outcome.h wrote about a failure.
type facts []byte

func (f *facts) number() uint32 {
	number := binary.NativeEndian.Uint32(*f)
	*f = (*f)[4:]
	return number
}

func (f *facts) text() string {
	length := f.number()
	text := string((*f)[:length])
	*f = (*f)[length:]
	return text
}

func (f *facts) imports() (missing []MissingImport) {
	for len(*f) > 0 {
		missing = append(missing, MissingImport{f.text(), f.text(), Kind(f.number()), f.text(), f.text(), f.text()})
	}
	return missing
}

func (f *facts) frames() (frames []Frame) {
	for len(*f) > 0 {
		it := Frame{Function: f.number(), Offset: -1}
		known, offset := f.number(), f.number()
		if known != 0 {
			it.Offset = int64(offset)
		}
		it.Line, it.Name = f.number(), f.text()
		frames = append(frames, it)
	}
	return frames
}
