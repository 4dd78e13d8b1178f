/* Registers a module under a name and calls into it, without an active one. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

int main(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(20)};
  WasmEdge_Value returns[1];
  WasmEdge_String function = WasmEdge_StringCreateByCString("fib");
  WasmEdge_String module = WasmEdge_StringCreateByCString("mod");
  WasmEdge_Result result =
      WasmEdge_VMRegisterModuleFromFile(vm, module, "fibonacci.wasm");
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_VMExecuteRegistered(vm, module, function, params, 1,
                                          returns, 1);
  if (WasmEdge_ResultOK(result))
    printf("Get the result: %d\n", WasmEdge_ValueGetI32(returns[0]));
  else
    printf("Error message: %s\n", WasmEdge_ResultGetMessage(result));
  WasmEdge_StringDelete(module);
  WasmEdge_StringDelete(function);
  WasmEdge_VMDelete(vm);
  return 0;
}
