/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that save crossings between Go and C, and the way back into Go. */
#ifndef WASMSPAN_GO_SHIM_H
#define WASMSPAN_GO_SHIM_H

#include "wasmspan_c.h"

/* How something ended. */
typedef struct ws_outcome {
  uint32_t code;
  /* Why, a number of enum wasmspan_cause, and the number that belongs to it. */
  uint32_t cause;
  uint64_t fact;
  /* What is told about it, see outcome.h; to be freed. */
  uint8_t *facts;
  size_t size;
  /* Number of the error that a host function left, or 0. */
  uintptr_t left;
} ws_outcome;

/* What a call of Go's runs under. */
typedef struct ws_under {
  /* Address of an interrupt; 0 if nothing stops it. */
  uintptr_t interrupt;
  /* Address of Go's object of the instance, which Go keeps alive meanwhile; 0 if there is none. */
  uintptr_t owner;
  /* Number of the context; 0 if nobody asks for it. */
  uintptr_t context;
} ws_under;

/* How a call with few values ended; two words, which come back in registers. */
typedef struct ws_scalar {
  uint64_t value;
  /* To be freed; NULL if the call went well. */
  ws_outcome *failed;
} ws_scalar;

/* The function is a number here: Go would look whether a pointer leads to others. */
ws_scalar ws_call4(uintptr_t function, uintptr_t interrupt, uintptr_t owner, uintptr_t context, uint64_t a,
                   uint64_t b, uint64_t c, uint64_t d);
/* Interrupts are numbers in Go, too. */
uintptr_t ws_interrupt_create(void);
void ws_interrupt_request(uintptr_t interrupt);
void ws_interrupt_delete(uintptr_t interrupt);
/* Whether this thread is in a call with this owner. */
bool ws_inside(uintptr_t owner);
/* Number of the context of calls that nothing stops, and that leave their instance without a deferred function. */
enum { ws_brief = 1 };
/* Ends the call of Go's that the running callback belongs to, whose function panics or ends its goroutine; see unwind.h.
 * False if there is none. *brief is the owner of a call that leaves no instance by itself. */
bool ws_finish(uintptr_t *brief);
ws_outcome ws_load(WasmEdge_LoaderContext *loader, WasmEdge_ValidatorContext *validator,
                   WasmEdge_ASTModuleContext **module, const uint8_t *bytes, uint32_t len);
ws_outcome ws_instantiate(WasmEdge_ExecutorContext *executor,
                          WasmEdge_ModuleInstanceContext **instance,
                          WasmEdge_StoreContext *store, const WasmEdge_ASTModuleContext *module,
                          WasmEdge_String name, ws_under under);
ws_outcome ws_values(const WasmEdge_FunctionInstanceContext *function, const WasmEdge_Value *params,
                     uint32_t param_len, WasmEdge_Value *returns, uint32_t return_len,
                     const wasmspan_limits *limits, ws_under under);
ws_outcome ws_global_set(WasmEdge_GlobalInstanceContext *global, WasmEdge_Value value);
ws_outcome ws_table_get(const WasmEdge_TableInstanceContext *table, uint32_t at, WasmEdge_Value *value);
ws_outcome ws_table_set(WasmEdge_TableInstanceContext *table, WasmEdge_Value value, uint32_t at);
ws_outcome ws_table_grow(WasmEdge_TableInstanceContext *table, uint32_t by);
ws_outcome ws_memory_grow(WasmEdge_MemoryInstanceContext *memory, uint32_t pages);
WasmEdge_Value ws_extern(uintptr_t number);
uintptr_t ws_extern_number(WasmEdge_Value value);
ws_outcome ws_wasi_configure(WasmEdge_ModuleInstanceContext *wasi, const wasmspan_wasi_config *config);
ws_outcome ws_compile(WasmEdge_CompilerContext *compiler, const uint8_t *bytes, size_t len, const char *path);
ws_outcome ws_compile_bytes(const WasmEdge_CompilerContext *compiler, const uint8_t *bytes, size_t len,
                            wasmspan_bytes *compiled);
