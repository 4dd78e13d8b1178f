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
	_own   bool
	owner  interface{}
}

// NewTable makes a table of null references.
func NewTable(ttype *TableType) *Table {
	if ttype == nil {
		return nil
	}
	defer runtime.KeepAlive(ttype)
	inner := C.WasmEdge_TableInstanceCreate(ttype._inner)
	if inner == nil {
		return nil
	}
	self := &Table{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*Table).Release)
	return self
}

// GetTableType gives the type; it belongs to the table.
func (self *Table) GetTableType() *TableType {
	defer runtime.KeepAlive(self)
	return lentTableType(C.WasmEdge_TableInstanceGetTableType(self.c()), self)
}

// GetData gives the FuncRef or ExternRef at an index.
func (self *Table) GetData(off uint) (interface{}, error) {
	defer runtime.KeepAlive(self)
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
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(data)
	if off > math.MaxUint32 {
		return &Result{uint32(C.WasmEdge_ErrCode_TableOutOfBounds)}
	}
	v := new(value)
	v.set(data)
	return toError(C.go_table_set(self.c(), v.c(), C.uint32_t(off)))
}

// GetSize gives the number of elements.
func (self *Table) GetSize() uint {
	defer runtime.KeepAlive(self)
	return uint(C.WasmEdge_TableInstanceGetSize(self.c()))
}

// Grow adds null references.
func (self *Table) Grow(size uint) error {
	defer runtime.KeepAlive(self)
	if size > math.MaxUint32 {
		return &Result{uint32(C.WasmEdge_ErrCode_TableOutOfBounds)}
	}
	return toError(C.WasmEdge_TableInstanceGrow(self.c(), C.uint32_t(size)))
}

// Release ends a table that is in no module.
func (self *Table) Release() {
	if self._own {
		C.WasmEdge_TableInstanceDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

func (self *Table) c() *C.WasmEdge_TableInstanceContext {
	if self == nil {
		return nil
	}
	return self._inner
}

// Memory is a linear memory.
type Memory struct {
	_inner *C.WasmEdge_MemoryInstanceContext
	_own   bool
	owner  interface{}
}

func lentMemory(inner *C.WasmEdge_MemoryInstanceContext, owner interface{}) *Memory {
	if inner == nil {
		return nil
	}
	return &Memory{_inner: inner, owner: owner}
}

// NewMemory makes a memory of zeros.
func NewMemory(mtype *MemoryType) *Memory {
	if mtype == nil {
		return nil
	}
	defer runtime.KeepAlive(mtype)
	inner := C.WasmEdge_MemoryInstanceCreate(mtype._inner)
	if inner == nil {
		return nil
	}
	self := &Memory{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*Memory).Release)
	return self
}

// GetMemoryType gives the type; it belongs to the memory.
func (self *Memory) GetMemoryType() *MemoryType {
	defer runtime.KeepAlive(self)
	return lentMemoryType(C.WasmEdge_MemoryInstanceGetMemoryType(self.c()), self)
}

// GetData gives bytes of the memory: not a copy, but the memory itself, which the slice can change.
// The slice is good while the memory's instance is; copy what must live longer.
func (self *Memory) GetData(off uint, length uint) ([]byte, error) {
	defer runtime.KeepAlive(self)
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
	defer runtime.KeepAlive(self)
	if off > math.MaxUint32 || length > math.MaxUint32 || length > uint(len(data)) {
		return &Result{uint32(C.WasmEdge_ErrCode_MemoryOutOfBounds)}
	}
	return toError(C.WasmEdge_MemoryInstanceSetData(self.c(), bytesPointer(data), C.uint32_t(off), C.uint32_t(length)))
}

// GetPageSize gives the size in pages of 64 KiB.
func (self *Memory) GetPageSize() uint {
	defer runtime.KeepAlive(self)
	return uint(C.WasmEdge_MemoryInstanceGetPageSize(self.c()))
}

// GrowPage adds pages.
func (self *Memory) GrowPage(size uint) error {
	defer runtime.KeepAlive(self)
	if size > math.MaxUint32 {
		return &Result{uint32(C.WasmEdge_ErrCode_MemoryOutOfBounds)}
	}
	return toError(C.WasmEdge_MemoryInstanceGrowPage(self.c(), C.uint32_t(size)))
}

// Release ends a memory that is in no module.
func (self *Memory) Release() {
	if self._own {
		C.WasmEdge_MemoryInstanceDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

func (self *Memory) c() *C.WasmEdge_MemoryInstanceContext {
	if self == nil {
		return nil
	}
	return self._inner
}

// Global is a global variable.
type Global struct {
	_inner *C.WasmEdge_GlobalInstanceContext
	_own   bool
	owner  interface{}
}

// NewGlobal makes a global with a value; nil if the value is of another type.
func NewGlobal(gtype *GlobalType, val interface{}) *Global {
	if gtype == nil {
		return nil
	}
	defer runtime.KeepAlive(gtype)
	defer runtime.KeepAlive(val)
	v := new(value)
	v.set(val)
	inner := C.go_global(gtype._inner, v.c())
	if inner == nil {
		return nil
	}
	self := &Global{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*Global).Release)
	return self
}

// GetGlobalType gives the type; it belongs to the global.
func (self *Global) GetGlobalType() *GlobalType {
	defer runtime.KeepAlive(self)
	return lentGlobalType(C.WasmEdge_GlobalInstanceGetGlobalType(self.c()), self)
}

// GetValue gives the value.
func (self *Global) GetValue() interface{} {
	defer runtime.KeepAlive(self)
	v := new(value)
	C.go_global_get(self.c(), v.c())
	if v.kind == uint32(C.WasmEdge_ValType_None) {
		return nil
	}
	return v.get(self)
}

// SetValue sets the value; it does nothing if the value is of another type or the global is constant.
func (self *Global) SetValue(val interface{}) {
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(val)
	v := new(value)
	v.set(val)
	C.go_global_set(self.c(), v.c())
}

// Release ends a global that is in no module.
func (self *Global) Release() {
	if self._own {
		C.WasmEdge_GlobalInstanceDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

func (self *Global) c() *C.WasmEdge_GlobalInstanceContext {
	if self == nil {
		return nil
	}
	return self._inner
}
