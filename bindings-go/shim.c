/* SPDX-License-Identifier: Apache-2.0 */
#include "shim.h"

#include "_cgo_export.h"

/* Makes the go command link again when the library has changed. */
static const char library[] __attribute__((used)) = WASMSPAN_GO_LIBRARY;

/* Calls from Go that this thread is in, and the panic that one of them must go on with. */
static __thread uint32_t depth;
static __thread uintptr_t pending;
/* Number of the context of the innermost one. */
static __thread uintptr_t current;

/* The text is the thread's, and the goroutine may go on on another thread. */
static ws_outcome outcome(WasmEdge_Result result) {
  ws_outcome done = {result.Code, NULL, pending};
  pending = 0;
  if (!WasmEdge_ResultOK(result) && done.panicked == 0) {
    size_t len = wasmspan_error_text(NULL, 0);
    done.text = malloc(len + 1);
    if (done.text != NULL) wasmspan_error_text(done.text, len + 1);
  }
  return done;
}

static WasmEdge_Result call(const WasmEdge_FunctionInstanceContext *function,
                            wasmspan_slot *slots, uint32_t count,
                            const wasmspan_interrupt *interrupt, uintptr_t context) {
  WasmEdge_Result result;
  uintptr_t outer = current;
  depth++;
  current = context;
  result = wasmspan_invoke(function, slots, count, interrupt);
  current = outer;
  depth--;
  return result;
}

ws_scalar ws_call4(const WasmEdge_FunctionInstanceContext *function,
                   const wasmspan_interrupt *interrupt, uintptr_t context, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d) {
  wasmspan_slot slots[4];
  ws_scalar done = {0, {0, NULL, 0}};
  WasmEdge_Result result;
  slots[0].i64 = (int64_t)a;
  slots[1].i64 = (int64_t)b;
  slots[2].i64 = (int64_t)c;
  slots[3].i64 = (int64_t)d;
  result = call(function, slots, 4, interrupt, context);
  if (result.Code == 0) {
    done.value = (uint64_t)slots[0].i64;
    return done;
  }
  done.outcome = outcome(result);
  return done;
}

ws_outcome ws_call(const WasmEdge_FunctionInstanceContext *function, wasmspan_slot *slots,
                   uint32_t count, const wasmspan_interrupt *interrupt, uintptr_t context) {
  return outcome(call(function, slots, count, interrupt, context));
}

ws_outcome ws_load(WasmEdge_LoaderContext *loader, WasmEdge_ValidatorContext *validator,
                   WasmEdge_ASTModuleContext **module, const uint8_t *bytes, uint32_t len) {
  WasmEdge_Result result = WasmEdge_LoaderParseFromBuffer(loader, module, bytes, len);
  if (WasmEdge_ResultOK(result)) {
    result = WasmEdge_ValidatorValidate(validator, *module);
    if (!WasmEdge_ResultOK(result)) {
      ws_outcome done = outcome(result);
      WasmEdge_ASTModuleDelete(*module);
      *module = NULL;
      return done;
    }
  }
  return outcome(result);
}

ws_outcome ws_instantiate(WasmEdge_ExecutorContext *executor,
                          WasmEdge_ModuleInstanceContext **instance,
                          WasmEdge_StoreContext *store, const WasmEdge_ASTModuleContext *module) {
  WasmEdge_Result result;
  depth++;
  result = WasmEdge_ExecutorInstantiate(executor, instance, store, module);
  depth--;
  return outcome(result);
}

ws_outcome ws_register(WasmEdge_ExecutorContext *executor, WasmEdge_StoreContext *store,
                       const WasmEdge_ModuleInstanceContext *module) {
  return outcome(WasmEdge_ExecutorRegisterImport(executor, store, module));
}

ws_outcome ws_command_run(const wasmspan_command *command, wasmspan_finished *finished) {
  return outcome(wasmspan_command_run(command, finished));
}

static WasmEdge_Result body(void *number, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  WasmEdge_Result result;
  uintptr_t panicked = 0;
  result.Code = wasmspanGoCall((uintptr_t)number, (void *)frame, (void *)params,
                               (void *)returns, depth > 0, current, &panicked);
  pending = panicked;
  return result;
}

static void gone(void *number) { wasmspanGoGone((uintptr_t)number); }

WasmEdge_FunctionInstanceContext *ws_function(const WasmEdge_FunctionTypeContext *type,
                                              uintptr_t number) {
  return wasmspan_function_create(type, body, (void *)number, 0, gone);
}
