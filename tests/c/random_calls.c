/* Random sequences of calls, with contexts that are alive, deleted, or of another kind.
 *
 *   random_calls SEQUENCES [SEED]
 *
 * Nothing may crash, and what sanitizers see must be clean. A failure names its seed. */
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasmspan/wasmspan.h>

static uint64_t state;

static uint32_t pick(uint32_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state >> 33) % below;
}

enum { ROOM = 24, CALLS = 60 };
/* What was made in this sequence, whatever it is and whether it still lives. */
static void *pool[ROOM];

/* Everything that was made, to be deleted in the end. */
static void *made[4096];
static int count;

static void keep(const void *context) {
  void *kept = (void *)(uintptr_t)context;
  pool[pick(ROOM)] = kept;
  if (count < 4096)
    made[count++] = kept;
}
static void *any(void) { return pool[pick(ROOM)]; }

static const char *const NAMES[] = {"env", "f", "add", "call", "memory", "table", "g", "mod", ""};
static WasmEdge_String name(void) {
  const char *text = NAMES[pick(sizeof(NAMES) / sizeof(*NAMES))];
  return WasmEdge_StringWrap(text, (uint32_t)strlen(text));
}

static WasmEdge_Value value(void) {
  switch (pick(6)) {
  case 0:
    return WasmEdge_ValueGenI32((int32_t)pick(100));
  case 1:
    return WasmEdge_ValueGenI64(pick(100));
  case 2:
    return WasmEdge_ValueGenF64(pick(100));
  case 3:
    return WasmEdge_ValueGenFuncRef(any());
  case 4:
    return WasmEdge_ValueGenExternRef(pool);
  default:
    return WasmEdge_ValueGenNullRef(pick(2) ? WasmEdge_RefType_FuncRef : WasmEdge_RefType_ExternRef);
  }
}

static const char WASM[] =
    "(module (import \"env\" \"f\" (func $f (param i32) (result i32)))"
    " (memory (export \"memory\") 1 4) (table (export \"table\") 4 funcref)"
    " (elem (i32.const 0) $add) (global (export \"g\") (mut i32) (i32.const 1))"
    " (func $add (export \"add\") (param i32 i32) (result i32)"
    " (i32.add (local.get 0) (local.get 1)))"
    " (func (export \"call\") (param i32) (result i32) (call $f (local.get 0)))"
    " (func (export \"f\") (result funcref) (table.get (i32.const 1)))"
    " (func (export \"allocate\") (param i32) (result i32) (i32.const 64))"
    " (func (export \"malloc\") (param i32) (result i32) (i32.const 64))"
    " (func (export \"free\") (param i32)))";
static WasmEdge_ASTModuleContext *module;

/* Calls on other threads leave the lists alone. */
static __thread int is_main;
static int depth;
static void step(void);

static WasmEdge_Result host(void *data, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data;
  returns[0] = params[0];
  if (!is_main)
    return WasmEdge_Result_Success;
  keep(WasmEdge_CallingFrameGetMemoryInstance(frame, pick(2)));
  keep(WasmEdge_CallingFrameGetModuleInstance(frame));
  keep(WasmEdge_CallingFrameGetExecutor(frame));
  if (depth < 3) {
    depth++;
    for (uint32_t at = pick(6); at > 0; at--)
      step();
    depth--;
  }
  switch (pick(8)) {
  case 0:
    return WasmEdge_Result_Fail;
  case 1:
    return WasmEdge_Result_Terminate;
  case 2:
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, pick(1000));
  default:
    return WasmEdge_Result_Success;
  }
}

/* What a request may stop. */
static WasmEdge_Result under(void *data) { return wasmspan_call(any(), data, 3); }

static uint64_t now(void *data) {
  (void)data;
  return 1;
}

