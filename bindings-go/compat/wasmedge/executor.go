package wasmedge

// #include "shim.h"
import "C"
import "runtime"

// Executor instantiates modules and calls functions.
type Executor struct {
	_inner *C.WasmEdge_ExecutorContext
	_own   bool
	owner  interface{}
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
	defer runtime.KeepAlive(conf)
	self := &Executor{_inner: C.WasmEdge_ExecutorCreate(conf.c(), stat.c()), _own: true, owner: stat}
	runtime.SetFinalizer(self, (*Executor).Release)
	return self
}

// Instantiate makes an instance without a name. What it imports must be registered in the store.
func (self *Executor) Instantiate(store *Store, ast *AST) (*Module, error) {
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(store)
	defer runtime.KeepAlive(ast)
	var module *C.WasmEdge_ModuleInstanceContext
	done := outcome(C.go_executor_instantiate(self._inner, &module, store.c(), ast.c()))
	if err := done.err(); err != nil {
		return nil, err
	}
	return newModule(module), nil
}

// Register makes an instance and registers it in the store under a name.
func (self *Executor) Register(store *Store, ast *AST, modname string) (*Module, error) {
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(store)
	defer runtime.KeepAlive(ast)
	var module *C.WasmEdge_ModuleInstanceContext
	done := outcome(C.go_executor_register(self._inner, &module, store.c(), ast.c(), cString(modname)))
	runtime.KeepAlive(modname)
	if err := done.err(); err != nil {
		return nil, err
	}
	return newModule(module), nil
}

// RegisterImport registers an instance in the store under its own name.
func (self *Executor) RegisterImport(store *Store, module *Module) error {
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(store)
	defer runtime.KeepAlive(module)
	return toError(C.WasmEdge_ExecutorRegisterImport(self._inner, store.c(), module.c()))
}

// Invoke calls a function. The store is not looked at.
func (self *Executor) Invoke(store *Store, funcinst *Function, params ...interface{}) ([]interface{}, error) {
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(funcinst)
	return call(funcinst, params, func(values *C.WasmEdge_Value, count, room C.uint32_t) C.go_outcome {
		return C.go_executor_invoke(self._inner, funcinst.c(), values, count, room)
	})
}

// Release ends an executor that a New… function made.
func (self *Executor) Release() {
	if self._own {
		C.WasmEdge_ExecutorDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

// Store has named instances, from which others import.
type Store struct {
	_inner *C.WasmEdge_StoreContext
	_own   bool
	owner  interface{}
}

// NewStore makes an empty store.
func NewStore() *Store {
	self := &Store{_inner: C.WasmEdge_StoreCreate(), _own: true}
	runtime.SetFinalizer(self, (*Store).Release)
	return self
}

// FindModule gives the instance of a name, or nil; it belongs to the store.
func (self *Store) FindModule(name string) *Module {
	defer runtime.KeepAlive(self)
	defer runtime.KeepAlive(name)
	return lentModule(C.WasmEdge_StoreFindModule(self._inner, cString(name)), self)
}

// ListModule gives the names of the instances, sorted.
func (self *Store) ListModule() []string {
	defer runtime.KeepAlive(self)
	n := C.WasmEdge_StoreListModuleLength(self._inner)
	return goStrings(n, func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
		return C.WasmEdge_StoreListModule(self._inner, names, n)
	})
}

// Release ends a store that NewStore made.
func (self *Store) Release() {
	if self._own {
		C.WasmEdge_StoreDelete(self._inner)
	}
	runtime.SetFinalizer(self, nil)
	self._inner, self._own = nil, false
}

func (self *Store) c() *C.WasmEdge_StoreContext {
	if self == nil {
		return nil
	}
	return self._inner
}
