package wasmedge

// #include "shim.h"
import "C"

// FunctionType is the type of a function.
type FunctionType struct {
	_inner *C.WasmEdge_FunctionTypeContext
	object
}

// NewFunctionType makes a type from those of parameters and results.
func NewFunctionType(params []ValType, returns []ValType) *FunctionType {
	inner := C.WasmEdge_FunctionTypeCreate(
		valTypes(params), C.uint32_t(len(params)), valTypes(returns), C.uint32_t(len(returns)))
	if inner == nil {
		return nil
	}
	self := &FunctionType{_inner: inner, object: owned(func() { C.WasmEdge_FunctionTypeDelete(inner) })}
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
	return &FunctionType{_inner: inner, object: lentBy(owner)}
}

// GetParametersLength gives the number of parameters.
func (self *FunctionType) GetParametersLength() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_FunctionTypeGetParametersLength(self.c()))
}

// GetReturnsLength gives the number of results.
func (self *FunctionType) GetReturnsLength() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_FunctionTypeGetReturnsLength(self.c()))
}

// GetParameters gives the types of the parameters.
func (self *FunctionType) GetParameters() []ValType {
	defer self.base().enter().leave()
	types := make([]ValType, self.GetParametersLength())
	C.WasmEdge_FunctionTypeGetParameters(self.c(), valTypes(types), C.uint32_t(len(types)))
	return types
}

// GetReturns gives the types of the results.
func (self *FunctionType) GetReturns() []ValType {
	defer self.base().enter().leave()
	types := make([]ValType, self.GetReturnsLength())
	C.WasmEdge_FunctionTypeGetReturns(self.c(), valTypes(types), C.uint32_t(len(types)))
	return types
}

// Release ends a type that NewFunctionType made.
func (self *FunctionType) Release() { self.base().release() }

// TableType is the type of a table.
type TableType struct {
	_inner *C.WasmEdge_TableTypeContext
	object
}

// NewTableType makes a type from that of the elements and the sizes.
func NewTableType(rtype RefType, lim *Limit) *TableType {
	inner := C.WasmEdge_TableTypeCreate(C.enum_WasmEdge_RefType(rtype), lim.c())
	if inner == nil {
		return nil
	}
	self := &TableType{_inner: inner, object: owned(func() { C.WasmEdge_TableTypeDelete(inner) })}
	return self
}

func lentTableType(inner *C.WasmEdge_TableTypeContext, owner interface{}) *TableType {
	if inner == nil {
		return nil
	}
	return &TableType{_inner: inner, object: lentBy(owner)}
}

// GetRefType gives the type of the elements.
func (self *TableType) GetRefType() RefType {
	defer self.base().enter().leave()
	return RefType(C.WasmEdge_TableTypeGetRefType(self.c()))
}

// GetLimit gives the sizes.
func (self *TableType) GetLimit() *Limit {
	defer self.base().enter().leave()
	if self.c() == nil {
		return nil
	}
	return goLimit(C.WasmEdge_TableTypeGetLimit(self.c()))
}

// Release ends a type that NewTableType made.
func (self *TableType) Release() { self.base().release() }

// MemoryType is the type of a memory.
type MemoryType struct {
	_inner *C.WasmEdge_MemoryTypeContext
	object
}

// NewMemoryType makes a type from sizes.
func NewMemoryType(lim *Limit) *MemoryType {
	inner := C.WasmEdge_MemoryTypeCreate(lim.c())
	if inner == nil {
		return nil
	}
	self := &MemoryType{_inner: inner, object: owned(func() { C.WasmEdge_MemoryTypeDelete(inner) })}
	return self
}

func lentMemoryType(inner *C.WasmEdge_MemoryTypeContext, owner interface{}) *MemoryType {
	if inner == nil {
		return nil
	}
	return &MemoryType{_inner: inner, object: lentBy(owner)}
}

// GetLimit gives the sizes.
func (self *MemoryType) GetLimit() *Limit {
	defer self.base().enter().leave()
	if self.c() == nil {
		return nil
	}
	return goLimit(C.WasmEdge_MemoryTypeGetLimit(self.c()))
}

// Release ends a type that NewMemoryType made.
func (self *MemoryType) Release() { self.base().release() }

// GlobalType is the type of a global.
type GlobalType struct {
	_inner *C.WasmEdge_GlobalTypeContext
	object
}

// NewGlobalType makes a type from that of the value and its mutability.
func NewGlobalType(vtype ValType, vmut ValMut) *GlobalType {
	inner := C.WasmEdge_GlobalTypeCreate(C.enum_WasmEdge_ValType(vtype), C.enum_WasmEdge_Mutability(vmut))
	if inner == nil {
		return nil
	}
	self := &GlobalType{_inner: inner, object: owned(func() { C.WasmEdge_GlobalTypeDelete(inner) })}
	return self
}

func lentGlobalType(inner *C.WasmEdge_GlobalTypeContext, owner interface{}) *GlobalType {
	if inner == nil {
		return nil
	}
	return &GlobalType{_inner: inner, object: lentBy(owner)}
}

// GetValType gives the type of the value.
func (self *GlobalType) GetValType() ValType {
	defer self.base().enter().leave()
	return ValType(C.WasmEdge_GlobalTypeGetValType(self.c()))
}

// GetMutability says whether the global can be set.
func (self *GlobalType) GetMutability() ValMut {
	defer self.base().enter().leave()
	return ValMut(C.WasmEdge_GlobalTypeGetMutability(self.c()))
}

// Release ends a type that NewGlobalType made.
func (self *GlobalType) Release() { self.base().release() }
