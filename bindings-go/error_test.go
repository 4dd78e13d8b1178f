package wasmspan_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// causeOf is what an error tells as its cause.
func causeOf(err error) (cause wasmspan.Cause, code wasmspan.Code, text string) {
	var trap *wasmspan.Trap
	var refused *wasmspan.Error
	var exit *wasmspan.ExitError
	switch {
	case errors.As(err, &exit):
		return wasmspan.CauseExit, wasmspan.CodeTerminated, exit.Error()
	case errors.As(err, &trap):
		return trap.Cause, trap.Code, trap.Text
	case errors.As(err, &refused):
		return refused.Cause, refused.Code, refused.Text
	}
	return 0, 0, ""
}

// Every cause has its class, with the facts as fields.
func TestCauses(t *testing.T) {
	rt := newRuntime(t)
	own := errors.New("the host's own")
	noError(t, rt.HostModule("env").
		Func("fail", func() error { return own }).
		Func("user", func() error { return wasmspan.UserError(77) }).
		Func("exit", func() error { return wasmspan.Exit(300) }).Register())
	text := `(module (import "env" "fail" (func $fail)) (import "env" "user" (func $user)) (import "env" "exit" (func $exit))
	  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
	  (memory (export "memory") 1) (data (i32.const 4) "\10")
	  (func $spin (export "spin") (loop br 0)) (func $deep (export "deep") (call $deep))
	  (func $inner unreachable) (func (export "trap") (call $inner))
	  (func (export "fail") (call $fail)) (func (export "user") (call $user)) (func (export "exit") (call $exit))
	  (func (export "write") (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))))`
	module, err := rt.Compile([]byte(text))
	noError(t, err)
	i, err := module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{}), wasmspan.WithMetering(wasmspan.Metering{Cost: true}))
	noError(t, err)
	defer i.Close()
	within := func(limits wasmspan.Limits, name string) error { return second(i.CallWithin(ctx, limits, name)) }
	compile := func(text string) error { return second(rt.Compile([]byte(text))) }
	instantiate := func(text string, options ...wasmspan.InstanceOption) error {
		module, err := rt.Compile([]byte(text))
		noError(t, err)
		return second(module.Instantiate(ctx, options...))
	}
	canceled, cancel := context.WithCancel(ctx)
	time.AfterFunc(10*time.Millisecond, cancel)
	old, err := wasmspan.New(wasmspan.WithoutProposals(wasmspan.TailCall))
	noError(t, err)
	defer old.Close()
	for cause, err := range map[wasmspan.Cause]error{
		wasmspan.CauseTimeout:       within(wasmspan.Limits{Time: 20 * time.Millisecond}, "spin"),
		wasmspan.CauseInterrupted:   second(i.Call(canceled, "spin")),
		wasmspan.CauseOutputLimit:   within(wasmspan.Limits{OutputBytes: 100}, "write"),
		wasmspan.CauseCostLimit:     within(wasmspan.Limits{Cost: 1000}, "spin"),
		wasmspan.CauseStackOverflow: within(wasmspan.Limits{StackBytes: 1 << 16}, "deep"),
		wasmspan.CauseTrap:          within(wasmspan.Limits{}, "trap"),
		wasmspan.CauseHostError:     within(wasmspan.Limits{}, "fail"),
		wasmspan.CauseUser:          within(wasmspan.Limits{}, "user"),
		wasmspan.CauseExit:          within(wasmspan.Limits{}, "exit"),
		wasmspan.CauseUsage:         second(i.Call(ctx, "absent")),
		wasmspan.CauseMalformed:     compile("\x00asm\x02\x00\x00\x00"),
		wasmspan.CauseInvalid:       compile("(module (func (result i32)))"),
		wasmspan.CauseUnsupported:   second(old.Compile([]byte(`(module (func $f (return_call $f)))`))),
		wasmspan.CauseOutOfMemory:   instantiate("(module (memory 3))", wasmspan.WithLimits(wasmspan.Limits{MemoryPages: 2})),
		wasmspan.CauseImports: instantiate(`(module (import "env" "fail" (func (param i32)))
		  (import "env" "none" (memory 1)) (import "nowhere" "g" (global i64)))`),
	} {
		found, code, text := causeOf(err)
		if found != cause || code == 0 || text == "" || err.Error() == "" {
			t.Errorf("cause %d, not %d, code %d: %v", found, cause, code, err)
		}
		var trap *wasmspan.Trap
		errors.As(err, &trap)
		switch cause {
		case wasmspan.CauseTimeout:
			var timeout *wasmspan.TimeoutError
			if !errors.As(err, &timeout) || timeout.Limit != 20*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) || !timeout.Timeout() {
				t.Error(err)
			}
		case wasmspan.CauseInterrupted:
			if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		case wasmspan.CauseOutputLimit:
			var output *wasmspan.OutputLimitError
			if !errors.As(err, &output) || output.Limit != 100 || !errors.Is(err, wasmspan.ErrOutputLimit) {
				t.Error(err)
			}
		case wasmspan.CauseTrap:
			if len(trap.Frames) != 2 || trap.Frames[0].Name != "inner" || trap.Frames[1].Name != "trap" || trap.Frames[0].Function != 6 ||
				trap.Frames[0].Offset <= 0 || trap.Frames[0].Line != 0 {
				t.Errorf("%+v", trap.Frames)
			}
		case wasmspan.CauseHostError:
			if !errors.Is(err, own) || len(trap.Frames) != 1 {
				t.Error(err, trap.Frames)
			}
		case wasmspan.CauseUser:
			if user := wasmspan.UserError(0); !errors.As(err, &user) || user != 77 {
				t.Error(err)
			}
		case wasmspan.CauseExit:
			if exit := (*wasmspan.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 300 {
				t.Error(err)
			}
		case wasmspan.CauseUnsupported:
			var unsupported *wasmspan.UnsupportedError
			if !errors.As(err, &unsupported) || unsupported.Proposal != "Tail call" || !unsupported.Available {
				t.Errorf("%+v", unsupported)
			}
		case wasmspan.CauseImports:
			var link *wasmspan.LinkError
			if !errors.As(err, &link) || len(link.Missing) != 3 {
				t.Fatal(err)
			}
			one, two, three := link.Missing[0], link.Missing[1], link.Missing[2]
			if one.Module != "env" || one.Name != "fail" || one.Kind != wasmspan.KindFunc || one.Wanted != "(i32) -> ()" || one.Found != "() -> ()" {
				t.Errorf("%+v", one)
			}
			if two.Name != "none" || two.Kind != wasmspan.KindMemory || two.Found != "" || !strings.Contains(two.Wanted, "memory") {
				t.Errorf("%+v", two)
			}
			if three.Module != "nowhere" || three.Kind != wasmspan.KindGlobal || three.Reason == "" {
				t.Errorf("%+v", three)
			}
		}
	}
}

