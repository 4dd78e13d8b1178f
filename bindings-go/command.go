package wasmspan

// #include "shim.h"
import "C"
import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"time"
	"unsafe"
)

// Cmd is a module to be run as a process, with a fresh instance at each run. Its fields are as in os/exec, and the guest
// gets nothing that they do not name.
type Cmd struct {
	module *Module
	// Args has the arguments, the program's name first.
	Args []string
	// Env has environment variables as "NAME=value"; none by default.
	Env []string
	// Stdin is read to its end before the run; nothing by default.
	Stdin io.Reader
	// Stdout and Stderr get what the guest wrote, after the run.
	Stdout, Stderr io.Writer
	// Mounts has the directories that the guest sees.
	Mounts []Mount
	// OutputLimit is how many bytes of either stream are kept; 64 MiB by default.
	OutputLimit int
	// MaxMemoryPages is how many pages of 64 KiB a memory may have; 0 for as many as the runtime allows.
	MaxMemoryPages uint32
	ctx            context.Context
}

// Mount is a directory of the host under a name that the guest uses.
type Mount struct {
	Host, Guest string
	ReadOnly    bool
}

const usualOutputLimit = 64 << 20

// Command is a run of a module with arguments, the program's name first.
func Command(ctx context.Context, module *Module, args ...string) *Cmd {
	return &Cmd{module: module, Args: args, ctx: ctx}
}

// SetContext lets another context stop the run.
func (c *Cmd) SetContext(ctx context.Context) { c.ctx = ctx }

// Run runs the module to its end. A guest that exits with another code than 0 is an *ExitError, one that traps or
// is stopped by the context a *Trap.
func (c *Cmd) Run() error {
	defer runtime.KeepAlive(c.module)
	if c.module.inner == nil {
		return ErrClosed
	}
	if err := c.ctx.Err(); err != nil {
		return &Trap{Code: CodeInterrupted, Text: "execution interrupted", cause: context.Cause(c.ctx)}
	}
	command := C.wasmspan_command_create(c.module.inner)
	defer C.wasmspan_command_delete(command)
	for _, arg := range c.Args {
		C.wasmspan_command_arg(command, cString(arg))
	}
	for _, env := range c.Env {
		for at := range env {
			if env[at] == '=' {
				C.wasmspan_command_env(command, cString(env[:at]), cString(env[at+1:]))
				break
			}
		}
	}
	for _, mount := range c.Mounts {
		host := C.CString(mount.Host)
		C.wasmspan_command_directory(command, host, cString(mount.Guest), C.bool(mount.ReadOnly))
		C.free(unsafe.Pointer(host))
	}
	if c.Stdin != nil {
		input, err := io.ReadAll(c.Stdin)
		if err != nil {
			return err
		}
		var first *C.uint8_t
		if len(input) > 0 {
			first = (*C.uint8_t)(unsafe.Pointer(&input[0]))
		}
		C.wasmspan_command_stdin(command, first, C.size_t(len(input)))
	}
	limit := c.OutputLimit
	if limit == 0 {
		limit = usualOutputLimit
	}
	C.wasmspan_command_output_limit(command, C.size_t(limit))
	if c.MaxMemoryPages > 0 {
		C.wasmspan_command_max_memory_pages(command, C.uint32_t(c.MaxMemoryPages))
	}
	// A request that comes before the run has begun is lost, so it is made again until the run has ended.
	ended := make(chan struct{})
	stopped := make(chan struct{})
	stop := context.AfterFunc(c.ctx, func() {
		defer close(stopped)
		for {
			C.wasmspan_command_interrupt(command)
			select {
			case <-ended:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	var finished C.wasmspan_finished
	done := outcome(C.ws_command_run(command, &finished))
	close(ended)
	if !stop() {
		<-stopped
	}
	defer C.wasmspan_bytes_delete(&finished.out)
	defer C.wasmspan_bytes_delete(&finished.err)
	failed := done.err(c.ctx)
	written := errors.Join(deliver(c.Stdout, finished.out), deliver(c.Stderr, finished.err))
	if exit := (*ExitError)(nil); failed != nil && !errors.As(failed, &exit) {
		return failed
	}
	if finished.exit_code != 0 {
		return &ExitError{int(finished.exit_code)}
	}
	return written
}

func deliver(to io.Writer, bytes C.wasmspan_bytes) error {
	if to == nil || bytes.size == 0 {
		return nil
	}
	_, err := to.Write(unsafe.Slice((*byte)(bytes.data), int(bytes.size)))
	return err
}

// Output runs the module and gives what it wrote to its standard output.
func (c *Cmd) Output() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout = &out
	err := c.Run()
	return out.Bytes(), err
}