static void step(void) {
  wasmspan_finished finished;
  memset(&finished, 0, sizeof(finished));
  wasmspan_value argument;
  wasmspan_results results;
  wasmspan_span span;
  wasmspan_figures figures;
  WasmEdge_Value params[3] = {value(), value(), value()}, got[3];
  WasmEdge_String names[3];
  const WasmEdge_FunctionTypeContext *types[3];
  enum WasmEdge_ValType kinds[2] = {WasmEdge_ValType_I32, WasmEdge_ValType_I32};
  WasmEdge_Limit limit = {pick(2) != 0, false, pick(4), pick(8)};
  WasmEdge_ModuleInstanceContext *instance = NULL;
  uint8_t bytes[16] = {0};
  wasmspan_slot slots[3] = {{0}, {0}, {0}};
  wasmspan_limits limits = WASMSPAN_NO_LIMITS;
  switch (pick(120)) {
  case 0: keep(WasmEdge_VMCreate(any(), any())); break;
  case 1: keep(WasmEdge_StoreCreate()); break;
  case 2: keep(WasmEdge_ExecutorCreate(any(), any())); break;
  case 3: keep(WasmEdge_ConfigureCreate()); break;
  case 4: keep(WasmEdge_StatisticsCreate()); break;
  case 5: keep(WasmEdge_ModuleInstanceCreate(name())); break;
  case 6: keep(WasmEdge_FunctionTypeCreate(kinds, pick(3), kinds, pick(2))); break;
  case 7: {
    WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(kinds, 1, kinds, 1);
    keep(WasmEdge_FunctionInstanceCreate(type, host, NULL, 0));
    WasmEdge_FunctionTypeDelete(type);
    break;
  }
  case 8: {
    WasmEdge_MemoryTypeContext *type = WasmEdge_MemoryTypeCreate(limit);
    keep(WasmEdge_MemoryInstanceCreate(type));
    WasmEdge_MemoryTypeDelete(type);
    break;
  }
  case 9: {
    WasmEdge_TableTypeContext *type = WasmEdge_TableTypeCreate(
        pick(2) ? WasmEdge_RefType_FuncRef : WasmEdge_RefType_ExternRef, limit);
    keep(WasmEdge_TableInstanceCreate(type));
    WasmEdge_TableTypeDelete(type);
    break;
  }
  case 10: {
    WasmEdge_GlobalTypeContext *type = WasmEdge_GlobalTypeCreate(
        (enum WasmEdge_ValType)params[0].Type, (enum WasmEdge_Mutability)pick(2));
    keep(WasmEdge_GlobalInstanceCreate(type, params[0]));
    WasmEdge_GlobalTypeDelete(type);
    break;
  }
  case 11: WasmEdge_ModuleInstanceAddFunction(any(), name(), any()); break;
  case 12: WasmEdge_ModuleInstanceAddMemory(any(), name(), any()); break;
  case 13: WasmEdge_ModuleInstanceAddTable(any(), name(), any()); break;
  case 14: WasmEdge_ModuleInstanceAddGlobal(any(), name(), any()); break;
  case 15: keep(WasmEdge_ModuleInstanceFindFunction(any(), name())); break;
  case 16: keep(WasmEdge_ModuleInstanceFindMemory(any(), name())); break;
  case 17: keep(WasmEdge_ModuleInstanceFindTable(any(), name())); break;
  case 18: keep(WasmEdge_ModuleInstanceFindGlobal(any(), name())); break;
  case 19: WasmEdge_ModuleInstanceListFunction(any(), names, 3); break;
  case 20: WasmEdge_ExecutorRegisterImport(any(), any(), any()); break;
  case 21:
  case 22:
    if (WasmEdge_ResultOK(WasmEdge_ExecutorInstantiate(any(), &instance, any(), module)))
      keep(instance);
    break;
  case 23:
    if (WasmEdge_ResultOK(WasmEdge_ExecutorRegister(any(), &instance, any(), module, name())))
      keep(instance);
    break;
  case 24:
  case 25: WasmEdge_ExecutorInvoke(any(), any(), params, pick(3), got, pick(3)); break;
  case 26: WasmEdge_VMRegisterModuleFromImport(any(), any()); break;
  case 27: WasmEdge_VMRegisterModuleFromASTModule(any(), name(), module); break;
  case 28:
  case 29: WasmEdge_VMLoadWasmFromASTModule(any(), module); break;
  case 30: WasmEdge_VMValidate(any()); break;
  case 31:
  case 32: WasmEdge_VMInstantiate(any()); break;
  case 33:
  case 34: WasmEdge_VMExecute(any(), name(), params, pick(3), got, pick(3)); break;
  case 35: WasmEdge_VMExecuteRegistered(any(), name(), name(), params, pick(3), got, 3); break;
  case 36: WasmEdge_VMRunWasmFromASTModule(any(), module, name(), params, pick(3), got, 3); break;
  case 37: WasmEdge_VMCleanup(any()); break;
  case 38: keep(WasmEdge_VMGetActiveModule(any())); break;
  case 39: keep(WasmEdge_VMGetStoreContext(any())); break;
  case 40: keep(WasmEdge_VMGetExecutorContext(any())); break;
  case 41: keep(WasmEdge_VMGetStatisticsContext(any())); break;
  case 42: keep(WasmEdge_VMGetFunctionType(any(), name())); break;
  case 43: WasmEdge_VMGetFunctionList(any(), names, types, 3); break;
  case 44: keep(WasmEdge_StoreFindModule(any(), name())); break;
  case 45: WasmEdge_StoreListModule(any(), names, 3); break;
  case 46: keep(WasmEdge_FunctionInstanceGetFunctionType(any())); break;
  case 47: WasmEdge_TableInstanceSetData(any(), params[0], pick(6)); break;
  case 48:
    if (WasmEdge_ResultOK(WasmEdge_TableInstanceGetData(any(), got, pick(6))) &&
        got[0].Type == WasmEdge_ValType_FuncRef)
      keep(WasmEdge_ValueGetFuncRef(got[0]));
    break;
  case 49: WasmEdge_TableInstanceGrow(any(), pick(4)); break;
  case 50: WasmEdge_MemoryInstanceSetData(any(), bytes, pick(1 << 18), 16); break;
  case 51: WasmEdge_MemoryInstanceGetData(any(), bytes, pick(1 << 18), 16); break;
  case 52: WasmEdge_MemoryInstanceGrowPage(any(), pick(3)); break;
  case 53: WasmEdge_GlobalInstanceSetValue(any(), params[0]); break;
  case 54: wasmspan_call(any(), slots, pick(4)); break;
  case 55: keep(WasmEdge_VMAsyncExecute(any(), name(), params, pick(3))); break;
  case 56: WasmEdge_AsyncGet(any(), got, 3); break;
  /* Deletions, of anything as anything. */
  case 57: WasmEdge_VMDelete(any()); break;
  case 58: WasmEdge_StoreDelete(any()); break;
  case 59: WasmEdge_ExecutorDelete(any()); break;
  case 60: WasmEdge_ModuleInstanceDelete(any()); break;
  case 61: WasmEdge_FunctionInstanceDelete(any()); break;
  case 62: WasmEdge_TableInstanceDelete(any()); break;
  case 63: wasmspan_pool_delete(any()); break;
  case 64: wasmspan_fs_delete(any()); break;
  case 65: wasmspan_wasi_config_delete(any()); break;
  case 66: keep(wasmspan_pool_create(module, any(), pick(3))); break;
  case 67:
  case 68:
    if (WasmEdge_ResultOK(wasmspan_pool_get(any(), 0, &instance)))
      keep(instance);
    break;
  case 69: keep(wasmspan_pool_statistics(any())); break;
  case 70: keep(wasmspan_fs_create_memory(pick(4) * 1000)); break;
  case 71: wasmspan_fs_write(any(), name(), bytes, pick(16)); break;
  case 72: keep(wasmspan_wasi_config_create()); break;
  case 73: wasmspan_wasi_config_mount(any(), any(), name(), pick(2)); break;
  case 74: keep(WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0)); break;
  case 75: wasmspan_wasi_configure(any(), any()); break;
  case 76:
    limits.cost = pick(50), limits.instances = pick(3);
    wasmspan_configure_set_limits(any(), &limits);
    break;
  case 77:
    limits.stack_bytes = pick(1 << 20);
    wasmspan_executor_invoke_within(any(), any(), params, pick(3), got, 3, &limits);
    break;
  case 78: wasmspan_vm_execute_within(any(), name(), params, pick(3), got, 3, &limits); break;
  case 79: WasmEdge_MemoryInstanceDelete(any()); break;
  case 80: keep(wasmspan_interrupt_create()); break;
  case 81: wasmspan_interrupt_request(any()); break;
  case 82: wasmspan_interrupt_delete(any()); break;
  case 83: wasmspan_invoke(any(), slots, pick(4), any()); break;
  case 84: wasmspan_interruptible(any(), under, slots); break;
  case 85: keep(wasmspan_command_create(pick(2) ? module : any())); break;
  case 86: wasmspan_command_wasi(any(), any()); break;
  case 87: wasmspan_command_configure(any(), any()); break;
  case 88: wasmspan_command_arg(any(), name()); break;
  case 89: wasmspan_command_stdin(any(), bytes, pick(16)); break;
  case 90: wasmspan_command_timeout(any(), pick(3)); break;
  case 91:
    if (wasmspan_command_run(any(), &finished), finished.out.data || finished.err.data)
      wasmspan_bytes_delete(&finished.out), wasmspan_bytes_delete(&finished.err);
    break;
  case 92: wasmspan_command_interrupt(any()); break;
  case 93: wasmspan_command_delete(any()); break;
  case 94: keep(pick(2) ? wasmspan_bindgen_create(any()) : wasmspan_bindgen_attach(any())); break;
  case 95:
    memset(&argument, 0, sizeof(argument));
    argument.kind = pick(32);
    wasmspan_bindgen_call(any(), name(), &argument, pick(2), &results);
    wasmspan_results_delete(&results);
    break;
  case 96: wasmspan_bindgen_delete(any()); break;
  case 97: keep(wasmspan_heap_create(any())); break;
  case 98: wasmspan_heap_put_string(any(), "text", 4, &span); break;
  case 99: {
    wasmspan_bytes text = {NULL, 0};
    wasmspan_heap_get_string(any(), pick(1 << 17), pick(64), &text);
    wasmspan_bytes_delete(&text);
    break;
  }
  case 100: wasmspan_heap_free(any(), pick(1 << 17)); break;
  case 101: wasmspan_heap_delete(any()); break;
  case 102: keep(wasmspan_executor_invoke_async(any(), any(), params, pick(3))); break;
  case 103: {
    uint8_t *base = NULL;
    uint64_t size = 0;
    if (wasmspan_memory_view(any(), &base, &size) && size > 0)
      base[pick((uint32_t)size)]++;
    break;
  }
  case 104: {
    char text[64];
    wasmspan_frame frame;
    wasmspan_error_text(text, pick(64));
    for (uint32_t at = 0; wasmspan_error_frame(at, &frame); at++)
      wasmspan_error_frame_name(at, text, pick(64));
    if (pick(4) == 0)
      wasmspan_error_clear();
    break;
  }
  case 105: wasmspan_statistics_read(any(), &figures); break;
  case 106: wasmspan_configure_get_limits(any(), &limits); break;
  case 107: wasmspan_configure_set_signals(any(), pick(2), pick(2)); break;
  case 108: wasmspan_configure_set_compile_time(any(), pick(4)); break;
  case 109: wasmspan_wasi_config_capture(any(), pick(2), pick(100)); break;
  case 110: wasmspan_wasi_config_random_seed(any(), pick(9)); break;
  case 111: wasmspan_wasi_config_clock(any(), pick(2), now, slots, NULL); break;
  case 112: wasmspan_wasi_config_denials(any(), NULL, NULL); break;
  case 113: wasmspan_fs_list(any(), name(), NULL, NULL); break;
  case 114: {
    wasmspan_bytes text = {NULL, 0};
    wasmspan_fs_read(any(), name(), &text);
    wasmspan_bytes_delete(&text);
    break;
  }
  case 115: {
    WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(kinds, 1, kinds, 1);
    keep(wasmspan_function_create(type, host, NULL, pick(3), NULL));
    WasmEdge_FunctionTypeDelete(type);
    break;
  }
  case 116: wasmspan_vm_execute_for(any(), name(), params, pick(3), got, 3, pick(3)); break;
  case 117: WasmEdge_StatisticsSetCostLimit(any(), pick(100)); break;
  case 118: keep(WasmEdge_VMGetImportModuleContext(any(), (enum WasmEdge_HostRegistration)pick(8))); break;
  default: WasmEdge_ConfigureAddHostRegistration(any(), (enum WasmEdge_HostRegistration)pick(8)); break;
  }
}

