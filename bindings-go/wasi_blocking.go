package wasmspan

import (
	"context"
	"runtime"
	"syscall"
)

// Readers, writers and file systems of a program may block, and don't know of the context that shall stop their guest. Where
// one may end, they run on goroutines of their own, which are left alone when it does.

// ran is how a function ended: with a result, with a panic, or with its goroutine.
type ran[T any] struct {
	result   T
	panicked any
	exited   bool
}

// start runs a function on a goroutine of its own.
func start[T any](f func() T) <-chan ran[T] {
	ended := make(chan ran[T], 1)
	go func() {
		how := ran[T]{exited: true}
		defer func() {
			if value := recover(); value != nil {
				how = ran[T]{panicked: value}
			}
			ended <- how
		}()
		result := f()
		how = ran[T]{result: result}
	}()
	return ended
}

// get gives the result; what else happened goes on here.
func (r ran[T]) get() T {
	if r.panicked != nil {
		panic(r.panicked)
	}
	if r.exited {
		runtime.Goexit()
	}
	return r.result
}

// turn is what functions share that must not run at the same time.
type turn struct {
	// Closed when one that was left alone has ended.
	over <-chan struct{}
}

// wait waits for the one that was left alone.
func (t *turn) wait(ctx context.Context) error {
	if t.over != nil {
		select {
		case <-t.over:
			t.over = nil
		case <-ctx.Done():
			stopping(ctx)
			return syscall.EINTR
		}
	}
	return nil
}

// aside runs a function that may block, and gives EINTR if the context ends before. `late` gets what comes then.
func aside[T any](ctx context.Context, t *turn, f func() (T, error), late func(T)) (T, error) {
	type both struct {
		result T
		err    error
	}
	var none T
	if t != nil {
		if err := t.wait(ctx); err != nil {
			return none, err
		}
	}
	if ctx.Done() == nil {
		return f()
	}
	ended := start(func() both {
		result, err := f()
		return both{result, err}
	})
	select {
	case how := <-ended:
		got := how.get()
		return got.result, got.err
	case <-ctx.Done():
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		if how := <-ended; late != nil && how.panicked == nil && !how.exited && how.result.err == nil {
			late(how.result.result)
		}
	}()
	if t != nil {
		t.over = over
	}
	stopping(ctx)
	return none, syscall.EINTR
}
