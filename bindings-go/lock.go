package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"sync/atomic"
)

// callHandle is a handle of which one call at a time has the use; others wait, or give up waiting.
type callHandle struct {
	handle
	waiting atomic.Int32
	// Has a token after a call ended, or it was closed, while somebody waited.
	wake chan struct{}
}

// try begins a call unless another one runs, or it is closed.
func (h *callHandle) try() bool { return h.state.CompareAndSwap(0, called) || h.tryBesideUsers() }

func (h *callHandle) tryBesideUsers() bool {
	for {
		state := h.state.Load()
		if state&(closed|called) != 0 {
			return false
		}
		if h.state.CompareAndSwap(state, state|called) {
			return true
		}
	}
}

// wait is try that waits until the channel is closed; nil never is.
func (h *callHandle) wait(done <-chan struct{}) error {
	// Counted before trying: whoever ends a call afterwards sees it.
	h.waiting.Add(1)
	defer h.waiting.Add(-1)
	for {
		if h.try() {
			return nil
		}
		if h.isClosed() {
			h.wakeOne()
			return ErrClosed
		}
		select {
		case <-h.wake:
		case <-done:
			return errWaited
		}
	}
}

func (h *callHandle) leave() {
	if !h.state.CompareAndSwap(called, 0) {
		h.without(called)
	}
	if h.waiting.Load() > 0 {
		h.wakeOne()
	}
}

func (h *callHandle) close() bool {
	open := h.handle.close()
	h.wakeOne()
	return open
}

func (h *callHandle) wakeOne() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// enter waits for the instance and says whether leave must follow. A goroutine whose call of the instance is running,
// which is in a host function then, needn't wait.
func (i *Instance) enter(ctx context.Context) (entered bool, err error) {
	if i.lent {
		if !bool(C.ws_inside(i.lender.address())) {
			return false, ErrBusy
		}
		if i.isClosed() {
			return false, ErrClosed
		}
		return false, nil
	}
	if i.try() {
		return true, nil
	}
	if i.isClosed() {
		return false, ErrClosed
	}
	if bool(C.ws_inside(i.address())) {
		return false, nil
	}
	if i.lockedBy(ctx) {
		return false, ErrBusy
	}
	if err := i.wait(ctx.Done()); err != errWaited {
		return err == nil, err
	}
	return false, context.Cause(ctx)
}

// lockedBy says whether the context is that of a host function of the instance that has not returned.
func (i *Instance) lockedBy(ctx context.Context) bool {
	call, ok := ctx.Value(insideKey{i}).(*callContext)
	if !ok {
		return false
	}
	select {
	case <-call.ended:
		return false
	default:
		return true
	}
}
