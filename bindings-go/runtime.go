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
	compiled  *C.WasmEdge_LoaderContext
	executor  *executor
	store     *C.WasmEdge_StoreContext
	hosts     []*C.WasmEdge_ModuleInstanceContext
	named     []*Instance
	options   []Option
	// Whether a host function asks for the context of its call.
	contexts atomic.Bool
}

// Option is a setting of a Runtime.
type Option func(*settings)

// InstanceOption is a setting of an instance: every Option, in place of the runtime's, and what only instances have.
type InstanceOption interface{ apply(*settings) }

func (o Option) apply(s *settings) { o(s) }

type onlyInstance func(*settings)

func (o onlyInstance) apply(s *settings) { o(s) }

type settings struct {
	configure *C.WasmEdge_ConfigureContext
	costs     []uint64
	name      string
	wasi      *WASI
}

// WithName lets modules that are instantiated later import what the instance exports, under this name.
func WithName(name string) InstanceOption { return onlyInstance(func(s *settings) { s.name = name }) }

// WithWASI gives the instance surroundings of its own.
func WithWASI(wasi WASI) InstanceOption { return onlyInstance(func(s *settings) { s.wasi = &wasi }) }

// executor runs instances under settings, and counts what they use. It lives as long as one of them needs it.
type executor struct {
	inner      *C.WasmEdge_ExecutorContext
	statistics *C.WasmEdge_StatisticsContext
	// Whether calls must go through it, because it limits their time, stack or output.
	limits bool
}

func newExecutor(s *settings) *executor {
	e := &executor{statistics: C.WasmEdge_StatisticsCreate()}
	if len(s.costs) > 0 {
		C.WasmEdge_StatisticsSetCostTable(e.statistics, (*C.uint64_t)(unsafe.Pointer(&s.costs[0])), C.uint32_t(len(s.costs)))
	}
	e.inner = C.WasmEdge_ExecutorCreate(s.configure, e.statistics)
	var limits C.wasmspan_limits
	C.wasmspan_configure_get_limits(s.configure, &limits)
	e.limits = min(limits.time_ms, limits.stack_bytes, limits.output_bytes) != C.WASMSPAN_UNLIMITED
	runtime.SetFinalizer(e, func(e *executor) {
		C.WasmEdge_ExecutorDelete(e.inner)
		C.WasmEdge_StatisticsDelete(e.statistics)
	})
	return e
}

// settings are the runtime's with these besides; to be deleted.
func (r *Runtime) settings(more ...InstanceOption) *settings {
	s := &settings{configure: C.WasmEdge_ConfigureCreate()}
	C.wasmspan_configure_set_lenient_input(s.configure, true)
	for _, proposal := range []C.enum_WasmEdge_Proposal{
		C.WasmEdge_Proposal_TailCall, C.WasmEdge_Proposal_MultiMemories, C.WasmEdge_Proposal_Memory64,
		C.WasmEdge_Proposal_ExtendedConst, C.WasmEdge_Proposal_Threads,
	} {
		C.WasmEdge_ConfigureAddProposal(s.configure, proposal)
	}
	for _, option := range r.options {
		option(s)
	}
	for _, option := range more {
		option.apply(s)
	}
	return s
}

func (s *settings) delete() { C.WasmEdge_ConfigureDelete(s.configure) }

// WithMaxMemoryPages sets how many pages of 64 KiB a memory may have; 65536 by default.
func WithMaxMemoryPages(pages uint32) Option {
	return func(s *settings) { C.WasmEdge_ConfigureSetMaxMemoryPage(s.configure, C.uint32_t(pages)) }
}

// Errors tell what the library would also write to standard error.
var quiet sync.Once

// New makes a runtime.
func New(options ...Option) (*Runtime, error) {
	quiet.Do(func() { C.WasmEdge_LogOff() })
	r := &Runtime{options: options}
	s := r.settings()
	r.config = s.configure
	r.compiled = C.WasmEdge_LoaderCreate(r.config)
	C.WasmEdge_ConfigureSetForceInterpreter(r.config, true)
	r.loader = C.WasmEdge_LoaderCreate(r.config)
	C.WasmEdge_ConfigureSetForceInterpreter(r.config, false)
	r.validator = C.WasmEdge_ValidatorCreate(r.config)
	r.executor = newExecutor(s)
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
	C.WasmEdge_LoaderDelete(r.compiled)
	C.WasmEdge_ValidatorDelete(r.validator)
	C.WasmEdge_LoaderDelete(r.loader)
	C.WasmEdge_ConfigureDelete(r.config)
	r.hosts, r.store, r.executor, r.validator, r.loader, r.compiled, r.config = nil, nil, nil, nil, nil, nil, nil
	return nil
}

