package wasmspan

// #include "shim.h"
import "C"
import (
	"io"
	"io/fs"
	"os"
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
type files struct{ fs fs.FS }

// openFile is an open one of its files. Only one call at a time uses it.
type openFile struct {
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
func opened(number uintptr) (*openFile, *files) {
	switch found, _ := left.get(number); found := found.(type) {
	case *openFile:
		return found, found.files
	case *files:
		return nil, found
	}
	panic("wasmspan: no file has this number")
}

//export wasmspanGoStat
func wasmspanGoStat(number uintptr, path *C.char, info *C.wasmspan_file_info) (code C.int) {
	defer caught(&code)
	file, files := opened(number)
	var about fs.FileInfo
	var err error
	if file != nil {
		about, err = file.file.Stat()
	} else {
		about, err = fs.Stat(files.fs, C.GoString(path))
	}
	if err != nil {
		return errno(err)
	}
	info.directory = C.bool(about.IsDir())
	info.size = C.uint64_t(about.Size())
	if modified := about.ModTime(); modified.Unix() > 0 {
		info.modified = C.uint64_t(modified.UnixNano())
	}
	return 0
}

//export wasmspanGoOpen
func wasmspanGoOpen(number uintptr, path *C.char, mode C.uint32_t, to *C.uintptr_t) (code C.int) {
	defer caught(&code)
	_, files := opened(number)
	f := &openFile{files: files, name: C.GoString(path)}
	var err error
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
	if err != nil {
		return errno(err)
	}
	*to = C.uintptr_t(left.put(f))
	return 0
}

//export wasmspanGoFile
func wasmspanGoFile(number uintptr, writes bool, at C.uint64_t, buf unsafe.Pointer, size C.size_t, done *C.size_t) (code C.int) {
	defer caught(&code)
	if size == 0 {
		return 0
	}
	file, _ := opened(number)
	move := file.readAt
	if writes {
		move = file.writeAt
	}
	n, err := move(unsafe.Slice((*byte)(buf), int(size)), int64(at))
	*done = C.size_t(n)
	if n > 0 || err == io.EOF {
		return 0
	}
	return errno(err)
}

//export wasmspanGoClose
func wasmspanGoClose(number uintptr) {
	var ignored C.int
	defer caught(&ignored)
	if found, ok := left.take(number); ok {
		found.(*openFile).file.Close()
	}
}

//export wasmspanGoList
func wasmspanGoList(number uintptr, path *C.char, take, into unsafe.Pointer) (code C.int) {
	defer caught(&code)
	_, files := opened(number)
	entries, err := fs.ReadDir(files.fs, C.GoString(path))
	for _, entry := range entries {
		name := C.CString(entry.Name())
		C.ws_take(take, into, name, C.bool(entry.IsDir()))
		C.free(unsafe.Pointer(name))
	}
	return errno(err)
}

// Sets a file's size, or makes sure that it lasts.
//
//export wasmspanGoKeep
func wasmspanGoKeep(number uintptr, resize bool, size C.uint64_t) (code C.int) {
	defer caught(&code)
	file, _ := opened(number)
	if resize {
		if file, ok := file.file.(WritableFile); ok {
			return errno(file.Truncate(int64(size)))
		}
		return errno(fs.ErrPermission)
	}
	if file, ok := file.file.(interface{ Sync() error }); ok {
		return errno(file.Sync())
	}
	return 0
}

//export wasmspanGoChange
func wasmspanGoChange(number uintptr, change C.int, path, to *C.char, modified C.uint64_t) (code C.int) {
	defer caught(&code)
	_, files := opened(number)
	writable, name := files.fs.(WritableFS), C.GoString(path)
	switch change {
	case C.ws_mkdir:
		return errno(writable.Mkdir(name, 0o777))
	case C.ws_remove:
		return errno(writable.Remove(name))
	case C.ws_rename:
		return errno(writable.Rename(name, C.GoString(to)))
	}
	if times, ok := writable.(interface {
		Chtimes(name string, atime, mtime time.Time) error
	}); ok {
		when := time.Unix(0, int64(modified))
		return errno(times.Chtimes(name, when, when))
	}
	return errno(fs.ErrPermission)
}
