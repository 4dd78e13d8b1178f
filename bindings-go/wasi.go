package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
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
	// ListMounts gives the guest, as "/", a directory that lists the mounts, unless one of them is "/" itself.
	ListMounts bool
	// MaxDescriptors is how many descriptors the guest may have open at once, its streams and mounts included; 0 is 1024.
	MaxDescriptors uint
	// OutsideIsNotCapable refuses paths that lead out of their mount with 76 (ENOTCAPABLE) instead of 63 (EPERM), as other
	// runtimes do.
	OutsideIsNotCapable bool
	// Sockets lets the guest open sockets and look up names.
	Sockets bool
	// AllowAddresses allows sockets for addresses, nets and names, and for nothing else: "1.2.3.4", "10.0.0.0/8:443",
	// "[::1]:80", "example.org:443", "*:53"; without a port, for every port.
	AllowAddresses []string
	// Listeners are listening sockets, such as a *net.TCPListener, for the guest to accept connections from. They get the
	// descriptors after those of the mounts. The guest has a duplicate, and needs no Sockets for it.
	Listeners []syscall.Conn
	// RealtimeClock gives the time of day, for runs that shall repeat exactly; nil is the system's.
	RealtimeClock func() time.Time
	// MonotonicClock gives the time since some beginning, also in place of processor time; nil is the system's. Waiting
	// still takes real time.
	MonotonicClock func() time.Duration
	// RandomSource has what the guest gets as random bytes; nil is the system's. If it fails, the run panics with its error.
	RandomSource io.Reader
	// RandomSeed makes random bytes follow from a number, the same in every run. They protect nothing: for tests.
	RandomSeed *uint64
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

// config makes the settings, and what of Go's they use: streams and file systems, which must be kept alive. Outputs of the
// guest go nowhere unless they are named, or kept by the library.
func (w *WASI) config(kept kept, stdin *stream) (config *C.wasmspan_wasi_config, uses []any, err error) {
	made := C.wasmspan_wasi_config_create()
	config = made
	defer func() {
		if err != nil {
			C.wasmspan_wasi_config_delete(made)
		}
	}()
	for _, arg := range w.Args {
		C.wasmspan_wasi_config_arg(config, cString(arg))
	}
	for _, env := range w.Env {
		name, value, ok := strings.Cut(env, "=")
		if !ok || name == "" {
			return nil, nil, fmt.Errorf("wasmspan: Env has %q, which is not of the form NAME=value", env)
		}
		C.wasmspan_wasi_config_env(config, cString(name), cString(value))
	}
	use := func(s *stream) C.uintptr_t {
		uses = append(uses, s)
		return C.uintptr_t(handles.put(weakTo(s)))
	}
	if file, ok := w.Stdin.(*os.File); ok {
		if err := descriptor("Stdin", file, func(fd C.int) C.ws_outcome { return C.ws_wasi_stdin_fd(config, fd) }); err != nil {
			return nil, nil, err
		}
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
		if kept.streams > at {
			continue
		}
		if file, ok := to.(*os.File); ok {
			name := []string{"Stdout", "Stderr"}[at]
			give := func(fd C.int) C.ws_outcome { return C.ws_wasi_output_fd(config, standardError, fd) }
			if err := descriptor(name, file, give); err != nil {
				return nil, nil, err
			}
			continue
		}
		if to != nil {
			number = use(&stream{to: to})
		}
		C.ws_wasi_output(config, standardError, number)
	}
	switch kept.streams {
	case 1:
		C.wasmspan_wasi_config_capture(config, false, C.size_t(kept.limit))
	case 2:
		C.wasmspan_wasi_config_capture_together(config, C.size_t(kept.limit))
	}
	if err := w.restrict(config); err != nil {
		return nil, nil, err
	}
	uses = append(uses, w.replace(config)...)
	for _, mount := range w.Mounts {
		used, err := mount.add(config)
		if err != nil {
			return nil, nil, err
		}
		if used != nil {
			uses = append(uses, used)
		}
	}
	return config, uses, nil
}

