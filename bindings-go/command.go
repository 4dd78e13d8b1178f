package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unsafe"
)

// Cmd is a module to be run as a process, with a fresh instance at each run. It is used as the Cmd of os/exec: fields
// are set, then Run, Output or CombinedOutput runs it, or Start and Wait. The guest gets nothing that the fields do not
// name.
type Cmd struct {
	WASI
	// Limits of each run, in place of those of the runtime. The context limits the time, too.
	Limits Limits
	// OutputLimit is how many bytes Output and CombinedOutput keep, 0 being 64 MiB. What the guest writes beyond fails in
	// it, and the run then has the error ErrOutputLimit. What all writers get is limited by Limits.OutputBytes.
	OutputLimit int

	module *Module
	ctx    context.Context
	usage  Usage
	// What the guest of the last run was refused.
	denials []Denial
	// Pipes that the run ends.
	pipes []func()
	// Stdin of the last run.
	input *stream
	ended <-chan ran[error]
}

// Usage is what a run used.
type Usage struct {
	// Wall is the time from the start of the guest's code to its end, and CPU how long the processor worked on it.
	Wall, CPU time.Duration
	// MemoryPages is the most pages of 64 KiB that its exported memories had.
	MemoryPages uint64
	// Truncated says that the guest wanted to write more than OutputLimit.
	Truncated bool
}

// Command is a run of a module with arguments, the program's name first. The module may import the host modules and named
// instances of its runtime, besides WASI.
func Command(ctx context.Context, module *Module, args ...string) *Cmd {
	return &Cmd{module: module, WASI: WASI{Args: args}, ctx: ctx}
}

// SetContext lets another context stop the run.
func (c *Cmd) SetContext(ctx context.Context) { c.ctx = ctx }

// Usage tells what the last run used.
func (c *Cmd) Usage() Usage { return c.usage }

// Denials lists what the guest of the last run was refused, each thing once and in order.
func (c *Cmd) Denials() []Denial { return c.denials }

// Run runs the module to its end, on this goroutine. A guest that exits with another code than 0 is an *ExitError, one
// that traps or is stopped by the context a *Trap. Else the error is that of Stdin, Stdout or Stderr.
//
// When the context ends, a Read or Write of Go's that waits is left alone. What it reads is what the next run of the
// command reads first.
func (c *Cmd) Run() error {
	if c.ended != nil {
		return errors.New("wasmspan: already started")
	}
	_, err := c.run(0)
	return err
}

// Start begins a run on a goroutine of its own; Wait must follow.
func (c *Cmd) Start() error {
	if c.ended != nil {
		return errors.New("wasmspan: already started")
	}
	c.ended = start(func() error {
		_, err := c.run(0)
		return err
	})
	return nil
}

// Wait waits for the end of a run that Start began, and gives what Run gives.
func (c *Cmd) Wait() error {
	if c.ended == nil {
		return errors.New("wasmspan: not started")
	}
	how := <-c.ended
	c.ended = nil
	return how.get()
}

// StdinPipe gives what the guest's standard input comes from. Close of it is the end of the input.
func (c *Cmd) StdinPipe() (io.WriteCloser, error) {
	if c.Stdin != nil {
		return nil, errors.New("wasmspan: Stdin already set")
	}
	from, to := io.Pipe()
	c.Stdin = from
	c.pipes = append(c.pipes, func() {
		from.Close()
		c.Stdin = nil
	})
	return to, nil
}

// StdoutPipe gives what the guest writes to its standard output, until the run has ended. The guest waits for who reads.
func (c *Cmd) StdoutPipe() (io.ReadCloser, error) { return c.outputPipe(&c.Stdout) }

// StderrPipe is StdoutPipe for the standard error.
func (c *Cmd) StderrPipe() (io.ReadCloser, error) { return c.outputPipe(&c.Stderr) }

func (c *Cmd) outputPipe(stream *io.Writer) (io.ReadCloser, error) {
	if *stream != nil {
		return nil, errors.New("wasmspan: Stdout or Stderr already set")
	}
	from, to := io.Pipe()
	*stream = to
	c.pipes = append(c.pipes, func() {
		to.Close()
		*stream = nil
	})
	return from, nil
}

