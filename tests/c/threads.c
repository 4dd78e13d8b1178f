/* Contexts that several threads use at once: VMs, executors, stores, settings, statistics, module
 * instances and loaded modules. */
#define _GNU_SOURCE
#include "check.h"
#include "load.h"
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 200 };

static const char WASM[] =
    "(module (import \"env\" \"twice\" (func $twice (param i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (func (export \"run\") (param i32) (result i32)"
    "  (i32.add (call $twice (local.get 0)) (i32.const 1)))"
    " (func (export \"trap\") unreachable))";

static WasmEdge_VMContext *vm, *stepped;
static WasmEdge_StoreContext *store;
static WasmEdge_ExecutorContext *executor;
static WasmEdge_ConfigureContext *configure;
static WasmEdge_StatisticsContext *statistics;
static WasmEdge_ASTModuleContext *module;
static WasmEdge_ModuleInstanceContext *env;

static WasmEdge_Result twice(void *data, const WasmEdge_CallingFrameContext *frame,
                             const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data;
  /* The frame is this thread's, whatever the others do. */
  if (!WasmEdge_CallingFrameGetMemoryInstance(frame, 0))
    return WasmEdge_Result_Fail;
  returns[0] = WasmEdge_ValueGenI32(WasmEdge_ValueGetI32(params[0]) * 2);
  return WasmEdge_Result_Success;
}

