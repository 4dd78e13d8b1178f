/* Lists the functions of the active module. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

enum { ROOM = 256 };

int main(void) {
  WasmEdge_StoreContext *store = WasmEdge_StoreCreate();
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, store);
  WasmEdge_VMLoadWasmFromFile(vm, "fibonacci.wasm");
  WasmEdge_VMValidate(vm);
  WasmEdge_VMInstantiate(vm);
  uint32_t count = WasmEdge_VMGetFunctionListLength(vm);
  WasmEdge_String names[ROOM];
  const WasmEdge_FunctionTypeContext *types[ROOM];
  uint32_t real = WasmEdge_VMGetFunctionList(vm, names, types, ROOM);
  if (real != count)
    return 1;
  for (uint32_t at = 0; at < real && at < ROOM; at++) {
    char text[ROOM];
    uint32_t length = WasmEdge_StringCopy(names[at], text, sizeof(text));
    printf("Get exported function string length: %u, name: %s\n", length, text);
  }
  /* The store may go before the VM. */
  WasmEdge_StoreDelete(store);
  WasmEdge_VMDelete(vm);
  return 0;
}
