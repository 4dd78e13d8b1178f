/* The rules of the interface that need no module, and those of instances that the program makes
 * itself. The numbers are those of the rules in bindings-c/README.md. */
#include "check.h"

static void values(void) {
  CHECK(12, WasmEdge_ValueGetI32(WasmEdge_ValueGenI32(123456)) == 123456);
  CHECK(12, WasmEdge_ValueGetI64(WasmEdge_ValueGenI64(1234567890123)) == 1234567890123);
  char text[64];
  snprintf(text, sizeof(text), "%f",
           (double)WasmEdge_ValueGetF32(WasmEdge_ValueGenF32(123.456f)));
  CHECK(12, strcmp(text, "123.456001") == 0);
  snprintf(text, sizeof(text), "%.10f",
           WasmEdge_ValueGetF64(WasmEdge_ValueGenF64(123456.123456789)));
  CHECK(12, strcmp(text, "123456.1234567890") == 0);
  int128_t wide = ((int128_t)0x0123456789abcdef << 64) | 0x1122334455667788;
  CHECK(13, WasmEdge_ValueGetV128(WasmEdge_ValueGenV128(wide)) == wide);
  CHECK(13, WasmEdge_ValueGenV128(wide).Type == WasmEdge_ValType_V128);
  WasmEdge_Value null = WasmEdge_ValueGenNullRef(WasmEdge_RefType_ExternRef);
  CHECK(14, WasmEdge_ValueIsNullRef(null));
  CHECK(14, WasmEdge_ValueGetExternRef(null) == NULL);
  CHECK(14, WasmEdge_ValueGetFuncRef(WasmEdge_ValueGenNullRef(WasmEdge_RefType_FuncRef)) == NULL);
  uint32_t number = 10;
  WasmEdge_Value value = WasmEdge_ValueGenExternRef(&number);
  number += 55;
  CHECK(16, !WasmEdge_ValueIsNullRef(value));
  CHECK(16, *(uint32_t *)WasmEdge_ValueGetExternRef(value) == 65);
}

/* The header has these functions for compilers that optimise, and the library for all others. */
#define SAME(type, gen, value)                                                                \
  do {                                                                                             \
    WasmEdge_Value (*volatile library_gen)(type) = WasmEdge_ValueGen##gen;                         \
    type (*volatile library_get)(WasmEdge_Value) = WasmEdge_ValueGet##gen;                         \
    WasmEdge_Value ours = WasmEdge_ValueGen##gen(value), its = library_gen(value);                 \
    CHECK(11, ours.Value == its.Value && ours.Type == its.Type);                                   \
    ours.Value = its.Value = ~(uint128_t)0 / 3 * 2 + 1;                                            \
    type got = WasmEdge_ValueGet##gen(ours), wanted = library_get(its);                            \
    CHECK(11, memcmp(&got, &wanted, sizeof(type)) == 0);                                           \
  } while (0)

static void values_of_the_library(void) {
  SAME(int32_t, I32, -123456);
  SAME(int64_t, I64, -1234567890123);
  SAME(float, F32, -123.456f);
  SAME(double, F64, -123456.123456789);
  SAME(int128_t, V128, -((int128_t)1 << 100));
}

static WasmEdge_Result nothing(void *data, const WasmEdge_CallingFrameContext *frame,
                               const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame, (void)params, (void)returns;
  return WasmEdge_Result_Success;
}

static WasmEdge_FunctionInstanceContext *function(void) {
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  WasmEdge_FunctionInstanceContext *made = WasmEdge_FunctionInstanceCreate(type, nothing, NULL, 0);
  WasmEdge_FunctionTypeDelete(type);
  return made;
}

static void references(void) {
  WasmEdge_FunctionInstanceContext *f = function();
  CHECK(15, WasmEdge_ValueGetFuncRef(WasmEdge_ValueGenFuncRef(f)) == f);
  WasmEdge_FunctionInstanceDelete(f);
}