ws_outcome ws_pool_create(wasmspan_pool **pool, const WasmEdge_ASTModuleContext *module,
                          const WasmEdge_StoreContext *store, size_t size);
ws_outcome ws_pool_get(const wasmspan_pool *pool, WasmEdge_ModuleInstanceContext **instance, ws_under under);
ws_outcome ws_bindgen_create(wasmspan_bindgen **bindgen, const WasmEdge_ModuleInstanceContext *instance, ws_under under);
ws_outcome ws_bindgen_call(const wasmspan_bindgen *bindgen, WasmEdge_String name, const uint64_t *args,
                           uint32_t count, const void *large, wasmspan_results *results, ws_under under);
ws_outcome ws_heap_create(wasmspan_heap **heap, const WasmEdge_ModuleInstanceContext *instance);
ws_outcome ws_heap_put(const wasmspan_heap *heap, bool text, const uint8_t *data, size_t len,
                       wasmspan_span *span, ws_under under);
ws_outcome ws_heap_get(const wasmspan_heap *heap, bool text, uint32_t address, uint32_t length,
                       wasmspan_bytes *bytes);
ws_outcome ws_heap_free(const wasmspan_heap *heap, uint32_t address, ws_under under);
ws_outcome ws_register(WasmEdge_ExecutorContext *executor, WasmEdge_StoreContext *store,
                       const WasmEdge_ModuleInstanceContext *module);
/* Streams and file systems whose functions are Go's, by number; the library lets go of the number. */
bool ws_wasi_stdin(wasmspan_wasi_config *config, uintptr_t number);
ws_outcome ws_wasi_stdin_fd(wasmspan_wasi_config *config, int fd);
ws_outcome ws_wasi_output_fd(wasmspan_wasi_config *config, bool standard_error, int fd);
ws_outcome ws_wasi_listener(wasmspan_wasi_config *config, int fd);
bool ws_wasi_clock(wasmspan_wasi_config *config, bool monotonic, uintptr_t number);
bool ws_wasi_random(wasmspan_wasi_config *config, uintptr_t number);
/* What guests were refused goes to the list with the number. */
void ws_wasi_denials(const wasmspan_wasi_config *config, uintptr_t number);
ws_outcome ws_compile_time(WasmEdge_ConfigureContext *configure, uint32_t time);
/* With 0, what is written goes nowhere. */
bool ws_wasi_output(wasmspan_wasi_config *config, bool standard_error, uintptr_t number);
wasmspan_fs *ws_fs(uintptr_t number, bool writable);
enum { ws_mkdir, ws_remove, ws_rename, ws_set_modified };
void ws_take(void *take, void *into, const char *name, bool directory);
ws_outcome ws_wasi_mount(wasmspan_wasi_config *config, const wasmspan_fs *fs, WasmEdge_String guest,
                         bool read_only);
ws_outcome ws_fs_overlay(wasmspan_fs **fs, const char *host, uint64_t max_bytes);
ws_outcome ws_fs_write(const wasmspan_fs *fs, WasmEdge_String path, const uint8_t *data, size_t size);
ws_outcome ws_fs_mkdir(const wasmspan_fs *fs, WasmEdge_String path);
ws_outcome ws_fs_read(const wasmspan_fs *fs, WasmEdge_String path, wasmspan_bytes *bytes);
/* Names in a folder, or all changes, go to the list with the number. */
ws_outcome ws_fs_list(const wasmspan_fs *fs, WasmEdge_String path, uintptr_t number);
ws_outcome ws_fs_changes(const wasmspan_fs *fs, uintptr_t number);
ws_outcome ws_command_run(const wasmspan_command *command, wasmspan_finished *finished, ws_under under);
/* A host function whose body is the Go function with this number; `at` is its place in its runtime's list. */
WasmEdge_FunctionInstanceContext *ws_function(const WasmEdge_FunctionTypeContext *type, uintptr_t number,
                                              uint32_t at);

#endif
