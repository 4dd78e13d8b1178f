package wasmspan

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Go's collector knows nothing of memory that C has. So programs that leave instances to it, instead of closing them,
// make it run when what they hold has become much: more than before the last time, and as much as Go's own heap.

// What things are counted as holding besides their memories, in bytes: a guess, which includes what the system keeps for
// the address ranges of an instance.
const (
	runtimeWeight  = 256 << 10
	moduleWeight   = 16 // for each byte of the module
	instanceWeight = 512 << 10
	pageSize       = 64 << 10
)

// Below this, nothing is done.
const leastPressure = 256 << 20

var pressure struct {
	held, limit atomic.Int64
	collecting  sync.Mutex
}

func init() { pressure.limit.Store(leastPressure) }

// hold notes that so many bytes more are held, or fewer.
func hold(bytes int64) {
	if held := pressure.held.Add(bytes); bytes > 0 && held > pressure.limit.Load() {
		relieve()
	}
}

// relieve collects what was forgotten. Finalizers free it on a goroutine of their own, which is waited for a moment.
func relieve() {
	pressure.collecting.Lock()
	defer pressure.collecting.Unlock()
	before := pressure.held.Load()
	if before <= pressure.limit.Load() {
		return
	}
	collect()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	pressure.limit.Store(max(leastPressure, 2*pressure.held.Load(), int64(heap.HeapAlloc)))
}

// collect runs Go's collector, and then the finalizers that were due.
func collect() {
	runtime.GC()
	ran := make(chan struct{})
	func() { runtime.SetFinalizer(new([16]byte), func(*[16]byte) { close(ran) }) }()
	runtime.GC()
	select {
	case <-ran:
	case <-time.After(100 * time.Millisecond):
	}
}