static void strings(void) {
  char bytes[4] = {50, 55, 60, 65};
  WasmEdge_String a = WasmEdge_StringCreateByCString("test");
  WasmEdge_String b = WasmEdge_StringCreateByBuffer(bytes, 4);
  CHECK(19, a.Length == 4 && memcmp(a.Buf, "test", 4) == 0);
  bytes[0] = 0;
  CHECK(19, b.Buf[0] == 50);
  CHECK(20, b.Length == 4 && b.Buf[3] == 65);
  WasmEdge_String wrapped = WasmEdge_StringWrap(bytes, 4);
  CHECK(21, wrapped.Buf == bytes);
  char abcd[4] = {'a', 'b', 'c', 'd'};
  WasmEdge_String copy = WasmEdge_StringCreateByBuffer(abcd, 4);
  CHECK(22, WasmEdge_StringIsEqual(copy, WasmEdge_StringWrap("abcd", 4)));
  CHECK(22, !WasmEdge_StringIsEqual(copy, WasmEdge_StringWrap("abcd", 3)));
  char buffer[256];
  memset(buffer, 'x', sizeof(buffer));
  CHECK(23, WasmEdge_StringCopy(name_of("test_wasmedge_string"), buffer, 256) == 20);
  CHECK(24, strcmp(buffer, "test_wasmedge_string") == 0);
  CHECK(24, buffer[255] == 0);
  memset(buffer, 'x', sizeof(buffer));
  CHECK(G5, WasmEdge_StringCopy(name_of("test"), buffer, 3) == 3);
  CHECK(G5, memcmp(buffer, "tesx", 4) == 0);
  WasmEdge_StringDelete(a);
  WasmEdge_StringDelete(b);
  WasmEdge_StringDelete(copy);
}

static void results(void) {
  WasmEdge_Result success = WasmEdge_Result_Success;
  CHECK(29, WasmEdge_ResultOK(success) && WasmEdge_ResultGetCode(success) == 0);
  CHECK(29, strcmp(WasmEdge_ResultGetMessage(success), "success") == 0);
  CHECK(29, WasmEdge_ResultGetCategory(success) == WasmEdge_ErrCategory_WASM);
  CHECK(30, !WasmEdge_ResultOK(WasmEdge_Result_Fail));
  CODE(30, WasmEdge_Result_Fail, 2);
  CHECK(31, WasmEdge_ResultOK(WasmEdge_Result_Terminate));
  CODE(31, WasmEdge_Result_Terminate, 1);
  WasmEdge_Result user = WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 123);
  CODE(32, user, 123);
  CHECK(32, WasmEdge_ResultGetCategory(user) == WasmEdge_ErrCategory_UserLevelError);
  CHECK(32, !WasmEdge_ResultOK(user));
  CODE(32, WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 12345678), 12345678);
  CODE(33, WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 16777216), 0);
  CODE(33, WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 16777217), 1);
  CHECK(33, !WasmEdge_ResultOK(WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 16777216)));
  CHECK(34, strcmp(WasmEdge_ResultGetMessage(user), "user defined error code") == 0);
  CHECK(G2, strcmp(WasmEdge_ResultGetMessage(WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM, 0x04)),
                   "wrong VM workflow") == 0);
}

