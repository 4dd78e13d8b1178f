package wasmedge

// #include "shim.h"
import "C"
import (
	"runtime"
	"unsafe"
)

// Statistics counts what an Executor runs. Which values are kept is set with Configure.
type Statistics struct {
	_inner *C.WasmEdge_StatisticsContext
	_own   bool
	owner  interface{}
}

// NewStatistics makes statistics for an Executor.
func NewStatistics() *Statistics {
	self := &Statistics{_inner: C.WasmEdge_StatisticsCreate(), _own: true}
	runtime.SetFinalizer(self, (*Statistics).Release)
	return self
}

// GetInstrCount gives the number of instructions executed.
func (self *Statistics) GetInstrCount() uint {
	defer runtime.KeepAlive(self)
	return uint(C.WasmEdge_StatisticsGetInstrCount(self._inner))
}

// GetInstrPerSecond gives instructions per second of execution.
func (self *Statistics) GetInstrPerSecond() float64 {
	defer runtime.KeepAlive(self)
	return float64(C.WasmEdge_StatisticsGetInstrPerSecond(self._inner))
}

// GetTotalCost gives the cost so far.
func (self *Statistics) GetTotalCost() uint {
	defer runtime.KeepAlive(self)
	return uint(C.WasmEdge_StatisticsGetTotalCost(self._inner))
}

// SetCostTable sets the cost of each opcode; those that the table does not reach cost nothing.
func (self *Statistics) SetCostTable(table []uint64) {
	defer runtime.KeepAlive(self)
	var first *C.uint64_t
	if len(table) > 0 {
		first = (*C.uint64_t)(unsafe.Pointer(&table[0]))
	}
	C.WasmEdge_StatisticsSetCostTable(self._inner, first, C.uint32_t(len(table)))
}

// SetCostLimit sets the cost at which an execution ends with "cost limit exceeded".
func (self *Statistics) SetCostLimit(limit uint) {
	defer runtime.KeepAlive(self)
	C.WasmEdge_StatisticsSetCostLimit(self._inner, C.uint64_t(limit))
}

// Release ends statistics that NewStatistics made.
func (self *Statistics) Release() {
	if self._own {
		C.WasmEdge_StatisticsDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

func (self *Statistics) c() *C.WasmEdge_StatisticsContext {
	if self == nil {
		return nil
	}
	return self._inner
}
