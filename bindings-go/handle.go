package wasmspan

import (
	"runtime"
	"sync/atomic"
)

// handle counts who uses something of C's. Who has acquired it may use it until release. After close nobody acquires it
// any more, and it is freed when the last user has left: close waits for nothing, and a call that has begun keeps what it
// uses. What is forgotten is closed when Go's collector finds it, for which a handle leads to nothing that leads back.
type handle struct {
	// Bits closed and called, and above them the number of users.
	state atomic.Uint64
	// Gets the handle, because what leads back to it would keep it for ever.
	free func(*handle)
}

const (
	closed  = 1
	called  = 2 // A call has it for itself.
	oneUser = 4
)

func newHandle(free func()) *handle {
	h := &handle{free: func(*handle) { free() }}
	runtime.SetFinalizer(h, (*handle).close)
	return h
}

func (h *handle) acquire() bool {
	for {
		state := h.state.Load()
		if state&closed != 0 {
			return false
		}
		if h.state.CompareAndSwap(state, state+oneUser) {
			return true
		}
	}
}

func (h *handle) release() { h.without(oneUser) }

// without takes a user or the mark of a call away.
func (h *handle) without(what uint64) {
	if h.state.Add(-what) == closed {
		h.free(h)
	}
}

// close says whether it was open.
func (h *handle) close() bool {
	for {
		state := h.state.Load()
		if state&closed != 0 {
			return false
		}
		if h.state.CompareAndSwap(state, state|closed) {
			if state == 0 {
				h.free(h)
			}
			return true
		}
	}
}

func (h *handle) isClosed() bool { return h.state.Load()&closed != 0 }
