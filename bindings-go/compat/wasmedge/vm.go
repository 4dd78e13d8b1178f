package wasmedge

// #include "shim.h"
import "C"
import (
	"runtime"
	"unsafe"
)

// VM loads, validates and instantiates one module after another and calls their functions.
type VM struct {
	_inner *C.WasmEdge_VMContext
	object
	store *Store
}

// NewVM makes a VM with default settings and a store of its own.
func NewVM() *VM { return NewVMWithConfigAndStore(nil, nil) }

// NewVMWithConfig makes a VM with a store of its own.
func NewVMWithConfig(conf *Configure) *VM { return NewVMWithConfigAndStore(conf, nil) }

// NewVMWithStore makes a VM with default settings. The store must not be released before the VM.
func NewVMWithStore(store *Store) *VM { return NewVMWithConfigAndStore(nil, store) }

// NewVMWithConfigAndStore makes a VM. The store must not be released before the VM.
func NewVMWithConfigAndStore(conf *Configure, store *Store) *VM {
	defer conf.base().enter().leave()
	inner := C.WasmEdge_VMCreate(conf.c(), store.c())
	if inner == nil {
		return nil
	}
	self := &VM{_inner: inner, object: owned(func() { C.WasmEdge_VMDelete(inner) }), store: store}
	if store != nil {
		link(self.holder, store.holder)
	}
	return self
}

// RegisterWasmFile instantiates a module from a file under a name.
func (self *VM) RegisterWasmFile(modname string, path string) error {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(modname)
	file := cPath(path)
	defer C.free(unsafe.Pointer(file))
	done := outcome(C.go_vm_register_file(self.c(), cString(modname), file))
	return done.err()
}

// RegisterWasmBuffer instantiates a module from memory under a name.
func (self *VM) RegisterWasmBuffer(modname string, buf []byte) error {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(modname)
	done := outcome(C.go_vm_register_buffer(self.c(), cString(modname), bytesPointer(buf), C.uint32_t(len(buf))))
	return done.err()
}

// RegisterAST instantiates a loaded module under a name.
func (self *VM) RegisterAST(modname string, ast *AST) error {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(modname)
	defer ast.base().enter().leave()
	done := outcome(C.go_vm_register_ast(self.c(), cString(modname), ast.c()))
	return done.err()
}

// RegisterModule registers an instance under its own name.
func (self *VM) RegisterModule(module *Module) error {
	defer self.base().enter().leave()
	defer module.base().enter().leave()
	err := toError(C.WasmEdge_VMRegisterModuleFromImport(self.c(), module.c()))
	if err == nil {
		self.holder.hold(module.holder)
	}
	return err
}

// RegisterImport is RegisterModule, under the name that earlier releases and some samples use.
func (self *VM) RegisterImport(module *Module) error { return self.RegisterModule(module) }

// RunWasmFile loads, validates and instantiates a module from a file and calls a function.
func (self *VM) RunWasmFile(path string, funcname string, params ...interface{}) ([]interface{}, error) {
	if err := self.LoadWasmFile(path); err != nil {
		return nil, err
	}
	return self.run(funcname, params)
}

// RunWasmBuffer loads, validates and instantiates a module from memory and calls a function.
func (self *VM) RunWasmBuffer(buf []byte, funcname string, params ...interface{}) ([]interface{}, error) {
	if err := self.LoadWasmBuffer(buf); err != nil {
		return nil, err
	}
	return self.run(funcname, params)
}

// RunWasmAST validates and instantiates a loaded module and calls a function.
func (self *VM) RunWasmAST(ast *AST, funcname string, params ...interface{}) ([]interface{}, error) {
	if err := self.LoadWasmAST(ast); err != nil {
		return nil, err
	}
	return self.run(funcname, params)
}

func (self *VM) run(funcname string, params []interface{}) ([]interface{}, error) {
	if err := self.Validate(); err != nil {
		return nil, err
	}
	if err := self.Instantiate(); err != nil {
		return nil, err
	}
	return self.Execute(funcname, params...)
}

// AsyncRunWasmFile is RunWasmFile on another thread.
func (self *VM) AsyncRunWasmFile(path string, funcname string, params ...interface{}) *Async {
	defer runtime.KeepAlive(funcname)
	file := cPath(path)
	defer C.free(unsafe.Pointer(file))
	return self.async(params, func(values *C.WasmEdge_Value, n C.uint32_t) *C.WasmEdge_Async {
		return C.WasmEdge_VMAsyncRunWasmFromFile(self.c(), file, cString(funcname), values, n)
	})
}