static void types(void) {
  WasmEdge_Limit a = {.HasMax = true, .Shared = false, .Min = 10, .Max = 20};
  WasmEdge_Limit b = a;
  CHECK(47, WasmEdge_LimitIsEqual(a, b));
  b.HasMax = false;
  CHECK(47, !WasmEdge_LimitIsEqual(a, b));
  b = a, b.Max = 21;
  CHECK(47, !WasmEdge_LimitIsEqual(a, b));

  enum WasmEdge_ValType params[2] = {WasmEdge_ValType_I32, WasmEdge_ValType_I64};
  enum WasmEdge_ValType returns[1] = {WasmEdge_ValType_FuncRef};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(params, 2, returns, 1);
  enum WasmEdge_ValType list[16];
  CHECK(48, WasmEdge_FunctionTypeGetParametersLength(type) == 2);
  CHECK(48, WasmEdge_FunctionTypeGetParameters(type, list, 16) == 2);
  CHECK(48, list[0] == WasmEdge_ValType_I32 && list[1] == WasmEdge_ValType_I64);
  CHECK(48, WasmEdge_FunctionTypeGetReturnsLength(type) == 1);
  CHECK(48, WasmEdge_FunctionTypeGetReturns(type, list, 16) == 1);
  CHECK(48, list[0] == WasmEdge_ValType_FuncRef);
  list[1] = WasmEdge_ValType_F32;
  CHECK(G5, WasmEdge_FunctionTypeGetParameters(type, list, 1) == 2);
  CHECK(G5, list[0] == WasmEdge_ValType_I32 && list[1] == WasmEdge_ValType_F32);
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_FunctionTypeDelete(type);
  CHECK(stale, WasmEdge_FunctionTypeGetParametersLength(type) == 0);
  type = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  CHECK(49, type != NULL);
  WasmEdge_FunctionTypeDelete(type);
  type = WasmEdge_FunctionTypeCreate(params, 1, NULL, 0);
  CHECK(49, WasmEdge_FunctionTypeGetParametersLength(type) == 1);
  WasmEdge_FunctionTypeDelete(type);
  params[0] = (enum WasmEdge_ValType)0x11;
  CHECK(G6, WasmEdge_FunctionTypeCreate(params, 1, NULL, 0) == NULL);

  WasmEdge_TableTypeContext *table = WasmEdge_TableTypeCreate(WasmEdge_RefType_ExternRef, a);
  CHECK(50, WasmEdge_TableTypeGetRefType(table) == WasmEdge_RefType_ExternRef);
  CHECK(50, WasmEdge_LimitIsEqual(WasmEdge_TableTypeGetLimit(table), a));
  WasmEdge_TableTypeDelete(table);
  WasmEdge_MemoryTypeContext *memory = WasmEdge_MemoryTypeCreate(a);
  CHECK(50, WasmEdge_LimitIsEqual(WasmEdge_MemoryTypeGetLimit(memory), a));
  WasmEdge_MemoryTypeDelete(memory);
  WasmEdge_GlobalTypeContext *global =
      WasmEdge_GlobalTypeCreate(WasmEdge_ValType_F64, WasmEdge_Mutability_Var);
  CHECK(50, WasmEdge_GlobalTypeGetValType(global) == WasmEdge_ValType_F64);
  CHECK(50, WasmEdge_GlobalTypeGetMutability(global) == WasmEdge_Mutability_Var);
  WasmEdge_GlobalTypeDelete(global);
}

