/* What <wasmspan/wasmspan.h> offers to bound and count: limits, figures, pools, the disk cache. */
#define _GNU_SOURCE
#include "check.h"
#include "load.h"
#include <pthread.h>
#include <unistd.h>

static const char WASM[] =
    "(module (global $n (mut i32) (i32.const 0)) (memory (export \"memory\") 1)"
    " (table $t (export \"table\") 1 funcref)"
    " (func (export \"next\") (result i32)"
    "  (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))"
    " (func (export \"spin\") (loop (br 0)))"
    " (func $deep (export \"deep\") (call $deep) (drop (i32.load (i32.const 0))))"
    " (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
    " (func (export \"extend\") (param i32) (result i32)"
    "  (table.grow $t (ref.null func) (local.get 0))))";

static WasmEdge_VMContext *vm_with(const wasmspan_limits *limits) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  OK(limits, wasmspan_configure_set_limits(configure, limits));
  wasmspan_limits back;
  CHECK(limits, wasmspan_configure_get_limits(configure, &back));
  CHECK(limits, memcmp(&back, limits, sizeof(back)) == 0);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_ASTModuleContext *module = load(WASM);
  OK(limits, WasmEdge_VMLoadWasmFromASTModule(vm, module));
  OK(limits, WasmEdge_VMValidate(vm));
  OK(limits, WasmEdge_VMInstantiate(vm));
  WasmEdge_ASTModuleDelete(module);
  return vm;
}

static bool told(const char *part) {
  char text[512];
  wasmspan_error_text(text, sizeof(text));
  return strstr(text, part) != NULL;
}

static int32_t one(WasmEdge_VMContext *vm, const char *name, int32_t argument) {
  WasmEdge_Value param = WasmEdge_ValueGenI32(argument), got = WasmEdge_ValueGenI32(-2);
  OK(limits, WasmEdge_VMExecute(vm, name_of(name), &param, 1, &got, 1));
  return WasmEdge_ValueGetI32(got);
}

static void limits(void) {
  wasmspan_limits all = WASMSPAN_NO_LIMITS;
  const char *json = "{\"time_ms\": 20, \"memory_pages\": 2, \"table_elements\": 3}";
  OK(limits, wasmspan_limits_from_json(json, strlen(json), &all));
  CHECK(limits, all.time_ms == 20 && all.memory_pages == 2 && all.table_elements == 3);
  CHECK(limits, all.cost == WASMSPAN_UNLIMITED && all.stack_bytes == WASMSPAN_UNLIMITED);
  char text[100];
  size_t len = wasmspan_limits_to_json(&all, text, sizeof(text));
  CHECK(limits, strcmp(text, "{\"time_ms\":20,\"memory_pages\":2,\"table_elements\":3}") == 0);
  CHECK(limits, len == strlen(text) && wasmspan_limits_to_json(NULL, text, sizeof(text)) == 0);
  CHECK(limits, !WasmEdge_ResultOK(wasmspan_limits_from_json("{\"tim\": 1}", 10, &all)));
  CHECK(limits, all.time_ms == 20 && told("tim"));
  CHECK(limits, !WasmEdge_ResultOK(wasmspan_limits_from_json(NULL, 1, &all)));
  CHECK(limits, !WasmEdge_ResultOK(wasmspan_limits_from_json("{}", 2, NULL)));
  CODE(limits, wasmspan_configure_set_limits(NULL, &all), WasmEdge_ErrCode_WrongVMWorkflow);
  CHECK(limits, !wasmspan_configure_get_limits(NULL, &all));

  WasmEdge_VMContext *vm = vm_with(&all);
  CHECK(limits, one(vm, "grow", 1) == 1 && one(vm, "grow", 1) == -1);
  CHECK(limits, one(vm, "extend", 2) == 1 && one(vm, "extend", 1) == -1);
  CODE(limits, WasmEdge_VMExecute(vm, name_of("spin"), NULL, 0, NULL, 0),
       WasmEdge_ErrCode_Interrupted);
  CHECK(limits, told("20 ms"));
  WasmEdge_FunctionInstanceContext *spin =
      WasmEdge_ModuleInstanceFindFunction(WasmEdge_VMGetActiveModule(vm), name_of("spin"));
  WasmEdge_ExecutorContext *executor = WasmEdge_VMGetExecutorContext(vm);
  CODE(limits, WasmEdge_ExecutorInvoke(executor, spin, NULL, 0, NULL, 0),
       WasmEdge_ErrCode_Interrupted);
  WasmEdge_VMDelete(vm);

  /* Cost is measured where it is limited. */
  wasmspan_limits cost = WASMSPAN_NO_LIMITS;
  cost.cost = 1000, cost.instances = 1;
  vm = vm_with(&cost);
  CODE(limits, WasmEdge_VMExecute(vm, name_of("spin"), NULL, 0, NULL, 0),
       WasmEdge_ErrCode_CostLimitExceeded);
  wasmspan_figures figures;
  WasmEdge_StatisticsContext *statistics = WasmEdge_VMGetStatisticsContext(vm);
  CHECK(figures, wasmspan_statistics_read(statistics, &figures));
  CHECK(figures, figures.cost_limit == 1000 && figures.cost >= 999 && figures.cost <= 1001);
  CHECK(figures, figures.instructions == 0 && figures.wasm_nanoseconds == 0);
  CHECK(figures, !wasmspan_statistics_read(NULL, &figures));
  CHECK(figures, !wasmspan_statistics_read(statistics, NULL));
  CHECK(limits, !WasmEdge_ResultOK(WasmEdge_VMRunWasmFromBuffer(
                    vm, TEXT(WASM), name_of("next"), NULL, 0, NULL, 0)));
  WasmEdge_VMDelete(vm);
}

