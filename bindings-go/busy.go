package wasmspan

import "sync/atomic"

// busy is a lock that can be given up waiting for.
type busy struct {
	held    atomic.Bool
	waiting atomic.Int32
	// Has a token after the lock was left while somebody waited.
	wake chan struct{}
}

func newBusy() busy { return busy{wake: make(chan struct{}, 1)} }

func (b *busy) try() bool { return b.held.CompareAndSwap(false, true) }

// enter waits for the lock, or until the channel is closed; nil never is.
func (b *busy) enter(done <-chan struct{}) bool {
	// Counted before trying: whoever leaves the lock afterwards sees it.
	b.waiting.Add(1)
	defer b.waiting.Add(-1)
	for !b.try() {
		select {
		case <-b.wake:
		case <-done:
			return false
		}
	}
	return true
}

func (b *busy) leave() {
	b.held.Store(false)
	if b.waiting.Load() > 0 {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
}
