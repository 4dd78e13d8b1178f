package wasmedge

// #include "shim.h"
import "C"
import "runtime"

// Module is an instance of a module, or a host module made of functions, tables, memories and globals.
type Module struct {
	_inner *C.WasmEdge_ModuleInstanceContext
	object
}

func newModule(inner *C.WasmEdge_ModuleInstanceContext) *Module {
	if inner == nil {
		return nil
	}
	self := &Module{_inner: inner, object: owned(func() { C.WasmEdge_ModuleInstanceDelete(inner) })}
	return self
}

func lentModule(inner *C.WasmEdge_ModuleInstanceContext, owner interface{}) *Module {
	if inner == nil {
		return nil
	}
	return &Module{_inner: inner, object: lentBy(owner)}
}

// NewModule makes an empty host module.
func NewModule(modname string) *Module {
	defer runtime.KeepAlive(modname)
	return newModule(C.WasmEdge_ModuleInstanceCreate(cString(modname)))
}

// NewImportObject is NewModule, under the name that earlier releases and some samples use.
func NewImportObject(modname string) *Module { return NewModule(modname) }

// ImportObject is Module, under its earlier name.
type ImportObject = Module

// NewWasiModule makes the host module of WASI with arguments (the program's name first), environment
// variables and directories as "guest:host".
func NewWasiModule(args []string, envs []string, preopens []string) *Module {
	a, e, p := cStrings(args), cStrings(envs), cStrings(preopens)
	defer a.free()
	defer e.free()
	defer p.free()
	af, an := a.args()
	ef, en := e.args()
	pf, pn := p.args()
	return newModule(C.WasmEdge_ModuleInstanceCreateWASI(af, an, ef, en, pf, pn))
}

// NewWasmEdgeProcessModule makes the host module wasmedge_process, which runs commands; nil if it is not built in.
func NewWasmEdgeProcessModule(allowedcmds []string, allowall bool) *Module {
	cmds := cStrings(allowedcmds)
	defer cmds.free()
	first, n := cmds.args()
	return newModule(C.WasmEdge_ModuleInstanceCreateWasmEdgeProcess(first, n, C.bool(allowall)))
}

// NewWasiNNModule makes the host module of WASI-NN; nil if it is not built in.
func NewWasiNNModule() *Module { return newModule(C.WasmEdge_ModuleInstanceCreateWasiNN()) }

// NewWasiCryptoCommonModule makes a host module of WASI-Crypto; nil if it is not built in.
func NewWasiCryptoCommonModule() *Module {
	return newModule(C.WasmEdge_ModuleInstanceCreateWasiCryptoCommon())
}

// NewWasiCryptoAsymmetricCommonModule makes a host module of WASI-Crypto; nil if it is not built in.
func NewWasiCryptoAsymmetricCommonModule() *Module {
	return newModule(C.WasmEdge_ModuleInstanceCreateWasiCryptoAsymmetricCommon())
}

// NewWasiCryptoKxModule makes a host module of WASI-Crypto; nil if it is not built in.
func NewWasiCryptoKxModule() *Module {
	return newModule(C.WasmEdge_ModuleInstanceCreateWasiCryptoKx())
}

// NewWasiCryptoSignaturesModule makes a host module of WASI-Crypto; nil if it is not built in.
func NewWasiCryptoSignaturesModule() *Module {
	return newModule(C.WasmEdge_ModuleInstanceCreateWasiCryptoSignatures())
}

// NewWasiCryptoSymmetricModule makes a host module of WASI-Crypto; nil if it is not built in.
func NewWasiCryptoSymmetricModule() *Module {
	return newModule(C.WasmEdge_ModuleInstanceCreateWasiCryptoSymmetric())
}

// InitWasi sets up a module of WASI anew, as NewWasiModule does.
func (self *Module) InitWasi(args []string, envs []string, preopens []string) {
	defer self.base().enter().leave()
	a, e, p := cStrings(args), cStrings(envs), cStrings(preopens)
	defer a.free()
	defer e.free()
	defer p.free()
	af, an := a.args()
	ef, en := e.args()
	pf, pn := p.args()
	C.WasmEdge_ModuleInstanceInitWASI(self.c(), af, an, ef, en, pf, pn)
}

// InitWasmEdgeProcess sets the commands that wasmedge_process may run.
func (self *Module) InitWasmEdgeProcess(allowedcmds []string, allowall bool) {
	cmds := cStrings(allowedcmds)
	defer cmds.free()
	first, n := cmds.args()
	C.WasmEdge_ModuleInstanceInitWasmEdgeProcess(first, n, C.bool(allowall))
}

