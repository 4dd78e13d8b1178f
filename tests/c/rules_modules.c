/* The rules of modules, VMs, executors, calls on other threads, frames and statistics. */
#include "check.h"
#include "text.h"

static const char FIB[] =
    "(module (func $f (export \"fib\") (param i32) (result i32)"
    " (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (i32.const 1))"
    " (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 2)))"
    " (call $f (i32.sub (local.get 0) (i32.const 1))))))))";
static const char SPIN[] = "(module (func (export \"spin\") (loop (br 0))))";
static const char TRAP[] = "(module (func (export \"trap\") unreachable))";
static const char ALL[] =
    "(module (import \"env\" \"f\" (func $f (param i32) (result i64)))"
    " (import \"env\" \"t\" (table 1 externref)) (import \"env\" \"m\" (memory 1 3))"
    " (import \"env\" \"g\" (global i32)) (export \"g2\" (global 0)) (export \"f2\" (func $f))"
    " (func (export \"swap\") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))";
static const char USER[] =
    "(module (import \"mod\" \"fib\" (func $fib (param i32) (result i32)))"
    " (func (export \"twice\") (param i32) (result i32)"
    " (i32.mul (i32.const 2) (call $fib (local.get 0)))))";
static const char HOST[] =
    "(module (import \"host\" \"f\" (func $f (param i32) (result i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 8) \"\\2a\\00\\00\\00\")"
    " (table (export \"table\") 2 funcref) (elem (i32.const 0) $inner)"
    " (func $inner (export \"inner\") (param i32) (result i32)"
    " (i32.add (local.get 0) (i32.const 1)))"
    " (func (export \"call\") (param i32) (result i32) (call $f (local.get 0))))";

static WasmEdge_Value i32(int32_t number) { return WasmEdge_ValueGenI32(number); }

static WasmEdge_Result load(WasmEdge_VMContext *vm, const char *text, size_t length) {
  WasmEdge_Result result = WasmEdge_VMLoadWasmFromBuffer(vm, TEXT_OF(text, length));
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_VMValidate(vm);
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_VMInstantiate(vm);
  return result;
}
#define LOAD(vm, text) load(vm, text, sizeof(text) - 1)

