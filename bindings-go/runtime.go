package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Runtime has settings and the host modules that its modules import from.
type Runtime struct {
	mu        sync.Mutex
	config    *C.WasmEdge_ConfigureContext
	loader    *C.WasmEdge_LoaderContext
	validator *C.WasmEdge_ValidatorContext
	executor  *C.WasmEdge_ExecutorContext
	store     *C.WasmEdge_StoreContext
	hosts     []*C.WasmEdge_ModuleInstanceContext
	// Whether a host function asks for the context of its call.
	contexts atomic.Bool
}

// Option is a setting of a Runtime.
type Option func(*C.WasmEdge_ConfigureContext)

// WithMaxMemoryPages sets how many pages of 64 KiB a memory may have; 65536 by default.
func WithMaxMemoryPages(pages uint32) Option {
	return func(c *C.WasmEdge_ConfigureContext) { C.WasmEdge_ConfigureSetMaxMemoryPage(c, C.uint32_t(pages)) }
}

// New makes a runtime.
func New(options ...Option) (*Runtime, error) {
	r := &Runtime{config: C.WasmEdge_ConfigureCreate()}
	for _, proposal := range []C.enum_WasmEdge_Proposal{
		C.WasmEdge_Proposal_TailCall, C.WasmEdge_Proposal_MultiMemories,
		C.WasmEdge_Proposal_ExtendedConst, C.WasmEdge_Proposal_Threads,
	} {
		C.WasmEdge_ConfigureAddProposal(r.config, proposal)
	}
	for _, option := range options {
		option(r.config)
	}
	r.loader = C.WasmEdge_LoaderCreate(r.config)
	r.validator = C.WasmEdge_ValidatorCreate(r.config)
	r.executor = C.WasmEdge_ExecutorCreate(r.config, nil)
	r.store = C.WasmEdge_StoreCreate()
	runtime.SetFinalizer(r, (*Runtime).Close)
	return r, nil
}

// Close ends the runtime. Its modules and instances live on until they are closed themselves.
func (r *Runtime) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	runtime.SetFinalizer(r, nil)
	for _, host := range r.hosts {
		C.WasmEdge_ModuleInstanceDelete(host)
	}
	C.WasmEdge_StoreDelete(r.store)
	C.WasmEdge_ExecutorDelete(r.executor)
	C.WasmEdge_ValidatorDelete(r.validator)
	C.WasmEdge_LoaderDelete(r.loader)
	C.WasmEdge_ConfigureDelete(r.config)
	r.hosts, r.store, r.executor, r.validator, r.loader, r.config = nil, nil, nil, nil, nil, nil
	return nil
}

// Module is a validated module; its code is compiled when it is first instantiated.
type Module struct {
	runtime *Runtime
	inner   *C.WasmEdge_ASTModuleContext
}

// Compile loads and validates a module in binary or text form.
func (r *Runtime) Compile(code []byte) (*Module, error) {
	defer runtime.KeepAlive(r)
	if r.loader == nil {
		return nil, ErrClosed
	}
	var first *C.uint8_t
	if len(code) > 0 {
		first = (*C.uint8_t)(unsafe.Pointer(&code[0]))
	}
	var inner *C.WasmEdge_ASTModuleContext
	done := outcome(C.ws_load(r.loader, r.validator, &inner, first, C.uint32_t(len(code))))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	m := &Module{r, inner}
	runtime.SetFinalizer(m, (*Module).Close)
	return m, nil
}

// CompileFile is Compile for a file.
func (r *Runtime) CompileFile(path string) (*Module, error) {
	code, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return r.Compile(code)
}

// Close ends the module; its instances live on.
func (m *Module) Close() error {
	runtime.SetFinalizer(m, nil)
	C.WasmEdge_ASTModuleDelete(m.inner)
	m.inner = nil
	return nil
}

// Instantiate makes an instance. A context that has ended already is an error; a start function is not stopped.
func (m *Module) Instantiate(ctx context.Context) (*Instance, error) {
	defer runtime.KeepAlive(m)
	if m.inner == nil || m.runtime.executor == nil {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var inner *C.WasmEdge_ModuleInstanceContext
	done := outcome(C.ws_instantiate(m.runtime.executor, &inner, m.runtime.store, m.inner))
	if err := done.err(ctx); err != nil {
		return nil, err
	}
	i := &Instance{runtime: m.runtime, inner: inner, busy: newBusy()}
	runtime.SetFinalizer(i, (*Instance).Close)
	return i, nil
}

func cString(s string) C.WasmEdge_String {
	return C.WasmEdge_String{Length: C.uint32_t(len(s)), Buf: (*C.char)(unsafe.Pointer(unsafe.StringData(s)))}
}
