/* Threads that make, use and delete the same contexts at random. Arguments: how many milliseconds, and a
 * seed. Nothing may crash, hang or be left over; calls may fail, because what they are given may be gone.
 */
#define _GNU_SOURCE
#include "check.h"
#include "text.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>
#include <wasmspan/bindgen.h>

enum { THREADS = 8, PLACES = 6 };

static const char WASM[] =
    "(module (import \"env\" \"host\" (func $host (param i32) (result i32)))"
    " (import \"env\" \"table\" (table $t 4 64 funcref))"
    " (memory (export \"memory\") 1 64) (global (export \"g\") (mut i64) (i64.const 0))"
    " (table $own (export \"table\") 8 64 externref) (type $f (func (param i32) (result i32)))"
    " (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))"
    " (func $run (export \"run\") (param i32) (result i32) (i32.store (i32.const 8) (local.get 0))"
    "  (i32.add (call $host (local.get 0)) (i32.load (i32.const 8))))"
    " (func (export \"put\") (table.set $t (i32.const 1) (ref.func $run)))"
    " (func (export \"through\") (param i32) (result i32)"
    "  (call_indirect $t (type $f) (local.get 0) (i32.const 1)))"
    " (func (export \"keep\") (param externref) (table.set $own (i32.const 0) (local.get 0)))"
    " (func (export \"kept\") (result externref) (table.get $own (i32.const 0)))"
    " (func (export \"ref\") (result funcref) (table.get $t (i32.const 1)))"
    " (func (export \"grow\") (result i32) (memory.grow (i32.const 1)))"
    " (func (export \"grow_table\") (result i32) (table.grow $own (ref.null extern) (i32.const 1)))"
    " (func (export \"work\") (param i32) (result i32) (local $sum i32) (loop $again"
    "  (local.set $sum (i32.add (local.get $sum) (local.get 0)))"
    "  (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "  (local.get $sum))"
    " (func (export \"spin\") (loop $again (br $again)))"
    " (func (export \"trap\") unreachable))";

/* A place for each of some contexts of one kind, which all threads see. */
#define PLACE(name) static _Atomic(void *) name[PLACES]
PLACE(vms);
PLACE(executors);
PLACE(stores);
PLACE(modules);
PLACE(instances);
PLACE(hosts);
PLACE(functions);
PLACE(tables);
PLACE(memories);
PLACE(globals);
PLACE(configures);
PLACE(statistics);
PLACE(calls);
PLACE(pools);
PLACE(files);
PLACE(interrupts);
PLACE(guests);

/* For AddressSanitizer: what is freed is filled with what makes a later use be seen. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "max_free_fill_size=65536:free_fill_byte=251";
}

static wasmspan_bytes wasm;
static atomic_bool over;
static atomic_long made_functions, ended_functions, succeeded, failed;

static _Thread_local uint64_t state;
static _Thread_local int depth;

static uint32_t pick(uint32_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)((state >> 33) % below);
}

static void *any(_Atomic(void *) *places) { return atomic_load(&places[pick(PLACES)]); }

/* Puts a context in a place; gives the one that was there. */
static void *put(_Atomic(void *) *places, void *context) {
  return atomic_exchange(&places[pick(PLACES)], context);
}

static void told(WasmEdge_Result result) {
  atomic_fetch_add(WasmEdge_ResultOK(result) ? &succeeded : &failed, 1);
}

static void step(void);

static WasmEdge_Result host(void *data, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data;
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_CallingFrameGetMemoryInstance(frame, 0);
  uint32_t number = 0;
  if (memory)
    WasmEdge_MemoryInstanceGetData(memory, (uint8_t *)&number, 8, 4);
  WasmEdge_CallingFrameGetExecutor(frame);
  if (depth < 2 && pick(4) == 0) {
    depth++;
    step();
    depth--;
  }
  returns[0] = WasmEdge_ValueGenI32(WasmEdge_ValueGetI32(params[0]) + (int32_t)number);
  return WasmEdge_Result_Success;
}

