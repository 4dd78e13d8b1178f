/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that save crossings between Go and C, and the way back into Go. */
#ifndef WASMEDGE_GO_SHIM_H
#define WASMEDGE_GO_SHIM_H

#include "wasmspan_c.h"

/* How a call ended. */
typedef struct go_outcome {
  uint32_t code;
  /* Results that the function has; if there is no room for them, it was not called. */
  uint32_t count;
} go_outcome;

/* Ends the call of Go's that the running callback belongs to, whose function panics or ends its goroutine; see unwind.h.
 * False if there is none. */
bool go_finish(void);
/* Lets the callback fail where there is none; does not return. */
void go_abandon(void);

/* values: `params` parameters, then room for `room` results. */
go_outcome go_vm_execute(WasmEdge_VMContext *vm, WasmEdge_String name,
                         WasmEdge_Value *values, uint32_t params, uint32_t room);
go_outcome go_vm_execute_registered(WasmEdge_VMContext *vm, WasmEdge_String module,
                                    WasmEdge_String name, WasmEdge_Value *values,
                                    uint32_t params, uint32_t room);
go_outcome go_executor_invoke(WasmEdge_ExecutorContext *executor,
                              const WasmEdge_FunctionInstanceContext *function,
                              WasmEdge_Value *values, uint32_t params, uint32_t room);
/* A start function may call into Go too. */
go_outcome go_vm_instantiate(WasmEdge_VMContext *vm);
go_outcome go_vm_register_file(WasmEdge_VMContext *vm, WasmEdge_String name, const char *path);
go_outcome go_vm_register_buffer(WasmEdge_VMContext *vm, WasmEdge_String name,
                                 const uint8_t *bytes, uint32_t len);
go_outcome go_vm_register_ast(WasmEdge_VMContext *vm, WasmEdge_String name,
                              const WasmEdge_ASTModuleContext *ast);
go_outcome go_executor_instantiate(WasmEdge_ExecutorContext *executor,
                                   WasmEdge_ModuleInstanceContext **module,
                                   WasmEdge_StoreContext *store,
                                   const WasmEdge_ASTModuleContext *ast);
go_outcome go_executor_register(WasmEdge_ExecutorContext *executor,
                                WasmEdge_ModuleInstanceContext **module,
                                WasmEdge_StoreContext *store,
                                const WasmEdge_ASTModuleContext *ast, WasmEdge_String name);

/* A guest of wasmedge-bindgen; NULL if it is none. */
go_outcome go_bindgen_create(wasmspan_bindgen **bindgen, const WasmEdge_ModuleInstanceContext *instance);
go_outcome go_bindgen_call(const wasmspan_bindgen *bindgen, WasmEdge_String name, const uint64_t *args,
                           uint32_t count, const void *large, wasmspan_results *results);

/* A host function whose body is the Go function with this number. */
WasmEdge_FunctionInstanceContext *go_function(const WasmEdge_FunctionTypeContext *type,
                                              uintptr_t number, uint64_t cost);

/* Numbers travel where C has addresses; Go never sees them as such. */
WasmEdge_Value go_extern_ref(uintptr_t number);
uintptr_t go_extern_ref_number(const WasmEdge_Value *value);
void go_null_ref(WasmEdge_Value *value, uint32_t type);
void go_func_ref(WasmEdge_Value *value, const WasmEdge_FunctionInstanceContext *function);
const WasmEdge_FunctionInstanceContext *go_func_ref_function(const WasmEdge_Value *value);
bool go_is_null_ref(const WasmEdge_Value *value);

WasmEdge_Result go_table_set(WasmEdge_TableInstanceContext *table,
                             const WasmEdge_Value *value, uint32_t offset);
WasmEdge_GlobalInstanceContext *go_global(const WasmEdge_GlobalTypeContext *type,
                                          const WasmEdge_Value *value);
void go_global_set(WasmEdge_GlobalInstanceContext *global, const WasmEdge_Value *value);
void go_global_get(const WasmEdge_GlobalInstanceContext *global, WasmEdge_Value *value);

#endif
