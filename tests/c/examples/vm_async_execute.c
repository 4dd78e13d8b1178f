/* Prepares a VM step by step and calls on another thread. */
#include <stdio.h>
#include <stdlib.h>
#include <wasmedge/wasmedge.h>

int main(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(25)};
  WasmEdge_String name = WasmEdge_StringCreateByCString("fib");
  if (!WasmEdge_ResultOK(WasmEdge_VMLoadWasmFromFile(vm, "fibonacci.wasm")) ||
      !WasmEdge_ResultOK(WasmEdge_VMValidate(vm)) ||
      !WasmEdge_ResultOK(WasmEdge_VMInstantiate(vm)))
    return 1;
  WasmEdge_Async *call = WasmEdge_VMAsyncExecute(vm, name, params, 1);
  WasmEdge_AsyncWait(call);
  uint32_t count = WasmEdge_AsyncGetReturnsLength(call);
  WasmEdge_Value *returns =
      (WasmEdge_Value *)malloc(sizeof(WasmEdge_Value) * count);
  WasmEdge_Result result = WasmEdge_AsyncGet(call, returns, count);
  if (WasmEdge_ResultOK(result))
    printf("Get the result: %d\n", WasmEdge_ValueGetI32(returns[0]));
  else
    printf("Error message: %s\n", WasmEdge_ResultGetMessage(result));
  free(returns);
  WasmEdge_AsyncDelete(call);
  WasmEdge_VMDelete(vm);
  WasmEdge_StringDelete(name);
  return 0;
}
