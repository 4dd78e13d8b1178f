package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"io/fs"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Runtime has settings and the host modules that its modules import from.
type Runtime struct {
	*runtimeHandle
	options []Option

	mu    sync.Mutex
	hosts []*hostInstance
	named []*Instance
	// Host functions, in the order in which they were made; only added to.
	bodies atomic.Pointer[[]*hostBody]
	// Whether a host function asks for the context of its call.
	contexts atomic.Bool
	// What host tables and globals may lead to.
	holder holder
}

// runtimeHandle is what C has of a runtime.
type runtimeHandle struct {
	handle
	config    *C.WasmEdge_ConfigureContext
	loader    *C.WasmEdge_LoaderContext
	validator *C.WasmEdge_ValidatorContext
	compiled  *C.WasmEdge_LoaderContext
	store     *C.WasmEdge_StoreContext
	executor  *executor
	// What is deleted with it, under the runtime's lock.
	owned []func()
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
	// The first option that makes no sense.
	err error
}

// require notes an option that makes no sense, which making the runtime or instance fails with.
func (s *settings) require(err error) {
	if s.err == nil {
		s.err = err
	}
}

// WithName lets modules that are instantiated later import what the instance exports, under this name.
func WithName(name string) InstanceOption { return onlyInstance(func(s *settings) { s.name = name }) }

// WithWASI gives the instance surroundings of its own.
func WithWASI(wasi WASI) InstanceOption { return onlyInstance(func(s *settings) { s.wasi = &wasi }) }

// executor makes instances under settings, and counts what they use. It lives as long as one of them needs it.
type executor struct {
	inner      *C.WasmEdge_ExecutorContext
	statistics *C.WasmEdge_StatisticsContext
	// How long a call may take, for the contexts of host functions; 0 is for ever.
	time time.Duration
}

func newExecutor(s *settings) *executor {
	e := &executor{statistics: C.WasmEdge_StatisticsCreate()}
	if len(s.costs) > 0 {
		C.WasmEdge_StatisticsSetCostTable(e.statistics, (*C.uint64_t)(unsafe.Pointer(&s.costs[0])), C.uint32_t(len(s.costs)))
	}
	e.inner = C.WasmEdge_ExecutorCreate(s.configure, e.statistics)
	e.time = timeOf(s)
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

// timeOf is how long a call may take; 0 is for ever.
func timeOf(s *settings) time.Duration {
	var limits C.wasmspan_limits
	C.wasmspan_configure_get_limits(s.configure, &limits)
	if uint64(limits.time_ms) >= math.MaxInt64/uint64(time.Millisecond) {
		return 0
	}
	return time.Duration(limits.time_ms) * time.Millisecond
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
	h := &runtimeHandle{}
	r := &Runtime{runtimeHandle: h, options: options}
	s := r.settings()
	if s.err != nil {
		s.delete()
		return nil, s.err
	}
	h.config = s.configure
	h.compiled = C.WasmEdge_LoaderCreate(h.config)
	C.WasmEdge_ConfigureSetForceInterpreter(h.config, true)
	h.loader = C.WasmEdge_LoaderCreate(h.config)
	C.WasmEdge_ConfigureSetForceInterpreter(h.config, false)
	h.validator = C.WasmEdge_ValidatorCreate(h.config)
	h.executor = newExecutor(s)
	h.store = C.WasmEdge_StoreCreate()
	h.free = deleteRuntime
	runtime.SetFinalizer(h, func(h *runtimeHandle) { h.close() })
	hold(runtimeWeight)
	return r, nil
}

func deleteRuntime(first *handle) {
	// It is the first field.
	h := (*runtimeHandle)(unsafe.Pointer(first))
	for _, end := range h.owned {
		end()
	}
	C.WasmEdge_StoreDelete(h.store)
	C.WasmEdge_LoaderDelete(h.compiled)
	C.WasmEdge_ValidatorDelete(h.validator)
	C.WasmEdge_LoaderDelete(h.loader)
	C.WasmEdge_ConfigureDelete(h.config)
	hold(-runtimeWeight)
}

// Close ends the runtime. Its modules and instances live on until they are closed themselves; what is being compiled or
// instantiated is finished.
func (r *Runtime) Close() error {
	r.close()
	return nil
}

// owns lets something be deleted with the runtime, which is locked and acquired.
func (h *runtimeHandle) owns(end func()) { h.owned = append(h.owned, end) }

// Module is a validated module; its code is compiled when it is first instantiated.
type Module struct {
	*moduleHandle
	runtime *Runtime
}

type moduleHandle struct {
	handle
	inner *C.WasmEdge_ASTModuleContext
}

// Compile loads and validates a module in binary or text form.
// Code that travels with a module is ignored, see LoadCompiled.
func (r *Runtime) Compile(code []byte) (*Module, error) { return r.load(r.loader, code) }

func (r *Runtime) load(loader *C.WasmEdge_LoaderContext, code []byte) (*Module, error) {
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	h := &moduleHandle{}
	done := outcome(C.ws_load(loader, r.validator, &h.inner, (*C.uint8_t)(unsafe.SliceData(code)), C.uint32_t(len(code))))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	weight := int64(len(code)) * moduleWeight
	inner := h.inner
	h.free = func(*handle) {
		C.WasmEdge_ASTModuleDelete(inner)
		hold(-weight)
	}
	runtime.SetFinalizer(h, func(h *moduleHandle) { h.close() })
	hold(weight)
	return &Module{h, r}, nil
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
	if !m.acquire() {
		return false
	}
	defer m.release()
	return bool(C.wasmspan_module_is_compiled(m.inner))
}

// Close ends the module; its instances live on.
func (m *Module) Close() error {
	m.close()
	return nil
}

// cPath is a path for C, to be freed. One with a zero byte in it names nothing.
func cPath(path string) (*C.char, error) {
	if strings.IndexByte(path, 0) >= 0 {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.EINVAL}
	}
	return C.CString(path), nil
}

func cString(s string) C.WasmEdge_String {
	return C.WasmEdge_String{Length: C.uint32_t(len(s)), Buf: (*C.char)(unsafe.Pointer(unsafe.StringData(s)))}
}
