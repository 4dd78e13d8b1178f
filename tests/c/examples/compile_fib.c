/* Compiles fibonacci.wasm without a configuration. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

int main(void) {
  WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(NULL);
  WasmEdge_Result result = WasmEdge_CompilerCompile(
      compiler, "fibonacci.wasm", "fibonacci-aot.wasm");
  if (!WasmEdge_ResultOK(result)) {
    printf("Compilation failed: %s\n", WasmEdge_ResultGetMessage(result));
    return 1;
  }
  WasmEdge_CompilerDelete(compiler);
  return 0;
}