static void states(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_Value param = i32(10), got;
  CODE(84, WasmEdge_VMLoadWasmFromBuffer(vm, (const uint8_t *)"\0as", 3), WasmEdge_ErrCode_UnexpectedEnd);
  CODE(83, WasmEdge_VMValidate(vm), WasmEdge_ErrCode_WrongVMWorkflow);
  OK(82, WasmEdge_VMLoadWasmFromBuffer(vm, TEXT(FIB)));
  CODE(83, WasmEdge_VMInstantiate(vm), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(83, WasmEdge_VMExecute(vm, name_of("fib"), &param, 1, &got, 1),
       WasmEdge_ErrCode_WrongInstanceAddress);
  OK(82, WasmEdge_VMValidate(vm));
  OK(83, WasmEdge_VMValidate(vm));
  OK(82, WasmEdge_VMInstantiate(vm));
  for (int round = 0; round < 3; round++) {
    OK(86, WasmEdge_VMExecute(vm, name_of("fib"), &param, 1, &got, 1));
    CHECK(86, WasmEdge_ValueGetI32(got) == 89);
  }
  const WasmEdge_ModuleInstanceContext *first = WasmEdge_VMGetActiveModule(vm);
  CHECK(108, first && WasmEdge_ModuleInstanceGetModuleName(first).Length == 0);
  OK(82, WasmEdge_VMInstantiate(vm));
  CHECK(85, WasmEdge_VMGetActiveModule(vm) != first);
  CHECK(85, WasmEdge_ModuleInstanceListFunctionLength(first) == 0);
  OK(82, WasmEdge_VMRegisterModuleFromBuffer(vm, name_of("mod"), TEXT(FIB)));
  CODE(100, WasmEdge_VMRegisterModuleFromBuffer(vm, name_of("mod"), TEXT(FIB)),
       WasmEdge_ErrCode_ModuleNameConflict);
  OK(83, WasmEdge_VMExecute(vm, name_of("fib"), &param, 1, &got, 1));
  OK(101, LOAD(vm, USER));
  OK(101, WasmEdge_VMExecute(vm, name_of("twice"), &param, 1, &got, 1));
  CHECK(101, WasmEdge_ValueGetI32(got) == 178);
  OK(102, WasmEdge_VMExecuteRegistered(vm, name_of("mod"), name_of("fib"), &param, 1, &got, 1));
  CHECK(102, WasmEdge_ValueGetI32(got) == 89);
  CODE(G3, WasmEdge_VMExecute(vm, name_of("none"), &param, 1, &got, 1),
       WasmEdge_ErrCode_FuncNotFound);
  CODE(G3, WasmEdge_VMExecute(vm, name_of("twice"), NULL, 0, &got, 1),
       WasmEdge_ErrCode_FuncSigMismatch);
  WasmEdge_Value wide = WasmEdge_ValueGenI64(10);
  CODE(G3, WasmEdge_VMExecute(vm, name_of("twice"), &wide, 1, &got, 1),
       WasmEdge_ErrCode_FuncSigMismatch);
  CODE(G3, WasmEdge_VMExecute(vm, name_of("twice"), NULL, 1, &got, 1),
       WasmEdge_ErrCode_FuncSigMismatch);
  OK(89, WasmEdge_VMExecute(vm, name_of("twice"), &param, 1, NULL, 0));
  OK(89, WasmEdge_VMExecute(vm, name_of("twice"), &param, 1, NULL, 5));
  CHECK(107, WasmEdge_VMGetFunctionType(vm, name_of("none")) == NULL);
  const WasmEdge_FunctionTypeContext *type = WasmEdge_VMGetFunctionType(vm, name_of("twice"));
  CHECK(107, WasmEdge_FunctionTypeGetParametersLength(type) == 1);
  WasmEdge_FunctionTypeDelete((WasmEdge_FunctionTypeContext *)type);
  CHECK(43, WasmEdge_FunctionTypeGetParametersLength(type) == 1);
  CHECK(107, WasmEdge_VMGetFunctionTypeRegistered(vm, name_of("mod"), name_of("fib")) != NULL);
  CHECK(107, WasmEdge_VMGetFunctionTypeRegistered(vm, name_of("no"), name_of("fib")) == NULL);
  CHECK(104, WasmEdge_VMGetFunctionList(vm, NULL, NULL, 0) == 1);
  CHECK(106, WasmEdge_VMGetFunctionListLength(vm) == 1);
  WasmEdge_VMCleanup(vm);
  CODE(G10, WasmEdge_VMExecute(vm, name_of("twice"), &param, 1, &got, 1),
       WasmEdge_ErrCode_WrongInstanceAddress);
  CODE(G10, WasmEdge_VMValidate(vm), WasmEdge_ErrCode_WrongVMWorkflow);
  OK(87, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(FIB), name_of("fib"), &param, 1, &got, 1));
  CHECK(87, WasmEdge_ValueGetI32(got) == 89);
  CODE(35, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(TRAP), name_of("trap"), NULL, 0, NULL, 0),
       WasmEdge_ErrCode_Unreachable);
  WasmEdge_VMDelete(vm);
}