static void ended(void *data) {
  (void)data;
  atomic_fetch_add(&ended_functions, 1);
}

static WasmEdge_FunctionInstanceContext *new_function(void) {
  enum WasmEdge_ValType kind = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&kind, 1, &kind, 1);
  WasmEdge_FunctionInstanceContext *made = wasmspan_function_create(type, host, NULL, 0, ended);
  if (made)
    atomic_fetch_add(&made_functions, 1);
  WasmEdge_FunctionTypeDelete(type);
  return made;
}

static WasmEdge_TableInstanceContext *new_table(void) {
  WasmEdge_Limit limit = {.HasMax = true, .Shared = false, .Min = 4, .Max = 64};
  WasmEdge_TableTypeContext *type = WasmEdge_TableTypeCreate(WasmEdge_RefType_FuncRef, limit);
  WasmEdge_TableInstanceContext *made = WasmEdge_TableInstanceCreate(type);
  WasmEdge_TableTypeDelete(type);
  return made;
}

static WasmEdge_ModuleInstanceContext *new_host(void) {
  WasmEdge_ModuleInstanceContext *made = WasmEdge_ModuleInstanceCreate(name_of("env"));
  WasmEdge_ModuleInstanceAddFunction(made, name_of("host"), new_function());
  WasmEdge_ModuleInstanceAddTable(made, name_of("table"), new_table());
  return made;
}

static WasmEdge_ASTModuleContext *new_module(void) {
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(any(configures));
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(NULL);
  WasmEdge_ASTModuleContext *made = NULL;
  WasmEdge_LoaderParseFromBuffer(loader, &made, wasm.data, (uint32_t)wasm.size);
  WasmEdge_ValidatorValidate(validator, made);
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
  return made;
}

static WasmEdge_VMContext *new_vm(void) {
  WasmEdge_VMContext *made =
      WasmEdge_VMCreate(any(configures), pick(2) ? any(stores) : NULL);
  WasmEdge_ModuleInstanceContext *env = any(hosts);
  WasmEdge_VMRegisterModuleFromImport(made, env);
  WasmEdge_VMLoadWasmFromASTModule(made, any(modules));
  WasmEdge_VMValidate(made);
  told(WasmEdge_VMInstantiate(made));
  return made;
}

static void *new_instance(void) {
  WasmEdge_ModuleInstanceContext *made = NULL;
  void *store = any(stores);
  WasmEdge_ExecutorRegisterImport(any(executors), store, any(hosts));
  if (pick(8) == 0)
    told(WasmEdge_ExecutorRegister(any(executors), &made, store, any(modules), name_of("named")));
  else
    told(WasmEdge_ExecutorInstantiate(any(executors), &made, store, any(modules)));
  return made;
}

/* ---- One thing after another ------------------------------------------------------------------ */

