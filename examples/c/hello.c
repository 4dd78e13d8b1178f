#include <stdio.h>
#include <string.h>
#include <wasmspan/wasmspan.h>

static const char text[] = "(module"
                           "  (import \"env\" \"double\" (func $double (param i32) (result i32)))"
                           "  (func (export \"quadruple\") (param i32) (result i32)"
                           "    (call $double (call $double (local.get 0)))))";

static WasmEdge_Result twice(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params,
                             WasmEdge_Value *returns) {
  (void)data, (void)frame;
  returns[0] = WasmEdge_ValueGenI32(WasmEdge_ValueGetI32(params[0]) * 2);
  return WasmEdge_Result_Success;
}

int main(void) {
  enum WasmEdge_ValType i32 = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&i32, 1, &i32, 1);
  WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(WasmEdge_StringWrap("env", 3));
  WasmEdge_ModuleInstanceAddFunction(env, WasmEdge_StringWrap("double", 6),
                                     WasmEdge_FunctionInstanceCreate(type, twice, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);

  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_Result result = WasmEdge_VMRegisterModuleFromImport(vm, env);
  WasmEdge_Value param = WasmEdge_ValueGenI32(5), value;
  wasmspan_bytes wasm = {0};
  if (WasmEdge_ResultOK(result))
    result = wasmspan_wat_to_wasm(text, strlen(text), &wasm);
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_VMRunWasmFromBuffer(vm, wasm.data, (uint32_t)wasm.size,
                                          WasmEdge_StringWrap("quadruple", 9), &param, 1, &value, 1);
  if (WasmEdge_ResultOK(result))
    printf("%d\n", WasmEdge_ValueGetI32(value));
  else
    fprintf(stderr, "%s\n", WasmEdge_ResultGetMessage(result));
  wasmspan_bytes_delete(&wasm);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(env);
  return !WasmEdge_ResultOK(result);
}
