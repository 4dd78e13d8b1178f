package wasmedge

// #include "shim.h"
import "C"

// object is what every type has beside its handle in C.
type object struct {
	// Counts who uses it: its own, or that of what it belongs to; nil if it belongs to the call of a host function.
	handle *handle
	own    bool
	owner  interface{}
	// Holds what a guest may reach through it.
	holder *holder
}

type based interface{ base() *object }

// owned is the object of what the program releases.
func owned(end func()) object { return object{handle: newHandle(end), own: true, holder: &holder{}} }

// lentBy is the object of what belongs to another one.
func lentBy(owner interface{}) object {
	if owner, ok := owner.(based); ok {
		if base := owner.base(); base != nil {
			return object{handle: base.handle, owner: owner, holder: base.holder}
		}
	}
	return object{}
}

// handOver lets it belong to a module, to which C's has been handed over.
func (o *object) handOver(module *Module) {
	module.holder.hold(o.holder)
	*o = lentBy(module)
}

// enter keeps C's object from being deleted, until leave of what it gives.
func (o *object) enter() *handle {
	if o == nil || o.handle == nil || !o.handle.acquire() {
		return nil
	}
	return o.handle
}

func (o *object) isReleased() bool { return o == nil || o.handle != nil && o.handle.isClosed() }

func (o *object) release() {
	if o != nil && o.own {
		o.handle.close()
	}
}

// For each type: its object, and what C has of it, which is NULL for nil and after Release.

func (self *AST) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *AST) c() *C.WasmEdge_ASTModuleContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Async) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Async) c() *C.WasmEdge_Async {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Compiler) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Compiler) c() *C.WasmEdge_CompilerContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Configure) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Configure) c() *C.WasmEdge_ConfigureContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Executor) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Executor) c() *C.WasmEdge_ExecutorContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Function) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Function) c() *C.WasmEdge_FunctionInstanceContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *FunctionType) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *FunctionType) c() *C.WasmEdge_FunctionTypeContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Global) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Global) c() *C.WasmEdge_GlobalInstanceContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *GlobalType) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *GlobalType) c() *C.WasmEdge_GlobalTypeContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Loader) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Loader) c() *C.WasmEdge_LoaderContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Memory) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Memory) c() *C.WasmEdge_MemoryInstanceContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *MemoryType) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *MemoryType) c() *C.WasmEdge_MemoryTypeContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Module) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Module) c() *C.WasmEdge_ModuleInstanceContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Statistics) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Statistics) c() *C.WasmEdge_StatisticsContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Store) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Store) c() *C.WasmEdge_StoreContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Table) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Table) c() *C.WasmEdge_TableInstanceContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *TableType) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *TableType) c() *C.WasmEdge_TableTypeContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *VM) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *VM) c() *C.WasmEdge_VMContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *Validator) base() *object {
	if self == nil {
		return nil
	}
	return &self.object
}

func (self *Validator) c() *C.WasmEdge_ValidatorContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *ImportType) base() *object {
	if self == nil {
		return nil
	}
	return self.ast.base()
}

func (self *ImportType) c() *C.WasmEdge_ImportTypeContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}

func (self *ExportType) base() *object {
	if self == nil {
		return nil
	}
	return self.ast.base()
}

func (self *ExportType) c() *C.WasmEdge_ExportTypeContext {
	if self.base().isReleased() {
		return nil
	}
	return self._inner
}
