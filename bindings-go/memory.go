package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// Memory is a linear memory. Its methods may be called while the guest runs; what both touch then is a race. After Close of
// its instance it is empty.
type Memory struct {
	*handle
	inner *C.WasmEdge_MemoryInstanceContext
	// What it was like last. A memory never moves or shrinks, so what lay in it does so still.
	last atomic.Pointer[[]byte]
	// Whose it is.
	instance *Instance
	host     *hostEntity
}

// MemoryType is the size of a memory in pages of 64 KiB.
type MemoryType struct {
	Min uint32
	// Max is the most it may grow to; 0 is no limit.
	Max uint32
}

// NewMemory makes a memory of the host that modules can import, see HostModule.Memory. It lives as long as the runtime
// and who imports it; its methods work until Close of the runtime.
func (r *Runtime) NewMemory(t MemoryType) (*Memory, error) {
	if !r.acquire() {
		return nil, ErrClosed
	}
	defer r.release()
	limit := C.WasmEdge_Limit{Min: C.uint32_t(t.Min), Max: C.uint32_t(t.Max), HasMax: t.Max > 0}
	mtype := C.WasmEdge_MemoryTypeCreate(limit)
	defer C.WasmEdge_MemoryTypeDelete(mtype)
	inner := C.WasmEdge_MemoryInstanceCreate(mtype)
	if inner == nil {
		return nil, usage(CodeMemoryOutOfBounds, "there can be no memory of %d to %d pages", t.Min, t.Max)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owns(func() { C.WasmEdge_MemoryInstanceDelete(inner) })
	return &Memory{handle: &r.handle, inner: inner, host: &hostEntity{runtime: r}}, nil
}

// Memory gives an exported memory, or nil.
func (i *Instance) Memory(name string) *Memory {
	if !i.acquire() {
		return nil
	}
	defer i.release()
	inner := C.WasmEdge_ModuleInstanceFindMemory(i.inner, cString(name))
	runtime.KeepAlive(name)
	if inner == nil {
		return nil
	}
	return &Memory{handle: &i.handle, inner: inner, instance: i}
}

// view is the memory itself, for who has acquired it.
func (m *Memory) view() []byte {
	var base *C.uint8_t
	var size C.uint64_t
	if !C.wasmspan_memory_view(m.inner, &base, &size) || base == nil {
		return nil
	}
	view := unsafe.Slice((*byte)(base), int(size))
	if last := m.last.Load(); last == nil || len(*last) < len(view) {
		// A copy, so that only what is kept is allocated.
		kept := view
		m.last.Store(&kept)
	}
	return view
}

// having is the memory, at least as far as asked for if it is so large; for who has acquired it.
func (m *Memory) having(end uint64) []byte {
	if last := m.last.Load(); last != nil && end <= uint64(len(*last)) {
		return *last
	}
	return m.view()
}

// within gives so many bytes of the memory, for who has acquired it; nil if they are not all in it.
func (m *Memory) within(offset, length uint64) []byte {
	if view := m.having(offset + length); offset <= uint64(len(view)) && length <= uint64(len(view))-offset {
		return view[offset:][:length:length]
	}
	return nil
}

// View gives the bytes of the memory: not a copy, but the memory itself. The slice does not grow with the memory. It must
// not be used after Close of the instance, nor when nothing but the slice is left of the Instance and the Memory.
func (m *Memory) View() []byte {
	if !m.acquire() {
		return nil
	}
	defer m.release()
	return m.view()
}

// Size gives the size in bytes.
func (m *Memory) Size() int { return len(m.View()) }

// Grow adds pages of 64 KiB; false if the memory may not become so large.
func (m *Memory) Grow(pages uint32) bool {
	_, err := m.GrowPages(pages)
	return err == nil
}

// GrowPages is Grow that gives the size before, in pages, and says why it failed.
func (m *Memory) GrowPages(pages uint32) (uint32, error) {
	if !m.acquire() {
		return 0, ErrClosed
	}
	defer m.release()
	before := uint32(C.WasmEdge_MemoryInstanceGetPageSize(m.inner))
	done := outcome(C.ws_memory_grow(m.inner, C.uint32_t(pages)))
	return before, done.err(context.Background())
}

// Read copies bytes out of the memory; false if they are not all in it.
func (m *Memory) Read(offset, length uint32) ([]byte, bool) {
	if !m.acquire() {
		return nil, false
	}
	defer m.release()
	from := m.within(uint64(offset), uint64(length))
	if from == nil {
		return nil, false
	}
	return append(make([]byte, 0, length), from...), true
}

// ReadString is Read for a text.
func (m *Memory) ReadString(offset, length uint32) (string, bool) {
	if !m.acquire() {
		return "", false
	}
	defer m.release()
	from := m.within(uint64(offset), uint64(length))
	return string(from), from != nil
}

// Write copies bytes into the memory; false, and nothing is written, if they would not all lie in it.
func (m *Memory) Write(offset uint32, data []byte) bool {
	_, err := m.WriteAt(data, int64(offset))
	return err == nil
}

// WriteString is Write for a text.
func (m *Memory) WriteString(offset uint32, text string) bool {
	if !m.acquire() {
		return false
	}
	defer m.release()
	to := m.within(uint64(offset), uint64(len(text)))
	copy(to, text)
	return to != nil
}

// number lets a function have the bytes of a number.
func (m *Memory) number(offset uint32, size uint64, do func([]byte)) bool {
	if !m.acquire() {
		return false
	}
	defer m.release()
	bytes := m.within(uint64(offset), size)
	if bytes == nil {
		return false
	}
	do(bytes)
	return true
}

// ReadUint8 reads a byte; false if it is not in the memory. Larger numbers are read in the guest's order, the lowest byte
// first, at any place.
func (m *Memory) ReadUint8(offset uint32) (n uint8, ok bool) {
	ok = m.number(offset, 1, func(b []byte) { n = b[0] })
	return n, ok
}

// ReadUint16 reads a number of 16 bits, as ReadUint8.
func (m *Memory) ReadUint16(offset uint32) (n uint16, ok bool) {
	ok = m.number(offset, 2, func(b []byte) { n = binary.LittleEndian.Uint16(b) })
	return n, ok
}

// ReadUint32 reads a number of 32 bits, as ReadUint8.
func (m *Memory) ReadUint32(offset uint32) (n uint32, ok bool) {
	ok = m.number(offset, 4, func(b []byte) { n = binary.LittleEndian.Uint32(b) })
	return n, ok
}

// ReadUint64 reads a number of 64 bits, as ReadUint8.
func (m *Memory) ReadUint64(offset uint32) (n uint64, ok bool) {
	ok = m.number(offset, 8, func(b []byte) { n = binary.LittleEndian.Uint64(b) })
	return n, ok
}

// ReadFloat32 reads a number with a point, as ReadUint8.
func (m *Memory) ReadFloat32(offset uint32) (float32, bool) {
	bits, ok := m.ReadUint32(offset)
	return math.Float32frombits(bits), ok
}

// ReadFloat64 reads a number with a point, as ReadUint8.
func (m *Memory) ReadFloat64(offset uint32) (float64, bool) {
	bits, ok := m.ReadUint64(offset)
	return math.Float64frombits(bits), ok
}

// WriteUint8 writes a byte; false if it would not lie in the memory. Larger numbers are written in the guest's order, the
// lowest byte first, at any place.
func (m *Memory) WriteUint8(offset uint32, n uint8) bool {
	return m.number(offset, 1, func(b []byte) { b[0] = n })
}

// WriteUint16 writes a number of 16 bits, as WriteUint8.
func (m *Memory) WriteUint16(offset uint32, n uint16) bool {
	return m.number(offset, 2, func(b []byte) { binary.LittleEndian.PutUint16(b, n) })
}

// WriteUint32 writes a number of 32 bits, as WriteUint8.
func (m *Memory) WriteUint32(offset uint32, n uint32) bool {
	return m.number(offset, 4, func(b []byte) { binary.LittleEndian.PutUint32(b, n) })
}

// WriteUint64 writes a number of 64 bits, as WriteUint8.
func (m *Memory) WriteUint64(offset uint32, n uint64) bool {
	return m.number(offset, 8, func(b []byte) { binary.LittleEndian.PutUint64(b, n) })
}

// WriteFloat32 writes a number with a point, as WriteUint8.
func (m *Memory) WriteFloat32(offset uint32, n float32) bool {
	return m.WriteUint32(offset, math.Float32bits(n))
}

// WriteFloat64 writes a number with a point, as WriteUint8.
func (m *Memory) WriteFloat64(offset uint32, n float64) bool {
	return m.WriteUint64(offset, math.Float64bits(n))
}

// ReadAt implements io.ReaderAt.
func (m *Memory) ReadAt(p []byte, offset int64) (int, error) {
	if !m.acquire() {
		return 0, ErrClosed
	}
	defer m.release()
	if offset < 0 {
		return 0, fmt.Errorf("wasmspan: offset %d", offset)
	}
	view := m.having(uint64(offset) + uint64(len(p)))
	if offset > int64(len(view)) {
		return 0, io.EOF
	}
	n := copy(p, view[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements io.WriterAt. It writes nothing if not all bytes would lie in the memory.
func (m *Memory) WriteAt(p []byte, offset int64) (int, error) {
	if !m.acquire() {
		return 0, ErrClosed
	}
	defer m.release()
	view := m.having(uint64(offset) + uint64(len(p)))
	if offset < 0 || offset > int64(len(view)) || len(p) > len(view)-int(offset) {
		return 0, usage(CodeMemoryOutOfBounds, "out of bounds memory access: %d bytes at %d of %d", len(p), offset, len(view))
	}
	return copy(view[offset:], p), nil
}
