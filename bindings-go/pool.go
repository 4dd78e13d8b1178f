package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"runtime"
)

// Pool hands out instances of one module, each of them fresh, and never more than so many at a time. It may be used by
// many goroutines.
type Pool struct {
	module *Module
	inner  *C.wasmspan_pool
	// Has a token for each instance that is handed out.
	places   chan struct{}
	executor *executor
}

// NewPool makes a pool of at most size instances, whose imports are what the runtime has now.
func (m *Module) NewPool(size int) (*Pool, error) {
	defer runtime.KeepAlive(m)
	r := m.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.inner == nil || r.executor == nil {
		return nil, ErrClosed
	}
	p := &Pool{module: m, places: make(chan struct{}, size), executor: r.executor}
	done := outcome(C.ws_pool_create(&p.inner, m.inner, r.store, C.size_t(size)))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	runtime.SetFinalizer(p, (*Pool).Close)
	return p, nil
}

// Get gives a fresh instance, and waits until there is room or the context ends. Close of the instance gives its place
// back.
func (p *Pool) Get(ctx context.Context) (*Instance, error) {
	defer runtime.KeepAlive(p)
	if p.inner == nil {
		return nil, ErrClosed
	}
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	places := p.places
	i := &Instance{runtime: p.module.runtime, executor: p.executor, busy: newBusy(), closed: func() { <-places }}
	interrupt, end, err := guard(ctx)
	if err == nil {
		done := outcome(C.ws_pool_get(p.inner, &i.inner, interrupt))
		end()
		err = done.err(ctx)
	}
	if err != nil {
		<-places
		return nil, err
	}
	runtime.SetFinalizer(i, (*Instance).Close)
	return i, nil
}

// InUse is how many instances are handed out.
func (p *Pool) InUse() int {
	defer runtime.KeepAlive(p)
	return int(C.wasmspan_pool_in_use(p.inner))
}

// Size is how many instances there may be at a time.
func (p *Pool) Size() int { return cap(p.places) }

// Statistics tells what the pool's instances used together.
func (p *Pool) Statistics() Statistics {
	defer runtime.KeepAlive(p)
	var figures C.wasmspan_figures
	C.wasmspan_statistics_read(C.wasmspan_pool_statistics(p.inner), &figures)
	return statisticsOf(&figures)
}

// Close ends the pool; instances that are handed out live on.
func (p *Pool) Close() error {
	runtime.SetFinalizer(p, nil)
	C.wasmspan_pool_delete(p.inner)
	p.inner = nil
	return nil
}
