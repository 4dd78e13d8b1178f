package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// Instance is a module that runs. It makes one call at a time.
type Instance struct {
	*instanceHandle
	// Both are nil if it is lent to a host function, for the time of a call of the lender's.
	runtime  *Runtime
	executor *executor
	lent     bool
	lender   *Instance
	// What others import it by.
	name string
	// What was given to it, and what it imports from.
	holder holder
	// Streams and files of Go's that it uses; they ask for the context of a call.
	uses []any
}

// instanceHandle is what C has of an instance.
type instanceHandle struct {
	callHandle
	inner *C.WasmEdge_ModuleInstanceContext
	wasi  *C.WasmEdge_ModuleInstanceContext
	// How many bytes it is counted with.
	weight int64
	// Called when it has been freed.
	gone func()
}

func newInstance(r *Runtime, e *executor, gone func()) *Instance {
	h := &instanceHandle{gone: gone}
	h.wake = make(chan struct{}, 1)
	h.free = deleteInstance
	runtime.SetFinalizer(h, func(h *instanceHandle) { h.close() })
	return &Instance{instanceHandle: h, runtime: r, executor: e}
}

func deleteInstance(first *handle) {
	// It is the first field.
	h := (*instanceHandle)(unsafe.Pointer(first))
	C.WasmEdge_ModuleInstanceDelete(h.inner)
	C.WasmEdge_ModuleInstanceDelete(h.wasi)
	hold(-h.weight)
	if h.gone != nil {
		h.gone()
	}
}

// weigh counts what the instance holds now.
func (h *instanceHandle) weigh() {
	h.weight = instanceWeight
	names := make([]C.WasmEdge_String, C.WasmEdge_ModuleInstanceListMemoryLength(h.inner))
	if len(names) > 0 {
		C.WasmEdge_ModuleInstanceListMemory(h.inner, &names[0], C.uint32_t(len(names)))
	}
	for _, name := range names {
		memory := C.WasmEdge_ModuleInstanceFindMemory(h.inner, name)
		h.weight += pageSize * int64(C.WasmEdge_MemoryInstanceGetPageSize(memory))
	}
	hold(h.weight)
}

// Close ends the instance. A call that is running goes on, and the instance is freed after it.
func (i *Instance) Close() error {
	if !i.lent {
		i.close()
	}
	return nil
}

// Instantiate makes an instance. A context that ends stops its start function too.
func (m *Module) Instantiate(ctx context.Context, options ...InstanceOption) (*Instance, error) {
	if !m.acquire() {
		return nil, ErrClosed
	}
	defer m.release()
	r := m.runtime
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	i := newInstance(r, r.executor, nil)
	store, name := r.store, ""
	if len(options) > 0 {
		s := r.settings(options...)
		defer s.delete()
		if s.err != nil {
			return nil, s.err
		}
		i.executor, name = newExecutor(s), s.name
		if s.wasi != nil {
			own, err := i.surround(s.wasi)
			if err != nil {
				return nil, err
			}
			defer C.WasmEdge_StoreDelete(own)
			store = own
		}
	}
	i.linkWith(m)
	var ended outcome
	err := i.run(ctx, i.executor.time, func(under C.ws_under) {
		ended = outcome(C.ws_instantiate(i.executor.inner, &i.inner, store, m.inner, cString(name), under))
	})
	i.name = name
	if err == nil {
		err = i.exited(ended.err(ctx))
	}
	if err != nil {
		i.close()
		return nil, err
	}
	i.weigh()
	if name != "" {
		if store != r.store {
			// The store of its own surroundings goes; others import it from the runtime's.
			ended := outcome(C.ws_register(i.executor.inner, r.store, i.inner))
			if err := ended.err(ctx); err != nil {
				i.close()
				return nil, err
			}
		}
		r.mu.Lock()
		open := r.named[:0:0]
		for _, named := range r.named {
			if !named.isClosed() {
				open = append(open, named)
			}
		}
		r.named = append(open, i)
		r.mu.Unlock()
	}
	return i, nil
}

// Instantiate compiles a module in binary or text form and makes an instance of it.
func (r *Runtime) Instantiate(ctx context.Context, code []byte, options ...InstanceOption) (*Instance, error) {
	module, err := r.Compile(code)
	if err != nil {
		return nil, err
	}
	defer module.Close()
	return module.Instantiate(ctx, options...)
}

// surround makes a store with the runtime's modules and surroundings of the instance's own.
func (i *Instance) surround(wasi *WASI) (*C.WasmEdge_StoreContext, error) {
	made, uses, err := wasi.module()
	if err != nil {
		return nil, err
	}
	i.wasi, i.uses = made, uses
	store, err := i.runtime.storeWith(i.executor, made)
	return store, err
}

