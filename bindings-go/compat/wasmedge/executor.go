package wasmedge

// #include "shim.h"
import "C"
import "runtime"

// Executor instantiates modules and calls functions.
type Executor struct {
	_inner *C.WasmEdge_ExecutorContext
	object
}

// NewExecutor makes an executor with default settings and without statistics.
func NewExecutor() *Executor { return NewExecutorWithConfigAndStatistics(nil, nil) }

// NewExecutorWithConfig makes an executor without statistics.
func NewExecutorWithConfig(conf *Configure) *Executor {
	return NewExecutorWithConfigAndStatistics(conf, nil)
}

// NewExecutorWithStatistics makes an executor with default settings.
func NewExecutorWithStatistics(stat *Statistics) *Executor {
	return NewExecutorWithConfigAndStatistics(nil, stat)
}

// NewExecutorWithConfigAndStatistics makes an executor. Statistics must not be released before
// their values were read.
func NewExecutorWithConfigAndStatistics(conf *Configure, stat *Statistics) *Executor {
	defer conf.base().enter().leave()
	inner := C.WasmEdge_ExecutorCreate(conf.c(), stat.c())
	self := &Executor{_inner: inner, object: owned(func() { C.WasmEdge_ExecutorDelete(inner) })}
	self.owner = stat
	return self
}

// Instantiate makes an instance without a name. What it imports must be registered in the store.
func (self *Executor) Instantiate(store *Store, ast *AST) (*Module, error) {
	defer self.base().enter().leave()
	defer store.base().enter().leave()
	defer ast.base().enter().leave()
	var module *C.WasmEdge_ModuleInstanceContext
	done := outcome(C.go_executor_instantiate(self.c(), &module, store.c(), ast.c()))
	if err := done.err(); err != nil {
		return nil, err
	}
	return self.linked(newModule(module), store, ast), nil
}

// linked lets an instance hold what it imports from, and the other way round as far as references can come there.
func (self *Executor) linked(module *Module, store *Store, ast *AST) *Module {
	if module == nil || store == nil {
		return module
	}
	module.holder.hold(store.holder)
	if ast.carries() {
		store.holder.hold(module.holder)
	}
	return module
}

// Register makes an instance and registers it in the store under a name.
func (self *Executor) Register(store *Store, ast *AST, modname string) (*Module, error) {
	defer self.base().enter().leave()
	defer store.base().enter().leave()
	defer ast.base().enter().leave()
	var module *C.WasmEdge_ModuleInstanceContext
	done := outcome(C.go_executor_register(self.c(), &module, store.c(), ast.c(), cString(modname)))
	runtime.KeepAlive(modname)
	if err := done.err(); err != nil {
		return nil, err
	}
	if module != nil && store != nil {
		made := newModule(module)
		link(made.holder, store.holder)
		return made, nil
	}
	return newModule(module), nil
}

// RegisterImport registers an instance in the store under its own name.
func (self *Executor) RegisterImport(store *Store, module *Module) error {
	defer self.base().enter().leave()
	defer store.base().enter().leave()
	defer module.base().enter().leave()
	err := toError(C.WasmEdge_ExecutorRegisterImport(self.c(), store.c(), module.c()))
	if err == nil {
		store.holder.hold(module.holder)
	}
	return err
}

// Invoke calls a function. The store is not looked at.
func (self *Executor) Invoke(store *Store, funcinst *Function, params ...interface{}) ([]interface{}, error) {
	defer self.base().enter().leave()
	defer funcinst.base().enter().leave()
	return call(funcinst, params, func(values *C.WasmEdge_Value, count, room C.uint32_t) C.go_outcome {
		return C.go_executor_invoke(self.c(), funcinst.c(), values, count, room)
	})
}

// Release ends an executor that a New… function made.
func (self *Executor) Release() { self.base().release() }

// Store has named instances, from which others import.
type Store struct {
	_inner *C.WasmEdge_StoreContext
	object
}

// NewStore makes an empty store.
func NewStore() *Store {
	inner := C.WasmEdge_StoreCreate()
	self := &Store{_inner: inner, object: owned(func() { C.WasmEdge_StoreDelete(inner) })}
	return self
}

// FindModule gives the instance of a name, or nil; it belongs to the store.
func (self *Store) FindModule(name string) *Module {
	defer self.base().enter().leave()
	defer runtime.KeepAlive(name)
	return lentModule(C.WasmEdge_StoreFindModule(self.c(), cString(name)), self)
}

// ListModule gives the names of the instances, sorted.
func (self *Store) ListModule() []string {
	defer self.base().enter().leave()
	n := C.WasmEdge_StoreListModuleLength(self.c())
	return goStrings(n, func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
		return C.WasmEdge_StoreListModule(self.c(), names, n)
	})
}

// Release ends a store that NewStore made.
func (self *Store) Release() { self.base().release() }
