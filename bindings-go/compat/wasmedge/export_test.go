package wasmedge

// Numbers in use, for leak tests.
func HostFunctionsInUse() int { return hostFunctions.size() }
func ExternRefsInUse() int    { return externRefs.size() }

// WasmOf is the binary of a module in text format.
var WasmOf = wasmOf