static void one_call(void) {
  wasmspan_limits none = WASMSPAN_NO_LIMITS, call = WASMSPAN_NO_LIMITS;
  WasmEdge_VMContext *vm = vm_with(&none);
  WasmEdge_Value got;
  call.time_ms = 20;
  CODE(within, wasmspan_vm_execute_within(vm, name_of("spin"), NULL, 0, NULL, 0, &call),
       WasmEdge_ErrCode_Interrupted);
  OK(within, wasmspan_vm_execute_within(vm, name_of("next"), NULL, 0, &got, 1, &call));
  CHECK(within, WasmEdge_ValueGetI32(got) == 1);
  WasmEdge_ExecutorContext *executor = WasmEdge_VMGetExecutorContext(vm);
  const WasmEdge_ModuleInstanceContext *active = WasmEdge_VMGetActiveModule(vm);
  WasmEdge_FunctionInstanceContext *next =
      WasmEdge_ModuleInstanceFindFunction(active, name_of("next"));
  WasmEdge_FunctionInstanceContext *deep =
      WasmEdge_ModuleInstanceFindFunction(active, name_of("deep"));
  OK(within, wasmspan_executor_invoke_within(executor, next, NULL, 0, &got, 1, &call));
  CHECK(within, WasmEdge_ValueGetI32(got) == 2);
  wasmspan_limits stack = WASMSPAN_NO_LIMITS;
  stack.stack_bytes = 100000;
  CODE(within, wasmspan_executor_invoke_within(executor, deep, NULL, 0, NULL, 0, &stack),
       WASMSPAN_ERROR_STACK_OVERFLOW);
  CHECK(within, told("100000"));
  wasmspan_limits wrong = WASMSPAN_NO_LIMITS;
  wrong.memory_pages = 1;
  CODE(within, wasmspan_executor_invoke_within(executor, next, NULL, 0, &got, 1, &wrong),
       WasmEdge_ErrCode_RuntimeError);
  CHECK(within, told("memory_pages"));
  CODE(within, wasmspan_executor_invoke_within(executor, next, NULL, 0, &got, 1, NULL),
       WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(within, wasmspan_executor_invoke_within(NULL, next, NULL, 0, &got, 1, &call),
       WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(within, wasmspan_executor_invoke_within(executor, NULL, NULL, 0, &got, 1, &call),
       WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(within, wasmspan_vm_execute_within(NULL, name_of("next"), NULL, 0, &got, 1, &call),
       WasmEdge_ErrCode_WrongVMWorkflow);
  WasmEdge_VMDelete(vm);
}

static void *worker(void *pool) {
  intptr_t bad = 0;
  for (int round = 0; round < 200; round++) {
    WasmEdge_ModuleInstanceContext *instance = NULL;
    WasmEdge_Result result = wasmspan_pool_get(pool, WASMSPAN_UNLIMITED, &instance);
    wasmspan_slot slot;
    slot.i64 = 0;
    if (WasmEdge_ResultOK(result))
      result = wasmspan_call(WasmEdge_ModuleInstanceFindFunction(instance, name_of("next")), &slot, 1);
    bad += !WasmEdge_ResultOK(result) || slot.i32 != 1 || wasmspan_pool_in_use(pool) > 2;
    WasmEdge_ModuleInstanceDelete(instance);
  }
  return (void *)bad;
}

static void pools(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureStatisticsSetInstructionCounting(configure, true);
  WasmEdge_ASTModuleContext *module = load_with(configure, WASM);
  WasmEdge_ConfigureDelete(configure);
  wasmspan_pool *pool = wasmspan_pool_create(module, NULL, 2);
  CHECK(pool, pool && wasmspan_pool_size(pool) == 2 && wasmspan_pool_in_use(pool) == 0);
  CHECK(pool, wasmspan_pool_create(module, NULL, 0) == NULL && told("at least one"));
  CHECK(pool, wasmspan_pool_create(NULL, NULL, 1) == NULL);
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_ModuleInstanceContext *first, *second, *third = NULL;
  OK(pool, wasmspan_pool_get(pool, 0, &first));
  OK(pool, wasmspan_pool_get(pool, 0, &second));
  CHECK(pool, wasmspan_pool_in_use(pool) == 2);
  CODE(pool, wasmspan_pool_get(pool, 0, &third), WasmEdge_ErrCode_RuntimeError);
  CODE(pool, wasmspan_pool_get(pool, 10, &third), WasmEdge_ErrCode_RuntimeError);
  CHECK(pool, third == NULL && told("in use"));
  CODE(pool, wasmspan_pool_get(pool, 0, NULL), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(pool, wasmspan_pool_get(NULL, 0, &third), WasmEdge_ErrCode_WrongVMWorkflow);
  WasmEdge_FunctionInstanceContext *next =
      WasmEdge_ModuleInstanceFindFunction(first, name_of("next"));
  wasmspan_slot slot;
  OK(pool, wasmspan_call(next, &slot, 1));
  OK(pool, wasmspan_call(next, &slot, 1));
  CHECK(pool, slot.i32 == 2);
  wasmspan_figures figures;
  CHECK(pool, wasmspan_statistics_read(wasmspan_pool_statistics(pool), &figures));
  CHECK(pool, figures.instructions >= 10);
  CHECK(pool, wasmspan_pool_statistics(pool) == wasmspan_pool_statistics(pool));
  WasmEdge_ModuleInstanceDelete(first);
  CHECK(pool, wasmspan_pool_in_use(pool) == 1);
  OK(pool, wasmspan_pool_get(pool, 0, &third));
  OK(pool, wasmspan_call(WasmEdge_ModuleInstanceFindFunction(third, name_of("next")), &slot, 1));
  CHECK(pool, slot.i32 == 1);
  WasmEdge_ModuleInstanceDelete(second);
  WasmEdge_ModuleInstanceDelete(third);

  pthread_t threads[4];
  for (int at = 0; at < 4; at++)
    CHECK(pool, pthread_create(&threads[at], NULL, worker, pool) == 0);
  for (int at = 0; at < 4; at++) {
    void *bad = NULL;
    CHECK(pool, pthread_join(threads[at], &bad) == 0 && bad == NULL);
  }
  CHECK(pool, wasmspan_pool_in_use(pool) == 0);

  WasmEdge_StatisticsContext *statistics = wasmspan_pool_statistics(pool);
  OK(pool, wasmspan_pool_get(pool, 0, &first));
  wasmspan_pool_delete(pool);
  CHECK(pool, !wasmspan_statistics_read(statistics, &figures));
  CHECK(pool, wasmspan_pool_size(pool) == 0);
  OK(pool, wasmspan_call(WasmEdge_ModuleInstanceFindFunction(first, name_of("next")), &slot, 1));
  WasmEdge_ModuleInstanceDelete(first);
}

static void cache(void) {
  char folder[] = "/tmp/wasmspan-cache-XXXXXX", known[64];
  CHECK(cache, mkdtemp(folder) != NULL);
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  OK(cache, wasmspan_configure_set_cache(configure, folder, 0));
  CODE(cache, wasmspan_configure_set_cache(NULL, folder, 0), WasmEdge_ErrCode_WrongVMWorkflow);
  /* Small modules are not worth keeping. */
  static char text[20000];
  memset(text, 'x', sizeof(text));
  char *end = text + sizeof(text);
  static const char HEAD[] = "(module (func (export \"next\") (result i32) i32.const 1) (data \"";
  memcpy(text, HEAD, sizeof(HEAD) - 1);
  memcpy(end - 3, "\"))", 3);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_Value got;
  OK(cache, WasmEdge_VMRunWasmFromBuffer(vm, TEXT_OF(text, sizeof(text)), name_of("next"),
                                         NULL, 0, &got, 1));
  WasmEdge_VMDelete(vm);
  uint64_t entries = 9, size = 9;
  OK(cache, wasmspan_cache_stats(folder, &entries, &size));
  CHECK(cache, entries == 1 && size > 100);
  CHECK(cache, wasmspan_cache_folder(folder, known, sizeof(known)) == strlen(folder));
  CHECK(cache, strcmp(known, folder) == 0);
  OK(cache, wasmspan_cache_clear(folder, &entries, NULL));
  CHECK(cache, entries == 1);
  OK(cache, wasmspan_cache_stats(folder, &entries, &size));
  CHECK(cache, entries == 0 && size == 0);
  wasmspan_configure_no_cache(configure);
  wasmspan_configure_no_cache(NULL);
  vm = WasmEdge_VMCreate(configure, NULL);
  OK(cache, WasmEdge_VMRunWasmFromBuffer(vm, TEXT_OF(text, sizeof(text)), name_of("next"),
                                         NULL, 0, &got, 1));
  WasmEdge_VMDelete(vm);
  OK(cache, wasmspan_cache_stats(folder, &entries, NULL));
  CHECK(cache, entries == 0);
  WasmEdge_ConfigureDelete(configure);
  CHECK(cache, !WasmEdge_ResultOK(wasmspan_cache_stats("/dev/null/none", &entries, NULL)));
  char command[96];
  snprintf(command, sizeof(command), "rm -r '%s'", folder);
  CHECK(cache, system(command) == 0);
}

static void commands(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  wasmspan_limits limits = WASMSPAN_NO_LIMITS;
  limits.cost = 1000;
  OK(command, wasmspan_configure_set_limits(configure, &limits));
  WasmEdge_ASTModuleContext *module = load("(module (func (export \"_start\") (loop (br 0))))");
  wasmspan_command *command = wasmspan_command_create(module);
  OK(command, wasmspan_command_configure(command, configure));
  CODE(command, wasmspan_command_configure(command, NULL), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(command, wasmspan_command_configure(NULL, configure), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(command, wasmspan_command_imports(command, NULL), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(command, wasmspan_command_imports(NULL, NULL), WasmEdge_ErrCode_WrongVMWorkflow);
  wasmspan_finished finished;
  CODE(command, wasmspan_command_run(command, &finished), WasmEdge_ErrCode_CostLimitExceeded);
  CHECK(command, !finished.timed_out && finished.exit_code == 1);
  wasmspan_command_delete(command);
  command = wasmspan_command_create(module);
  wasmspan_command_timeout(command, 20);
  CODE(command, wasmspan_command_run(command, &finished), WasmEdge_ErrCode_Interrupted);
  CHECK(command, finished.timed_out && finished.wall_nanoseconds > 10000000);
  wasmspan_command_delete(command);
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_ConfigureDelete(configure);
}

int main(void) {
  WasmEdge_LogOff();
  limits();
  one_call();
  pools();
  cache();
  commands();
  return report();
}
