package wasmedge

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// handle counts who uses something of C's. Who has acquired it may use it until leave. After close nobody acquires it any
// more, and it is freed when the last user has left. What is forgotten is closed when Go's collector finds it, for which a
// handle leads to nothing that leads back.
type handle struct {
	// The lowest bit says that it is closed; above it is the number of users.
	state uint64
	free  func()
}

const (
	closed  = 1
	oneUser = 2
)

func newHandle(free func()) *handle {
	h := &handle{free: free}
	runtime.SetFinalizer(h, (*handle).close)
	return h
}

func (h *handle) acquire() bool {
	for {
		state := atomic.LoadUint64(&h.state)
		if state&closed != 0 {
			return false
		}
		if atomic.CompareAndSwapUint64(&h.state, state, state+oneUser) {
			return true
		}
	}
}

// leave does nothing for nil.
func (h *handle) leave() {
	if h != nil && atomic.AddUint64(&h.state, ^uint64(oneUser-1)) == closed {
		h.free()
	}
}

func (h *handle) close() {
	for {
		state := atomic.LoadUint64(&h.state)
		if state&closed != 0 {
			return
		}
		if atomic.CompareAndSwapUint64(&h.state, state, state|closed) {
			if state == 0 {
				h.free()
			}
			return
		}
	}
}

func (h *handle) isClosed() bool { return atomic.LoadUint64(&h.state)&closed != 0 }

// Go's collector sees no references that C has. So what a guest may reach through C is held by Go objects, too: modules
// and stores hold the host functions and references that are in them, instances and VMs the stores that they import from,
// which hold them in turn if references can come to them. The registries hold host functions and ExternRef values weakly.
// So what nobody holds from outside is a cycle of Go objects, though part of it leads through a guest.

// holder holds what C may reach; it is no part of what Release ends.
type holder struct {
	mu     sync.Mutex
	things map[interface{}]struct{}
}

func (h *holder) hold(thing interface{}) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.things == nil {
		h.things = map[interface{}]struct{}{}
	}
	h.things[thing] = struct{}{}
}

func (h *holder) drop(thing interface{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.things, thing)
}

// link lets two hold each other.
func link(a, b *holder) {
	a.hold(b)
	b.hold(a)
}