// AsyncRunWasmBuffer is RunWasmBuffer on another thread.
func (self *VM) AsyncRunWasmBuffer(buf []byte, funcname string, params ...interface{}) *Async {
	defer runtime.KeepAlive(funcname)
	return self.async(params, func(values *C.WasmEdge_Value, n C.uint32_t) *C.WasmEdge_Async {
		return C.WasmEdge_VMAsyncRunWasmFromBuffer(self.c(), bytesPointer(buf), C.uint32_t(len(buf)),
			cString(funcname), values, n)
	})
}

// AsyncRunWasmAST is RunWasmAST on another thread.
func (self *VM) AsyncRunWasmAST(ast *AST, funcname string, params ...interface{}) *Async {
	defer runtime.KeepAlive(funcname)
	defer ast.base().enter().leave()
	return self.async(params, func(values *C.WasmEdge_Value, n C.uint32_t) *C.WasmEdge_Async {
		return C.WasmEdge_VMAsyncRunWasmFromASTModule(self.c(), ast.c(), cString(funcname), values, n)
	})
}

// LoadWasmFile loads a module from a file.
func (self *VM) LoadWasmFile(path string) error {
	defer self.base().enter().leave()
	file := cPath(path)
	defer C.free(unsafe.Pointer(file))
	return toError(C.WasmEdge_VMLoadWasmFromFile(self.c(), file))
}

// LoadWasmBuffer loads a module from memory.
func (self *VM) LoadWasmBuffer(buf []byte) error {
	defer self.base().enter().leave()
	return toError(C.WasmEdge_VMLoadWasmFromBuffer(self.c(), bytesPointer(buf), C.uint32_t(len(buf))))
}

// LoadWasmAST takes a loaded module.
func (self *VM) LoadWasmAST(ast *AST) error {
	defer self.base().enter().leave()
	defer ast.base().enter().leave()
	return toError(C.WasmEdge_VMLoadWasmFromASTModule(self.c(), ast.c()))
}

// Validate checks the loaded module.
func (self *VM) Validate() error {
	defer self.base().enter().leave()
	return toError(C.WasmEdge_VMValidate(self.c()))
}

// Instantiate makes the active instance from the validated module; the one before ends.
func (self *VM) Instantiate() error {
	defer self.base().enter().leave()
	done := outcome(C.go_vm_instantiate(self.c()))
	return done.err()
}

// Execute calls a function of the active instance.
//
// Parameters: int32 and uint32 are i32, int64 and uint64 are i64, int and uint are i64 (i32 where they have 32
// bits), float32, float64, V128, FuncRef, ExternRef; anything else panics. Results are int32,
// int64, float32, float64, V128, FuncRef or ExternRef.
func (self *VM) Execute(funcname string, params ...interface{}) ([]interface{}, error) {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(funcname)
	return call(self, params, func(values *C.WasmEdge_Value, n, room C.uint32_t) C.go_outcome {
		return C.go_vm_execute(self.c(), cString(funcname), values, n, room)
	})
}

// AsyncExecute is Execute on another thread.
func (self *VM) AsyncExecute(funcname string, params ...interface{}) *Async {
	defer runtime.KeepAlive(funcname)
	return self.async(params, func(values *C.WasmEdge_Value, n C.uint32_t) *C.WasmEdge_Async {
		return C.WasmEdge_VMAsyncExecute(self.c(), cString(funcname), values, n)
	})
}

// ExecuteRegistered calls a function of a registered instance, in every state of the VM.
func (self *VM) ExecuteRegistered(modname string, funcname string, params ...interface{}) ([]interface{}, error) {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(modname)
	defer runtime.KeepAlive(funcname)
	return call(self, params, func(values *C.WasmEdge_Value, n, room C.uint32_t) C.go_outcome {
		return C.go_vm_execute_registered(self.c(), cString(modname), cString(funcname), values, n, room)
	})
}

