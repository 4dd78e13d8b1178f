package wasmspan

// #include "shim.h"
import "C"
import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"path"
	"time"
	"unsafe"
)

// MemFS has files in memory, for guests (Mount) and for Go: it is an fs.FS. Several guests may share one.
type MemFS struct {
	*handle
	inner *C.wasmspan_fs
}

// Change is a difference between what a MemFS was at first and what it is.
type Change struct {
	Kind ChangeKind
	Path string
}

// ChangeKind says how something was changed.
type ChangeKind uint32

// The kinds of changes.
const (
	Added ChangeKind = 1 + iota
	Modified
	Removed
)

// String gives "added", "modified" or "removed".
func (k ChangeKind) String() string {
	switch k {
	case Added:
		return "added"
	case Modified:
		return "modified"
	}
	return "removed"
}

// NewMemFS makes an empty one. Files, and 256 bytes and the name for each, take up to maxBytes, 0 being 256 MiB.
func NewMemFS(maxBytes uint64) *MemFS {
	return newMemFS(C.wasmspan_fs_create_memory(C.uint64_t(maxBytes)))
}

// NewOverlay makes one that shows a directory of the host and keeps what guests change, up to maxBytes.
func NewOverlay(host string, maxBytes uint64) (*MemFS, error) {
	path, err := cPath(host)
	if err != nil {
		return nil, err
	}
	defer C.free(unsafe.Pointer(path))
	var inner *C.wasmspan_fs
	done := outcome(C.ws_fs_overlay(&inner, path, C.uint64_t(maxBytes)))
	if err := done.err(context.Background()); err != nil {
		return nil, err
	}
	return newMemFS(inner), nil
}

func newMemFS(inner *C.wasmspan_fs) *MemFS {
	return &MemFS{newHandle(func() { C.wasmspan_fs_delete(inner) }), inner}
}

// Close lets go of it; guests that have it keep it.
func (m *MemFS) Close() error {
	m.close()
	return nil
}

// WriteFile writes a whole file, and makes the directories on the way to it.
func (m *MemFS) WriteFile(name string, data []byte) error {
	return m.do("write", name, func(path C.WasmEdge_String) C.ws_outcome {
		return C.ws_fs_write(m.inner, path, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	})
}

// MkdirAll makes a directory, and those on the way to it.
func (m *MemFS) MkdirAll(name string) error {
	return m.do("mkdir", name, func(path C.WasmEdge_String) C.ws_outcome { return C.ws_fs_mkdir(m.inner, path) })
}

// ReadFile gives what is in a file.
func (m *MemFS) ReadFile(name string) ([]byte, error) {
	var got C.wasmspan_bytes
	defer C.wasmspan_bytes_delete(&got)
	err := m.do("read", name, func(path C.WasmEdge_String) C.ws_outcome { return C.ws_fs_read(m.inner, path, &got) })
	if err != nil {
		return nil, err
	}
	return append([]byte{}, unsafe.Slice((*byte)(got.data), int(got.size))...), nil
}

// Changes lists what is different from how it began, in order of paths.
func (m *MemFS) Changes() ([]Change, error) {
	var list pathList
	err := m.collect(&list, "changes", ".", func(_ C.WasmEdge_String, number C.uintptr_t) C.ws_outcome {
		return C.ws_fs_changes(m.inner, number)
	})
	return list, err
}

// Used is how many of its bytes are used.
func (m *MemFS) Used() uint64 {
	if !m.acquire() {
		return 0
	}
	defer m.release()
	return uint64(C.wasmspan_fs_used(m.inner))
}

// ReadDir lists a directory, as fs.ReadDirFS has it.
func (m *MemFS) ReadDir(name string) ([]fs.DirEntry, error) {
	names, err := m.names(name)
	if err != nil {
		return nil, err
	}
	entries := make([]fs.DirEntry, len(names))
	for at, entry := range names {
		path := entry.Path
		if name != "." {
			path = name + "/" + path
		}
		about, err := m.Stat(path)
		if err != nil {
			return nil, err
		}
		entries[at] = fs.FileInfoToDirEntry(about)
	}
	return entries, nil
}

// Stat tells what there is under a name, as fs.StatFS has it. Times are not told.
func (m *MemFS) Stat(name string) (fs.FileInfo, error) {
	if _, err := m.names(name); err == nil {
		return memInfo{name, 0, true}, nil
	}
	data, err := m.ReadFile(name)
	return memInfo{name, int64(len(data)), false}, err
}

// Open opens a file to read what is in it now, or a directory to list it, as fs.FS has it.
func (m *MemFS) Open(name string) (fs.File, error) {
	if entries, err := m.ReadDir(name); err == nil {
		return &memDir{memInfo{name, 0, true}, entries}, nil
	}
	data, err := m.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &memFile{bytes.NewReader(data), memInfo{name, int64(len(data)), false}}, nil
}

func (m *MemFS) names(name string) (pathList, error) {
	var list pathList
	err := m.collect(&list, "list", name, func(path C.WasmEdge_String, number C.uintptr_t) C.ws_outcome {
		return C.ws_fs_list(m.inner, path, number)
	})
	return list, err
}

func (m *MemFS) collect(list *pathList, op, name string, run func(C.WasmEdge_String, C.uintptr_t) C.ws_outcome) error {
	number := handles.put(list)
	defer handles.take(number)
	return m.do(op, name, func(path C.WasmEdge_String) C.ws_outcome { return run(path, C.uintptr_t(number)) })
}

// do runs something for a path, whose errors are as those of package os.
func (m *MemFS) do(op, name string, run func(C.WasmEdge_String) C.ws_outcome) error {
	if !fs.ValidPath(name) {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if !m.acquire() {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrClosed}
	}
	defer m.release()
	where := name
	if where == "." {
		where = ""
	}
	done := outcome(run(cString(where)))
	err := done.err(context.Background())
	if err == nil {
		return nil
	}
	if (op == "read" || op == "list") && !m.exists(name) {
		err = fs.ErrNotExist
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// exists says whether the directory that something would be in lists it.
func (m *MemFS) exists(name string) bool {
	names, err := m.names(path.Dir(name))
	for _, entry := range names {
		if entry.Path == path.Base(name) {
			return true
		}
	}
	return name == "." && err == nil
}

type pathList []Change

//export wasmspanGoPath
func wasmspanGoPath(number uintptr, path *C.char, size, change C.uint32_t) {
	found, _ := handles.get(number)
	list := found.(*pathList)
	*list = append(*list, Change{ChangeKind(change), C.GoStringN(path, C.int(size))})
}

// memInfo is what a MemFS tells of a file or directory.
type memInfo struct {
	path      string
	size      int64
	directory bool
}

func (i memInfo) Name() string {
	return path.Base(i.path)
}

func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.directory }
func (i memInfo) Sys() any           { return nil }

func (i memInfo) Mode() fs.FileMode {
	if i.directory {
		return fs.ModeDir | 0o777
	}
	return 0o666
}

type memFile struct {
	*bytes.Reader
	about memInfo
}

func (f *memFile) Stat() (fs.FileInfo, error) { return f.about, nil }
func (f *memFile) Close() error               { return nil }

type memDir struct {
	about memInfo
	rest  []fs.DirEntry
}

func (d *memDir) Stat() (fs.FileInfo, error) { return d.about, nil }
func (d *memDir) Close() error               { return nil }

func (d *memDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.about.path, Err: fs.ErrInvalid}
}

func (d *memDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.rest))
	entries := d.rest[:n]
	d.rest = d.rest[n:]
	return entries, nil
}
