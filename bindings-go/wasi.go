package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"io"
	"io/fs"
	"os"
	"strings"
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

// config makes the settings, and the streams that are in use; ctx ends what these wait for.
func (w *WASI) config(ctx context.Context, limit int) (*C.wasmspan_wasi_config, []*stream, error) {
	config := C.wasmspan_wasi_config_create()
	for _, arg := range w.Args {
		C.wasmspan_wasi_config_arg(config, cString(arg))
	}
	for _, env := range w.Env {
		if name, value, ok := strings.Cut(env, "="); ok {
			C.wasmspan_wasi_config_env(config, cString(name), cString(value))
		}
	}
	var streams []*stream
	if file, ok := w.Stdin.(*os.File); ok {
		C.wasmspan_wasi_config_stdin_fd(config, C.int(file.Fd()))
	} else if w.Stdin != nil {
		streams = append(streams, &stream{from: w.Stdin, ctx: ctx})
		C.ws_wasi_stdin(config, C.uintptr_t(left.put(streams[0])))
	} else {
		C.wasmspan_wasi_config_stdin(config, nil, 0)
	}
	for at, to := range []io.Writer{w.Stdout, w.Stderr} {
		number, standardError := uintptr(0), C.bool(at == 1)
		if file, ok := to.(*os.File); ok && limit == 0 {
			C.wasmspan_wasi_config_output_fd(config, standardError, C.int(file.Fd()))
			continue
		}
		if to != nil {
			s := &stream{to: to, ctx: ctx}
			if limit > 0 {
				room := limit
				s.room = &room
			}
			streams = append(streams, s)
			number = left.put(s)
		}
		C.ws_wasi_output(config, standardError, C.uintptr_t(number))
	}
	for _, mount := range w.Mounts {
		if err := mount.add(config); err != nil {
			C.wasmspan_wasi_config_delete(config)
			return nil, nil, err
		}
	}
	return config, streams, nil
}

func (m *Mount) add(config *C.wasmspan_wasi_config) error {
	if m.FS == nil {
		host := C.CString(m.Host)
		C.wasmspan_wasi_config_directory(config, host, cString(m.Guest), C.bool(m.ReadOnly))
		C.free(unsafe.Pointer(host))
		return nil
	}
	var inner *C.wasmspan_fs
	if memory, ok := m.FS.(*MemFS); ok {
		inner = memory.inner
	} else {
		_, writable := m.FS.(WritableFS)
		inner = C.ws_fs(C.uintptr_t(left.put(&files{m.FS})), C.bool(writable && !m.ReadOnly))
		defer C.wasmspan_fs_delete(inner)
	}
	done := outcome(C.ws_wasi_mount(config, inner, cString(m.Guest), C.bool(m.ReadOnly)))
	return done.err(context.Background())
}

// module makes the module that guests import.
func (w *WASI) module() (*C.WasmEdge_ModuleInstanceContext, error) {
	config, _, err := w.config(context.Background(), 0)
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
