package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
)

// Pool hands out instances of one module, each of them fresh, and never more than so many at a time. It may be used by
// many goroutines.
type Pool struct {
	*handle
	module *Module
	inner  *C.wasmspan_pool
	// Has a token for each instance that is handed out.
	places chan struct{}
}

// NewPool makes a pool of at most size instances, whose imports are what the runtime has now.
func (m *Module) NewPool(size int) (*Pool, error) {
	if size < 1 {
		return nil, fmt.Errorf("wasmspan: a pool of %d instances", size)
	}
	if !m.acquire() {
		return nil, ErrClosed
	}
	defer m.release()
	r := m.runtime
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	var inner *C.wasmspan_pool
	done := outcome(C.ws_pool_create(&inner, m.inner, r.store, C.size_t(size)))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	return &Pool{newHandle(func() { C.wasmspan_pool_delete(inner) }), m, inner, make(chan struct{}, size)}, nil
}

// Get gives a fresh instance, and waits until there is room or the context ends. Close of the instance gives its place
// back.
func (p *Pool) Get(ctx context.Context) (*Instance, error) {
	if !p.acquire() {
		return nil, ErrClosed
	}
	defer p.release()
	select {
	case p.places <- struct{}{}:
	default:
		// Some may be forgotten.
		collect()
		select {
		case p.places <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	places, r := p.places, p.module.runtime
	i := newInstance(r, r.executor, func() { <-places })
	i.linkWith(p.module)
	var ended outcome
	err := i.run(ctx, i.executor.time, func(under C.ws_under) { ended = outcome(C.ws_pool_get(p.inner, &i.inner, under)) })
	if err == nil {
		err = ended.err(ctx)
	}
	if err != nil {
		i.close()
		return nil, err
	}
	i.weigh()
	return i, nil
}

// InUse is how many instances are handed out.
func (p *Pool) InUse() int {
	if !p.acquire() {
		return 0
	}
	defer p.release()
	return int(C.wasmspan_pool_in_use(p.inner))
}

// Size is how many instances there may be at a time.
func (p *Pool) Size() int { return cap(p.places) }

// Statistics tells what the pool's instances used together.
func (p *Pool) Statistics() Statistics {
	if !p.acquire() {
		return Statistics{}
	}
	defer p.release()
	var figures C.wasmspan_figures
	C.wasmspan_statistics_read(C.wasmspan_pool_statistics(p.inner), &figures)
	return statisticsOf(&figures)
}

// Close ends the pool; instances that are handed out live on.
func (p *Pool) Close() error {
	p.close()
	return nil
}