// Output runs the module and gives what it wrote to its standard output.
func (c *Cmd) Output() ([]byte, error) { return c.output(c.Stdout) }

// CombinedOutput runs the module and gives what it wrote to its standard output and error.
func (c *Cmd) CombinedOutput() ([]byte, error) { return c.output(c.Stdout, c.Stderr) }

func (c *Cmd) output(streams ...io.Writer) ([]byte, error) {
	if c.ended != nil {
		return nil, errors.New("wasmspan: already started")
	}
	for _, stream := range streams {
		if stream != nil {
			return nil, errors.New("wasmspan: Stdout or Stderr already set")
		}
	}
	return c.run(len(streams))
}

// run gives what was kept of so many output streams.
func (c *Cmd) run(streams int) ([]byte, error) {
	defer func() {
		for _, end := range c.pipes {
			end()
		}
		c.pipes = nil
	}()
	c.usage, c.denials = Usage{}, nil
	m := c.module
	if !m.acquire() {
		return nil, ErrClosed
	}
	defer m.release()
	kept := kept{streams, c.OutputLimit}
	if kept.limit == 0 {
		kept.limit = C.WASMSPAN_DEFAULT_OUTPUT_BYTES
	}
	if kept.limit < 0 {
		return nil, fmt.Errorf("wasmspan: OutputLimit is %d", c.OutputLimit)
	}
	// What was read too late for the run before is for this one.
	if c.input != nil && c.input.from != c.Stdin {
		c.input = nil
	}
	config, uses, err := c.WASI.config(kept, c.input)
	if err != nil {
		return nil, err
	}
	defer C.wasmspan_wasi_config_delete(config)
	settings := m.runtime.settings()
	defer settings.delete()
	if c.Limits != (Limits{}) {
		settings.limit(c.Limits)
	}
	command := C.wasmspan_command_create(m.inner)
	defer C.wasmspan_command_delete(command)
	C.wasmspan_command_configure(command, settings.configure)
	C.wasmspan_command_wasi(command, config)
	r := m.runtime
	if r.acquire() {
		defer r.release()
		C.wasmspan_command_imports(command, r.store)
	}
	// What host functions know the run by; what they give the guest is held as long as it runs.
	owner := newInstance(r, r.executor, nil)
	owner.uses = uses
	defer owner.close()
	var finished C.wasmspan_finished
	var done outcome
	err = owner.run(c.ctx, timeOf(settings), func(under C.ws_under) {
		done = outcome(C.ws_command_run(command, &finished, under))
	})
	if err != nil {
		return nil, err
	}
	err = done.err(c.ctx)
	C.wasmspan_bytes_delete(&finished.out)
	C.wasmspan_bytes_delete(&finished.err)
	c.usage = Usage{
		Wall: time.Duration(finished.wall_nanoseconds), CPU: time.Duration(finished.cpu_nanoseconds),
		MemoryPages: uint64(finished.memory_pages),
	}
	c.denials = denials(config)
	var out C.wasmspan_bytes
	var output []byte
	if C.wasmspan_wasi_config_output(config, false, &out) {
		output = append(output, unsafe.Slice((*byte)(out.data), int(out.size))...)
		C.wasmspan_bytes_delete(&out)
		c.usage.Truncated = bool(C.wasmspan_wasi_config_truncated(config, false))
	}
	return output, c.ending(err, int(finished.exit_code), uses)
}

// ending is the error of a run that ended with this one.
func (c *Cmd) ending(err error, code int, uses []any) error {
	var written []error
	for _, used := range uses {
		if s, ok := used.(*stream); ok {
			written = append(written, s.err)
			if s.from != nil {
				c.input = s
			}
		}
	}
	if exit := (*ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return err
	}
	if code != 0 {
		err = &ExitError{code}
	}
	if c.usage.Truncated {
		return errors.Join(err, ErrOutputLimit)
	}
	if err != nil {
		return err
	}
	return errors.Join(written...)
}