// AsyncExecuteRegistered is ExecuteRegistered on another thread.
func (self *VM) AsyncExecuteRegistered(modname string, funcname string, params ...interface{}) *Async {
	defer runtime.KeepAlive(modname)
	defer runtime.KeepAlive(funcname)
	return self.async(params, func(values *C.WasmEdge_Value, n C.uint32_t) *C.WasmEdge_Async {
		return C.WasmEdge_VMAsyncExecuteRegistered(self.c(), cString(modname), cString(funcname), values, n)
	})
}

// GetFunctionType gives the type of a function of the active instance, or nil; it belongs to the VM.
func (self *VM) GetFunctionType(funcname string) *FunctionType {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(funcname)
	return lentFunctionType(C.WasmEdge_VMGetFunctionType(self.c(), cString(funcname)), self)
}

// GetFunctionTypeRegistered gives the type of a function of a registered instance, or nil; it belongs to the VM.
func (self *VM) GetFunctionTypeRegistered(modname string, funcname string) *FunctionType {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(modname)
	defer runtime.KeepAlive(funcname)
	return lentFunctionType(
		C.WasmEdge_VMGetFunctionTypeRegistered(self.c(), cString(modname), cString(funcname)), self)
}

// Cleanup puts the VM back into the state it was made in.
func (self *VM) Cleanup() {
	defer self.base().enter().leave()
	C.WasmEdge_VMCleanup(self.c())
}

// GetFunctionList gives names and types of the active instance's functions; the types belong to the VM.
func (self *VM) GetFunctionList() ([]string, []*FunctionType) {
	defer self.base().enter().leave()
	n := C.WasmEdge_VMGetFunctionListLength(self.c())
	if n == 0 {
		return nil, nil
	}
	types := make([]*C.WasmEdge_FunctionTypeContext, int(n))
	names := goStrings(n, func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
		return C.WasmEdge_VMGetFunctionList(self.c(), names, &types[0], n)
	})
	list := make([]*FunctionType, len(names))
	for i := range list {
		list[i] = lentFunctionType(types[i], self)
	}
	return names, list
}

// GetImportModule gives a host module that the VM registered when it was made; nil if it was not told to.
func (self *VM) GetImportModule(host HostRegistration) *Module {
	defer self.base().enter().leave()
	return lentModule(C.WasmEdge_VMGetImportModuleContext(self.c(), C.enum_WasmEdge_HostRegistration(host)), self)
}

// GetImportObject is GetImportModule, under its earlier name.
func (self *VM) GetImportObject(host HostRegistration) *ImportObject {
	return self.GetImportModule(host)
}

// GetActiveModule gives the active instance, or nil; it belongs to the VM.
func (self *VM) GetActiveModule() *Module {
	defer self.base().enter().leave()
	return lentModule(C.WasmEdge_VMGetActiveModule(self.c()), self)
}

// GetStore gives the store: the one given to the VM or its own.
func (self *VM) GetStore() *Store {
	defer self.base().enter().leave()
	inner := C.WasmEdge_VMGetStoreContext(self.c())
	if inner == nil {
		return nil
	}
	return &Store{_inner: inner, object: lentBy(self)}
}

// GetLoader gives the VM's loader.
func (self *VM) GetLoader() *Loader {
	defer self.base().enter().leave()
	inner := C.WasmEdge_VMGetLoaderContext(self.c())
	if inner == nil {
		return nil
	}
	return &Loader{_inner: inner, object: lentBy(self)}
}

// GetValidator gives the VM's validator.
func (self *VM) GetValidator() *Validator {
	defer self.base().enter().leave()
	inner := C.WasmEdge_VMGetValidatorContext(self.c())
	if inner == nil {
		return nil
	}
	return &Validator{_inner: inner, object: lentBy(self)}
}

// GetExecutor gives the VM's executor.
func (self *VM) GetExecutor() *Executor {
	defer self.base().enter().leave()
	inner := C.WasmEdge_VMGetExecutorContext(self.c())
	if inner == nil {
		return nil
	}
	return &Executor{_inner: inner, object: lentBy(self)}
}

// GetStatistics gives the VM's statistics.
func (self *VM) GetStatistics() *Statistics {
	defer self.base().enter().leave()
	inner := C.WasmEdge_VMGetStatisticsContext(self.c())
	if inner == nil {
		return nil
	}
	return &Statistics{_inner: inner, object: lentBy(self)}
}

// Release ends the VM. Asynchronous calls keep what they need.
func (self *VM) Release() { self.base().release() }
