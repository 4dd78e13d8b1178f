package wasmedge

// #include "shim.h"
import "C"
import (
	"unsafe"
)

// Statistics counts what an Executor runs. Which values are kept is set with Configure.
type Statistics struct {
	_inner *C.WasmEdge_StatisticsContext
	object
}

// NewStatistics makes statistics for an Executor.
func NewStatistics() *Statistics {
	inner := C.WasmEdge_StatisticsCreate()
	self := &Statistics{_inner: inner, object: owned(func() { C.WasmEdge_StatisticsDelete(inner) })}
	return self
}

// GetInstrCount gives the number of instructions executed.
func (self *Statistics) GetInstrCount() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_StatisticsGetInstrCount(self.c()))
}

// GetInstrPerSecond gives instructions per second of execution.
func (self *Statistics) GetInstrPerSecond() float64 {
	defer self.base().enter().leave()
	return float64(C.WasmEdge_StatisticsGetInstrPerSecond(self.c()))
}

// GetTotalCost gives the cost so far.
func (self *Statistics) GetTotalCost() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_StatisticsGetTotalCost(self.c()))
}

// SetCostTable sets the cost of each opcode; those that the table does not reach cost nothing.
func (self *Statistics) SetCostTable(table []uint64) {
	defer self.base().enter().leave()
	var first *C.uint64_t
	if len(table) > 0 {
		first = (*C.uint64_t)(unsafe.Pointer(&table[0]))
	}
	C.WasmEdge_StatisticsSetCostTable(self.c(), first, C.uint32_t(len(table)))
}

// SetCostLimit sets the cost at which an execution ends with "cost limit exceeded".
func (self *Statistics) SetCostLimit(limit uint) {
	defer self.base().enter().leave()
	C.WasmEdge_StatisticsSetCostLimit(self.c(), C.uint64_t(limit))
}

// Release ends statistics that NewStatistics made.
func (self *Statistics) Release() { self.base().release() }
