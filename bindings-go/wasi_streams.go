package wasmspan

// #include "shim.h"
// #include <errno.h>
import "C"
import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

// stream is a reader or writer that a guest uses, on the goroutine that called it if nothing can stop the call.
type stream struct {
	from io.Reader
	to   io.Writer
	// What went wrong first.
	err error
	// A read that goes on after its guest was stopped, and what came that no guest has got yet.
	reading <-chan ran[got]
	late    got
	writing turn
}

type got struct {
	data []byte
	err  error
}

// Most bytes of a read whose bytes may come too late for the guest that asked.
const lateRead = 64 << 10

// neverWaits says that a reader or writer needs no goroutine of its own.
func neverWaits(stream any) bool {
	switch stream.(type) {
	case *bytes.Buffer, *bytes.Reader, *strings.Reader, *strings.Builder:
		return true
	}
	return stream == io.Discard
}

func (s *stream) read(ctx context.Context, p []byte) (int, error) {
	if len(s.late.data) == 0 && s.late.err == nil {
		if s.reading == nil && (ctx.Done() == nil || neverWaits(s.from)) {
			return io.ReadAtLeast(s.from, p, 1)
		}
		if s.reading == nil {
			from, size := s.from, min(len(p), lateRead)
			s.reading = start(func() got {
				data := make([]byte, size)
				n, err := io.ReadAtLeast(from, data, 1)
				return got{data[:n], err}
			})
		}
		select {
		case how := <-s.reading:
			s.reading = nil
			s.late = how.get()
		case <-ctx.Done():
			stopping(ctx)
			return 0, syscall.EINTR
		}
	}
	if len(s.late.data) == 0 {
		err := s.late.err
		s.late = got{}
		return 0, err
	}
	n := copy(p, s.late.data)
	s.late.data = s.late.data[n:]
	return n, nil
}

func (s *stream) write(ctx context.Context, p []byte) (int, error) {
	if ctx.Done() == nil && s.writing.over == nil || neverWaits(s.to) {
		return s.to.Write(p)
	}
	data, to := append([]byte(nil), p...), s.to
	return aside(ctx, &s.writing, func() (int, error) { return to.Write(data) }, nil)
}

//export wasmspanGoStream
func wasmspanGoStream(number, context uintptr, writes bool, buf unsafe.Pointer, size C.size_t, done *C.size_t) C.int {
	return answer(func() error {
		found, _ := handles.get(number)
		s, _ := found.(*stream)
		if s == nil {
			return syscall.EBADF
		}
		if size == 0 {
			return nil
		}
		move := s.read
		if writes {
			move = s.write
		}
		n, err := move(contextOf(context), unsafe.Slice((*byte)(buf), int(size)))
		*done = C.size_t(n)
		if err == io.EOF {
			return nil
		}
		if err != nil && s.err == nil && err != syscall.EINTR {
			s.err = err
		}
		if n > 0 {
			return nil
		}
		return err
	})
}

// answer runs what a callback of a stream or file asks for, and gives the error number that tells the guest of its error.
// A panic goes on where Go called the guest, when that has ended.
func answer(f func() error) (code C.int) {
	returned := false
	defer func() {
		if !returned && !unwound() {
			code = C.EIO
			fmt.Fprintf(os.Stderr, "wasmspan: a stream or file of Go's panicked: %v\n", recover())
		}
	}()
	err := f()
	returned = true
	return errno(err)
}

func errno(err error) C.int {
	var number syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &number):
		return C.int(number)
	case errors.Is(err, fs.ErrNotExist):
		return C.ENOENT
	case errors.Is(err, fs.ErrExist):
		return C.EEXIST
	case errors.Is(err, fs.ErrPermission):
		return C.EACCES
	case errors.Is(err, fs.ErrInvalid):
		return C.EINVAL
	case errors.Is(err, io.ErrClosedPipe):
		return C.EPIPE
	case errors.Is(err, errors.ErrUnsupported):
		return C.ENOTSUP
	}
	return C.EIO
}
