package wasmspan

import (
	"sync"
	"sync/atomic"
)

// Go values that C knows by number. A number is never given twice while it is in use, 0 to nothing;
// looking one up takes no lock.
type registry struct {
	mu    sync.Mutex
	free  []uint32
	used  uint32
	pages atomic.Pointer[[]*registryPage]
}

const registryPageSize = 1024

type registryPage [registryPageSize]atomic.Pointer[registered]

type registered struct {
	number uintptr
	value  any
}

// Host functions, streams, files and Extern values, which it holds weakly; and what calls leave for each other: contexts
// and errors.
var left registry

// Slots are given out again, so the upper half of a number counts how often.
const registryGeneration = 1 << 32

func (r *registry) put(value any) uintptr {
	r.mu.Lock()
	defer r.mu.Unlock()
	pages := r.all()
	var slot uint32
	if n := len(r.free); n > 0 {
		slot = r.free[n-1]
		r.free = r.free[:n-1]
	} else {
		slot = r.used
		r.used++
		if int(slot/registryPageSize) == len(pages) {
			pages = append(append([]*registryPage(nil), pages...), new(registryPage))
			r.pages.Store(&pages)
		}
	}
	place := &pages[slot/registryPageSize][slot%registryPageSize]
	generation := uintptr(registryGeneration)
	if last := place.Load(); last != nil {
		generation += last.number &^ (registryGeneration - 1)
	}
	// The mark keeps numbers out of every range in which Go has memory.
	number := generation&^(registryMark) | registryMark | uintptr(slot)
	place.Store(&registered{number, value})
	return number
}

const registryMark = 1 << 62

func (r *registry) all() []*registryPage {
	if pages := r.pages.Load(); pages != nil {
		return *pages
	}
	return nil
}

func (r *registry) get(number uintptr) (any, bool) {
	pages, slot := r.all(), uint32(number)
	if int(slot/registryPageSize) >= len(pages) {
		return nil, false
	}
	found := pages[slot/registryPageSize][slot%registryPageSize].Load()
	if found == nil || found.number != number {
		return nil, false
	}
	value := found.value
	if weak, ok := value.(interface{ strong() any }); ok {
		value = weak.strong()
	}
	return value, value != nil
}

// take is get, and ends the number's use.
func (r *registry) take(number uintptr) (any, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pages, slot := r.all(), uint32(number)
	if int(slot/registryPageSize) >= len(pages) {
		return nil, false
	}
	place := &pages[slot/registryPageSize][slot%registryPageSize]
	if found := place.Load(); found == nil || found.number != number || found.value == nil {
		return nil, false
	}
	value, ok := r.get(number)
	place.Store(&registered{number: number})
	r.free = append(r.free, slot)
	return value, ok
}

// size is how many numbers are in use.
//
//lint:ignore U1000 tests of package wasmedge, which has a copy of this file, call it.
func (r *registry) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int(r.used) - len(r.free)
}
