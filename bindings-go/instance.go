package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"runtime"
	"sync/atomic"
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
	// What the guest has of WASI, which tells what it was refused.
	surroundings *C.wasmspan_wasi_config
	// The address of an interrupt that no call uses, or 0.
	interrupt atomic.Uintptr
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
	C.wasmspan_wasi_config_delete(h.surroundings)
	C.ws_interrupt_delete(C.uintptr_t(h.interrupt.Swap(0)))
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
		err = ended.err(ctx)
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
