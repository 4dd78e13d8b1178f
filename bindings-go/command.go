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
)

// Cmd is a module to be run as a process, with a fresh instance at each run. It is used as the Cmd of os/exec: fields
// are set, then Run, Output or CombinedOutput runs it, or Start and Wait. The guest gets nothing that the fields do not
// name.
type Cmd struct {
	WASI
	// Limits of each run, in place of those of the runtime. The context limits the time, too.
	Limits Limits
	// OutputLimit is how many bytes the guest may write to each of the two streams; what is beyond fails in the guest,
	// and the run then has the error ErrOutputLimit. 0 is no limit, but 64 MiB for what Output and CombinedOutput keep.
	OutputLimit int

	module *Module
	ctx    context.Context
	usage  Usage
	// Ends of pipes that the run closes.
	pipes []io.Closer
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

// ErrOutputLimit is the error of a run whose guest wanted to write more than OutputLimit, so that some of its output is
// missing.
var ErrOutputLimit = errors.New("wasmspan: the guest wanted to write more than OutputLimit")

// Command is a run of a module with arguments, the program's name first. The module may import the host modules and named
// instances of its runtime, besides WASI.
func Command(ctx context.Context, module *Module, args ...string) *Cmd {
	return &Cmd{module: module, WASI: WASI{Args: args}, ctx: ctx}
}

// SetContext lets another context stop the run.
func (c *Cmd) SetContext(ctx context.Context) { c.ctx = ctx }

// Usage tells what the last run used.
func (c *Cmd) Usage() Usage { return c.usage }

// Run runs the module to its end, on this goroutine. A guest that exits with another code than 0 is an *ExitError, one
// that traps or is stopped by the context a *Trap. Else the error is that of Stdin, Stdout or Stderr.
//
// When the context ends, a Read or Write of Go's that waits is left alone. What it reads is what the next run of the
// command reads first.
func (c *Cmd) Run() error {
	if c.ended != nil {
		return errors.New("wasmspan: already started")
	}
	return c.run(c.OutputLimit)
}

// Start begins a run on a goroutine of its own; Wait must follow.
func (c *Cmd) Start() error {
	if c.ended != nil {
		return errors.New("wasmspan: already started")
	}
	c.ended = start(func() error { return c.run(c.OutputLimit) })
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
	c.pipes = append(c.pipes, from)
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
	c.pipes = append(c.pipes, to)
	return from, nil
}

// Output runs the module and gives what it wrote to its standard output.
func (c *Cmd) Output() ([]byte, error) { return c.output(&c.Stdout) }

// CombinedOutput runs the module and gives what it wrote to its standard output and error.
func (c *Cmd) CombinedOutput() ([]byte, error) { return c.output(&c.Stdout, &c.Stderr) }

func (c *Cmd) output(streams ...*io.Writer) ([]byte, error) {
	if c.ended != nil {
		return nil, errors.New("wasmspan: already started")
	}
	var out bytes.Buffer
	for _, stream := range streams {
		if *stream != nil {
			return nil, errors.New("wasmspan: Stdout or Stderr already set")
		}
	}
	for _, stream := range streams {
		*stream = &out
		defer func(stream *io.Writer) { *stream = nil }(stream)
	}
	limit := c.OutputLimit
	if limit == 0 {
		limit = C.WASMSPAN_DEFAULT_OUTPUT_BYTES
	}
	err := c.run(limit)
	return out.Bytes(), err
}

func (c *Cmd) run(outputLimit int) error {
	closePipes := func() {
		for _, pipe := range c.pipes {
			pipe.Close()
		}
	}
	defer closePipes()
	c.usage = Usage{}
	m := c.module
	if !m.acquire() {
		return ErrClosed
	}
	defer m.release()
	if c.ctx.Err() != nil {
		return &Trap{Code: CodeInterrupted, Text: "execution interrupted", cause: context.Cause(c.ctx)}
	}
	// What was read too late for the run before is for this one.
	if c.input != nil && c.input.from != c.Stdin {
		c.input = nil
	}
	config, uses, err := c.WASI.config(outputLimit, c.input)
	if err != nil {
		return err
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
	defer owner.close()
	// A request that comes before the run has begun is lost, so it is made again until the run has ended.
	ended := make(chan struct{})
	requested, stopped := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(c.ctx, func() {
		defer close(stopped)
		// Before the guest sees that its pipes are closed.
		C.wasmspan_command_interrupt(command)
		close(requested)
		closePipes()
		for {
			C.wasmspan_command_interrupt(command)
			select {
			case <-ended:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	defer func() {
		close(ended)
		if !stop() {
			<-stopped
		}
	}()
	number, end := callUnder(c.ctx, timeOf(settings), owner, requested)
	defer end()
	var finished C.wasmspan_finished
	done := outcome(C.ws_command_run(command, &finished, C.ws_under{owner: owner.address(), context: C.uintptr_t(number)}))
	runtime.KeepAlive(owner)
	C.wasmspan_bytes_delete(&finished.out)
	C.wasmspan_bytes_delete(&finished.err)
	c.usage = Usage{
		Wall: time.Duration(finished.wall_nanoseconds), CPU: time.Duration(finished.cpu_nanoseconds),
		MemoryPages: uint64(finished.memory_pages),
	}
	var written []error
	for _, used := range uses {
		if s, ok := used.(*stream); ok {
			c.usage.Truncated = c.usage.Truncated || s.truncated
			written = append(written, s.err)
			if s.from != nil {
				c.input = s
			}
		}
	}
	err = done.err(c.ctx)
	if exit := (*ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return err
	}
	if finished.exit_code != 0 {
		err = &ExitError{int(finished.exit_code)}
	}
	if c.usage.Truncated {
		return errors.Join(err, ErrOutputLimit)
	}
	if err != nil {
		return err
	}
	return errors.Join(written...)
}