// restrict says how much the guest may have, and what it may reach.
func (w *WASI) restrict(config *C.wasmspan_wasi_config) error {
	if w.ListMounts {
		C.wasmspan_wasi_config_list_directories(config)
	}
	if w.MaxDescriptors > 0 {
		C.wasmspan_wasi_config_max_descriptors(config, C.size_t(w.MaxDescriptors))
	}
	if w.OutsideIsNotCapable {
		C.wasmspan_wasi_config_outside_is_not_capable(config)
	}
	C.wasmspan_wasi_config_sockets(config, C.bool(w.Sockets))
	for _, address := range w.AllowAddresses {
		C.wasmspan_wasi_config_allow_address(config, cString(address))
	}
	for _, listener := range w.Listeners {
		var done outcome
		// File would switch the listener to blocking, for the program too.
		connection, err := listener.SyscallConn()
		if err == nil {
			err = connection.Control(func(fd uintptr) { done = outcome(C.ws_wasi_listener(config, C.int(fd))) })
		}
		if err == nil {
			err = done.err(context.Background())
		}
		if err != nil {
			return fmt.Errorf("wasmspan: a listener: %w", err)
		}
	}
	return nil
}

// replace puts what is Go's in place of clocks and random bytes, and gives what of Go's the guest uses.
func (w *WASI) replace(config *C.wasmspan_wasi_config) (uses []any) {
	give := func(monotonic C.bool, now func() uint64) {
		clock := &clock{now}
		uses = append(uses, clock)
		C.ws_wasi_clock(config, monotonic, C.uintptr_t(handles.put(weakTo(clock))))
	}
	if now := w.RealtimeClock; now != nil {
		give(false, func() uint64 { return uint64(now().UnixNano()) })
	}
	if now := w.MonotonicClock; now != nil {
		give(true, func() uint64 { return uint64(now()) })
	}
	if w.RandomSeed != nil {
		C.wasmspan_wasi_config_random_seed(config, C.uint64_t(*w.RandomSeed))
	}
	if w.RandomSource != nil {
		random := &random{w.RandomSource}
		uses = append(uses, random)
		C.ws_wasi_random(config, C.uintptr_t(handles.put(weakTo(random))))
	}
	return uses
}

// kept says what the library keeps of a guest's output: of none of the streams, of standard output, or of both together.
type kept struct{ streams, limit int }

// descriptor gives the guest a file, which the library duplicates.
func descriptor(name string, file *os.File, give func(C.int) C.ws_outcome) error {
	fd := C.int(-1)
	if file != nil {
		fd = C.int(file.Fd())
	}
	done := outcome(give(fd))
	runtime.KeepAlive(file)
	if err := done.err(context.Background()); err != nil {
		return fmt.Errorf("wasmspan: %s is no open file: %w", name, err)
	}
	return nil
}

// add gives what of Go's the mount uses.
func (m *Mount) add(config *C.wasmspan_wasi_config) (used any, err error) {
	if m.FS != nil && m.Host != "" {
		return nil, fmt.Errorf("wasmspan: the mount %q has both Host and FS", m.Guest)
	}
	if m.FS == nil {
		// The library would say it when a guest is there already.
		if about, err := os.Stat(m.Host); err != nil {
			return nil, err
		} else if !about.IsDir() {
			return nil, &fs.PathError{Op: "mount", Path: m.Host, Err: syscall.ENOTDIR}
		}
		host, err := cPath(m.Host)
		if err != nil {
			return nil, err
		}
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
		inner = C.ws_fs(C.uintptr_t(handles.put(weakTo(files))), C.bool(writable && !m.ReadOnly))
		defer C.wasmspan_fs_delete(inner)
	}
	done := outcome(C.ws_wasi_mount(config, inner, cString(m.Guest), C.bool(m.ReadOnly)))
	return used, done.err(context.Background())
}

// surroundBy makes the module that the instance's guest imports, and notes what of Go's it uses.
func (i *Instance) surroundBy(w *WASI) (err error) {
	if i.surroundings, i.uses, err = w.config(kept{}, nil); err != nil {
		return err
	}
	i.wasi = C.WasmEdge_ModuleInstanceCreateWASI(nil, 0, nil, 0, nil, 0)
	done := outcome(C.ws_wasi_configure(i.wasi, i.surroundings))
	return done.err(context.Background())
}
