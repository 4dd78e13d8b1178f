package wasmedge

// #include "shim.h"
import "C"
import (
	"math"
	"runtime"
	"unsafe"
)

// Table is a table of references.
type Table struct {
	_inner *C.WasmEdge_TableInstanceContext
	object
}

// NewTable makes a table of null references.
func NewTable(ttype *TableType) *Table {
	if ttype == nil {
		return nil
	}
	defer ttype.base().enter().leave()
	inner := C.WasmEdge_TableInstanceCreate(ttype.c())
	if inner == nil {
		return nil
	}
	self := &Table{_inner: inner, object: owned(func() { C.WasmEdge_TableInstanceDelete(inner) })}
	return self
}

// GetTableType gives the type; it belongs to the table.
func (self *Table) GetTableType() *TableType {
	defer self.base().enter().leave()
	return lentTableType(C.WasmEdge_TableInstanceGetTableType(self.c()), self)
}

// GetData gives the FuncRef or ExternRef at an index.
func (self *Table) GetData(off uint) (interface{}, error) {
	defer self.base().enter().leave()
	if off > math.MaxUint32 {
		return nil, &Result{uint32(C.WasmEdge_ErrCode_TableOutOfBounds)}
	}
	v := new(value)
	if err := toError(C.WasmEdge_TableInstanceGetData(self.c(), v.c(), C.uint32_t(off))); err != nil {
		return nil, err
	}
	return v.get(self), nil
}

// SetData puts a FuncRef or ExternRef at an index.
func (self *Table) SetData(data interface{}, off uint) error {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(data)
	if off > math.MaxUint32 {
		return &Result{uint32(C.WasmEdge_ErrCode_TableOutOfBounds)}
	}
	v := new(value)
	v.set(data, self.holder)
	return toError(C.go_table_set(self.c(), v.c(), C.uint32_t(off)))
}

// GetSize gives the number of elements.
func (self *Table) GetSize() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_TableInstanceGetSize(self.c()))
}

// Grow adds null references.
func (self *Table) Grow(size uint) error {
	defer self.base().enter().leave()
	if size > math.MaxUint32 {
		return &Result{uint32(C.WasmEdge_ErrCode_TableOutOfBounds)}
	}
	return toError(C.WasmEdge_TableInstanceGrow(self.c(), C.uint32_t(size)))
}

// Release ends a table that is in no module.
func (self *Table) Release() { self.base().release() }

// Memory is a linear memory.
type Memory struct {
	_inner *C.WasmEdge_MemoryInstanceContext
	object
}

func lentMemory(inner *C.WasmEdge_MemoryInstanceContext, owner interface{}) *Memory {
	if inner == nil {
		return nil
	}
	return &Memory{_inner: inner, object: lentBy(owner)}
}

// NewMemory makes a memory of zeros.
func NewMemory(mtype *MemoryType) *Memory {
	if mtype == nil {
		return nil
	}
	defer mtype.base().enter().leave()
	inner := C.WasmEdge_MemoryInstanceCreate(mtype.c())
	if inner == nil {
		return nil
	}
	self := &Memory{_inner: inner, object: owned(func() { C.WasmEdge_MemoryInstanceDelete(inner) })}
	return self
}

// GetMemoryType gives the type; it belongs to the memory.
func (self *Memory) GetMemoryType() *MemoryType {
	defer self.base().enter().leave()
	return lentMemoryType(C.WasmEdge_MemoryInstanceGetMemoryType(self.c()), self)
}

// GetData gives bytes of the memory: not a copy, but the memory itself, which the slice can change.
// The slice is good while the memory's instance is; copy what must live longer.
func (self *Memory) GetData(off uint, length uint) ([]byte, error) {
	defer self.base().enter().leave()
	outside := &Result{uint32(C.WasmEdge_ErrCode_MemoryOutOfBounds)}
	if off > math.MaxUint32 || length > math.MaxUint32 {
		return nil, outside
	}
	if length == 0 {
		return []byte{}, toError(C.WasmEdge_MemoryInstanceGetData(self.c(), nil, C.uint32_t(off), 0))
	}
	p := C.WasmEdge_MemoryInstanceGetPointer(self.c(), C.uint32_t(off), C.uint32_t(length))
	if p == nil {
		return nil, outside
	}
	return alias(unsafe.Pointer(p), length), nil
}

// SetData copies the first length bytes of data into the memory.
func (self *Memory) SetData(data []byte, off uint, length uint) error {
	defer self.base().enter().leave()
	if off > math.MaxUint32 || length > math.MaxUint32 || length > uint(len(data)) {
		return &Result{uint32(C.WasmEdge_ErrCode_MemoryOutOfBounds)}
	}
	return toError(C.WasmEdge_MemoryInstanceSetData(self.c(), bytesPointer(data), C.uint32_t(off), C.uint32_t(length)))
}

// GetPageSize gives the size in pages of 64 KiB.
func (self *Memory) GetPageSize() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_MemoryInstanceGetPageSize(self.c()))
}

// GrowPage adds pages.
func (self *Memory) GrowPage(size uint) error {
	defer self.base().enter().leave()
	if size > math.MaxUint32 {
		return &Result{uint32(C.WasmEdge_ErrCode_MemoryOutOfBounds)}
	}
	return toError(C.WasmEdge_MemoryInstanceGrowPage(self.c(), C.uint32_t(size)))
}

// Release ends a memory that is in no module.
func (self *Memory) Release() { self.base().release() }

// Global is a global variable.
type Global struct {
	_inner *C.WasmEdge_GlobalInstanceContext
	object
}

// NewGlobal makes a global with a value; nil if the value is of another type.
func NewGlobal(gtype *GlobalType, val interface{}) *Global {
	if gtype == nil {
		return nil
	}
	defer gtype.base().enter().leave()
	defer runtime.KeepAlive(val)
	v, held := new(value), &holder{}
	v.set(val, held)
	inner := C.go_global(gtype.c(), v.c())
	if inner == nil {
		return nil
	}
	self := &Global{_inner: inner, object: owned(func() { C.WasmEdge_GlobalInstanceDelete(inner) })}
	self.holder = held
	return self
}

// GetGlobalType gives the type; it belongs to the global.
func (self *Global) GetGlobalType() *GlobalType {
	defer self.base().enter().leave()
	return lentGlobalType(C.WasmEdge_GlobalInstanceGetGlobalType(self.c()), self)
}

// GetValue gives the value.
func (self *Global) GetValue() interface{} {
	defer self.base().enter().leave()
	v := new(value)
	C.go_global_get(self.c(), v.c())
	if v.kind == uint32(C.WasmEdge_ValType_None) {
		return nil
	}
	return v.get(self)
}

// SetValue sets the value; it does nothing if the value is of another type or the global is constant.
func (self *Global) SetValue(val interface{}) {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(val)
	v := new(value)
	v.set(val, self.holder)
	C.go_global_set(self.c(), v.c())
}

// Release ends a global that is in no module.
func (self *Global) Release() { self.base().release() }
