/* SPDX-License-Identifier: Apache-2.0 */
#include "shim.h"

#include "_cgo_export.h"
#include "bindgen_values.h"
#include "unwind.h"

/* Makes the go command link again when the library has changed. */
static const char library[] __attribute__((used)) = WASMSPAN_GO_LIBRARY;

static void enter(calling *call) {
  call->outer = current;
  current = call;
}

static go_outcome leave(const calling *call, WasmEdge_Result result, uint32_t count) {
  go_outcome outcome = {result.Code, count};
  current = call->outer;
  finished(call);
  return outcome;
}

static go_outcome too_small(uint32_t count) {
  go_outcome outcome = {0, count};
  return outcome;
}

bool go_finish(void) { return finish(); }

void go_abandon(void) { abandon(); }

go_outcome go_vm_execute(WasmEdge_VMContext *vm, WasmEdge_String name,
                         WasmEdge_Value *values, uint32_t params, uint32_t room) {
  calling call = {0};
  uint32_t count = WasmEdge_FunctionTypeGetReturnsLength(WasmEdge_VMGetFunctionType(vm, name));
  if (count > room) return too_small(count);
  enter(&call);
  return leave(&call, WasmEdge_VMExecute(vm, name, values, params, values + params, count), count);
}

go_outcome go_vm_execute_registered(WasmEdge_VMContext *vm, WasmEdge_String module,
                                    WasmEdge_String name, WasmEdge_Value *values,
                                    uint32_t params, uint32_t room) {
  calling call = {0};
  uint32_t count = WasmEdge_FunctionTypeGetReturnsLength(
      WasmEdge_VMGetFunctionTypeRegistered(vm, module, name));
  if (count > room) return too_small(count);
  enter(&call);
  return leave(&call, WasmEdge_VMExecuteRegistered(vm, module, name, values, params, values + params,
                                            count), count);
}

go_outcome go_executor_invoke(WasmEdge_ExecutorContext *executor,
                              const WasmEdge_FunctionInstanceContext *function,
                              WasmEdge_Value *values, uint32_t params, uint32_t room) {
  calling call = {0};
  uint32_t count =
      WasmEdge_FunctionTypeGetReturnsLength(WasmEdge_FunctionInstanceGetFunctionType(function));
  if (count > room) return too_small(count);
  enter(&call);
  return leave(&call, WasmEdge_ExecutorInvoke(executor, function, values, params, values + params,
                                       count), count);
}

go_outcome go_vm_instantiate(WasmEdge_VMContext *vm) {
  calling call = {0};
  enter(&call);
  return leave(&call, WasmEdge_VMInstantiate(vm), 0);
}

go_outcome go_vm_register_file(WasmEdge_VMContext *vm, WasmEdge_String name, const char *path) {
  calling call = {0};
  enter(&call);
  return leave(&call, WasmEdge_VMRegisterModuleFromFile(vm, name, path), 0);
}

go_outcome go_vm_register_buffer(WasmEdge_VMContext *vm, WasmEdge_String name,
                                 const uint8_t *bytes, uint32_t len) {
  calling call = {0};
  enter(&call);
  return leave(&call, WasmEdge_VMRegisterModuleFromBuffer(vm, name, bytes, len), 0);
}

go_outcome go_vm_register_ast(WasmEdge_VMContext *vm, WasmEdge_String name,
                              const WasmEdge_ASTModuleContext *ast) {
  calling call = {0};
  enter(&call);
  return leave(&call, WasmEdge_VMRegisterModuleFromASTModule(vm, name, ast), 0);
}

go_outcome go_executor_instantiate(WasmEdge_ExecutorContext *executor,
                                   WasmEdge_ModuleInstanceContext **module,
                                   WasmEdge_StoreContext *store,
                                   const WasmEdge_ASTModuleContext *ast) {
  calling call = {0};
  enter(&call);
  return leave(&call, WasmEdge_ExecutorInstantiate(executor, module, store, ast), 0);
}

go_outcome go_executor_register(WasmEdge_ExecutorContext *executor,
                                WasmEdge_ModuleInstanceContext **module,
                                WasmEdge_StoreContext *store,
                                const WasmEdge_ASTModuleContext *ast, WasmEdge_String name) {
  calling call = {0};
  enter(&call);
  return leave(&call, WasmEdge_ExecutorRegister(executor, module, store, ast, name), 0);
}

go_outcome go_bindgen_create(wasmspan_bindgen **bindgen, const WasmEdge_ModuleInstanceContext *instance) {
  calling call = {0};
  WasmEdge_Result success = {0};
  wasmspan_bindgen *made;
  enter(&call);
  made = wasmspan_bindgen_create(instance);
  *bindgen = made;
  return leave(&call, made ? success : wasmspan_error_result(), 0);
}

go_outcome go_bindgen_call(const wasmspan_bindgen *bindgen, WasmEdge_String name, const uint64_t *args,
                           uint32_t count, const void *large, wasmspan_results *results) {
  calling call = {0};
  wasmspan_value *values = bindgen_args(args, count, large);
  wasmspan_results got = {NULL, 0, false, NULL, 0, NULL};
  WasmEdge_Result result;
  enter(&call);
  result = wasmspan_bindgen_call(bindgen, name, values, count, &got);
  free(values);
  *results = got;
  return leave(&call, result, 0);
}

static WasmEdge_Result body(void *number, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  WasmEdge_Result result;
  REACH_GO(result.Code, wasmedgeGoCall((uintptr_t)number, (void *)frame, (void *)params, (void *)returns),
           WasmEdge_ErrCode_HostFuncError);
  return result;
}

static void gone(void *number) { wasmedgeGoGone((uintptr_t)number); }

WasmEdge_FunctionInstanceContext *go_function(const WasmEdge_FunctionTypeContext *type,
                                              uintptr_t number, uint64_t cost) {
  return wasmspan_function_create(type, body, (void *)number, cost, gone);
}

WasmEdge_Value go_extern_ref(uintptr_t number) {
  return WasmEdge_ValueGenExternRef((void *)number);
}

uintptr_t go_extern_ref_number(const WasmEdge_Value *value) {
  return (uintptr_t)WasmEdge_ValueGetExternRef(*value);
}

void go_null_ref(WasmEdge_Value *value, uint32_t type) {
  *value = WasmEdge_ValueGenNullRef(type);
}

void go_func_ref(WasmEdge_Value *value, const WasmEdge_FunctionInstanceContext *function) {
  *value = WasmEdge_ValueGenFuncRef(function);
}

const WasmEdge_FunctionInstanceContext *go_func_ref_function(const WasmEdge_Value *value) {
  return WasmEdge_ValueGetFuncRef(*value);
}

bool go_is_null_ref(const WasmEdge_Value *value) { return WasmEdge_ValueIsNullRef(*value); }

WasmEdge_Result go_table_set(WasmEdge_TableInstanceContext *table,
                             const WasmEdge_Value *value, uint32_t offset) {
  return WasmEdge_TableInstanceSetData(table, *value, offset);
}

WasmEdge_GlobalInstanceContext *go_global(const WasmEdge_GlobalTypeContext *type,
                                          const WasmEdge_Value *value) {
  return WasmEdge_GlobalInstanceCreate(type, *value);
}

void go_global_set(WasmEdge_GlobalInstanceContext *global, const WasmEdge_Value *value) {
  WasmEdge_GlobalInstanceSetValue(global, *value);
}

void go_global_get(const WasmEdge_GlobalInstanceContext *global, WasmEdge_Value *value) {
  *value = WasmEdge_GlobalInstanceGetValue(global);
}