// storeWith makes a store with the runtime's modules and another one.
func (r *Runtime) storeWith(e *executor, another *C.WasmEdge_ModuleInstanceContext) (*C.WasmEdge_StoreContext, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	store := C.WasmEdge_StoreCreate()
	var modules []*C.WasmEdge_ModuleInstanceContext
	if another != nil {
		modules = append(modules, another)
	}
	for _, host := range r.hosts {
		modules = append(modules, host.inner)
	}
	for _, named := range r.named {
		if named.acquire() {
			defer named.release()
			modules = append(modules, named.inner)
		}
	}
	for _, module := range modules {
		ended := outcome(C.ws_register(e.inner, store, module))
		if err := ended.err(context.Background()); err != nil {
			C.WasmEdge_StoreDelete(store)
			return nil, err
		}
	}
	return store, nil
}

// linkWith lets the instance and those that its module imports from hold each other, as far as references can come
// from one to the other.
func (i *Instance) linkWith(m *Module) {
	r := i.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	carried := false
	for _, host := range r.hosts {
		carried = carried || host.carries
	}
	if len(r.named) == 0 && !carried {
		return
	}
	for _, imported := range m.imports() {
		for _, named := range r.named {
			if named.name == imported.Module {
				i.holder.hold(named)
				if imported.carries() {
					named.holder.hold(&i.holder)
				}
			}
		}
		if carried && imported.carries() {
			r.holder.hold(&i.holder)
		}
	}
}

// namedInstance finds an instance by what C has of it.
func (r *Runtime) namedInstance(inner *C.WasmEdge_ModuleInstanceContext) *Instance {
	if inner == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, named := range r.named {
		if named.inner == inner && !named.isClosed() {
			return named
		}
	}
	return nil
}

// function is an exported function with its type.
type function struct {
	instance *Instance
	inner    *C.WasmEdge_FunctionInstanceContext
	number   C.uintptr_t  // inner, for call4
	asked    *atomic.Bool // whether a host function asks for the context of a call; always, if it is nil
	params   []C.enum_WasmEdge_ValType
	results  []C.enum_WasmEdge_ValType
}

func (i *Instance) function(name string) (*function, error) {
	if !i.acquire() {
		return nil, ErrClosed
	}
	defer i.release()
	inner := C.WasmEdge_ModuleInstanceFindFunction(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil, &Error{CodeFuncNotFound, fmt.Sprintf("wasm function not found: %q", name)}
	}
	ftype := C.WasmEdge_FunctionInstanceGetFunctionType(inner)
	f := &function{instance: i, inner: inner, number: C.uintptr_t(uintptr(unsafe.Pointer(inner)))}
	if i.runtime != nil && len(i.uses) == 0 {
		f.asked = &i.runtime.contexts
	}
	if n := C.WasmEdge_FunctionTypeGetParametersLength(ftype); n > 0 {
		f.params = make([]C.enum_WasmEdge_ValType, n)
		C.WasmEdge_FunctionTypeGetParameters(ftype, &f.params[0], n)
	}
	if n := C.WasmEdge_FunctionTypeGetReturnsLength(ftype); n > 0 {
		f.results = make([]C.enum_WasmEdge_ValType, n)
		C.WasmEdge_FunctionTypeGetReturns(ftype, &f.results[0], n)
	}
	return f, nil
}

// FuncType gives the type of an exported function.
func (i *Instance) FuncType(name string) (*FuncType, error) {
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	return f.funcType(), nil
}

func (f *function) funcType() *FuncType {
	return &FuncType{valueTypes(f.params), valueTypes(f.results)}
}

// Call calls an exported function. What Go types go with a function's is said at ValueType.
func (i *Instance) Call(ctx context.Context, name string, args ...any) ([]any, error) {
	return i.CallWithin(ctx, Limits{}, name, args...)
}

// CallWithin is Call within limits of this call, of which Time, Cost, StackBytes and OutputBytes may be set; Cost only if
// it is measured. The context of host functions ends when the time is over.
func (i *Instance) CallWithin(ctx context.Context, limits Limits, name string, args ...any) ([]any, error) {
	f, err := i.function(name)
	if err != nil {
		return nil, err
	}
	params, err := toValues(args, f.params, i.holds())
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, err)
	}
	results, err := f.callValues(ctx, limits, params)
	runtime.KeepAlive(args)
	if err != nil {
		return nil, err
	}
	return goValues(results, i), nil
}

// holds is what holds values that the instance is given.
func (i *Instance) holds() *holder {
	if i.lent {
		if i.lender == nil {
			return nil
		}
		return &i.lender.holder
	}
	return &i.holder
}

