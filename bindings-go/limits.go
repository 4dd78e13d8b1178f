package wasmspan

// #include "shim.h"
import "C"
import (
	"runtime"
	"time"
)

// Limits are what may be used at most; 0 is no limit but the library's own. What would use more fails with an error
// whose text names the limit.
type Limits struct {
	// Time of one call, or of one instantiation with its start function; counted in milliseconds. The context of host
	// functions ends then, too. A negative one is over at once.
	Time time.Duration
	// Cost of all calls together, or of the one call, as Metering measures it.
	Cost uint64
	// MemoryPages is the size of each memory, in pages of 64 KiB.
	MemoryPages uint32
	// TableElements is the size of each table.
	TableElements uint64
	// StackBytes is the stack of one call.
	StackBytes uint64
	// Instances is how many exist at the same time.
	Instances uint64
	// OpenFiles is how many descriptors a WASI guest has open at once.
	OpenFiles uint64
	// OutputBytes is what one call writes to standard output and error together.
	OutputBytes uint64
}

func (l Limits) c() C.wasmspan_limits {
	number := func(limit uint64) C.uint64_t {
		if limit == 0 {
			return C.WASMSPAN_UNLIMITED
		}
		return C.uint64_t(limit)
	}
	time_ms := number(uint64((l.Time + time.Millisecond - 1) / time.Millisecond))
	if l.Time < 0 {
		time_ms = 0
	}
	return C.wasmspan_limits{
		time_ms: time_ms, cost: number(l.Cost), memory_pages: number(uint64(l.MemoryPages)),
		table_elements: number(l.TableElements), stack_bytes: number(l.StackBytes), instances: number(l.Instances),
		open_files: number(l.OpenFiles), output_bytes: number(l.OutputBytes),
	}
}

// WithLimits sets what may be used in all.
func WithLimits(limits Limits) Option {
	return func(s *settings) { s.limit(limits) }
}

func (s *settings) limit(limits Limits) {
	c := limits.c()
	C.wasmspan_configure_set_limits(s.configure, &c)
}

// Metering says what is counted, in all calls together. Counting makes code a little slower.
type Metering struct {
	// Instructions counts them.
	Instructions bool
	// Cost adds up what they cost.
	Cost bool
	// Costs has the cost of each instruction by its first byte; 1 where the list ends or is nil.
	Costs []uint64
	// Time measures the time in the guest and in host functions.
	Time bool
}

// WithMetering sets what is counted; Runtime.Statistics and Instance.Statistics tell it.
func WithMetering(metering Metering) Option {
	return func(s *settings) {
		C.WasmEdge_ConfigureStatisticsSetInstructionCounting(s.configure, C.bool(metering.Instructions))
		C.WasmEdge_ConfigureStatisticsSetCostMeasuring(s.configure, C.bool(metering.Cost || metering.Costs != nil))
		C.WasmEdge_ConfigureStatisticsSetTimeMeasuring(s.configure, C.bool(metering.Time))
		s.costs = metering.Costs
	}
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