static void configure(void) {
  WasmEdge_ConfigureContext *c = WasmEdge_ConfigureCreate();
  for (int p = 0; p <= 14; p++)
    CHECK(63, WasmEdge_ConfigureHasProposal(c, (enum WasmEdge_Proposal)p) == (p < 7));
  WasmEdge_ConfigureAddProposal(c, WasmEdge_Proposal_MultiMemories);
  WasmEdge_ConfigureRemoveProposal(c, WasmEdge_Proposal_ReferenceTypes);
  CHECK(64, WasmEdge_ConfigureHasProposal(c, WasmEdge_Proposal_BulkMemoryOperations));
  CHECK(64, WasmEdge_ConfigureHasProposal(c, WasmEdge_Proposal_MultiMemories));
  CHECK(64, !WasmEdge_ConfigureHasProposal(c, WasmEdge_Proposal_ReferenceTypes));
  for (int h = 0; h < 8; h++) {
    enum WasmEdge_HostRegistration host = (enum WasmEdge_HostRegistration)h;
    CHECK(65, !WasmEdge_ConfigureHasHostRegistration(c, host));
    WasmEdge_ConfigureAddHostRegistration(c, host);
    CHECK(65, WasmEdge_ConfigureHasHostRegistration(c, host));
    WasmEdge_ConfigureRemoveHostRegistration(c, host);
    CHECK(65, !WasmEdge_ConfigureHasHostRegistration(c, host));
  }
  CHECK(66, WasmEdge_ConfigureGetMaxMemoryPage(c) == 65536);
  WasmEdge_ConfigureSetMaxMemoryPage(c, 1024);
  CHECK(66, WasmEdge_ConfigureGetMaxMemoryPage(c) == 1024);
  CHECK(67, !WasmEdge_ConfigureIsForceInterpreter(c));
  WasmEdge_ConfigureSetForceInterpreter(c, TRUE);
  CHECK(67, WasmEdge_ConfigureIsForceInterpreter(c));
  CHECK(69, WasmEdge_ConfigureCompilerGetOptimizationLevel(c) ==
                WasmEdge_CompilerOptimizationLevel_O3);
  CHECK(69, WasmEdge_ConfigureCompilerGetOutputFormat(c) == WasmEdge_CompilerOutputFormat_Wasm);
  CHECK(69, !WasmEdge_ConfigureCompilerIsDumpIR(c));
  CHECK(69, !WasmEdge_ConfigureCompilerIsGenericBinary(c));
  CHECK(69, !WasmEdge_ConfigureCompilerIsInterruptible(c));
  for (int l = 0; l < 6; l++) {
    enum WasmEdge_CompilerOptimizationLevel level = (enum WasmEdge_CompilerOptimizationLevel)l;
    WasmEdge_ConfigureCompilerSetOptimizationLevel(c, level);
    CHECK(70, WasmEdge_ConfigureCompilerGetOptimizationLevel(c) == level);
  }
  WasmEdge_ConfigureCompilerSetOutputFormat(c, WasmEdge_CompilerOutputFormat_Native);
  CHECK(71, WasmEdge_ConfigureCompilerGetOutputFormat(c) == WasmEdge_CompilerOutputFormat_Native);
  WasmEdge_ConfigureCompilerSetDumpIR(c, TRUE);
  WasmEdge_ConfigureCompilerSetGenericBinary(c, TRUE);
  WasmEdge_ConfigureCompilerSetInterruptible(c, TRUE);
  CHECK(69, WasmEdge_ConfigureCompilerIsDumpIR(c) && WasmEdge_ConfigureCompilerIsGenericBinary(c) &&
                WasmEdge_ConfigureCompilerIsInterruptible(c));
  CHECK(72, !WasmEdge_ConfigureStatisticsIsInstructionCounting(c));
  CHECK(72, !WasmEdge_ConfigureStatisticsIsCostMeasuring(c));
  CHECK(72, !WasmEdge_ConfigureStatisticsIsTimeMeasuring(c));
  WasmEdge_ConfigureStatisticsSetInstructionCounting(c, TRUE);
  WasmEdge_ConfigureStatisticsSetCostMeasuring(c, TRUE);
  WasmEdge_ConfigureStatisticsSetTimeMeasuring(c, TRUE);
  CHECK(72, WasmEdge_ConfigureStatisticsIsInstructionCounting(c) &&
                WasmEdge_ConfigureStatisticsIsCostMeasuring(c) &&
                WasmEdge_ConfigureStatisticsIsTimeMeasuring(c));
  WasmEdge_ConfigureDelete(c);
}

static void tables(void) {
  WasmEdge_Limit limit = {.HasMax = true, .Shared = false, .Min = 10, .Max = 20};
  WasmEdge_TableTypeContext *type = WasmEdge_TableTypeCreate(WasmEdge_RefType_FuncRef, limit);
  WasmEdge_TableInstanceContext *table = WasmEdge_TableInstanceCreate(type);
  WasmEdge_TableTypeDelete(type); /* rule 45: the instance has a copy */
  const WasmEdge_TableTypeContext *own = WasmEdge_TableInstanceGetTableType(table);
  CHECK(44, WasmEdge_TableTypeGetRefType(own) == WasmEdge_RefType_FuncRef);
  WasmEdge_TableTypeDelete((WasmEdge_TableTypeContext *)own);
  CHECK(44, WasmEdge_TableTypeGetRefType(WasmEdge_TableInstanceGetTableType(table)) ==
                WasmEdge_RefType_FuncRef);
  CHECK(130, WasmEdge_TableInstanceGetSize(table) == 10);
  WasmEdge_FunctionInstanceContext *f = function();
  WasmEdge_Value value = WasmEdge_ValueGenFuncRef(f);
  OK(130, WasmEdge_TableInstanceSetData(table, value, 3));
  WasmEdge_Result outside = WasmEdge_TableInstanceSetData(table, value, 13);
  CODE(130, outside, WasmEdge_ErrCode_TableOutOfBounds);
  CHECK(40, strcmp(WasmEdge_ResultGetMessage(outside), "out of bounds table access") == 0);
  WasmEdge_Value got;
  OK(130, WasmEdge_TableInstanceGetData(table, &got, 3));
  CHECK(130, WasmEdge_ValueGetFuncRef(got) == f);
  CODE(130, WasmEdge_TableInstanceGetData(table, &got, 13), WasmEdge_ErrCode_TableOutOfBounds);
  CODE(G6, WasmEdge_TableInstanceSetData(table, WasmEdge_ValueGenExternRef(&got), 3),
       WasmEdge_ErrCode_RefTypeMismatch);
  OK(130, WasmEdge_TableInstanceGrow(table, 6));
  CHECK(130, WasmEdge_TableInstanceGetSize(table) == 16);
  CODE(130, WasmEdge_TableInstanceGrow(table, 6), WasmEdge_ErrCode_TableOutOfBounds);
  WasmEdge_FunctionInstanceDelete(f);
  OK(lifetime, WasmEdge_TableInstanceGetData(table, &got, 3));
  CHECK(lifetime, WasmEdge_ValueGetFuncRef(got) != NULL && WasmEdge_ValueGetFuncRef(got) != f);
  WasmEdge_TableInstanceDelete(table);
  CHECK(stale, WasmEdge_TableInstanceGetSize(table) == 0);
}

