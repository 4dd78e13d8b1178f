/* The rules in which 0.10.1 differs: host functions get the memory of their caller. */
#include "check.h"

static const char HOST[] =
    "(module (import \"host\" \"f\" (func $f (param i32) (result i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 8) \"\\2a\\00\\00\\00\")"
    " (func (export \"call\") (param i32) (result i32) (call $f (local.get 0))))";

static WasmEdge_Result host(void *data, WasmEdge_MemoryInstanceContext *memory,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data;
  uint32_t number = 0;
  WasmEdge_Result result = WasmEdge_MemoryInstanceGetData(
      memory, (uint8_t *)&number, (uint32_t)WasmEdge_ValueGetI32(params[0]), 4);
  returns[0] = WasmEdge_ValueGenI32((int32_t)number);
  return result;
}

int main(void) {
  WasmEdge_LogSetErrorLevel();
  CHECK(5, strcmp(WasmEdge_VersionGet(), "0.10.1") == 0);
  CHECK(6, WasmEdge_VersionGetMinor() == 10);
  WasmEdge_ModuleInstanceContext *module = WasmEdge_ModuleInstanceCreate(name_of("host"));
  enum WasmEdge_ValType one[1] = {WasmEdge_ValType_I32};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(one, 1, one, 1);
  WasmEdge_ModuleInstanceAddFunction(module, name_of("f"),
                                     WasmEdge_FunctionInstanceCreate(type, host, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(97, WasmEdge_VMRegisterModuleFromImport(vm, module));
  WasmEdge_Value param = WasmEdge_ValueGenI32(8), got;
  OK(143, WasmEdge_VMRunWasmFromBuffer(vm, (const uint8_t *)HOST, sizeof(HOST) - 1,
                                       name_of("call"), &param, 1, &got, 1));
  CHECK(143, WasmEdge_ValueGetI32(got) == 42);
  /* Called by the program itself, it has no memory; its failure comes back. */
  CODE(141, WasmEdge_VMExecuteRegistered(vm, name_of("host"), name_of("f"), &param, 1, &got, 1),
       WasmEdge_ErrCode_WrongVMWorkflow);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(module);
  return report();
}
