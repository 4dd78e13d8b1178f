package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"strings"
	"unsafe"
)

// WASI is what a guest finds around itself; nothing that is not named here.
type WASI struct {
	// Args has the arguments, the program's name first.
	Args []string
	// Env has environment variables as "NAME=value".
	Env []string
	// Stdin is what the guest reads.
	Stdin []byte
	// Mounts has the directories that the guest sees.
	Mounts []Mount
}

func (w *WASI) config() (*C.wasmspan_wasi_config, error) {
	config := C.wasmspan_wasi_config_create()
	for _, arg := range w.Args {
		C.wasmspan_wasi_config_arg(config, cString(arg))
	}
	for _, env := range w.Env {
		if name, value, ok := strings.Cut(env, "="); ok {
			C.wasmspan_wasi_config_env(config, cString(name), cString(value))
		}
	}
	var first *C.uint8_t
	if len(w.Stdin) > 0 {
		first = (*C.uint8_t)(unsafe.Pointer(&w.Stdin[0]))
	}
	C.wasmspan_wasi_config_stdin(config, first, C.size_t(len(w.Stdin)))
	for _, mount := range w.Mounts {
		host := C.CString(mount.Host)
		C.wasmspan_wasi_config_directory(config, host, cString(mount.Guest), C.bool(mount.ReadOnly))
		C.free(unsafe.Pointer(host))
	}
	return config, nil
}

// module makes the module that guests import.
func (w *WASI) module() (*C.WasmEdge_ModuleInstanceContext, error) {
	config, err := w.config()
	if err != nil {
		return nil, err
	}
	defer C.wasmspan_wasi_config_delete(config)
	made := C.WasmEdge_ModuleInstanceCreateWASI(nil, 0, nil, 0, nil, 0)
	done := outcome(C.ws_wasi_configure(made, config))
	if err := done.err(context.Background()); err != nil {
		C.WasmEdge_ModuleInstanceDelete(made)
		return nil, err
	}
	return made, nil
}
