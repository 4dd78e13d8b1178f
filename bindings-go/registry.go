package wasmspan

// prepare.sh copies this file to package wasmedge, which is for Go 1.16.

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Go values that C knows by number. A number is never given twice while it is in use, 0 to nothing;
// looking one up takes no lock.
type registry struct {
	mu    sync.Mutex
	free  []uint32
	used  uint32
	pages atomic.Value // []*registryPage
}

const registryPageSize = 1024

type registryPage [registryPageSize]unsafe.Pointer // *registered

type registered struct {
	number uintptr
	value  interface{}
}

// Slots are given out again, so the upper half of a number counts how often.
const registryGeneration = 1 << 32

func (r *registry) put(value interface{}) uintptr {
	r.mu.Lock()
	defer r.mu.Unlock()
	pages, _ := r.pages.Load().([]*registryPage)
	var slot uint32
	if n := len(r.free); n > 0 {
		slot = r.free[n-1]
		r.free = r.free[:n-1]
	} else {
		slot = r.used
		r.used++
		if int(slot/registryPageSize) == len(pages) {
			pages = append(append([]*registryPage(nil), pages...), new(registryPage))
			r.pages.Store(pages)
		}
	}
	place := &pages[slot/registryPageSize][slot%registryPageSize]
	generation := uintptr(registryGeneration)
	if last := (*registered)(atomic.LoadPointer(place)); last != nil {
		generation += last.number &^ (registryGeneration - 1)
	}
	// The mark keeps numbers out of every range in which Go has memory.
	number := generation&^(registryMark) | registryMark | uintptr(slot)
	atomic.StorePointer(place, unsafe.Pointer(&registered{number, value}))
	return number
}

const registryMark = 1 << 62

func (r *registry) place(number uintptr) *unsafe.Pointer {
	pages, _ := r.pages.Load().([]*registryPage)
	slot := uint32(number)
	if int(slot/registryPageSize) >= len(pages) {
		return nil
	}
	return &pages[slot/registryPageSize][slot%registryPageSize]
}

func (r *registry) get(number uintptr) (interface{}, bool) {
	place := r.place(number)
	if place == nil {
		return nil, false
	}
	found := (*registered)(atomic.LoadPointer(place))
	if found == nil || found.number != number || found.value == nil {
		return nil, false
	}
	value := found.value
	if weak, ok := value.(interface{ strong() interface{} }); ok {
		value = weak.strong()
	}
	return value, value != nil
}

// take is get, and ends the number's use.
func (r *registry) take(number uintptr) (interface{}, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := r.place(number)
	if place == nil {
		return nil, false
	}
	if found := (*registered)(atomic.LoadPointer(place)); found == nil || found.number != number || found.value == nil {
		return nil, false
	}
	value, ok := r.get(number)
	atomic.StorePointer(place, unsafe.Pointer(&registered{number: number}))
	r.free = append(r.free, uint32(number))
	return value, ok
}

// size is how many numbers are in use.
//
//lint:ignore U1000 tests of package wasmedge call it.
func (r *registry) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int(r.used) - len(r.free)
}
