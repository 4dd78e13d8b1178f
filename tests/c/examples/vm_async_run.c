/* Runs a file on another thread. */
#include <stdio.h>
#include <stdlib.h>
#include <wasmedge/wasmedge.h>

int main(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(20)};
  WasmEdge_String name = WasmEdge_StringCreateByCString("fib");
  WasmEdge_Async *call =
      WasmEdge_VMAsyncRunWasmFromFile(vm, "fibonacci.wasm", name, params, 1);
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