static void modules(void) {
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(NULL);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(NULL);
  WasmEdge_ExecutorContext *executor = WasmEdge_ExecutorCreate(NULL, NULL);
  WasmEdge_StoreContext *store = WasmEdge_StoreCreate();
  WasmEdge_ASTModuleContext *ast = NULL;
  CODE(112, WasmEdge_LoaderParseFromFile(loader, &ast, "no such file"),
       WasmEdge_ErrCode_IllegalPath);
  CHECK(112, ast == NULL);
  WasmEdge_ASTModuleDelete(ast);
  OK(111, WasmEdge_LoaderParseFromBuffer(loader, &ast, TEXT(ALL)));
  const WasmEdge_ImportTypeContext *imports[8];
  const WasmEdge_ExportTypeContext *exports[8];
  CHECK(124, WasmEdge_ASTModuleListImportsLength(ast) == 4);
  CHECK(124, WasmEdge_ASTModuleListImports(ast, imports, 2) == 4);
  CHECK(124, WasmEdge_ASTModuleListImports(ast, imports, 8) == 4);
  CHECK(124, WasmEdge_ASTModuleListExports(ast, exports, 8) == 3);
  CHECK(51, WasmEdge_ImportTypeGetExternalType(imports[0]) == WasmEdge_ExternalType_Function);
  CHECK(51, WasmEdge_ImportTypeGetExternalType(imports[1]) == WasmEdge_ExternalType_Table);
  CHECK(51, WasmEdge_ImportTypeGetExternalType(imports[2]) == WasmEdge_ExternalType_Memory);
  CHECK(51, WasmEdge_ImportTypeGetExternalType(imports[3]) == WasmEdge_ExternalType_Global);
  CHECK(51, WasmEdge_StringIsEqual(WasmEdge_ImportTypeGetModuleName(imports[0]), name_of("env")));
  CHECK(51, WasmEdge_StringIsEqual(WasmEdge_ImportTypeGetExternalName(imports[2]), name_of("m")));
  CHECK(51, WasmEdge_ImportTypeGetFunctionType(ast, imports[1]) == NULL);
  CHECK(51, WasmEdge_FunctionTypeGetReturnsLength(
                WasmEdge_ImportTypeGetFunctionType(ast, imports[0])) == 1);
  CHECK(51, WasmEdge_TableTypeGetRefType(WasmEdge_ImportTypeGetTableType(ast, imports[1])) ==
                WasmEdge_RefType_ExternRef);
  WasmEdge_Limit limit =
      WasmEdge_MemoryTypeGetLimit(WasmEdge_ImportTypeGetMemoryType(ast, imports[2]));
  CHECK(51, limit.HasMax && limit.Min == 1 && limit.Max == 3);
  CHECK(51, WasmEdge_GlobalTypeGetValType(WasmEdge_ImportTypeGetGlobalType(ast, imports[3])) ==
                WasmEdge_ValType_I32);
  CHECK(52, WasmEdge_ExportTypeGetExternalType(exports[0]) == WasmEdge_ExternalType_Global);
  CHECK(52, WasmEdge_StringIsEqual(WasmEdge_ExportTypeGetExternalName(exports[1]), name_of("f2")));
  CHECK(52, WasmEdge_ExportTypeGetGlobalType(ast, exports[0]) != NULL);
  CHECK(52, WasmEdge_ExportTypeGetMemoryType(ast, exports[0]) == NULL);
  WasmEdge_ModuleInstanceContext *instance = NULL;
  CODE(113, WasmEdge_ExecutorInstantiate(executor, &instance, store, ast),
       WasmEdge_ErrCode_NotValidated);
  OK(113, WasmEdge_ValidatorValidate(validator, ast));
  CODE(118, WasmEdge_ExecutorInstantiate(executor, &instance, store, ast),
       WasmEdge_ErrCode_UnknownImport);
  CHECK(118, instance == NULL);
  WasmEdge_ASTModuleDelete(ast);
  CHECK(123, WasmEdge_ImportTypeGetModuleName(imports[0]).Length == 0);

  ast = NULL;
  OK(116, WasmEdge_LoaderParseFromBuffer(loader, &ast, TEXT(FIB)));
  OK(116, WasmEdge_ValidatorValidate(validator, ast));
  WasmEdge_ModuleInstanceContext *named = NULL, *other = NULL, *anonymous = NULL;
  OK(116, WasmEdge_ExecutorRegister(executor, &named, store, ast, name_of("mod")));
  CODE(100, WasmEdge_ExecutorRegister(executor, &other, store, ast, name_of("mod")),
       WasmEdge_ErrCode_ModuleNameConflict);
  OK(119, WasmEdge_ExecutorInstantiate(executor, &anonymous, store, ast));
  OK(119, WasmEdge_ExecutorInstantiate(executor, &other, store, ast));
  CHECK(119, other != anonymous);
  WasmEdge_ASTModuleDelete(ast); /* rule 122: before what was made of it */
  WasmEdge_Value param = i32(10), got[2];
  WasmEdge_FunctionInstanceContext *fib =
      WasmEdge_ModuleInstanceFindFunction(anonymous, name_of("fib"));
  OK(120, WasmEdge_ExecutorInvoke(executor, fib, &param, 1, got, 2));
  CHECK(120, WasmEdge_ValueGetI32(got[0]) == 89);
  CHECK(128, fib == WasmEdge_ModuleInstanceFindFunction(anonymous, name_of("fib")));
  CHECK(125, WasmEdge_StoreFindModule(store, name_of("mod")) == named);
  OK(101, WasmEdge_LoaderParseFromBuffer(loader, &ast, TEXT(USER)));
  OK(101, WasmEdge_ValidatorValidate(validator, ast));
  WasmEdge_ModuleInstanceContext *user = NULL;
  OK(101, WasmEdge_ExecutorInstantiate(executor, &user, store, ast));
  WasmEdge_ModuleInstanceDelete(named);
  CHECK(121, WasmEdge_StoreFindModule(store, name_of("mod")) == NULL);
  OK(lifetime, WasmEdge_ExecutorInvoke(
                   executor, WasmEdge_ModuleInstanceFindFunction(user, name_of("twice")), &param,
                   1, got, 1));
  CHECK(lifetime, WasmEdge_ValueGetI32(got[0]) == 178);
  WasmEdge_ASTModuleDelete(ast);
  WasmEdge_ExecutorDelete(executor); /* rule 122: before the instances */
  WasmEdge_StoreDelete(store);
  WasmEdge_ModuleInstanceDelete(user);
  WasmEdge_ModuleInstanceDelete(anonymous);
  WasmEdge_ModuleInstanceDelete(other);
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
}

