/* A host function that adds, and data of the host that it writes to. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

#include "modules.h"

static WasmEdge_Result add(void *data, Place place,
                           const WasmEdge_Value *params,
                           WasmEdge_Value *returns) {
  (void)place;
  int32_t a = WasmEdge_ValueGetI32(params[0]);
  int32_t b = WasmEdge_ValueGetI32(params[1]);
  printf("Host function \"Add\": %d + %d\n", a, b);
  returns[0] = WasmEdge_ValueGenI32(a + b);
  if (data)
    *(int32_t *)data = a + b;
  return WasmEdge_Result_Success;
}

int main(int argc, char *argv[]) {
  (void)argv;
  int32_t data = 0;
  int with_data = argc > 1;
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_String name = WasmEdge_StringCreateByCString("extern");
  WasmEdge_ModuleInstanceContext *host = WasmEdge_ModuleInstanceCreate(name);
  WasmEdge_StringDelete(name);
  enum WasmEdge_ValType params[2] = {WasmEdge_ValType_I32,
                                     WasmEdge_ValType_I32};
  enum WasmEdge_ValType returns[1] = {WasmEdge_ValType_I32};
  WasmEdge_FunctionTypeContext *type =
      WasmEdge_FunctionTypeCreate(params, 2, returns, 1);
  WasmEdge_FunctionInstanceContext *function = WasmEdge_FunctionInstanceCreate(
      type, add, with_data ? &data : NULL, 0);
  WasmEdge_FunctionTypeDelete(type);
  name = WasmEdge_StringCreateByCString("func-add");
  WasmEdge_ModuleInstanceAddFunction(host, name, function);
  WasmEdge_StringDelete(name);
  WasmEdge_VMRegisterModuleFromImport(vm, host);

  name = WasmEdge_StringCreateByCString("addTwo");
  WasmEdge_Value given[2] = {WasmEdge_ValueGenI32(1234),
                             WasmEdge_ValueGenI32(5678)};
  WasmEdge_Value got[1];
  WasmEdge_Result result = WasmEdge_VMRunWasmFromBuffer(
      vm, ADD_MODULE, sizeof(ADD_MODULE), name, given, 2, got, 1);
  if (WasmEdge_ResultOK(result))
    printf("Get the result: %d\n", WasmEdge_ValueGetI32(got[0]));
  else
    printf("Error message: %s\n", WasmEdge_ResultGetMessage(result));
  if (with_data)
    printf("Data value: %d\n", data);
  WasmEdge_StringDelete(name);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(host);
  return 0;
}