static void memories(void) {
  WasmEdge_Limit limit = {.HasMax = true, .Shared = false, .Min = 1, .Max = 5};
  WasmEdge_MemoryTypeContext *type = WasmEdge_MemoryTypeCreate(limit);
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_MemoryInstanceCreate(type);
  WasmEdge_MemoryTypeDelete(type);
  const uint8_t bytes[3] = {0xAA, 0xBB, 0xCC};
  uint8_t got[3] = {0, 0, 0};
  OK(131, WasmEdge_MemoryInstanceSetData(memory, bytes, 0x1000, 3));
  OK(131, WasmEdge_MemoryInstanceGetData(memory, got, 0x1000, 3));
  CHECK(131, memcmp(bytes, got, 3) == 0);
  WasmEdge_Result outside = WasmEdge_MemoryInstanceSetData(memory, bytes, 0xFFFF, 3);
  CODE(131, outside, WasmEdge_ErrCode_MemoryOutOfBounds);
  CHECK(40, strcmp(WasmEdge_ResultGetMessage(outside), "out of bounds memory access") == 0);
  CODE(131, WasmEdge_MemoryInstanceGetData(memory, got, 0xFFFF, 3),
       WasmEdge_ErrCode_MemoryOutOfBounds);
  CHECK(131, WasmEdge_MemoryInstanceGetPageSize(memory) == 1);
  OK(131, WasmEdge_MemoryInstanceGrowPage(memory, 2));
  CHECK(131, WasmEdge_MemoryInstanceGetPageSize(memory) == 3);
  CODE(131, WasmEdge_MemoryInstanceGrowPage(memory, 3), WasmEdge_ErrCode_MemoryOutOfBounds);
  uint8_t *at = WasmEdge_MemoryInstanceGetPointer(memory, 0x1000, 3);
  CHECK(G10, at && at[2] == 0xCC);
  CHECK(G10, WasmEdge_MemoryInstanceGetPointerConst(memory, 0x1000, 3) == at);
  CHECK(G10, WasmEdge_MemoryInstanceGetPointer(memory, 3 * 65536, 0) != NULL);
  CHECK(G10, WasmEdge_MemoryInstanceGetPointer(memory, 3 * 65536, 1) == NULL);
  CHECK(D9, WasmEdge_MemoryInstanceGetPointer(memory, 0xFFFFFFFF, 0xFFFFFFFF) == NULL);
  WasmEdge_Limit now =
      WasmEdge_MemoryTypeGetLimit(WasmEdge_MemoryInstanceGetMemoryType(memory));
  CHECK(G10, now.Min == 3 && now.Max == 5 && now.HasMax && !now.Shared);
  WasmEdge_MemoryInstanceDelete(memory);
  CHECK(stale, WasmEdge_MemoryInstanceGetPageSize(memory) == 0);
  CODE(141, WasmEdge_MemoryInstanceGetData(NULL, got, 0, 3), WasmEdge_ErrCode_WrongVMWorkflow);
  limit.Min = 6;
  type = WasmEdge_MemoryTypeCreate(limit);
  CHECK(46, WasmEdge_MemoryInstanceCreate(type) == NULL);
  WasmEdge_MemoryTypeDelete(type);
}