static void limits(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureSetMaxMemoryPage(configure, 2);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_Value param = i32(1), got;
  static const char grow[] = "(module (memory 1) (func (export \"grow\") (param i32) (result i32)"
                             " (memory.grow (local.get 0))))";
  OK(66, LOAD(vm, grow));
  OK(66, WasmEdge_VMExecute(vm, name_of("grow"), &param, 1, &got, 1));
  CHECK(66, WasmEdge_ValueGetI32(got) == 1);
  OK(66, WasmEdge_VMExecute(vm, name_of("grow"), &param, 1, &got, 1));
  CHECK(66, WasmEdge_ValueGetI32(got) == -1);
  WasmEdge_VMDelete(vm);
  WasmEdge_ConfigureRemoveProposal(configure, WasmEdge_Proposal_SIMD);
  vm = WasmEdge_VMCreate(configure, NULL);
  static const char simd[] = "(module (func (export \"f\") (result v128) v128.const i64x2 1 2))";
  CHECK(62, !WasmEdge_ResultOK(LOAD(vm, simd)));
  WasmEdge_VMDelete(vm);
  WasmEdge_ConfigureDelete(configure);
  vm = WasmEdge_VMCreate(NULL, NULL);
  OK(13, LOAD(vm, simd));
  OK(13, WasmEdge_VMExecute(vm, name_of("f"), NULL, 0, &got, 1));
  CHECK(13, WasmEdge_ValueGetV128(got) == (((int128_t)2 << 64) | 1));
  OK(99, LOAD(vm, "(module (func (export \"swap\") (param i32 i64) (result i64 i32)"
                  " (local.get 1) (local.get 0)))"));
  WasmEdge_Value two[2] = {i32(7), WasmEdge_ValueGenI64(8)}, results[3];
  memset(results, 0x55, sizeof(results));
  OK(G5, WasmEdge_VMExecute(vm, name_of("swap"), two, 2, results, 1));
  CHECK(G5, WasmEdge_ValueGetI64(results[0]) == 8 && results[1].Type == 0x55555555);
  OK(G5, WasmEdge_VMExecute(vm, name_of("swap"), two, 2, results, 3));
  CHECK(G5, WasmEdge_ValueGetI32(results[1]) == 7 && results[2].Type == 0x55555555);
  WasmEdge_VMDelete(vm);
}

