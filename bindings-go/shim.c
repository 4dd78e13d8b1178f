/* SPDX-License-Identifier: Apache-2.0 */
#include "shim.h"

#include <errno.h>

#include "_cgo_export.h"
#include "bindgen_values.h"
#include "unwind.h"

/* Makes the go command link again when the library has changed. */
static const char library[] __attribute__((used)) = WASMSPAN_GO_LIBRARY;

#include "outcome.h"

ws_scalar ws_call4(uintptr_t function, uintptr_t interrupt, uintptr_t owner, uintptr_t context, uint64_t a,
                   uint64_t b, uint64_t c, uint64_t d) {
  wasmspan_slot slots[4];
  ws_scalar done = {0, NULL};
  WasmEdge_Result result;
  calling call = {owner, context, 0, current, (const wasmspan_interrupt *)interrupt};
  slots[0].i64 = (int64_t)a;
  slots[1].i64 = (int64_t)b;
  slots[2].i64 = (int64_t)c;
  slots[3].i64 = (int64_t)d;
  current = &call;
  result = wasmspan_invoke((const WasmEdge_FunctionInstanceContext *)function, slots, 4,
                           (const wasmspan_interrupt *)interrupt);
  current = call.outer;
  finished(&call);
  if (result.Code == 0) {
    /* In halves: a result of 32 bits was written as such, and reading more at once would wait until it is
     * in memory. */
    const volatile uint32_t *half = (const volatile uint32_t *)slots;
    done.value = half[0];
    done.value |= (uint64_t)half[1] << 32;
    return done;
  }
  done.failed = malloc(sizeof(*done.failed));
  if (done.failed == NULL) abort();
  *done.failed = outcome_of(result, call.left);
  return done;
}

uintptr_t ws_interrupt_create(void) { return (uintptr_t)wasmspan_interrupt_create(); }
void ws_interrupt_request(uintptr_t interrupt) { wasmspan_interrupt_request((wasmspan_interrupt *)interrupt); }
void ws_interrupt_delete(uintptr_t interrupt) { wasmspan_interrupt_delete((wasmspan_interrupt *)interrupt); }

bool ws_inside(uintptr_t owner) {
  const calling *call;
  for (call = current; call; call = call->outer)
    if (call->owner == owner) return true;
  return false;
}