static void delete_all(void) {
  memset(pool, 0, sizeof(pool));
  while (count > 0) {
    void *c = made[pick((uint32_t)count)], *last = made[--count];
    for (int at = 0; at < count; at++)
      if (made[at] == c)
        made[at] = last;
    WasmEdge_AsyncDelete(c);
    WasmEdge_VMDelete(c);
    WasmEdge_StoreDelete(c);
    WasmEdge_ExecutorDelete(c);
    WasmEdge_ConfigureDelete(c);
    WasmEdge_StatisticsDelete(c);
    WasmEdge_ModuleInstanceDelete(c);
    WasmEdge_FunctionInstanceDelete(c);
    WasmEdge_FunctionTypeDelete(c);
    WasmEdge_TableInstanceDelete(c);
    WasmEdge_MemoryInstanceDelete(c);
    WasmEdge_GlobalInstanceDelete(c);
    wasmspan_pool_delete(c);
    wasmspan_fs_delete(c);
    wasmspan_wasi_config_delete(c);
    wasmspan_command_delete(c);
    wasmspan_interrupt_delete(c);
    wasmspan_bindgen_delete(c);
    wasmspan_heap_delete(c);
  }
}

int main(int argc, char *argv[]) {
  long sequences = argc > 1 ? atol(argv[1]) : 1000;
  uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  is_main = 1;
  WasmEdge_LogOff();
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(NULL);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(NULL);
  if (!WasmEdge_ResultOK(WasmEdge_LoaderParseFromBuffer(loader, &module, TEXT(WASM))) ||
      !WasmEdge_ResultOK(WasmEdge_ValidatorValidate(validator, module)))
    return 1;
  for (long sequence = 0; sequence < sequences; sequence++, seed++) {
    state = seed * 0x9e3779b97f4a7c15u + 1;
    /* A start from which calls get somewhere. */
    WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
    WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(WasmEdge_StringWrap("env", 3));
    enum WasmEdge_ValType kind = WasmEdge_ValType_I32;
    WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&kind, 1, &kind, 1);
    WasmEdge_ModuleInstanceAddFunction(env, WasmEdge_StringWrap("f", 1),
                                       WasmEdge_FunctionInstanceCreate(type, host, NULL, 0));
    WasmEdge_FunctionTypeDelete(type);
    pool[0] = vm, pool[1] = env;
    if (pick(2)) {
      WasmEdge_VMRegisterModuleFromImport(vm, env);
      WasmEdge_VMLoadWasmFromASTModule(vm, module);
      WasmEdge_VMValidate(vm);
      WasmEdge_VMInstantiate(vm);
      pool[2] = (void *)(uintptr_t)WasmEdge_VMGetActiveModule(vm);
      pool[3] = WasmEdge_VMGetExecutorContext(vm);
      pool[4] = WasmEdge_VMGetStoreContext(vm);
    }
    for (int at = 0; at < CALLS; at++)
      step();
    delete_all();
    WasmEdge_VMDelete(vm);
    WasmEdge_ModuleInstanceDelete(env);
  }
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
  printf("%ld sequences, 0 failures\n", sequences);
  return 0;
}