static void make(void) {
  switch (pick(18)) {
  case 0: WasmEdge_VMDelete(put(vms, new_vm())); break;
  case 1: WasmEdge_ExecutorDelete(put(executors, WasmEdge_ExecutorCreate(any(configures), any(statistics)))); break;
  case 2: WasmEdge_StoreDelete(put(stores, WasmEdge_StoreCreate())); break;
  case 3: WasmEdge_ASTModuleDelete(put(modules, new_module())); break;
  case 4: case 5: case 6: WasmEdge_ModuleInstanceDelete(put(instances, new_instance())); break;
  case 7: WasmEdge_ModuleInstanceDelete(put(hosts, new_host())); break;
  case 8: WasmEdge_FunctionInstanceDelete(put(functions, new_function())); break;
  case 9: WasmEdge_TableInstanceDelete(put(tables, new_table())); break;
  case 10: {
    WasmEdge_ConfigureContext *made = WasmEdge_ConfigureCreate();
    if (pick(4) == 0)
      WasmEdge_ConfigureStatisticsSetInstructionCounting(made, true);
    if (pick(4) == 0)
      WasmEdge_ConfigureAddHostRegistration(made, WasmEdge_HostRegistration_Wasi);
    WasmEdge_ConfigureDelete(put(configures, made));
    break;
  }
  case 11: WasmEdge_StatisticsDelete(put(statistics, WasmEdge_StatisticsCreate())); break;
  case 12: {
    WasmEdge_Value param = WasmEdge_ValueGenI32(1 + (int32_t)pick(1000));
    WasmEdge_String name = name_of(pick(4) ? "work" : "spin");
    void *call = WasmEdge_VMAsyncExecute(any(vms), name, &param, name.Buf[0] == 'w');
    WasmEdge_AsyncDelete(put(calls, call));
    break;
  }
  case 13: wasmspan_pool_delete(put(pools, wasmspan_pool_create(any(modules), any(stores), 2))); break;
  case 14: wasmspan_fs_delete(put(files, wasmspan_fs_create_memory(1 << 16))); break;
  case 15: wasmspan_interrupt_delete(put(interrupts, wasmspan_interrupt_create())); break;
  case 16: wasmspan_bindgen_delete(put(guests, wasmspan_bindgen_attach(any(instances)))); break;
  case 17: {
    WasmEdge_GlobalTypeContext *type =
        WasmEdge_GlobalTypeCreate(WasmEdge_ValType_I64, WasmEdge_Mutability_Var);
    WasmEdge_GlobalInstanceDelete(
        put(globals, WasmEdge_GlobalInstanceCreate(type, WasmEdge_ValueGenI64(7))));
    WasmEdge_GlobalTypeDelete(type);
    WasmEdge_Limit limit = {.HasMax = true, .Shared = false, .Min = 1, .Max = 8};
    WasmEdge_MemoryTypeContext *memory = WasmEdge_MemoryTypeCreate(limit);
    WasmEdge_MemoryInstanceDelete(put(memories, WasmEdge_MemoryInstanceCreate(memory)));
    WasmEdge_MemoryTypeDelete(memory);
    break;
  }
  }
}

static void destroy(void) {
  switch (pick(15)) {
  case 0: WasmEdge_VMDelete(any(vms)); break;
  case 1: WasmEdge_ExecutorDelete(any(executors)); break;
  case 2: WasmEdge_StoreDelete(any(stores)); break;
  case 3: WasmEdge_ASTModuleDelete(any(modules)); break;
  case 4: WasmEdge_ModuleInstanceDelete(any(instances)); break;
  case 5: WasmEdge_ModuleInstanceDelete(any(hosts)); break;
  case 6: WasmEdge_FunctionInstanceDelete(any(functions)); break;
  case 7: WasmEdge_TableInstanceDelete(any(tables)); break;
  case 8: WasmEdge_MemoryInstanceDelete(any(memories)); break;
  case 9: WasmEdge_GlobalInstanceDelete(any(globals)); break;
  case 10: WasmEdge_AsyncDelete(any(calls)); break;
  case 11: wasmspan_pool_delete(any(pools)); break;
  case 12: WasmEdge_StatisticsDelete(any(statistics)); break;
  case 13: wasmspan_interrupt_delete(any(interrupts)); break;
  case 14: wasmspan_bindgen_delete(any(guests)); break;
  }
}

