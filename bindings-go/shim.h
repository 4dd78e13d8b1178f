/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that save crossings between Go and C, and the way back into Go. */
#ifndef WASMSPAN_GO_SHIM_H
#define WASMSPAN_GO_SHIM_H

#include "wasmspan_c.h"

/* How something ended. */
typedef struct ws_outcome {
  uint32_t code;
  /* What went wrong, to be freed; NULL if nothing did. */
  char *text;
  /* Number of the panic that a Go function left, or 0. */
  uintptr_t panicked;
} ws_outcome;

/* How a call with few values ended. */
typedef struct ws_scalar {
  uint64_t value;
  ws_outcome outcome;
} ws_scalar;

ws_scalar ws_call4(const WasmEdge_FunctionInstanceContext *function,
                   const wasmspan_interrupt *interrupt, uintptr_t context, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d);
ws_outcome ws_call(const WasmEdge_FunctionInstanceContext *function, wasmspan_slot *slots,
                   uint32_t count, const wasmspan_interrupt *interrupt, uintptr_t context);
ws_outcome ws_load(WasmEdge_LoaderContext *loader, WasmEdge_ValidatorContext *validator,
                   WasmEdge_ASTModuleContext **module, const uint8_t *bytes, uint32_t len);
ws_outcome ws_instantiate(WasmEdge_ExecutorContext *executor,
                          WasmEdge_ModuleInstanceContext **instance,
                          WasmEdge_StoreContext *store, const WasmEdge_ASTModuleContext *module);
ws_outcome ws_register(WasmEdge_ExecutorContext *executor, WasmEdge_StoreContext *store,
                       const WasmEdge_ModuleInstanceContext *module);
ws_outcome ws_command_run(const wasmspan_command *command, wasmspan_finished *finished);
WasmEdge_FunctionInstanceContext *ws_function(const WasmEdge_FunctionTypeContext *type,
                                              uintptr_t number);

#endif