static void globals(void) {
  WasmEdge_GlobalTypeContext *type =
      WasmEdge_GlobalTypeCreate(WasmEdge_ValType_I64, WasmEdge_Mutability_Var);
  CHECK(G6, WasmEdge_GlobalInstanceCreate(type, WasmEdge_ValueGenI32(1)) == NULL);
  WasmEdge_GlobalInstanceContext *global =
      WasmEdge_GlobalInstanceCreate(type, WasmEdge_ValueGenI64(1000));
  WasmEdge_GlobalTypeDelete(type);
  CHECK(44, WasmEdge_GlobalTypeGetValType(WasmEdge_GlobalInstanceGetGlobalType(global)) ==
                WasmEdge_ValType_I64);
  WasmEdge_GlobalInstanceSetValue(global, WasmEdge_ValueGenI64(888));
  CHECK(132, WasmEdge_ValueGetI64(WasmEdge_GlobalInstanceGetValue(global)) == 888);
  WasmEdge_GlobalInstanceSetValue(global, WasmEdge_ValueGenI32(7));
  CHECK(132, WasmEdge_ValueGetI64(WasmEdge_GlobalInstanceGetValue(global)) == 888);
  WasmEdge_GlobalInstanceDelete(global);
  type = WasmEdge_GlobalTypeCreate(WasmEdge_ValType_I32, WasmEdge_Mutability_Const);
  global = WasmEdge_GlobalInstanceCreate(type, WasmEdge_ValueGenI32(666));
  WasmEdge_GlobalTypeDelete(type);
  WasmEdge_GlobalInstanceSetValue(global, WasmEdge_ValueGenI32(7));
  CHECK(132, WasmEdge_ValueGetI32(WasmEdge_GlobalInstanceGetValue(global)) == 666);
  WasmEdge_GlobalInstanceDelete(global);
}

static void statistics(void) {
  WasmEdge_StatisticsContext *s = WasmEdge_StatisticsCreate();
  CHECK(74, WasmEdge_StatisticsGetInstrCount(s) == 0);
  CHECK(74, WasmEdge_StatisticsGetTotalCost(s) == 0);
  uint64_t costs[2] = {1, 2};
  WasmEdge_StatisticsSetCostTable(s, costs, 2);
  WasmEdge_StatisticsSetCostLimit(s, 5000000);
  WasmEdge_StatisticsClear(s);
  WasmEdge_StatisticsDelete(s);
}