/* Calls a function of an instance, or one that another thread has found. */
static void call(void) {
  static const struct {
    const char *name;
    uint32_t params;
  } EXPORTS[] = {{"add", 2}, {"run", 1}, {"put", 0}, {"through", 1}, {"grow", 0},
                 {"grow_table", 0}, {"work", 1}, {"trap", 0}, {"ref", 0}};
  uint32_t at = pick(sizeof(EXPORTS) / sizeof(EXPORTS[0]));
  WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(1 + (int32_t)pick(100)),
                              WasmEdge_ValueGenI32((int32_t)pick(100))};
  WasmEdge_Value got[1];
  WasmEdge_String name = name_of(EXPORTS[at].name);
  switch (pick(6)) {
  case 0: told(WasmEdge_VMExecute(any(vms), name, params, EXPORTS[at].params, got, 1)); break;
  case 1:
    told(WasmEdge_VMExecuteRegistered(any(vms), name_of(pick(2) ? "env" : "named"), name_of("host"),
                                      params, 1, got, 1));
    break;
  case 2: {
    WasmEdge_FunctionInstanceContext *function =
        WasmEdge_ModuleInstanceFindFunction(any(instances), name);
    told(WasmEdge_ExecutorInvoke(any(executors), function, params, EXPORTS[at].params, got, 1));
    break;
  }
  case 3: {
    wasmspan_slot slots[2];
    slots[0].i32 = 3, slots[1].i32 = 4;
    told(wasmspan_call(WasmEdge_ModuleInstanceFindFunction(any(instances), name_of("add")), slots, 2));
    wasmspan_interrupt *interrupt = any(interrupts);
    slots[0].i32 = 3;
    told(wasmspan_invoke(WasmEdge_ModuleInstanceFindFunction(any(instances), name_of("work")), slots,
                         2, interrupt));
    if (pick(8) == 0)
      wasmspan_interrupt_request(interrupt);
    break;
  }
  case 4: told(WasmEdge_ExecutorInvoke(any(executors), any(functions), params, 1, got, 1)); break;
  case 5: {
    WasmEdge_ModuleInstanceContext *instance = any(instances);
    WasmEdge_FunctionInstanceContext *keep = WasmEdge_ModuleInstanceFindFunction(instance, name_of("keep"));
    WasmEdge_FunctionInstanceContext *kept = WasmEdge_ModuleInstanceFindFunction(instance, name_of("kept"));
    WasmEdge_Value ref = WasmEdge_ValueGenExternRef(&wasm);
    told(WasmEdge_ExecutorInvoke(any(executors), keep, &ref, 1, NULL, 0));
    WasmEdge_Result result = WasmEdge_ExecutorInvoke(any(executors), kept, NULL, 0, got, 1);
    told(result);
    if (WasmEdge_ResultOK(result)) {
      void *address = WasmEdge_ValueGetExternRef(got[0]);
      if (address != NULL && address != &wasm)
        abort();
    }
    break;
  }
  }
}

static void change_vm(void) {
  WasmEdge_VMContext *vm = any(vms);
  switch (pick(9)) {
  case 0: WasmEdge_VMCleanup(vm); break;
  case 1: told(WasmEdge_VMLoadWasmFromASTModule(vm, any(modules))); break;
  case 2: told(WasmEdge_VMLoadWasmFromBuffer(vm, wasm.data, (uint32_t)wasm.size)); break;
  case 3: told(WasmEdge_VMValidate(vm)); break;
  case 4: told(WasmEdge_VMInstantiate(vm)); break;
  case 5: told(WasmEdge_VMRegisterModuleFromASTModule(vm, name_of("named"), any(modules))); break;
  case 6: told(WasmEdge_VMRegisterModuleFromImport(vm, any(hosts))); break;
  case 7: {
    WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(1), WasmEdge_ValueGenI32(2)}, got;
    told(WasmEdge_VMRunWasmFromASTModule(vm, any(modules), name_of("add"), params, 2, &got, 1));
    break;
  }
  case 8: {
    WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(5)}, got;
    told(wasmspan_vm_execute_for(vm, name_of("work"), params, 1, &got, 1, 1000));
    break;
  }
  }
}