static void threads(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_Value param = i32(20), got[256];
  WasmEdge_Async *call =
      WasmEdge_VMAsyncRunWasmFromBuffer(vm, TEXT(FIB), name_of("fib"), &param, 1);
  CHECK(55, WasmEdge_AsyncWaitFor(call, 60000));
  CHECK(57, WasmEdge_AsyncGetReturnsLength(call) == 1);
  OK(58, WasmEdge_AsyncGet(call, got, 256));
  CHECK(58, WasmEdge_ValueGetI32(got[0]) == 10946);
  OK(59, WasmEdge_AsyncGet(call, NULL, 0));
  WasmEdge_AsyncDelete(call);
  CODE(stale, WasmEdge_AsyncGet(call, NULL, 0), WasmEdge_ErrCode_WrongVMWorkflow);
  OK(103, WasmEdge_VMExecute(vm, name_of("fib"), &param, 1, got, 1));
  OK(103, LOAD(vm, SPIN));
  call = WasmEdge_VMAsyncExecute(vm, name_of("spin"), NULL, 0);
  CHECK(55, !WasmEdge_AsyncWaitFor(call, 20));
  WasmEdge_AsyncCancel(call);
  WasmEdge_Result result = WasmEdge_AsyncGet(call, NULL, 0);
  CODE(41, result, WasmEdge_ErrCode_Interrupted);
  CHECK(41, strcmp(WasmEdge_ResultGetMessage(result), "execution interrupted") == 0);
  CHECK(57, WasmEdge_AsyncGetReturnsLength(call) == 0);
  WasmEdge_AsyncDelete(call);
  OK(103, WasmEdge_VMRegisterModuleFromBuffer(vm, name_of("mod"), TEXT(FIB)));
  call = WasmEdge_VMAsyncExecuteRegistered(vm, name_of("mod"), name_of("fib"), &param, 1);
  OK(103, WasmEdge_AsyncGet(call, got, 1));
  CHECK(103, WasmEdge_ValueGetI32(got[0]) == 10946);
  WasmEdge_AsyncDelete(call);
  call = WasmEdge_VMAsyncExecute(vm, name_of("spin"), NULL, 0);
  WasmEdge_AsyncDelete(call); /* cancels and waits */
  WasmEdge_VMDelete(vm);
}

static void statistics(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureStatisticsSetInstructionCounting(configure, TRUE);
  WasmEdge_ConfigureStatisticsSetCostMeasuring(configure, TRUE);
  WasmEdge_ConfigureStatisticsSetTimeMeasuring(configure, TRUE);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_StatisticsContext *s = WasmEdge_VMGetStatisticsContext(vm);
  WasmEdge_Value param = i32(10), got;
  OK(74, LOAD(vm, FIB));
  OK(74, WasmEdge_VMExecute(vm, name_of("fib"), &param, 1, &got, 1));
  CHECK(74, WasmEdge_StatisticsGetInstrCount(s) > 500);
  CHECK(74, WasmEdge_StatisticsGetTotalCost(s) == WasmEdge_StatisticsGetInstrCount(s));
  CHECK(74, WasmEdge_StatisticsGetInstrPerSecond(s) > 0);
  WasmEdge_StatisticsClear(s);
  CHECK(G10, WasmEdge_StatisticsGetInstrCount(s) == 0);
  WasmEdge_StatisticsSetCostLimit(s, 100);
  WasmEdge_Result result = WasmEdge_VMExecute(vm, name_of("fib"), &param, 1, &got, 1);
  CODE(77, result, WasmEdge_ErrCode_CostLimitExceeded);
  CHECK(39, strcmp(WasmEdge_ResultGetMessage(result), "cost limit exceeded") == 0);
  uint64_t nothing[1] = {0};
  WasmEdge_StatisticsSetCostTable(s, nothing, 1);
  WasmEdge_StatisticsClear(s);
  OK(76, WasmEdge_VMExecute(vm, name_of("fib"), &param, 1, &got, 1));
  CHECK(76, WasmEdge_StatisticsGetTotalCost(s) == 0);
  WasmEdge_VMDelete(vm);
}

/* What the host function of `HOST` is to do. */
struct Orders {
  WasmEdge_VMContext *vm;
  int what;
  const WasmEdge_CallingFrameContext *kept;
  WasmEdge_Value seen;
};

