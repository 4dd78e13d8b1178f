/* Compiles the first argument to the second. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

int main(int argc, const char *argv[]) {
  if (argc < 3)
    return 1;
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(configure);
  WasmEdge_Result result =
      WasmEdge_CompilerCompile(compiler, argv[1], argv[2]);
  if (!WasmEdge_ResultOK(result)) {
    printf("Compilation failed: %s\n", WasmEdge_ResultGetMessage(result));
    return 1;
  }
  WasmEdge_CompilerDelete(compiler);
  WasmEdge_ConfigureDelete(configure);
  return 0;
}