static void look(void) {
  WasmEdge_String names[16];
  const WasmEdge_FunctionTypeContext *types[16] = {NULL};
  uint8_t bytes[64];
  switch (pick(12)) {
  case 0:
    WasmEdge_VMGetFunctionList(any(vms), NULL, types, 16);
    WasmEdge_FunctionTypeGetParametersLength(types[0]);
    break;
  case 1: WasmEdge_StoreListModule(any(stores), names, 16); break;
  case 2: WasmEdge_ModuleInstanceListFunction(any(instances), names, 16); break;
  case 3: {
    const WasmEdge_ExportTypeContext *exports[16] = {NULL};
    WasmEdge_ASTModuleContext *module = any(modules);
    WasmEdge_ASTModuleListExports(module, exports, 16);
    WasmEdge_ExportTypeGetFunctionType(module, exports[3]);
    WasmEdge_ExportTypeGetExternalType(exports[pick(16)]);
    break;
  }
  case 4: {
    WasmEdge_MemoryInstanceContext *memory =
        pick(2) ? any(memories) : WasmEdge_ModuleInstanceFindMemory(any(instances), name_of("memory"));
    WasmEdge_MemoryInstanceGetData(memory, bytes, pick(70000), sizeof(bytes));
    WasmEdge_MemoryInstanceSetData(memory, bytes, pick(70000), sizeof(bytes));
    WasmEdge_MemoryInstanceGrowPage(memory, pick(2));
    WasmEdge_MemoryInstanceGetPageSize(memory);
    WasmEdge_MemoryTypeGetLimit(WasmEdge_MemoryInstanceGetMemoryType(memory));
    break;
  }
  case 5: {
    WasmEdge_TableInstanceContext *table =
        pick(2) ? any(tables) : WasmEdge_ModuleInstanceFindTable(any(hosts), name_of("table"));
    WasmEdge_Value value;
    if (WasmEdge_ResultOK(WasmEdge_TableInstanceGetData(table, &value, 1)))
      WasmEdge_FunctionInstanceGetFunctionType(WasmEdge_ValueGetFuncRef(value));
    WasmEdge_FunctionInstanceContext *function =
        pick(2) ? any(functions) : WasmEdge_ModuleInstanceFindFunction(any(instances), name_of("run"));
    if (function)
      WasmEdge_TableInstanceSetData(table, WasmEdge_ValueGenFuncRef(function), pick(4));
    else
      WasmEdge_TableInstanceSetData(table, WasmEdge_ValueGenNullRef(WasmEdge_RefType_FuncRef), 1);
    WasmEdge_TableInstanceGrow(table, pick(2));
    break;
  }
  case 6: {
    WasmEdge_GlobalInstanceContext *global =
        pick(2) ? any(globals) : WasmEdge_ModuleInstanceFindGlobal(any(instances), name_of("g"));
    WasmEdge_GlobalInstanceSetValue(global, WasmEdge_ValueGenI64((int64_t)state));
    WasmEdge_GlobalInstanceGetValue(global);
    WasmEdge_GlobalTypeGetValType(WasmEdge_GlobalInstanceGetGlobalType(global));
    break;
  }
  case 7: {
    WasmEdge_Async *call = any(calls);
    if (pick(4) == 0)
      WasmEdge_AsyncCancel(call);
    WasmEdge_AsyncWaitFor(call, pick(2));
    WasmEdge_Value got;
    if (WasmEdge_AsyncWaitFor(call, 0))
      WasmEdge_AsyncGet(call, &got, 1);
    break;
  }
  case 8: {
    WasmEdge_ModuleInstanceContext *pooled = NULL;
    told(wasmspan_pool_get(any(pools), 1, &pooled));
    if (pooled)
      WasmEdge_ModuleInstanceDelete(put(instances, pooled));
    break;
  }
  case 9: {
    wasmspan_fs *fs = any(files);
    wasmspan_fs_write(fs, name_of("/a"), bytes, sizeof(bytes));
    wasmspan_bytes content = {NULL, 0};
    wasmspan_fs_read(fs, name_of("/a"), &content);
    wasmspan_bytes_delete(&content);
    break;
  }
  case 10: {
    const WasmEdge_ModuleInstanceContext *found =
        WasmEdge_StoreFindModule(any(stores), name_of(pick(2) ? "env" : "named"));
    WasmEdge_ModuleInstanceGetModuleName(found);
    WasmEdge_VMContext *vm = any(vms);
    WasmEdge_StoreListModuleLength(WasmEdge_VMGetStoreContext(vm));
    WasmEdge_StatisticsGetInstrCount(WasmEdge_VMGetStatisticsContext(vm));
    WasmEdge_ModuleInstanceListFunctionLength(WasmEdge_VMGetActiveModule(vm));
    break;
  }
  case 11: WasmEdge_ModuleInstanceAddFunction(any(hosts), name_of("more"), any(functions)); break;
  }
}