static WasmEdge_Result host(void *data, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  struct Orders *orders = data;
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_CallingFrameGetMemoryInstance(frame, 0);
  const WasmEdge_ModuleInstanceContext *module = WasmEdge_CallingFrameGetModuleInstance(frame);
  WasmEdge_ExecutorContext *executor = WasmEdge_CallingFrameGetExecutor(frame);
  uint32_t number = 0;
  orders->kept = frame;
  returns[0] = i32(0);
  switch (orders->what) {
  case 0: { /* reads the caller's memory */
    WasmEdge_Result result = WasmEdge_MemoryInstanceGetData(
        memory, (uint8_t *)&number, (uint32_t)WasmEdge_ValueGetI32(params[0]), 4);
    if (!WasmEdge_ResultOK(result))
      return result;
    CHECK(140, WasmEdge_CallingFrameGetMemoryInstance(frame, 0) == memory);
    CHECK(140, WasmEdge_CallingFrameGetMemoryInstance(frame, 1) == NULL);
    CHECK(139, WasmEdge_ModuleInstanceFindMemory(module, name_of("memory")) != NULL);
    CHECK(139, orders->vm == NULL || WasmEdge_VMGetActiveModule(orders->vm) == module);
    returns[0] = i32((int32_t)number);
    return WasmEdge_Result_Success;
  }
  case 1: /* calls on, through the executor of the frame */
    return WasmEdge_ExecutorInvoke(executor,
                                   WasmEdge_ModuleInstanceFindFunction(module, name_of("inner")),
                                   params, 1, returns, 1);
  case 2:
    return WasmEdge_Result_Terminate;
  case 3:
    return WasmEdge_Result_Fail;
  case 4:
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 12345678);
  case 5: /* comes back to the VM */
    return WasmEdge_VMExecute(orders->vm, name_of("inner"), params, 1, returns, 1);
  case 6: /* takes away what it is called from */
    CHECK(139, module != NULL);
    WasmEdge_VMDelete(orders->vm);
    return WasmEdge_Result_Success;
  default:
    returns[0] = params[0];
    return WasmEdge_Result_Success;
  }
}

static void frames(void) {
  struct Orders orders = {NULL, 0, NULL, {0}};
  WasmEdge_ModuleInstanceContext *module = WasmEdge_ModuleInstanceCreate(name_of("host"));
  enum WasmEdge_ValType one[1] = {WasmEdge_ValType_I32};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(one, 1, one, 1);
  WasmEdge_FunctionInstanceContext *f = WasmEdge_FunctionInstanceCreate(type, host, &orders, 0);
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_ModuleInstanceAddFunction(module, name_of("f"), f);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  orders.vm = vm;
  OK(97, WasmEdge_VMRegisterModuleFromImport(vm, module));
  OK(97, LOAD(vm, HOST));
  WasmEdge_Value param = i32(8), got;
  OK(139, WasmEdge_VMExecute(vm, name_of("call"), &param, 1, &got, 1));
  CHECK(139, WasmEdge_ValueGetI32(got) == 42);
  param = i32(65536);
  CODE(144, WasmEdge_VMExecute(vm, name_of("call"), &param, 1, &got, 1),
       WasmEdge_ErrCode_MemoryOutOfBounds);
  param = i32(8);
  for (orders.what = 1; orders.what <= 5; orders.what += 4) {
    OK(142, WasmEdge_VMExecute(vm, name_of("call"), &param, 1, &got, 1));
    CHECK(142, WasmEdge_ValueGetI32(got) == 9);
  }
  orders.what = 2;
  WasmEdge_Result result = WasmEdge_VMExecute(vm, name_of("call"), &param, 1, &got, 1);
  OK(38, result);
  CODE(38, result, 1);
  orders.what = 3;
  CODE(35, WasmEdge_VMExecute(vm, name_of("call"), &param, 1, &got, 1), 2);
  orders.what = 4;
  result = WasmEdge_VMExecute(vm, name_of("call"), &param, 1, &got, 1);
  CODE(32, result, 12345678);
  CHECK(32, WasmEdge_ResultGetCategory(result) == WasmEdge_ErrCategory_UserLevelError);
  CHECK(stale, WasmEdge_CallingFrameGetModuleInstance(orders.kept) == NULL);
  orders.what = 0; /* called by the program, it has no caller */
  CODE(141, WasmEdge_VMExecuteRegistered(vm, name_of("host"), name_of("f"), &param, 1, &got, 1),
       WasmEdge_ErrCode_WrongVMWorkflow);
  orders.what = 7;
  OK(102, WasmEdge_VMExecuteRegistered(vm, name_of("host"), name_of("f"), &param, 1, &got, 1));
  CHECK(102, WasmEdge_ValueGetI32(got) == 8);

  /* References to functions, from a table and back. */
  WasmEdge_TableInstanceContext *table = WasmEdge_ModuleInstanceFindTable(
      WasmEdge_VMGetActiveModule(vm), name_of("table"));
  WasmEdge_Value element;
  OK(15, WasmEdge_TableInstanceGetData(table, &element, 0));
  const WasmEdge_FunctionInstanceContext *inner = WasmEdge_ValueGetFuncRef(element);
  CHECK(15, inner != NULL);
  OK(15, WasmEdge_ExecutorInvoke(WasmEdge_VMGetExecutorContext(vm), inner, &param, 1, &got, 1));
  CHECK(15, WasmEdge_ValueGetI32(got) == 9);
  OK(15, WasmEdge_TableInstanceGetData(table, &element, 1));
  CHECK(15, WasmEdge_ValueIsNullRef(element));
  OK(15, WasmEdge_TableInstanceSetData(table, WasmEdge_ValueGenFuncRef(f), 1));
  OK(15, WasmEdge_TableInstanceGetData(table, &element, 1));
  CHECK(15, WasmEdge_ValueGetFuncRef(element) == f);

  /* A host function that deletes the VM it was called from. */
  orders.what = 6;
  (void)WasmEdge_VMExecute(vm, name_of("call"), &param, 1, &got, 1);
  CODE(stale, WasmEdge_VMValidate(vm), WasmEdge_ErrCode_WrongVMWorkflow);
  WasmEdge_ModuleInstanceDelete(module);
}

