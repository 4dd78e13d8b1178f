/* Loads, validates, instantiates and calls at once. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

int main(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configure,
                                        WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(5)};
  WasmEdge_Value returns[1];
  WasmEdge_String name = WasmEdge_StringCreateByCString("fib");
  WasmEdge_Result result = WasmEdge_VMRunWasmFromFile(
      vm, "fibonacci.wasm", name, params, 1, returns, 1);
  if (WasmEdge_ResultOK(result))
    printf("Get the result: %d\n", WasmEdge_ValueGetI32(returns[0]));
  else
    printf("Error message: %s\n", WasmEdge_ResultGetMessage(result));
  WasmEdge_VMDelete(vm);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_StringDelete(name);
  return 0;
}
