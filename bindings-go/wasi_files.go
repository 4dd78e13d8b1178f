package wasmspan

// #include "shim.h"
import "C"
import (
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// WritableFS is a file system that guests can change. Names are as for fs.FS. If it also has
// Chtimes(name string, atime, mtime time.Time) error, guests can set times.
type WritableFS interface {
	fs.FS
	// OpenFile opens a file as os.OpenFile does.
	OpenFile(name string, flag int, perm fs.FileMode) (WritableFile, error)
	Mkdir(name string, perm fs.FileMode) error
	// Remove removes a file or an empty directory.
	Remove(name string) error
	// Rename gives something another name; a file or empty directory there goes.
	Rename(from, to string) error
}

// WritableFile is a file that guests can change; an *os.File is one. If it also has Sync() error, guests can call it.
type WritableFile interface {
	fs.File
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
}

// files is a file system of Go's that guests use.
type files struct {
	fs fs.FS
	// Its open files, which the registry holds weakly.
	mu   sync.Mutex
	open map[*openFile]struct{}
}

// openFile is an open one of its files. Only one call at a time uses it.
type openFile struct {
	turn
	files *files
	name  string
	file  fs.File
	// Where a file that can only be read from its beginning to its end is.
	position int64
}

func (f *openFile) readAt(p []byte, at int64) (int, error) {
	if file, ok := f.file.(io.ReaderAt); ok {
		n, err := file.ReadAt(p, at)
		if n > 0 {
			err = nil
		}
		return n, err
	}
	if at < f.position {
		again, err := f.files.fs.Open(f.name)
		if err != nil {
			return 0, err
		}
		f.file.Close()
		f.file, f.position = again, 0
	}
	skipped, err := io.CopyN(io.Discard, f.file, at-f.position)
	f.position += skipped
	if err != nil {
		return 0, err
	}
	n, err := io.ReadAtLeast(f.file, p, 1)
	f.position += int64(n)
	return n, err
}

func (f *openFile) writeAt(p []byte, at int64) (int, error) {
	if file, ok := f.file.(io.WriterAt); ok {
		return file.WriteAt(p, at)
	}
	return 0, fs.ErrPermission
}

// opened is what a number stands for: an open file, and the file system.
func opened(number uintptr) (*openFile, *files, error) {
	switch found, _ := handles.get(number); found := found.(type) {
	case *openFile:
		return found, found.files, nil
	case *files:
		return nil, found, nil
	}
	return nil, nil, syscall.EBADF
}

// ask lets a callback do something with a file or file system, which may block.
func ask[T any](number, context uintptr, do func(*openFile, *files) (T, error), take func(T), late func(T)) C.int {
	return answer(func() error {
		file, files, err := opened(number)
		if err != nil {
			return err
		}
		var t *turn
		if file != nil {
			t = &file.turn
		}
		result, err := aside(contextOf(context), t, func() (T, error) { return do(file, files) }, late)
		if err == nil && take != nil {
			take(result)
		}
		return err
	})
}

//export wasmspanGoStat
func wasmspanGoStat(number, context uintptr, path *C.char, info *C.wasmspan_file_info) C.int {
	name := ""
	if path != nil {
		name = C.GoString(path)
	}
	return ask(number, context, func(file *openFile, files *files) (fs.FileInfo, error) {
		if file != nil {
			return file.file.Stat()
		}
		return fs.Stat(files.fs, name)
	}, func(about fs.FileInfo) {
		info.directory = C.bool(about.IsDir())
		info.size = C.uint64_t(about.Size())
		if modified := about.ModTime(); modified.Unix() > 0 {
			info.modified = C.uint64_t(modified.UnixNano())
		}
	}, nil)
}

//export wasmspanGoOpen
func wasmspanGoOpen(number, context uintptr, path *C.char, mode C.uint32_t, to *C.uintptr_t) C.int {
	name := C.GoString(path)
	return ask(number, context, func(_ *openFile, files *files) (f *openFile, err error) {
		f = &openFile{files: files, name: name}
		if writable, ok := files.fs.(WritableFS); ok && mode != 0 {
			flags := os.O_RDWR
			if mode&(C.WASMSPAN_OPEN_CREATE|C.WASMSPAN_OPEN_EXCLUSIVE) != 0 {
				flags |= os.O_CREATE
			}
			if mode&C.WASMSPAN_OPEN_EXCLUSIVE != 0 {
				flags |= os.O_EXCL
			}
			if mode&C.WASMSPAN_OPEN_TRUNCATE != 0 {
				flags |= os.O_TRUNC
			}
			f.file, err = writable.OpenFile(f.name, flags, 0o666)
		} else {
			f.file, err = files.fs.Open(f.name)
		}
		return f, err
	}, func(f *openFile) {
		f.files.mu.Lock()
		defer f.files.mu.Unlock()
		if f.files.open == nil {
			f.files.open = map[*openFile]struct{}{}
		}
		f.files.open[f] = struct{}{}
		*to = C.uintptr_t(handles.put(weakTo(f)))
	}, func(f *openFile) { f.file.Close() })
}

//export wasmspanGoFile
func wasmspanGoFile(number, context uintptr, writes bool, at C.uint64_t, buf unsafe.Pointer, size C.size_t, done *C.size_t) C.int {
	if size == 0 {
		return 0
	}
	guests := unsafe.Slice((*byte)(buf), int(size))
	own := guests
	if contextOf(context).Done() != nil {
		// The guest may be gone before the file is.
		own = make([]byte, len(guests))
		if writes {
			copy(own, guests)
		}
	}
	return ask(number, context, func(file *openFile, _ *files) (int, error) {
		if file == nil {
			return 0, syscall.EBADF
		}
		move := file.readAt
		if writes {
			move = file.writeAt
		}
		n, err := move(own, int64(at))
		if n > 0 || err == io.EOF {
			err = nil
		}
		return n, err
	}, func(n int) {
		*done = C.size_t(n)
		if !writes && &own[0] != &guests[0] {
			copy(guests, own[:n])
		}
	}, nil)
}

//export wasmspanGoClose
func wasmspanGoClose(number uintptr) {
	answer(func() error {
		found, _ := handles.take(number)
		f, ok := found.(*openFile)
		if !ok {
			return nil
		}
		f.files.mu.Lock()
		delete(f.files.open, f)
		f.files.mu.Unlock()
		// Nobody may be there to go on with a panic: it must not get into C's frames.
		how := <-start(f.file.Close)
		return how.get()
	})
}

//export wasmspanGoList
func wasmspanGoList(number, context uintptr, path *C.char, take, into unsafe.Pointer) C.int {
	name := C.GoString(path)
	return ask(number, context, func(_ *openFile, files *files) ([]fs.DirEntry, error) {
		entries, err := fs.ReadDir(files.fs, name)
		for _, entry := range entries {
			if err == nil && strings.IndexByte(entry.Name(), 0) >= 0 {
				err = fs.ErrInvalid
			}
		}
		return entries, err
	}, func(entries []fs.DirEntry) {
		for _, entry := range entries {
			name := C.CString(entry.Name())
			C.ws_take(take, into, name, C.bool(entry.IsDir()))
			C.free(unsafe.Pointer(name))
		}
	}, nil)
}

// Sets a file's size, or makes sure that it lasts.
//
//export wasmspanGoKeep
func wasmspanGoKeep(number, context uintptr, resize bool, size C.uint64_t) C.int {
	return ask(number, context, func(file *openFile, _ *files) (struct{}, error) {
		if file == nil {
			return struct{}{}, syscall.EBADF
		}
		if resize {
			if file, ok := file.file.(WritableFile); ok {
				return struct{}{}, file.Truncate(int64(size))
			}
			return struct{}{}, fs.ErrPermission
		}
		if file, ok := file.file.(interface{ Sync() error }); ok {
			return struct{}{}, file.Sync()
		}
		return struct{}{}, nil
	}, nil, nil)
}

//export wasmspanGoChange
func wasmspanGoChange(number, context uintptr, change C.int, path, to *C.char, modified C.uint64_t) C.int {
	name, target := C.GoString(path), ""
	if to != nil {
		target = C.GoString(to)
	}
	return ask(number, context, func(_ *openFile, files *files) (struct{}, error) {
		return struct{}{}, files.change(change, name, target, modified)
	}, nil, nil)
}

func (f *files) change(change C.int, name, to string, modified C.uint64_t) error {
	writable, ok := f.fs.(WritableFS)
	if !ok {
		return fs.ErrPermission
	}
	switch change {
	case C.ws_mkdir:
		return writable.Mkdir(name, 0o777)
	case C.ws_remove:
		return writable.Remove(name)
	case C.ws_rename:
		return writable.Rename(name, to)
	}
	if times, ok := writable.(interface {
		Chtimes(name string, atime, mtime time.Time) error
	}); ok {
		when := time.Unix(0, int64(modified))
		return times.Chtimes(name, when, when)
	}
	return fs.ErrPermission
}
