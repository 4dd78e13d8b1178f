package wasmedge

// #include "shim.h"
import "C"
import (
	"reflect"
	"strings"
	"unsafe"
)

// A string as C takes it, without a copy; good for the duration of a call.
func cString(s string) C.WasmEdge_String {
	if len(s) == 0 {
		return C.WasmEdge_String{}
	}
	return C.WasmEdge_String{
		Length: C.uint32_t(len(s)),
		Buf:    (*C.char)(unsafe.Pointer((*reflect.StringHeader)(unsafe.Pointer(&s)).Data)),
	}
}

func goString(s C.WasmEdge_String) string {
	return C.GoStringN(s.Buf, C.int(s.Length))
}

// Runs list with room for n strings and gives what it wrote.
func goStrings(n C.uint32_t, list func(*C.WasmEdge_String, C.uint32_t) C.uint32_t) []string {
	if n == 0 {
		return nil
	}
	names := make([]C.WasmEdge_String, int(n))
	if written := list(&names[0], n); written < n {
		names = names[:written]
	}
	strings := make([]string, len(names))
	for i, name := range names {
		strings[i] = goString(name)
	}
	return strings
}

func bytesPointer(b []byte) *C.uint8_t {
	if len(b) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(&b[0]))
}

// Memory of C as a slice.
func alias(p unsafe.Pointer, n uint) []byte {
	var b []byte
	header := (*reflect.SliceHeader)(unsafe.Pointer(&b))
	header.Data = uintptr(p)
	header.Len = int(n)
	header.Cap = int(n)
	return b
}

// cPath is a path for C, to be freed. One with a zero byte names nothing, and must not become what is before it.
func cPath(path string) *C.char { return C.CString(strings.ReplaceAll(path, "\x00", "\uFFFD/")) }

// Strings that end with zero, in memory of C.
type cStringList struct {
	first **C.char
	len   int
}

func cStrings(list []string) cStringList {
	if len(list) == 0 {
		return cStringList{}
	}
	size := C.size_t(len(list)) * C.size_t(unsafe.Sizeof((*C.char)(nil)))
	first := (**C.char)(C.malloc(size))
	for i, s := range list {
		*at(first, i) = C.CString(s)
	}
	return cStringList{first, len(list)}
}

func at(first **C.char, i int) **C.char {
	return (**C.char)(unsafe.Pointer(uintptr(unsafe.Pointer(first)) + uintptr(i)*unsafe.Sizeof(*first)))
}

func (l cStringList) free() {
	for i := 0; i < l.len; i++ {
		C.free(unsafe.Pointer(*at(l.first, i)))
	}
	C.free(unsafe.Pointer(l.first))
}

func (l cStringList) args() (**C.char, C.uint32_t) { return l.first, C.uint32_t(l.len) }
