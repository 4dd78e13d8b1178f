package wasmspan

// #include "shim.h"
import "C"
import (
	"math"
	"runtime"
	"time"
	"unsafe"
)

// executor makes instances under settings, and counts what they use. It lives as long as one of them needs it.
type executor struct {
	inner      *C.WasmEdge_ExecutorContext
	statistics *C.WasmEdge_StatisticsContext
	// How long a call may take, for the contexts of host functions; 0 is for ever.
	time time.Duration
}

func newExecutor(s *settings) *executor {
	e := &executor{statistics: C.WasmEdge_StatisticsCreate()}
	if len(s.costs) > 0 {
		C.WasmEdge_StatisticsSetCostTable(e.statistics, (*C.uint64_t)(unsafe.Pointer(&s.costs[0])), C.uint32_t(len(s.costs)))
	}
	e.inner = C.WasmEdge_ExecutorCreate(s.configure, e.statistics)
	e.time = timeOf(s)
	runtime.SetFinalizer(e, func(e *executor) {
		C.WasmEdge_ExecutorDelete(e.inner)
		C.WasmEdge_StatisticsDelete(e.statistics)
	})
	return e
}

// timeOf is how long a call may take; 0 is for ever.
func timeOf(s *settings) time.Duration {
	var limits C.wasmspan_limits
	C.wasmspan_configure_get_limits(s.configure, &limits)
	if uint64(limits.time_ms) >= math.MaxInt64/uint64(time.Millisecond) {
		return 0
	}
	return time.Duration(limits.time_ms) * time.Millisecond
}

// Statistics is what the calls that have ended used; 0 for what is not counted.
type Statistics struct {
	Instructions, Cost uint64
	WasmTime, HostTime time.Duration
}

func (e *executor) figures() Statistics {
	defer runtime.KeepAlive(e)
	var figures C.wasmspan_figures
	C.wasmspan_statistics_read(e.statistics, &figures)
	return statisticsOf(&figures)
}

func statisticsOf(figures *C.wasmspan_figures) Statistics {
	return Statistics{
		Instructions: uint64(figures.instructions), Cost: uint64(figures.cost),
		WasmTime: time.Duration(figures.wasm_nanoseconds), HostTime: time.Duration(figures.host_nanoseconds),
	}
}

// Statistics tells what the calls of the runtime's instances used, without those that have settings of their own.
func (r *Runtime) Statistics() Statistics {
	if r.isClosed() {
		return Statistics{}
	}
	return r.executor.figures()
}

// Statistics tells what the calls of the instance used, together with those of instances that share its settings.
func (i *Instance) Statistics() Statistics {
	if i.executor == nil {
		return Statistics{}
	}
	return i.executor.figures()
}
