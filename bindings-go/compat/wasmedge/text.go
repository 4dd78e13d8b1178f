package wasmedge

// #include "shim.h"
import "C"
import "unsafe"

// wasmOf is the binary of a module in text format, which WasmEdge's interface doesn't take. Tests are written in it.
func wasmOf(text string) ([]byte, error) {
	var wasm C.wasmspan_bytes
	source := C.CString(text)
	defer C.free(unsafe.Pointer(source))
	if err := toError(C.wasmspan_wat_to_wasm(source, C.size_t(len(text)), &wasm)); err != nil {
		return nil, err
	}
	defer C.wasmspan_bytes_delete(&wasm)
	return C.GoBytes(unsafe.Pointer(wasm.data), C.int(wasm.size)), nil
}