static void host_modules(void) {
  WasmEdge_ModuleInstanceContext *host = WasmEdge_ModuleInstanceCreate(name_of("test"));
  WasmEdge_String own = WasmEdge_ModuleInstanceGetModuleName(host);
  CHECK(26, WasmEdge_StringIsEqual(own, name_of("test")));
  WasmEdge_FunctionInstanceContext *f = function();
  WasmEdge_ModuleInstanceAddFunction(host, name_of("add"), f);
  CHECK(127, WasmEdge_ModuleInstanceFindFunction(host, name_of("add")) == f);
  WasmEdge_FunctionInstanceDelete(f); /* belongs to the module: nothing happens */
  CHECK(127, WasmEdge_ModuleInstanceFindFunction(host, name_of("add")) == f);
  CHECK(133, WasmEdge_FunctionTypeGetParametersLength(
                 WasmEdge_FunctionInstanceGetFunctionType(f)) == 0);
  WasmEdge_GlobalTypeContext *type =
      WasmEdge_GlobalTypeCreate(WasmEdge_ValType_I32, WasmEdge_Mutability_Const);
  WasmEdge_GlobalInstanceContext *global =
      WasmEdge_GlobalInstanceCreate(type, WasmEdge_ValueGenI32(666));
  WasmEdge_GlobalTypeDelete(type);
  WasmEdge_ModuleInstanceAddGlobal(host, name_of("b"), global);
  CHECK(137, WasmEdge_ModuleInstanceFindGlobal(host, name_of("b")) == global);
  CHECK(128, WasmEdge_ModuleInstanceFindTable(host, name_of("b")) == NULL);
  CHECK(128, WasmEdge_ModuleInstanceFindMemory(host, name_of("b")) == NULL);
  CHECK(128, WasmEdge_ModuleInstanceFindFunction(host, name_of("b")) == NULL);
  WasmEdge_ModuleInstanceAddFunction(host, name_of("Zed"), function());
  WasmEdge_String names[1];
  CHECK(105, WasmEdge_ModuleInstanceListFunction(host, names, 1) == 2);
  CHECK(128, WasmEdge_StringIsEqual(names[0], name_of("Zed")));
  CHECK(128, WasmEdge_ModuleInstanceListFunctionLength(host) == 2);
  CHECK(128, WasmEdge_ModuleInstanceListGlobalLength(host) == 1);
  CHECK(128, WasmEdge_ModuleInstanceListTableLength(host) == 0);
  CHECK(128, WasmEdge_ModuleInstanceListMemoryLength(host) == 0);
  WasmEdge_StoreContext *store = WasmEdge_StoreCreate();
  WasmEdge_StoreContext *second = WasmEdge_StoreCreate();
  WasmEdge_ExecutorContext *executor = WasmEdge_ExecutorCreate(NULL, NULL);
  OK(117, WasmEdge_ExecutorRegisterImport(executor, store, host));
  OK(97, WasmEdge_ExecutorRegisterImport(executor, second, host));
  CODE(100, WasmEdge_ExecutorRegisterImport(executor, store, host),
       WasmEdge_ErrCode_ModuleNameConflict);
  CHECK(125, WasmEdge_StoreFindModule(store, name_of("test")) == host);
  CHECK(125, WasmEdge_StoreFindModule(store, name_of("none")) == NULL);
  CHECK(125, WasmEdge_StoreListModuleLength(store) == 1);
  CHECK(125, WasmEdge_StoreListModule(store, names, 1) == 1);
  CHECK(125, WasmEdge_StringIsEqual(names[0], name_of("test")));
  OK(102, WasmEdge_ExecutorInvoke(executor, f, NULL, 0, NULL, 0));
  WasmEdge_StoreDelete(second);
  WasmEdge_ModuleInstanceDelete(host);
  CHECK(121, WasmEdge_StoreListModuleLength(store) == 0);
  CODE(stale, WasmEdge_ExecutorInvoke(executor, f, NULL, 0, NULL, 0),
       WasmEdge_ErrCode_WrongVMWorkflow);
  CHECK(stale, WasmEdge_ModuleInstanceListFunctionLength(host) == 0);
  WasmEdge_ModuleInstanceDelete(host);
  WasmEdge_StoreDelete(store);
  WasmEdge_ExecutorDelete(executor);

  CHECK(G6, WasmEdge_FunctionInstanceCreate(NULL, nothing, NULL, 0) == NULL);
  WasmEdge_FunctionTypeContext *function_type = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  CHECK(G6, WasmEdge_FunctionInstanceCreate(function_type, NULL, NULL, 0) == NULL);
  WasmEdge_FunctionTypeDelete(function_type);
  CHECK(90, WasmEdge_ModuleInstanceCreateWasiNN() == NULL);
  CHECK(90, WasmEdge_ModuleInstanceCreateWasmEdgeProcess(NULL, 0, false) == NULL);
}