// A limit of the call around it ends a call that a host function makes; the error names that limit.
func TestTimeoutsOfNestedCalls(t *testing.T) {
	rt := newRuntime(t)
	noError(t, rt.HostModule("env").Func("again", func(ctx context.Context, caller *wasmspan.Caller) error {
		return second(caller.Instance().Call(ctx, "spin"))
	}).Register())
	i := instance(t, rt, `(module (import "env" "again" (func $again))
	  (func (export "spin") (loop br 0)) (func (export "outer") (call $again)))`)
	_, err := i.CallWithin(ctx, wasmspan.Limits{Time: 20 * time.Millisecond}, "outer")
	var timeout *wasmspan.TimeoutError
	if !errors.As(err, &timeout) || timeout.Limit != 20*time.Millisecond {
		t.Fatal(err)
	}
	// The same for a command.
	cmd := wasmspan.Command(ctx, compiled(t, `(module (func (export "_start") (loop br 0)))`))
	cmd.Limits.Time = 20 * time.Millisecond
	if err := cmd.Run(); !errors.As(err, &timeout) || timeout.Limit != 20*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

// Faults of the library, and causes that this package doesn't know, are errors with all that is known of them.
func TestCausesThatNothingBringsAbout(t *testing.T) {
	for _, cause := range []wasmspan.Cause{wasmspan.CauseFault, wasmspan.CauseInstantiation, wasmspan.CausePanic, 999} {
		err := wasmspan.ErrorOf(2, cause, 0, "what it says")
		var trap *wasmspan.Trap
		if found, code, text := causeOf(err); found != cause || code != 2 || text != "what it says" || err.Error() != text {
			t.Errorf("%d: %d %d %v", cause, found, code, err)
		}
		if errors.As(err, &trap) != (cause == wasmspan.CausePanic) {
			t.Errorf("%d: %T", cause, err)
		}
	}
}
