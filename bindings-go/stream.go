package wasmspan

// #include "shim.h"
// #include <errno.h>
import "C"
import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"unsafe"
)

// stream is a reader or writer that a guest uses, on the goroutine that called it.
type stream struct {
	from io.Reader
	to   io.Writer
	// Ends what a reader waits for.
	ctx context.Context
	// How many bytes may still be written; nil for any number.
	room *int
	// What went wrong first, and whether there was too little room.
	err       error
	truncated bool
}

func (s *stream) read(p []byte) (int, error) {
	if s.ctx.Done() == nil {
		return io.ReadAtLeast(s.from, p, 1)
	}
	// The reader may wait for longer than the guest: its bytes go where they can come too late.
	type got struct {
		data []byte
		err  error
	}
	ready := make(chan got, 1)
	go func() {
		data := make([]byte, min(len(p), 64<<10))
		n, err := io.ReadAtLeast(s.from, data, 1)
		ready <- got{data[:n], err}
	}()
	select {
	case got := <-ready:
		return copy(p, got.data), got.err
	case <-s.ctx.Done():
		return 0, syscall.EINTR
	}
}

func (s *stream) write(p []byte) (n int, err error) {
	if s.room != nil && len(p) > *s.room {
		s.truncated = true
		if p = p[:*s.room]; len(p) == 0 {
			return 0, syscall.ENOSPC
		}
	}
	n, err = s.to.Write(p)
	if s.room != nil {
		*s.room -= n
	}
	return n, err
}

//export wasmspanGoStream
func wasmspanGoStream(number uintptr, writes bool, buf unsafe.Pointer, size C.size_t, done *C.size_t) (code C.int) {
	defer caught(&code)
	found, _ := left.get(number)
	s := found.(*stream)
	if size == 0 {
		return 0
	}
	move := s.read
	if writes {
		move = s.write
	}
	n, err := move(unsafe.Slice((*byte)(buf), int(size)))
	*done = C.size_t(n)
	if err == io.EOF {
		return 0
	}
	if err != nil && s.err == nil && err != syscall.EINTR && !s.truncated {
		s.err = err
	}
	if n > 0 {
		return 0
	}
	return errno(err)
}

// caught makes an error of a panic, which goes on where Go called the guest.
func caught(code *C.int) {
	value := recover()
	if value == nil {
		return
	}
	*code = C.EIO
	if number := left.put(value); !bool(C.ws_panicked(C.uintptr_t(number))) {
		left.take(number)
		fmt.Fprintf(os.Stderr, "wasmspan: a stream or file of Go's panicked: %v\n", value)
	}
}

// errno is the number that tells a guest of an error.
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