static void vm_without_module(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_StoreContext *store = WasmEdge_VMGetStoreContext(vm);
  CHECK(81, store != NULL && WasmEdge_VMGetStoreContext(vm) == store);
  WasmEdge_StoreDelete(store);
  CHECK(43, WasmEdge_VMGetStoreContext(vm) == store);
  CHECK(75, WasmEdge_VMGetStatisticsContext(vm) != NULL);
  CHECK(109, WasmEdge_VMGetLoaderContext(vm) && WasmEdge_VMGetValidatorContext(vm) &&
                 WasmEdge_VMGetExecutorContext(vm));
  CODE(83, WasmEdge_VMValidate(vm), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(83, WasmEdge_VMInstantiate(vm), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(83, WasmEdge_VMExecute(vm, name_of("f"), NULL, 0, NULL, 0),
       WasmEdge_ErrCode_WrongInstanceAddress);
  CODE(G3, WasmEdge_VMExecuteRegistered(vm, name_of("m"), name_of("f"), NULL, 0, NULL, 0),
       WasmEdge_ErrCode_WrongInstanceAddress);
  CHECK(83, WasmEdge_VMGetActiveModule(vm) == NULL);
  CHECK(83, WasmEdge_VMGetFunctionType(vm, name_of("f")) == NULL);
  CHECK(83, WasmEdge_VMGetFunctionListLength(vm) == 0);
  CHECK(90, WasmEdge_VMGetImportModuleContext(vm, WasmEdge_HostRegistration_Wasi) == NULL);
  WasmEdge_VMDelete(vm);
  WasmEdge_VMDelete(vm);
  CODE(stale, WasmEdge_VMValidate(vm), WasmEdge_ErrCode_WrongVMWorkflow);

  store = WasmEdge_StoreCreate();
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  for (int h = 0; h < 8; h++)
    WasmEdge_ConfigureAddHostRegistration(configure, (enum WasmEdge_HostRegistration)h);
  vm = WasmEdge_VMCreate(configure, store);
  WasmEdge_ConfigureDelete(configure);
  CHECK(81, WasmEdge_VMGetStoreContext(vm) == store);
  WasmEdge_ModuleInstanceContext *wasi =
      WasmEdge_VMGetImportModuleContext(vm, WasmEdge_HostRegistration_Wasi);
  CHECK(91, wasi != NULL);
  CHECK(90, WasmEdge_VMGetImportModuleContext(vm, WasmEdge_HostRegistration_WasiNN) == NULL);
  CHECK(90, WasmEdge_VMGetImportModuleContext(
                vm, WasmEdge_HostRegistration_WasmEdge_Process) == NULL);
  const char *args[1] = {"guest"};
  const char *dirs[2] = {".:.", "/no-such-folder"};
  WasmEdge_LogOff();
  WasmEdge_ModuleInstanceInitWASI(wasi, args, 1, NULL, 0, dirs, 2);
  WasmEdge_LogSetErrorLevel();
  CHECK(96, WasmEdge_ModuleInstanceWASIGetExitCode(wasi) == EXIT_SUCCESS);
  CHECK(G4, WasmEdge_ModuleInstanceWASIGetExitCode(NULL) == EXIT_FAILURE);
  uint64_t native = 99;
  CHECK(G10, WasmEdge_ModuleInstanceWASIGetNativeHandler(wasi, 1, &native) == 0 && native == 1);
  CHECK(G10, WasmEdge_ModuleInstanceWASIGetNativeHandler(NULL, 1, &native) == 1);
  CHECK(G10, WasmEdge_ModuleInstanceWASIGetNativeHandler(wasi, 12345, &native) == 2);
  WasmEdge_ModuleInstanceDelete(wasi);
  CHECK(92, WasmEdge_ModuleInstanceWASIGetExitCode(wasi) == EXIT_SUCCESS);
  WasmEdge_StoreDelete(store);
  WasmEdge_VMDelete(vm);
}

static void wrong_kinds(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  CODE(stale, WasmEdge_VMValidate((WasmEdge_VMContext *)configure),
       WasmEdge_ErrCode_WrongVMWorkflow);
  WasmEdge_VMDelete((WasmEdge_VMContext *)configure);
  CHECK(stale, WasmEdge_ConfigureGetMaxMemoryPage(configure) == 65536);
  WasmEdge_ConfigureContext *old = configure;
  WasmEdge_ConfigureDelete(configure);
  configure = WasmEdge_ConfigureCreate(); /* the same slot, another generation */
  CHECK(stale, configure != old);
  CHECK(stale, WasmEdge_ConfigureGetMaxMemoryPage(old) == 0);
  WasmEdge_ConfigureDelete(old);
  CHECK(stale, WasmEdge_ConfigureGetMaxMemoryPage(configure) == 65536);
  int on_the_stack = 0;
  CHECK(stale, WasmEdge_ConfigureGetMaxMemoryPage((void *)&on_the_stack) == 0);
  CHECK(stale, WasmEdge_ConfigureGetMaxMemoryPage((void *)(uintptr_t)0x7fffffffffffff00) == 0);
  CHECK(stale, WasmEdge_CallingFrameGetMemoryInstance((void *)&on_the_stack, 0) == NULL);
  WasmEdge_ConfigureDelete(configure);
}

int main(void) {
  WasmEdge_LogSetErrorLevel();
  WasmEdge_LogOff();
  values();
  values_of_the_library();
  references();
  strings();
  results();
  types();
  configure();
  tables();
  memories();
  globals();
  statistics();
  host_modules();
  vm_without_module();
  wrong_kinds();
  return report();
}
