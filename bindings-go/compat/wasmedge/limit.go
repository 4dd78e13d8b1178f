package wasmedge

// #include "shim.h"
import "C"

// Limit has the sizes of a table, in elements, or of a memory, in pages of 64 KiB.
type Limit struct {
	min, max       uint
	hasMax, shared bool
}

// NewLimit makes limits without a maximum.
func NewLimit(minVal uint) *Limit { return &Limit{min: minVal} }

// NewLimitWithMax makes limits with a maximum. A maximum below the minimum gives nil.
func NewLimitWithMax(minVal uint, maxVal uint) *Limit {
	if maxVal < minVal {
		return nil
	}
	return &Limit{min: minVal, max: maxVal, hasMax: true}
}

// NewLimitShared makes limits of a shared memory, without a maximum.
func NewLimitShared(minVal uint) *Limit { return &Limit{min: minVal, shared: true} }

// NewLimitSharedWithMax makes limits of a shared memory. A maximum below the minimum gives nil.
func NewLimitSharedWithMax(minVal uint, maxVal uint) *Limit {
	if maxVal < minVal {
		return nil
	}
	return &Limit{min: minVal, max: maxVal, hasMax: true, shared: true}
}

// HasMax says whether there is a maximum.
func (l *Limit) HasMax() bool { return l.hasMax }

// IsShared says whether threads share the memory.
func (l *Limit) IsShared() bool { return l.shared }

// GetMin gives the minimum.
func (l *Limit) GetMin() uint { return l.min }

// GetMax gives the maximum; 0 if there is none.
func (l *Limit) GetMax() uint { return l.max }

func (l *Limit) c() C.WasmEdge_Limit {
	if l == nil {
		// A maximum below the minimum: C refuses it.
		return C.WasmEdge_Limit{HasMax: true, Min: 1}
	}
	return C.WasmEdge_Limit{
		HasMax: C.bool(l.hasMax), Shared: C.bool(l.shared),
		Min: C.uint32_t(l.min), Max: C.uint32_t(l.max),
	}
}

func goLimit(l C.WasmEdge_Limit) *Limit {
	limit := &Limit{min: uint(l.Min), hasMax: bool(l.HasMax), shared: bool(l.Shared)}
	if limit.hasMax {
		limit.max = uint(l.Max)
	}
	return limit
}