// Module is a validated module; its code is compiled when it is first instantiated.
type Module struct {
	runtime *Runtime
	inner   *C.WasmEdge_ASTModuleContext
}

// Compile loads and validates a module in binary or text form.
// Code that travels with a module is ignored, see LoadCompiled.
func (r *Runtime) Compile(code []byte) (*Module, error) { return r.load(r.loader, code) }

func (r *Runtime) load(loader *C.WasmEdge_LoaderContext, code []byte) (*Module, error) {
	defer runtime.KeepAlive(r)
	if loader == nil {
		return nil, ErrClosed
	}
	var first *C.uint8_t
	if len(code) > 0 {
		first = (*C.uint8_t)(unsafe.Pointer(&code[0]))
	}
	var inner *C.WasmEdge_ASTModuleContext
	done := outcome(C.ws_load(loader, r.validator, &inner, first, C.uint32_t(len(code))))
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

// IsPrecompiled tells whether the module came with compiled code that will be run, see LoadCompiled.
func (m *Module) IsPrecompiled() bool {
	defer runtime.KeepAlive(m)
	return bool(C.wasmspan_module_is_compiled(m.inner))
}

// Close ends the module; its instances live on.
func (m *Module) Close() error {
	runtime.SetFinalizer(m, nil)
	C.WasmEdge_ASTModuleDelete(m.inner)
	m.inner = nil
	return nil
}

// Instantiate makes an instance. A context that ends stops its start function too.
func (m *Module) Instantiate(ctx context.Context, options ...InstanceOption) (*Instance, error) {
	defer runtime.KeepAlive(m)
	r := m.runtime
	r.mu.Lock()
	executor, store := r.executor, r.store
	r.mu.Unlock()
	if m.inner == nil || executor == nil {
		return nil, ErrClosed
	}
	interrupt, done, err := guard(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	i := &Instance{runtime: r, executor: executor, busy: newBusy()}
	name := ""
	if len(options) > 0 {
		s := r.settings(options...)
		defer s.delete()
		i.executor, name = newExecutor(s), s.name
		if s.wasi != nil {
			if store, err = i.surround(s.wasi); err != nil {
				return nil, err
			}
			defer C.WasmEdge_StoreDelete(store)
		}
	}
	ended := outcome(C.ws_instantiate(i.executor.inner, &i.inner, store, m.inner, cString(name), interrupt))
	runtime.KeepAlive(name)
	if err := ended.err(ctx); err != nil {
		C.WasmEdge_ModuleInstanceDelete(i.wasi)
		return nil, err
	}
	runtime.SetFinalizer(i, (*Instance).Close)
	if name != "" {
		r.mu.Lock()
		r.named = append(r.named, i)
		r.mu.Unlock()
	}
	return i, nil
}

// surround makes a store with the runtime's modules and surroundings of the instance's own.
func (i *Instance) surround(wasi *WASI) (*C.WasmEdge_StoreContext, error) {
	made, err := wasi.module()
	if err != nil {
		return nil, err
	}
	i.wasi = made
	i.runtime.mu.Lock()
	defer i.runtime.mu.Unlock()
	store := C.WasmEdge_StoreCreate()
	modules := append([]*C.WasmEdge_ModuleInstanceContext{made}, i.runtime.hosts...)
	for _, named := range i.runtime.named {
		if named.inner != nil {
			modules = append(modules, named.inner)
		}
	}
	for _, module := range modules {
		ended := outcome(C.ws_register(i.executor.inner, store, module))
		if err := ended.err(context.Background()); err != nil {
			C.WasmEdge_StoreDelete(store)
			C.WasmEdge_ModuleInstanceDelete(made)
			return nil, err
		}
	}
	return store, nil
}

func cString(s string) C.WasmEdge_String {
	return C.WasmEdge_String{Length: C.uint32_t(len(s)), Buf: (*C.char)(unsafe.Pointer(unsafe.StringData(s)))}
}