static void wasi(void) {
  static const char exits[] =
      "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
      " (memory (export \"memory\") 1) (func (export \"_start\") (call $exit (i32.const 42))))";
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configure, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_Result result =
      WasmEdge_VMRunWasmFromBuffer(vm, TEXT(exits), name_of("_start"), NULL, 0, NULL, 0);
  OK(96, result);
  CODE(96, result, 1);
  CHECK(96, WasmEdge_ModuleInstanceWASIGetExitCode(WasmEdge_VMGetImportModuleContext(
                vm, WasmEdge_HostRegistration_Wasi)) == 42);
  CHECK(wasi, WasmEdge_ModuleInstanceListFunctionLength(WasmEdge_VMGetImportModuleContext(
                  vm, WasmEdge_HostRegistration_Wasi)) == 58);
  WasmEdge_VMDelete(vm);
  vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_ModuleInstanceContext *own = WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0);
  OK(95, WasmEdge_VMRegisterModuleFromImport(vm, own));
  /* The release's functions are listed, and guests may import later ones all the same. */
  CHECK(wasi, WasmEdge_ModuleInstanceListFunctionLength(own) == 58);
  CHECK(wasi, !WasmEdge_ModuleInstanceFindFunction(own, name_of("sock_open_v2")));
  CHECK(wasi, WasmEdge_ModuleInstanceFindFunction(own, name_of("sock_open")));
  static const char later[] =
      "(module (import \"wasi_snapshot_preview1\" \"sock_open_v2\" (func (param i32 i32 i32) (result i32)))"
      " (import \"wasi_snapshot_preview1\" \"sock_accept_v2\" (func (param i32 i32 i32) (result i32)))"
      " (import \"wasi_snapshot_preview1\" \"sock_accept\" (func (param i32 i32 i32) (result i32)))"
      " (func (export \"_start\")))";
  OK(wasi, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(later), name_of("_start"), NULL, 0, NULL, 0));
  OK(95, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(exits), name_of("_start"), NULL, 0, NULL, 0));
  CHECK(95, WasmEdge_ModuleInstanceWASIGetExitCode(own) == 42);
  WasmEdge_ModuleInstanceDelete(own); /* rule 98: before the VM */
  WasmEdge_VMDelete(vm);
}

int main(void) {
  WasmEdge_LogOff();
  states();
  modules();
  limits();
  threads();
  statistics();
  frames();
  wasi();
  return report();
}
