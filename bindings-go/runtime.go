package wasmspan

// #include "shim.h"
import "C"
import (
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
