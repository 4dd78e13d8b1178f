/* Runs fib(32) of the module in the first argument. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

int main(int argc, const char *argv[]) {
  if (argc < 2)
    return 1;
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_String name = WasmEdge_StringCreateByCString("fib");
  WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(32)};
  WasmEdge_Value returns[1];
  WasmEdge_Result result =
      WasmEdge_VMRunWasmFromFile(vm, argv[1], name, params, 1, returns, 1);
  if (WasmEdge_ResultOK(result))
    printf("Get result: %d\n", WasmEdge_ValueGetI32(returns[0]));
  else
    printf("Error message: %s\n", WasmEdge_ResultGetMessage(result));
  WasmEdge_VMDelete(vm);
  /* A string may outlive the VM it was used with. */
  WasmEdge_StringDelete(name);
  return 0;
}
