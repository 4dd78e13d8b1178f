package wasmspan

import "sync"

// Go's collector sees no references that C has. So what a guest may reach through C is held by Go objects, too:
//
//   - a Runtime holds its host functions; its instances, modules and pools hold the Runtime;
//   - an instance holds the references that were given to it, in a holder;
//   - an instance holds those that it imports from. They hold it, if references can come to them that way.
//
// C knows Go values by number, and the registry of numbers holds host functions, Extern values, streams and files
// weakly. What nobody holds from outside is a cycle of Go objects then, though part of it leads through a guest.

// Host functions, streams, files and Extern values, which it holds weakly; and what calls leave for each other: contexts
// and errors.
var handles registry

// registeredAs finds a value of this type.
func registeredAs[T any](number uintptr) (T, bool) {
	found, _ := handles.get(number)
	value, ok := found.(T)
	return value, ok
}

// holder holds what C may reach; it is no part of what an instance closes.
type holder struct {
	mu     sync.Mutex
	things map[any]struct{}
}

func (h *holder) hold(thing any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.things == nil {
		h.things = map[any]struct{}{}
	}
	h.things[thing] = struct{}{}
}

func (h *holder) drop(thing any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.things, thing)
}