/* What went wrong on this thread. */
#define EXPECT(condition)                                                                         \
  do {                                                                                            \
    if (!(condition)) {                                                                           \
      printf("line %d: %s\n", __LINE__, #condition);                                              \
      bad++;                                                                                      \
    }                                                                                             \
  } while (0)

static void *work(void *data) {
  int number = (int)(intptr_t)data;
  intptr_t bad = 0;
  char text[32];
  for (int round = 0; round < ROUNDS; round++) {
    int argument = number * 1000 + round;
    WasmEdge_Value param = WasmEdge_ValueGenI32(argument), got = WasmEdge_ValueGenI32(0);

    /* One VM and one instance, entered by all. */
    EXPECT(WasmEdge_ResultOK(WasmEdge_VMExecute(vm, name_of("run"), &param, 1, &got, 1)));
    EXPECT(WasmEdge_ValueGetI32(got) == argument * 2 + 1);
    EXPECT(WasmEdge_ResultGetCode(WasmEdge_VMExecute(vm, name_of("trap"), NULL, 0, NULL, 0)) ==
           WasmEdge_ErrCode_Unreachable);
    EXPECT(wasmspan_error_frame_count() == 1);
    WasmEdge_Async *call = WasmEdge_VMAsyncExecute(vm, name_of("run"), &param, 1);
    EXPECT(WasmEdge_ResultOK(WasmEdge_AsyncGet(call, &got, 1)));
    EXPECT(WasmEdge_ValueGetI32(got) == argument * 2 + 1);
    WasmEdge_AsyncDelete(call);
    EXPECT(WasmEdge_VMGetFunctionListLength(vm) == 2);

    /* A VM of which all change the state: every step is done whole, or refused. */
    uint32_t code;
    WasmEdge_VMLoadWasmFromASTModule(stepped, module);
    code = WasmEdge_ResultGetCode(WasmEdge_VMValidate(stepped));
    EXPECT(code == 0 || code == WasmEdge_ErrCode_WrongVMWorkflow);
    code = WasmEdge_ResultGetCode(WasmEdge_VMInstantiate(stepped));
    EXPECT(code == 0 || code == WasmEdge_ErrCode_WrongVMWorkflow);
    code = WasmEdge_ResultGetCode(
        WasmEdge_VMExecute(stepped, name_of("run"), &param, 1, &got, 1));
    EXPECT(code == 0 ? WasmEdge_ValueGetI32(got) == argument * 2 + 1
                     : code == WasmEdge_ErrCode_WrongInstanceAddress);
    snprintf(text, sizeof(text), "mod-%d-%d", number, round);
    EXPECT(WasmEdge_ResultOK(
        WasmEdge_VMRegisterModuleFromASTModule(stepped, name_of(text), module)));
    EXPECT(WasmEdge_ResultOK(WasmEdge_VMExecuteRegistered(stepped, name_of(text), name_of("run"),
                                                          &param, 1, &got, 1)));
    EXPECT(WasmEdge_ValueGetI32(got) == argument * 2 + 1);

    /* An executor, a store and what is in it. */
    WasmEdge_ModuleInstanceContext *instance = NULL;
    EXPECT(WasmEdge_ResultOK(WasmEdge_ExecutorInstantiate(executor, &instance, store, module)));
    WasmEdge_FunctionInstanceContext *run =
        WasmEdge_ModuleInstanceFindFunction(instance, name_of("run"));
    EXPECT(WasmEdge_ResultOK(WasmEdge_ExecutorInvoke(executor, run, &param, 1, &got, 1)));
    EXPECT(WasmEdge_ValueGetI32(got) == argument * 2 + 1);
    WasmEdge_ModuleInstanceDelete(instance);
    WasmEdge_ModuleInstanceContext *named = NULL;
    EXPECT(WasmEdge_ResultOK(
        WasmEdge_ExecutorRegister(executor, &named, store, module, name_of(text))));
    EXPECT(WasmEdge_StoreFindModule(store, name_of(text)) == named);
    EXPECT(WasmEdge_StoreFindModule(store, name_of("env")) == env);
    EXPECT(WasmEdge_StoreListModuleLength(store) >= 2);
    WasmEdge_ModuleInstanceDelete(named);
    EXPECT(WasmEdge_StoreFindModule(store, name_of(text)) == NULL);

    /* A host module that grows while others look into it. */
    enum WasmEdge_ValType type = WasmEdge_ValType_I32;
    WasmEdge_GlobalTypeContext *global = WasmEdge_GlobalTypeCreate(type, WasmEdge_Mutability_Var);
    WasmEdge_ModuleInstanceAddGlobal(env, name_of(text), WasmEdge_GlobalInstanceCreate(global, param));
    WasmEdge_GlobalTypeDelete(global);
    WasmEdge_GlobalInstanceContext *found = WasmEdge_ModuleInstanceFindGlobal(env, name_of(text));
    EXPECT(WasmEdge_ValueGetI32(WasmEdge_GlobalInstanceGetValue(found)) == argument);
    EXPECT(WasmEdge_ModuleInstanceFindFunction(env, name_of("twice")) != NULL);
    EXPECT(WasmEdge_ModuleInstanceListGlobalLength(env) > 0);

    /* Settings and figures. */
    WasmEdge_ConfigureAddProposal(configure, WasmEdge_Proposal_TailCall);
    WasmEdge_ConfigureSetMaxMemoryPage(configure, 100);
    EXPECT(WasmEdge_ConfigureGetMaxMemoryPage(configure) == 100);
    EXPECT(WasmEdge_ConfigureHasProposal(configure, WasmEdge_Proposal_SIMD));
    EXPECT(WasmEdge_ASTModuleListExportsLength(module) == 3);
  }
  return (void *)bad;
}

int main(void) {
  WasmEdge_LogOff();
  configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureStatisticsSetInstructionCounting(configure, true);
  statistics = WasmEdge_StatisticsCreate();
  executor = WasmEdge_ExecutorCreate(configure, statistics);
  store = WasmEdge_StoreCreate();
  vm = WasmEdge_VMCreate(NULL, NULL);
  stepped = WasmEdge_VMCreate(NULL, NULL);
  module = load(WASM);
  enum WasmEdge_ValType type = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *function = WasmEdge_FunctionTypeCreate(&type, 1, &type, 1);
  env = WasmEdge_ModuleInstanceCreate(name_of("env"));
  WasmEdge_ModuleInstanceAddFunction(env, name_of("twice"),
                                     WasmEdge_FunctionInstanceCreate(function, twice, NULL, 0));
  WasmEdge_FunctionTypeDelete(function);
  OK(threads, WasmEdge_ExecutorRegisterImport(executor, store, env));
  OK(threads, WasmEdge_VMRegisterModuleFromImport(vm, env));
  OK(threads, WasmEdge_VMRegisterModuleFromImport(stepped, env));
  OK(threads, WasmEdge_VMLoadWasmFromASTModule(vm, module));
  OK(threads, WasmEdge_VMValidate(vm));
  OK(threads, WasmEdge_VMInstantiate(vm));

  pthread_t threads[THREADS];
  for (int at = 0; at < THREADS; at++)
    CHECK(threads, pthread_create(&threads[at], NULL, work, (void *)(intptr_t)at) == 0);
  for (int at = 0; at < THREADS; at++) {
    void *bad = NULL;
    CHECK(threads, pthread_join(threads[at], &bad) == 0 && bad == NULL);
  }
  /* Five instructions in each call of `run`, and none is lost. */
  uint64_t calls = (uint64_t)THREADS * ROUNDS;
  CHECK(threads, WasmEdge_StatisticsGetInstrCount(statistics) == calls * 5);
  CHECK(threads, WasmEdge_StoreListModuleLength(store) == 1);
  CHECK(threads, WasmEdge_ModuleInstanceListGlobalLength(env) == THREADS * ROUNDS);

  WasmEdge_ASTModuleDelete(module);
  WasmEdge_VMDelete(vm);
  WasmEdge_VMDelete(stepped);
  WasmEdge_ModuleInstanceDelete(env);
  WasmEdge_StoreDelete(store);
  WasmEdge_ExecutorDelete(executor);
  WasmEdge_StatisticsDelete(statistics);
  WasmEdge_ConfigureDelete(configure);
  return report();
}
