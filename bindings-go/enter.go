package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"runtime"
	"time"
	"unsafe"
)

// asked says whether a host function, a stream or a file may ask for the context of its call.
func (i *Instance) asked() bool {
	return i.runtime == nil || i.runtime.contexts.Load() || len(i.uses) > 0
}

// address is what calls in C know the instance by.
func (i *Instance) address() C.uintptr_t { return C.uintptr_t(uintptr(unsafe.Pointer(i))) }

// call enters the instance and runs f under the context and within the time.
func (i *Instance) call(ctx context.Context, within time.Duration, f func(C.ws_under)) error {
	entered, err := i.enter(ctx)
	if err != nil {
		return err
	}
	if entered {
		defer i.leave()
	}
	if i.executor != nil && i.executor.time > 0 && (within == 0 || i.executor.time < within) {
		within = i.executor.time
	}
	return i.run(ctx, within, f)
}

// run runs f under the context.
func (i *Instance) run(ctx context.Context, within time.Duration, f func(C.ws_under)) error {
	interrupt, requested, done, err := guard(ctx)
	if err != nil {
		return err
	}
	if interrupt == 0 && len(i.uses) > 0 {
		// What unwinds out of a stream or file stops the guest, too.
		interrupt, done = i.standingInterrupt()
	}
	returned := false
	defer func() { done(returned) }()
	owner := i
	if i.lent {
		owner = i.lender
	}
	under := C.ws_under{interrupt: interrupt, owner: owner.address()}
	if i.asked() {
		number, end := callUnder(ctx, within, owner, requested)
		defer end()
		under.context = C.uintptr_t(number)
	}
	f(under)
	returned = true
	runtime.KeepAlive(i)
	return nil
}

// callContext is the context of a call, as host functions, streams and files get it.
type callContext struct {
	context.Context
	// That of Go's call, and what is closed when it has stopped the guest.
	given     context.Context
	requested <-chan struct{}
	// The instance that is called, and what is closed when the call has ended.
	instance *Instance
	ended    chan struct{}
}

// insideKey asks a context for a call of an instance that it belongs to.
type insideKey struct{ instance *Instance }

func (c *callContext) Value(key any) any {
	if key, ok := key.(insideKey); ok && key.instance == c.instance && c.instance != nil {
		return c
	}
	return c.Context.Value(key)
}

// Limits of time are the library's. It shall stop the guest before what the guest waits for in Go is given up.
const timeMargin = 10 * time.Millisecond

// How long the library is waited for, in milliseconds.
const stopWait = 60_000

// callUnder gives the number of a call's context; end must be called after the call.
func callUnder(ctx context.Context, within time.Duration, instance *Instance, requested <-chan struct{}) (number uintptr, end func()) {
	call := &callContext{Context: ctx, given: ctx, requested: requested, instance: instance, ended: make(chan struct{})}
	cancel := func() {}
	if within > 0 {
		call.Context, cancel = context.WithTimeout(ctx, within+timeMargin)
	}
	number = handles.put(call)
	return number, func() {
		handles.take(number)
		close(call.ended)
		cancel()
	}
}

// contextOf finds the context of a call.
func contextOf(number uintptr) context.Context {
	if number != 0 {
		if found, ok := handles.get(number); ok {
			return found.(context.Context)
		}
	}
	return context.Background()
}

// stopping waits until the context, which has ended, has stopped the guest: what a callback gives then is nothing that
// the guest goes on with.
func stopping(ctx context.Context) {
	call, ok := ctx.(*callContext)
	switch {
	case !ok:
	case call.given.Err() == nil:
		// A limit of time. On a busy machine the library is late with it.
		C.wasmspan_wait_for_stop(stopWait)
	case call.requested != nil:
		<-call.requested
	}
}

// standingInterrupt gives an interrupt that the instance keeps for later calls, unless the call doesn't return; done must be
// called after it.
func (h *instanceHandle) standingInterrupt() (interrupt C.uintptr_t, done func(returned bool)) {
	kept := C.uintptr_t(h.interrupt.Swap(0))
	if kept == 0 {
		kept = C.ws_interrupt_create()
	}
	return kept, func(returned bool) {
		if !returned || !h.interrupt.CompareAndSwap(0, uintptr(kept)) {
			C.ws_interrupt_delete(kept)
		}
	}
}

// guard lets the context stop what runs under the interrupt it gives; done must be called afterwards. The channel is
// closed when the context has ended and the interrupt is requested. There is none for a context that never ends.
func guard(ctx context.Context) (interrupt C.uintptr_t, requested chan struct{}, done func(returned bool), err error) {
	if ctx.Done() == nil {
		return 0, nil, func(bool) {}, nil
	}
	if ctx.Err() != nil {
		return 0, nil, nil, interrupted(ctx)
	}
	interrupt = C.ws_interrupt_create()
	requested = make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		C.ws_interrupt_request(interrupt)
		close(requested)
	})
	return interrupt, requested, func(bool) {
		if !stop() {
			<-requested
		}
		C.ws_interrupt_delete(interrupt)
	}, nil
}