// callValues calls a function within limits of the call.
func (f *function) callValues(ctx context.Context, limits Limits, params []value) ([]value, error) {
	i := f.instance
	results := make([]value, len(f.results))
	var within *C.wasmspan_limits
	if limits != (Limits{}) {
		c := limits.c()
		within = &c
	}
	var ended outcome
	err := i.call(ctx, limits.Time, func(under C.ws_under) {
		ended = outcome(C.ws_values(f.inner, firstValue(params), C.uint32_t(len(params)),
			firstValue(results), C.uint32_t(len(results)), within, under))
	})
	if err == nil {
		err = i.exited(ended.err(ctx))
	}
	return results, err
}

// exited puts the exit code into the error of a guest that exited.
func (i *Instance) exited(err error) error {
	if exit, ok := err.(*ExitError); ok && i.wasi != nil && i.acquire() {
		exit.code = int(C.WasmEdge_ModuleInstanceWASIGetExitCode(i.wasi))
		i.release()
	}
	return err
}

// asked says whether a host function, a stream or a file may ask for the context of its call.
func (i *Instance) asked() bool {
	return i.runtime == nil || i.runtime.contexts.Load() || len(i.uses) > 0
}

// address is what calls in C know the instance by.
func (i *Instance) address() C.uintptr_t { return C.uintptr_t(uintptr(unsafe.Pointer(i))) }

// enter waits for the instance and says whether leave must follow. A goroutine whose call of the instance is running,
// which is in a host function then, needn't wait.
func (i *Instance) enter(ctx context.Context) (entered bool, err error) {
	if i.lent {
		if !bool(C.ws_inside(i.lender.address())) {
			return false, ErrBusy
		}
		if i.isClosed() {
			return false, ErrClosed
		}
		return false, nil
	}
	if i.try() {
		return true, nil
	}
	if i.isClosed() {
		return false, ErrClosed
	}
	if bool(C.ws_inside(i.address())) {
		return false, nil
	}
	if i.lockedBy(ctx) {
		return false, ErrBusy
	}
	if err := i.wait(ctx.Done()); err != errWaited {
		return err == nil, err
	}
	return false, context.Cause(ctx)
}

// call enters the instance and runs f under the context and within the time.
func (i *Instance) call(ctx context.Context, within time.Duration, f func(C.ws_under)) error {
	entered, err := i.enter(ctx)
	if err != nil {
		return err
	}
	if entered {
		defer i.leave()
	}
	if i.executor != nil && i.executor.time > 0 && (within == 0 || i.executor.time < within) {
		within = i.executor.time
	}
	return i.run(ctx, within, f)
}

// run runs f under the context.
func (i *Instance) run(ctx context.Context, within time.Duration, f func(C.ws_under)) error {
	interrupt, requested, done, err := guard(ctx)
	if err != nil {
		return err
	}
	defer done()
	owner := i
	if i.lent {
		owner = i.lender
	}
	under := C.ws_under{interrupt: interrupt, owner: owner.address()}
	if i.asked() {
		number, end := callUnder(ctx, within, owner, requested)
		defer end()
		under.context = C.uintptr_t(number)
	}
	f(under)
	runtime.KeepAlive(i)
	return nil
}

// Exports lists what the instance exports: functions, tables, memories and globals, each kind in alphabetical order.
func (i *Instance) Exports() []Export {
	if !i.acquire() {
		return nil
	}
	defer i.release()
	var exports []Export
	list := func(kind Kind, count C.uint32_t, list func(*C.WasmEdge_String, C.uint32_t) C.uint32_t) {
		names := make([]C.WasmEdge_String, count)
		if count > 0 {
			names = names[:min(int(list(&names[0], count)), len(names))]
		}
		for _, name := range names {
			export := Export{Name: goString(name), Kind: kind}
			if kind == KindFunc {
				function := C.WasmEdge_ModuleInstanceFindFunction(i.inner, name)
				export.Func = funcTypeOf(C.WasmEdge_FunctionInstanceGetFunctionType(function))
			}
			exports = append(exports, export)
		}
	}
	list(KindFunc, C.WasmEdge_ModuleInstanceListFunctionLength(i.inner), func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
		return C.WasmEdge_ModuleInstanceListFunction(i.inner, names, n)
	})
	list(KindTable, C.WasmEdge_ModuleInstanceListTableLength(i.inner), func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
		return C.WasmEdge_ModuleInstanceListTable(i.inner, names, n)
	})
	list(KindMemory, C.WasmEdge_ModuleInstanceListMemoryLength(i.inner), func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
		return C.WasmEdge_ModuleInstanceListMemory(i.inner, names, n)
	})
	list(KindGlobal, C.WasmEdge_ModuleInstanceListGlobalLength(i.inner), func(names *C.WasmEdge_String, n C.uint32_t) C.uint32_t {
		return C.WasmEdge_ModuleInstanceListGlobal(i.inner, names, n)
	})
	return exports
}