bool ws_finish(uintptr_t *brief) {
  if (current && innermost && current->context == ws_brief && !ending) *brief = current->owner;
  /* A guest that only sees an error of its stream or file might go on for ever. */
  if (current && current->interrupt && innermost && !ending)
    wasmspan_interrupt_request((wasmspan_interrupt *)current->interrupt);
  return finish();
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

/* Runs what may call the guest, so that a request stops it, and host functions find the context. */
static ws_outcome guarded(WasmEdge_Result (*run)(void *), void *data, ws_under under) {
  WasmEdge_Result result;
  const wasmspan_interrupt *interrupt = (const wasmspan_interrupt *)under.interrupt;
  calling call = {under.owner, under.context, 0, current, interrupt};
  current = &call;
  result = interrupt ? wasmspan_interruptible(interrupt, run, data) : run(data);
  current = call.outer;
  finished(&call);
  return outcome_of(result, call.left);
}

struct instantiation {
  WasmEdge_ExecutorContext *executor;
  WasmEdge_ModuleInstanceContext **instance;
  WasmEdge_StoreContext *store;
  const WasmEdge_ASTModuleContext *module;
  WasmEdge_String name;
};

static WasmEdge_Result instantiate(void *data) {
  struct instantiation *it = data;
  return it->name.Length > 0
             ? WasmEdge_ExecutorRegister(it->executor, it->instance, it->store, it->module, it->name)
             : WasmEdge_ExecutorInstantiate(it->executor, it->instance, it->store, it->module);
}

ws_outcome ws_instantiate(WasmEdge_ExecutorContext *executor,
                          WasmEdge_ModuleInstanceContext **instance,
                          WasmEdge_StoreContext *store, const WasmEdge_ASTModuleContext *module,
                          WasmEdge_String name, ws_under under) {
  struct instantiation it = {executor, NULL, store, module, name};
  WasmEdge_ModuleInstanceContext *made = NULL;
  ws_outcome done;
  it.instance = &made;
  done = guarded(instantiate, &it, under);
  *instance = made;
  return done;
}

struct values {
  const WasmEdge_FunctionInstanceContext *function;
  const WasmEdge_Value *params;
  WasmEdge_Value *returns;
  uint32_t param_len, return_len;
  const wasmspan_limits *limits;
};

static WasmEdge_Result call_values(void *data) {
  struct values *it = data;
  return wasmspan_function_call(it->function, it->params, it->param_len, it->returns, it->return_len,
                                it->limits);
}

ws_outcome ws_values(const WasmEdge_FunctionInstanceContext *function, const WasmEdge_Value *params,
                     uint32_t param_len, WasmEdge_Value *returns, uint32_t return_len,
                     const wasmspan_limits *limits, ws_under under) {
  struct values it = {function, params, returns, param_len, return_len, limits};
  return guarded(call_values, &it, under);
}

ws_outcome ws_global_set(WasmEdge_GlobalInstanceContext *global, WasmEdge_Value value) {
  /* It has no result; what went wrong is told as the last failure. */
  wasmspan_error_clear();
  WasmEdge_GlobalInstanceSetValue(global, value);
  return outcome(wasmspan_error_result());
}

ws_outcome ws_table_get(const WasmEdge_TableInstanceContext *table, uint32_t at,
                        WasmEdge_Value *value) {
  return outcome(WasmEdge_TableInstanceGetData(table, value, at));
}

ws_outcome ws_table_set(WasmEdge_TableInstanceContext *table, WasmEdge_Value value, uint32_t at) {
  return outcome(WasmEdge_TableInstanceSetData(table, value, at));
}

ws_outcome ws_table_grow(WasmEdge_TableInstanceContext *table, uint32_t by) {
  return outcome(WasmEdge_TableInstanceGrow(table, by));
}

ws_outcome ws_memory_grow(WasmEdge_MemoryInstanceContext *memory, uint32_t pages) {
  return outcome(WasmEdge_MemoryInstanceGrowPage(memory, pages));
}

WasmEdge_Value ws_extern(uintptr_t number) { return WasmEdge_ValueGenExternRef((void *)number); }

uintptr_t ws_extern_number(WasmEdge_Value value) {
  return (uintptr_t)WasmEdge_ValueGetExternRef(value);
}

ws_outcome ws_wasi_configure(WasmEdge_ModuleInstanceContext *wasi,
                             const wasmspan_wasi_config *config) {
  return outcome(wasmspan_wasi_configure(wasi, config));
}

ws_outcome ws_compile(WasmEdge_CompilerContext *compiler, const uint8_t *bytes, size_t len,
                      const char *path) {
  return outcome(WasmEdge_CompilerCompileFromBuffer(compiler, bytes, len, path));
}

ws_outcome ws_compile_bytes(const WasmEdge_CompilerContext *compiler, const uint8_t *bytes, size_t len,
                            wasmspan_bytes *compiled) {
  return outcome(wasmspan_compile(compiler, bytes, len, compiled));
}

/* The outcome of what gives NULL when it fails. */
static ws_outcome made(const void *made) {
  WasmEdge_Result success = {0};
  return outcome(made ? success : wasmspan_error_result());
}

ws_outcome ws_pool_create(wasmspan_pool **pool, const WasmEdge_ASTModuleContext *module,
                          const WasmEdge_StoreContext *store, size_t size) {
  return made(*pool = wasmspan_pool_create(module, store, size));
}

struct getting {
  const wasmspan_pool *pool;
  WasmEdge_ModuleInstanceContext *instance;
};

static WasmEdge_Result get_pooled(void *data) {
  struct getting *it = data;
  return wasmspan_pool_get(it->pool, WASMSPAN_UNLIMITED, &it->instance);
}

ws_outcome ws_pool_get(const wasmspan_pool *pool, WasmEdge_ModuleInstanceContext **instance, ws_under under) {
  struct getting it = {pool, NULL};
  ws_outcome done = guarded(get_pooled, &it, under);
  *instance = it.instance;
  return done;
}

struct bindgen {
  const WasmEdge_ModuleInstanceContext *instance;
  wasmspan_bindgen *bindgen;
  WasmEdge_String name;
  const wasmspan_value *args;
  uint32_t count;
  wasmspan_results *results;
};

static WasmEdge_Result create_bindgen(void *data) {
  struct bindgen *it = data;
  WasmEdge_Result success = {0};
  it->bindgen = wasmspan_bindgen_create(it->instance);
  return it->bindgen ? success : wasmspan_error_result();
}

ws_outcome ws_bindgen_create(wasmspan_bindgen **bindgen, const WasmEdge_ModuleInstanceContext *instance,
                             ws_under under) {
  struct bindgen it = {instance, NULL, {0, NULL}, NULL, 0, NULL};
  ws_outcome done = guarded(create_bindgen, &it, under);
  *bindgen = it.bindgen;
  return done;
}

static WasmEdge_Result call_bindgen(void *data) {
  struct bindgen *it = data;
  return wasmspan_bindgen_call(it->bindgen, it->name, it->args, it->count, it->results);
}

ws_outcome ws_bindgen_call(const wasmspan_bindgen *bindgen, WasmEdge_String name, const uint64_t *args,
                           uint32_t count, const void *large, wasmspan_results *results, ws_under under) {
  wasmspan_value *values = bindgen_args(args, count, large);
  wasmspan_results got = {NULL, 0, false, NULL, 0, NULL};
  struct bindgen it = {NULL, (wasmspan_bindgen *)bindgen, name, values, count, &got};
  ws_outcome done = guarded(call_bindgen, &it, under);
  free(values);
  *results = got;
  return done;
}

ws_outcome ws_heap_create(wasmspan_heap **heap, const WasmEdge_ModuleInstanceContext *instance) {
  return made(*heap = wasmspan_heap_create(instance));
}

struct heap {
  const wasmspan_heap *heap;
  bool text;
  const uint8_t *data;
  size_t len;
  wasmspan_span *span;
  uint32_t address;
};

static WasmEdge_Result put_heap(void *data) {
  struct heap *it = data;
  return it->text ? wasmspan_heap_put_string(it->heap, (const char *)it->data, it->len, it->span)
                  : wasmspan_heap_put_bytes(it->heap, it->data, it->len, it->span);
}

ws_outcome ws_heap_put(const wasmspan_heap *heap, bool text, const uint8_t *data, size_t len,
                       wasmspan_span *span, ws_under under) {
  wasmspan_span got = {0, 0};
  struct heap it = {heap, text, data, len, &got, 0};
  ws_outcome done = guarded(put_heap, &it, under);
  *span = got;
  return done;
}

ws_outcome ws_heap_get(const wasmspan_heap *heap, bool text, uint32_t address, uint32_t length,
                       wasmspan_bytes *bytes) {
  return outcome(text ? wasmspan_heap_get_string(heap, address, length, bytes)
                      : wasmspan_heap_get_bytes(heap, address, length, bytes));
}

static WasmEdge_Result free_heap(void *data) {
  struct heap *it = data;
  return wasmspan_heap_free(it->heap, it->address);
}

ws_outcome ws_heap_free(const wasmspan_heap *heap, uint32_t address, ws_under under) {
  struct heap it = {heap, false, NULL, 0, NULL, address};
  return guarded(free_heap, &it, under);
}

ws_outcome ws_register(WasmEdge_ExecutorContext *executor, WasmEdge_StoreContext *store,
                       const WasmEdge_ModuleInstanceContext *module) {
  return outcome(WasmEdge_ExecutorRegisterImport(executor, store, module));
}

ws_outcome ws_wasi_mount(wasmspan_wasi_config *config, const wasmspan_fs *fs, WasmEdge_String guest,
                         bool read_only) {
  return outcome(wasmspan_wasi_config_mount(config, fs, guest, read_only));
}

ws_outcome ws_wasi_stdin_fd(wasmspan_wasi_config *config, int fd) {
  return outcome(wasmspan_wasi_config_stdin_fd(config, fd));
}

ws_outcome ws_wasi_output_fd(wasmspan_wasi_config *config, bool standard_error, int fd) {
  return outcome(wasmspan_wasi_config_output_fd(config, standard_error, fd));
}

ws_outcome ws_wasi_listener(wasmspan_wasi_config *config, int fd) {
  return outcome(wasmspan_wasi_config_listener(config, fd));
}

ws_outcome ws_compile_time(WasmEdge_ConfigureContext *configure, uint32_t time) {
  return outcome(wasmspan_configure_set_compile_time(configure, time));
}

ws_outcome ws_fs_overlay(wasmspan_fs **fs, const char *host, uint64_t max_bytes) {
  return made(*fs = wasmspan_fs_create_overlay(host, max_bytes));
}

ws_outcome ws_fs_write(const wasmspan_fs *fs, WasmEdge_String path, const uint8_t *data, size_t size) {
  return outcome(wasmspan_fs_write(fs, path, data, size));
}

ws_outcome ws_fs_mkdir(const wasmspan_fs *fs, WasmEdge_String path) {
  return outcome(wasmspan_fs_create_directory(fs, path));
}

ws_outcome ws_fs_read(const wasmspan_fs *fs, WasmEdge_String path, wasmspan_bytes *bytes) {
  return outcome(wasmspan_fs_read(fs, path, bytes));
}

static void take_path(void *number, WasmEdge_String path, uint32_t change) {
  wasmspanGoPath((uintptr_t)number, (char *)path.Buf, path.Length, change);
}

ws_outcome ws_fs_list(const wasmspan_fs *fs, WasmEdge_String path, uintptr_t number) {
  return outcome(wasmspan_fs_list(fs, path, take_path, (void *)number));
}

ws_outcome ws_fs_changes(const wasmspan_fs *fs, uintptr_t number) {
  return outcome(wasmspan_fs_changes(fs, take_path, (void *)number));
}

struct running {
  const wasmspan_command *command;
  wasmspan_finished *finished;
};

static WasmEdge_Result run_command(void *data) {
  struct running *it = data;
  return wasmspan_command_run(it->command, it->finished);
}

ws_outcome ws_command_run(const wasmspan_command *command, wasmspan_finished *finished, ws_under under) {
  wasmspan_finished got = {0};
  struct running it = {command, &got};
  ws_outcome done = guarded(run_command, &it, under);
  *finished = got;
  return done;
}

struct host {
  uintptr_t number;
  uint32_t at;
};

static WasmEdge_Result body(void *data, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  const struct host *host = data;
  calling *call = current;
  WasmEdge_Result result;
  REACH_GO(result.Code,
           wasmspanGoCall(host->number, host->at, (void *)frame, (void *)params, (void *)returns,
                          call ? call->owner : 0, call ? call->context : 0, call ? &call->left : NULL),
           WasmEdge_ErrCode_HostFuncError);
  return result;
}

static void gone_host(void *data) {
  wasmspanGoGone(((struct host *)data)->number);
  free(data);
}

WasmEdge_FunctionInstanceContext *ws_function(const WasmEdge_FunctionTypeContext *type, uintptr_t number,
                                              uint32_t at) {
  WasmEdge_FunctionInstanceContext *made;
  struct host *host = malloc(sizeof(*host));
  if (!host) abort();
  host->number = number;
  host->at = at;
  made = wasmspan_function_create(type, body, host, 0, gone_host);
  if (!made) free(host);
  return made;
}

#include "callbacks.h"
