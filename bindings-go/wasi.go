package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// WASI is what a guest finds around itself; nothing that is not named here.
type WASI struct {
	// Args has the arguments, the program's name first.
	Args []string
	// Env has environment variables as "NAME=value".
	Env []string
	// Stdin is what the guest reads, when it does; nil is empty. Files are read by the guest itself.
	Stdin io.Reader
	// Stdout and Stderr get what the guest writes, when it does; nil lets it vanish. Files are written by the guest itself.
	Stdout, Stderr io.Writer
	// Mounts has the directories that the guest sees.
	Mounts []Mount
}

// Mount shows a guest files under a name that it uses.
type Mount struct {
	// Host is a directory of the host.
	Host string
	// FS has the files instead: a MemFS, a WritableFS or any other fs.FS. They are not copied but asked for when the guest
	// asks, on several goroutines if several guests do.
	FS fs.FS
	// Guest is the name.
	Guest string
	// ReadOnly keeps the guest from changing anything.
	ReadOnly bool
}

// config makes the settings, and what of Go's they use: streams and file systems, which must be kept alive.
func (w *WASI) config(limit int, stdin *stream) (config *C.wasmspan_wasi_config, uses []any, err error) {
	config = C.wasmspan_wasi_config_create()
	for _, arg := range w.Args {
		C.wasmspan_wasi_config_arg(config, cString(arg))
	}
	for _, env := range w.Env {
		if name, value, ok := strings.Cut(env, "="); ok {
			C.wasmspan_wasi_config_env(config, cString(name), cString(value))
		}
	}
	use := func(s *stream) C.uintptr_t {
		uses = append(uses, s)
		return C.uintptr_t(left.put(weakTo(s)))
	}
	if file, ok := w.Stdin.(*os.File); ok {
		C.wasmspan_wasi_config_stdin_fd(config, C.int(file.Fd()))
	} else if w.Stdin != nil {
		if stdin == nil {
			stdin = &stream{from: w.Stdin}
		}
		C.ws_wasi_stdin(config, use(stdin))
	} else {
		C.wasmspan_wasi_config_stdin(config, nil, 0)
	}
	for at, to := range []io.Writer{w.Stdout, w.Stderr} {
		number, standardError := C.uintptr_t(0), C.bool(at == 1)
		if file, ok := to.(*os.File); ok && limit == 0 {
			C.wasmspan_wasi_config_output_fd(config, standardError, C.int(file.Fd()))
			continue
		}
		if to != nil {
			s := &stream{to: to}
			if limit > 0 {
				room := limit
				s.room = &room
			}
			number = use(s)
		}
		C.ws_wasi_output(config, standardError, number)
	}
	for _, mount := range w.Mounts {
		used, err := mount.add(config)
		if err != nil {
			C.wasmspan_wasi_config_delete(config)
			return nil, nil, err
		}
		if used != nil {
			uses = append(uses, used)
		}
	}
	return config, uses, nil
}

// add gives what of Go's the mount uses.
func (m *Mount) add(config *C.wasmspan_wasi_config) (used any, err error) {
	if m.FS == nil {
		// The library would say it when a guest is there already.
		if about, err := os.Stat(m.Host); err != nil {
			return nil, err
		} else if !about.IsDir() {
			return nil, &fs.PathError{Op: "mount", Path: m.Host, Err: syscall.ENOTDIR}
		}
		host := C.CString(m.Host)
		C.wasmspan_wasi_config_directory(config, host, cString(m.Guest), C.bool(m.ReadOnly))
		C.free(unsafe.Pointer(host))
		return nil, nil
	}
	var inner *C.wasmspan_fs
	if memory, ok := m.FS.(*MemFS); ok {
		if !memory.acquire() {
			return nil, ErrClosed
		}
		defer memory.release()
		inner = memory.inner
	} else {
		_, writable := m.FS.(WritableFS)
		files := &files{fs: m.FS}
		used = files
		inner = C.ws_fs(C.uintptr_t(left.put(weakTo(files))), C.bool(writable && !m.ReadOnly))
		defer C.wasmspan_fs_delete(inner)
	}
	done := outcome(C.ws_wasi_mount(config, inner, cString(m.Guest), C.bool(m.ReadOnly)))
	return used, done.err(context.Background())
}

// module makes the module that guests import, and what of Go's it uses.
func (w *WASI) module() (*C.WasmEdge_ModuleInstanceContext, []any, error) {
	config, uses, err := w.config(0, nil)
	if err != nil {
		return nil, nil, err
	}
	defer C.wasmspan_wasi_config_delete(config)
	made := C.WasmEdge_ModuleInstanceCreateWASI(nil, 0, nil, 0, nil, 0)
	done := outcome(C.ws_wasi_configure(made, config))
	if err := done.err(context.Background()); err != nil {
		C.WasmEdge_ModuleInstanceDelete(made)
		return nil, nil, err
	}
	runtime.KeepAlive(uses)
	return made, uses, nil
}
