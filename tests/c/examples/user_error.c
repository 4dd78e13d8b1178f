/* A host function that fails with a code of its own. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

#include "modules.h"

static WasmEdge_Result trap(void *data, Place place,
                            const WasmEdge_Value *params,
                            WasmEdge_Value *returns) {
  (void)data, (void)place, (void)params, (void)returns;
  return WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 5566);
}

int main(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_String name = WasmEdge_StringCreateByCString("extern");
  WasmEdge_ModuleInstanceContext *host = WasmEdge_ModuleInstanceCreate(name);
  WasmEdge_StringDelete(name);
  WasmEdge_FunctionTypeContext *type =
      WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  WasmEdge_FunctionInstanceContext *function =
      WasmEdge_FunctionInstanceCreate(type, trap, NULL, 0);
  WasmEdge_FunctionTypeDelete(type);
  name = WasmEdge_StringCreateByCString("trap");
  WasmEdge_ModuleInstanceAddFunction(host, name, function);
  WasmEdge_VMRegisterModuleFromImport(vm, host);
  WasmEdge_Result result = WasmEdge_VMRunWasmFromBuffer(
      vm, TRAP_MODULE, sizeof(TRAP_MODULE), name, NULL, 0, NULL, 0);
  printf("Get the error code: %u\n", WasmEdge_ResultGetCode(result));
  WasmEdge_StringDelete(name);
  WasmEdge_VMDelete(vm);
  /* A host module may be deleted after the VM that used it. */
  WasmEdge_ModuleInstanceDelete(host);
  return 0;
}