static void step(void) {
  uint32_t what = pick(20);
  if (what < 4)
    make();
  else if (what < 5)
    destroy();
  else if (what < 13)
    call();
  else if (what < 15)
    change_vm();
  else
    look();
}

static void *work(void *seed) {
  state = (uint64_t)(uintptr_t)seed * 0x9e3779b97f4a7c15u + 1;
  for (int at = 0; at < 20; at++)
    make();
  while (!atomic_load(&over))
    step();
  return NULL;
}

static void empty(_Atomic(void *) *places, void (*end)(void *)) {
  for (int at = 0; at < PLACES; at++)
    end(atomic_exchange(&places[at], NULL));
}

#define EMPTY(places, type, function)                                                             \
  static void end_##places(void *context) { function((type *)context); }
EMPTY(vms, WasmEdge_VMContext, WasmEdge_VMDelete)
EMPTY(executors, WasmEdge_ExecutorContext, WasmEdge_ExecutorDelete)
EMPTY(stores, WasmEdge_StoreContext, WasmEdge_StoreDelete)
EMPTY(modules, WasmEdge_ASTModuleContext, WasmEdge_ASTModuleDelete)
EMPTY(instances, WasmEdge_ModuleInstanceContext, WasmEdge_ModuleInstanceDelete)
EMPTY(hosts, WasmEdge_ModuleInstanceContext, WasmEdge_ModuleInstanceDelete)
EMPTY(functions, WasmEdge_FunctionInstanceContext, WasmEdge_FunctionInstanceDelete)
EMPTY(tables, WasmEdge_TableInstanceContext, WasmEdge_TableInstanceDelete)
EMPTY(memories, WasmEdge_MemoryInstanceContext, WasmEdge_MemoryInstanceDelete)
EMPTY(globals, WasmEdge_GlobalInstanceContext, WasmEdge_GlobalInstanceDelete)
EMPTY(configures, WasmEdge_ConfigureContext, WasmEdge_ConfigureDelete)
EMPTY(statistics, WasmEdge_StatisticsContext, WasmEdge_StatisticsDelete)
EMPTY(calls, WasmEdge_Async, WasmEdge_AsyncDelete)
EMPTY(pools, wasmspan_pool, wasmspan_pool_delete)
EMPTY(files, wasmspan_fs, wasmspan_fs_delete)
EMPTY(interrupts, wasmspan_interrupt, wasmspan_interrupt_delete)
EMPTY(guests, wasmspan_bindgen, wasmspan_bindgen_delete)

int main(int argc, char *argv[]) {
  long milliseconds = argc > 1 ? atol(argv[1]) : 1000;
  long seed = argc > 2 ? atol(argv[2]) : (long)time(NULL);
  WasmEdge_LogOff();
  wasm = binary_of(WASM, strlen(WASM));
  if (wasm.data == NULL)
    return 1;
  printf("seed %ld\n", seed);
  fflush(stdout);
  pthread_t threads[THREADS];
  for (intptr_t at = 0; at < THREADS; at++)
    pthread_create(&threads[at], NULL, work, (void *)(intptr_t)(seed * THREADS + at));
  usleep((useconds_t)(milliseconds * 1000));
  atomic_store(&over, true);
  for (int at = 0; at < THREADS; at++)
    pthread_join(threads[at], NULL);
#define END(places) empty(places, end_##places)
  END(calls), END(guests), END(pools), END(instances), END(vms), END(functions), END(tables);
  END(hosts), END(memories), END(globals), END(stores), END(executors), END(modules);
  END(configures), END(statistics), END(files), END(interrupts);
  printf("%ld calls succeeded, %ld failed; %ld functions made, %ld ended\n", atomic_load(&succeeded),
         atomic_load(&failed), atomic_load(&made_functions), atomic_load(&ended_functions));
  CHECK(stress, atomic_load(&succeeded) > 0);
  CHECK(stress, atomic_load(&made_functions) == atomic_load(&ended_functions));
  return report();
}
