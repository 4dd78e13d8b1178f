package wasmedge

// #include "shim.h"
import "C"
import "runtime"

// FunctionType is the type of a function.
type FunctionType struct {
	_inner *C.WasmEdge_FunctionTypeContext
	_own   bool
	owner  interface{}
}

// NewFunctionType makes a type from those of parameters and results.
func NewFunctionType(params []ValType, returns []ValType) *FunctionType {
	inner := C.WasmEdge_FunctionTypeCreate(
		valTypes(params), C.uint32_t(len(params)), valTypes(returns), C.uint32_t(len(returns)))
	if inner == nil {
		return nil
	}
	self := &FunctionType{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*FunctionType).Release)
	return self
}

func valTypes(types []ValType) *C.enum_WasmEdge_ValType {
	if len(types) == 0 {
		return nil
	}
	return (*C.enum_WasmEdge_ValType)(&types[0])
}

func lentFunctionType(inner *C.WasmEdge_FunctionTypeContext, owner interface{}) *FunctionType {
	if inner == nil {
		return nil
	}
	return &FunctionType{_inner: inner, owner: owner}
}

// GetParametersLength gives the number of parameters.
func (self *FunctionType) GetParametersLength() uint {
	defer runtime.KeepAlive(self)
	return uint(C.WasmEdge_FunctionTypeGetParametersLength(self._inner))
}

// GetReturnsLength gives the number of results.
func (self *FunctionType) GetReturnsLength() uint {
	defer runtime.KeepAlive(self)
	return uint(C.WasmEdge_FunctionTypeGetReturnsLength(self._inner))
}

// GetParameters gives the types of the parameters.
func (self *FunctionType) GetParameters() []ValType {
	defer runtime.KeepAlive(self)
	types := make([]ValType, self.GetParametersLength())
	C.WasmEdge_FunctionTypeGetParameters(self._inner, valTypes(types), C.uint32_t(len(types)))
	return types
}

// GetReturns gives the types of the results.
func (self *FunctionType) GetReturns() []ValType {
	defer runtime.KeepAlive(self)
	types := make([]ValType, self.GetReturnsLength())
	C.WasmEdge_FunctionTypeGetReturns(self._inner, valTypes(types), C.uint32_t(len(types)))
	return types
}

// Release ends a type that NewFunctionType made.
func (self *FunctionType) Release() {
	if self._own {
		C.WasmEdge_FunctionTypeDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

// TableType is the type of a table.
type TableType struct {
	_inner *C.WasmEdge_TableTypeContext
	_own   bool
	owner  interface{}
}

// NewTableType makes a type from that of the elements and the sizes.
func NewTableType(rtype RefType, lim *Limit) *TableType {
	inner := C.WasmEdge_TableTypeCreate(C.enum_WasmEdge_RefType(rtype), lim.c())
	if inner == nil {
		return nil
	}
	self := &TableType{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*TableType).Release)
	return self
}

func lentTableType(inner *C.WasmEdge_TableTypeContext, owner interface{}) *TableType {
	if inner == nil {
		return nil
	}
	return &TableType{_inner: inner, owner: owner}
}

// GetRefType gives the type of the elements.
func (self *TableType) GetRefType() RefType {
	defer runtime.KeepAlive(self)
	return RefType(C.WasmEdge_TableTypeGetRefType(self._inner))
}

// GetLimit gives the sizes.
func (self *TableType) GetLimit() *Limit {
	defer runtime.KeepAlive(self)
	if self._inner == nil {
		return nil
	}
	return goLimit(C.WasmEdge_TableTypeGetLimit(self._inner))
}

// Release ends a type that NewTableType made.
func (self *TableType) Release() {
	if self._own {
		C.WasmEdge_TableTypeDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

// MemoryType is the type of a memory.
type MemoryType struct {
	_inner *C.WasmEdge_MemoryTypeContext
	_own   bool
	owner  interface{}
}

// NewMemoryType makes a type from sizes.
func NewMemoryType(lim *Limit) *MemoryType {
	inner := C.WasmEdge_MemoryTypeCreate(lim.c())
	if inner == nil {
		return nil
	}
	self := &MemoryType{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*MemoryType).Release)
	return self
}

func lentMemoryType(inner *C.WasmEdge_MemoryTypeContext, owner interface{}) *MemoryType {
	if inner == nil {
		return nil
	}
	return &MemoryType{_inner: inner, owner: owner}
}

// GetLimit gives the sizes.
func (self *MemoryType) GetLimit() *Limit {
	defer runtime.KeepAlive(self)
	if self._inner == nil {
		return nil
	}
	return goLimit(C.WasmEdge_MemoryTypeGetLimit(self._inner))
}

// Release ends a type that NewMemoryType made.
func (self *MemoryType) Release() {
	if self._own {
		C.WasmEdge_MemoryTypeDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

// GlobalType is the type of a global.
type GlobalType struct {
	_inner *C.WasmEdge_GlobalTypeContext
	_own   bool
	owner  interface{}
}

// NewGlobalType makes a type from that of the value and its mutability.
func NewGlobalType(vtype ValType, vmut ValMut) *GlobalType {
	inner := C.WasmEdge_GlobalTypeCreate(C.enum_WasmEdge_ValType(vtype), C.enum_WasmEdge_Mutability(vmut))
	if inner == nil {
		return nil
	}
	self := &GlobalType{_inner: inner, _own: true}
	runtime.SetFinalizer(self, (*GlobalType).Release)
	return self
}

func lentGlobalType(inner *C.WasmEdge_GlobalTypeContext, owner interface{}) *GlobalType {
	if inner == nil {
		return nil
	}
	return &GlobalType{_inner: inner, owner: owner}
}

// GetValType gives the type of the value.
func (self *GlobalType) GetValType() ValType {
	defer runtime.KeepAlive(self)
	return ValType(C.WasmEdge_GlobalTypeGetValType(self._inner))
}

// GetMutability says whether the global can be set.
func (self *GlobalType) GetMutability() ValMut {
	defer runtime.KeepAlive(self)
	return ValMut(C.WasmEdge_GlobalTypeGetMutability(self._inner))
}

// Release ends a type that NewGlobalType made.
func (self *GlobalType) Release() {
	if self._own {
		C.WasmEdge_GlobalTypeDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}