// WasiGetExitCode gives the exit code of the last program that ran with this module of WASI; 0 if it ended well.
func (self *Module) WasiGetExitCode() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_ModuleInstanceWASIGetExitCode(self.c()))
}

// AddFunction puts a function into a host module, which takes it over.
func (self *Module) AddFunction(name string, inst *Function) {
	defer self.base().enter().leave()
	defer inst.base().enter().leave()
	C.WasmEdge_ModuleInstanceAddFunction(self.c(), cString(name), inst.c())
	runtime.KeepAlive(name)
	if inst != nil && self.c() != nil {
		inst.base().handOver(self)
	}
}

// AddTable puts a table into a host module, which takes it over.
func (self *Module) AddTable(name string, inst *Table) {
	defer self.base().enter().leave()
	defer inst.base().enter().leave()
	C.WasmEdge_ModuleInstanceAddTable(self.c(), cString(name), inst.c())
	runtime.KeepAlive(name)
	if inst != nil && self.c() != nil {
		inst.base().handOver(self)
	}
}

// AddMemory puts a memory into a host module, which takes it over.
func (self *Module) AddMemory(name string, inst *Memory) {
	defer self.base().enter().leave()
	defer inst.base().enter().leave()
	C.WasmEdge_ModuleInstanceAddMemory(self.c(), cString(name), inst.c())
	runtime.KeepAlive(name)
	if inst != nil && self.c() != nil {
		inst.base().handOver(self)
	}
}

// AddGlobal puts a global into a host module, which takes it over.
func (self *Module) AddGlobal(name string, inst *Global) {
	defer self.base().enter().leave()
	defer inst.base().enter().leave()
	C.WasmEdge_ModuleInstanceAddGlobal(self.c(), cString(name), inst.c())
	runtime.KeepAlive(name)
	if inst != nil && self.c() != nil {
		inst.base().handOver(self)
	}
}

// FindFunction gives an exported function, or nil; it belongs to the module.
func (self *Module) FindFunction(name string) *Function {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(name)
	return lentFunction(C.WasmEdge_ModuleInstanceFindFunction(self.c(), cString(name)), self)
}

// FindTable gives an exported table, or nil; it belongs to the module.
func (self *Module) FindTable(name string) *Table {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(name)
	inner := C.WasmEdge_ModuleInstanceFindTable(self.c(), cString(name))
	if inner == nil {
		return nil
	}
	return &Table{_inner: inner, object: lentBy(self)}
}

// FindMemory gives an exported memory, or nil; it belongs to the module.
func (self *Module) FindMemory(name string) *Memory {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(name)
	return lentMemory(C.WasmEdge_ModuleInstanceFindMemory(self.c(), cString(name)), self)
}

// FindGlobal gives an exported global, or nil; it belongs to the module.
func (self *Module) FindGlobal(name string) *Global {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(name)
	inner := C.WasmEdge_ModuleInstanceFindGlobal(self.c(), cString(name))
	if inner == nil {
		return nil
	}
	return &Global{_inner: inner, object: lentBy(self)}
}

// ListFunction gives the names of the exported functions, sorted.
func (self *Module) ListFunction() []string {
	defer self.base().enter().leave()
	return goStrings(C.WasmEdge_ModuleInstanceListFunctionLength(self.c()),
		func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
			return C.WasmEdge_ModuleInstanceListFunction(self.c(), names, n)
		})
}

// ListTable gives the names of the exported tables, sorted.
func (self *Module) ListTable() []string {
	defer self.base().enter().leave()
	return goStrings(C.WasmEdge_ModuleInstanceListTableLength(self.c()),
		func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
			return C.WasmEdge_ModuleInstanceListTable(self.c(), names, n)
		})
}

// ListMemory gives the names of the exported memories, sorted.
func (self *Module) ListMemory() []string {
	defer self.base().enter().leave()
	return goStrings(C.WasmEdge_ModuleInstanceListMemoryLength(self.c()),
		func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
			return C.WasmEdge_ModuleInstanceListMemory(self.c(), names, n)
		})
}

// ListGlobal gives the names of the exported globals, sorted.
func (self *Module) ListGlobal() []string {
	defer self.base().enter().leave()
	return goStrings(C.WasmEdge_ModuleInstanceListGlobalLength(self.c()),
		func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
			return C.WasmEdge_ModuleInstanceListGlobal(self.c(), names, n)
		})
}

// Release ends an instance that the program owns. Those that import from it keep what they need.
func (self *Module) Release() { self.base().release() }
