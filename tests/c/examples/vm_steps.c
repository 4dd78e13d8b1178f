/* A VM, step by step. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

static int failed(const char *step, WasmEdge_Result result) {
  if (WasmEdge_ResultOK(result))
    return 0;
  printf("%s failed: %s\n", step, WasmEdge_ResultGetMessage(result));
  return 1;
}

int main(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configure,
                                        WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(10)};
  WasmEdge_Value returns[1];
  WasmEdge_String name = WasmEdge_StringCreateByCString("fib");
  if (failed("Loading", WasmEdge_VMLoadWasmFromFile(vm, "fibonacci.wasm")) ||
      failed("Validation", WasmEdge_VMValidate(vm)) ||
      failed("Instantiation", WasmEdge_VMInstantiate(vm)) ||
      failed("Execution", WasmEdge_VMExecute(vm, name, params, 1, returns, 1)))
    return 1;
  printf("Get the result: %d\n", WasmEdge_ValueGetI32(returns[0]));
  WasmEdge_VMDelete(vm);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_StringDelete(name);
  return 0;
}
