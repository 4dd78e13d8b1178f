/* The rules of what a VM keeps, of input in other formats, and of arguments that are missing. */
#include "check.h"
#include "text.h"
#include <stdlib.h>

static const char F[] = "(module (func (export \"f\") (param i32) (result i32) (local.get 0)))";

static void cleanup_keeps_what_is_registered(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configure, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(name_of("env"));
  OK(G10, WasmEdge_VMRegisterModuleFromImport(vm, env));
  OK(G10, WasmEdge_VMRegisterModuleFromBuffer(vm, name_of("mod"), TEXT(F)));
  WasmEdge_StoreContext *store = WasmEdge_VMGetStoreContext(vm);
  const WasmEdge_ModuleInstanceContext *mod = WasmEdge_StoreFindModule(store, name_of("mod"));
  for (int round = 0; round < 2; round++) {
    OK(G10, WasmEdge_VMLoadWasmFromBuffer(vm, TEXT(F)));
    OK(G10, WasmEdge_VMValidate(vm));
    OK(G10, WasmEdge_VMInstantiate(vm));
    WasmEdge_VMCleanup(vm);
    CHECK(G10, WasmEdge_VMGetActiveModule(vm) == NULL);
    CHECK(G10, WasmEdge_VMGetStoreContext(vm) == store);
    CHECK(G10, WasmEdge_StoreListModuleLength(store) == 3);
    CHECK(G10, WasmEdge_StoreFindModule(store, name_of("mod")) == mod);
    CHECK(G10, WasmEdge_StoreFindModule(store, name_of("env")) == env);
    WasmEdge_Value param = WasmEdge_ValueGenI32(7), got = WasmEdge_ValueGenI32(0);
    OK(G10, WasmEdge_VMExecuteRegistered(vm, name_of("mod"), name_of("f"), &param, 1, &got, 1));
    CHECK(G10, WasmEdge_ValueGetI32(got) == 7);
  }
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(env);
}

static void refused(WasmEdge_VMContext *vm, const uint8_t *bytes, uint32_t size) {
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(NULL);
  WasmEdge_ASTModuleContext *module = NULL;
  const uint32_t code = WasmEdge_ErrCode_MalformedMagic;
  CODE(input, WasmEdge_LoaderParseFromBuffer(loader, &module, bytes, size), code);
  CHECK(input, module == NULL);
  CODE(input, WasmEdge_VMLoadWasmFromBuffer(vm, bytes, size), code);
  CODE(input, WasmEdge_VMRegisterModuleFromBuffer(vm, name_of("m"), bytes, size), code);
  CODE(input, WasmEdge_VMRunWasmFromBuffer(vm, bytes, size, name_of("f"), NULL, 0, NULL, 0), code);
  WasmEdge_Async *call = WasmEdge_VMAsyncRunWasmFromBuffer(vm, bytes, size, name_of("f"), NULL, 0);
  CODE(input, WasmEdge_AsyncGet(call, NULL, 0), code);
  WasmEdge_AsyncDelete(call);
  WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(NULL);
  CODE(input, WasmEdge_CompilerCompileFromBuffer(compiler, bytes, size, "refused.wasm"), code);
  WasmEdge_CompilerDelete(compiler);
  WasmEdge_LoaderDelete(loader);
}

static void only_the_binary_format(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  const uint32_t magic = WasmEdge_ErrCode_MalformedMagic;
  refused(vm, (const uint8_t *)F, sizeof(F) - 1);
  FILE *file = fopen("text.wat", "w");
  fputs(F, file);
  fclose(file);
  CODE(input, WasmEdge_VMLoadWasmFromFile(vm, "text.wat"), magic);

  /* A shared object is one as a file, and no module in a buffer. */
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureCompilerSetOutputFormat(configure, WasmEdge_CompilerOutputFormat_Native);
  WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(configure);
  OK(input, WasmEdge_CompilerCompileFromBuffer(compiler, TEXT(F), "shared.so"));
  OK(input, WasmEdge_VMLoadWasmFromFile(vm, "shared.so"));
  wasmspan_bytes shared;
  OK(input, wasmspan_compile(compiler, TEXT(F), &shared));
  refused(vm, shared.data, (uint32_t)shared.size);
  WasmEdge_CompilerDelete(compiler);
  WasmEdge_VMDelete(vm);

  /* Unless the program asks for more. */
  OK(input, wasmspan_configure_set_lenient_input(configure, true));
  vm = WasmEdge_VMCreate(configure, NULL);
  OK(input, WasmEdge_VMLoadWasmFromBuffer(vm, (const uint8_t *)F, sizeof(F) - 1));
  OK(input, WasmEdge_VMLoadWasmFromBuffer(vm, shared.data, (uint32_t)shared.size));
  OK(input, WasmEdge_VMLoadWasmFromFile(vm, "text.wat"));
  WasmEdge_VMDelete(vm);
  wasmspan_bytes_delete(&shared);
  WasmEdge_ConfigureDelete(configure);
  remove("text.wat"), remove("shared.so");
}

static void ended(WasmEdge_Async *call, uint32_t code) {
  CHECK(async, call != NULL);
  CHECK(async, WasmEdge_AsyncWaitFor(call, 10000));
  WasmEdge_AsyncWait(call);
  WasmEdge_AsyncCancel(call);
  CHECK(async, WasmEdge_AsyncGetReturnsLength(call) == 0);
  CODE(async, WasmEdge_AsyncGet(call, NULL, 0), code);
  WasmEdge_AsyncDelete(call);
}

static void calls_that_can_not_begin(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(async, WasmEdge_VMRegisterModuleFromBuffer(vm, name_of("mod"), TEXT(F)));
  WasmEdge_String f = name_of("f");
  const uint32_t code = WasmEdge_ErrCode_FuncSigMismatch;
  ended(WasmEdge_VMAsyncRunWasmFromBuffer(vm, TEXT(F), f, NULL, 1), code);
  ended(WasmEdge_VMAsyncRunWasmFromFile(vm, "none.wasm", f, NULL, 1), code);
  ended(WasmEdge_VMAsyncExecute(vm, f, NULL, 1), code);
  ended(WasmEdge_VMAsyncExecuteRegistered(vm, name_of("mod"), f, NULL, 1), code);
  ended(WasmEdge_VMAsyncRunWasmFromASTModule(vm, NULL, f, NULL, 0), WasmEdge_ErrCode_WrongVMWorkflow);
  CHECK(async, WasmEdge_VMAsyncExecute(NULL, f, NULL, 0) == NULL);
  WasmEdge_VMDelete(vm);
}

static void missing_arguments(void) {
  WasmEdge_Limit limit = {.HasMax = true, .Shared = false, .Min = 1, .Max = 3};
  WasmEdge_MemoryTypeContext *type = WasmEdge_MemoryTypeCreate(limit);
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_MemoryInstanceCreate(type);
  CODE(null, WasmEdge_MemoryInstanceSetData(memory, NULL, 100, 0), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(null, WasmEdge_MemoryInstanceGetData(memory, NULL, 100, 0), WasmEdge_ErrCode_WrongVMWorkflow);
  uint8_t byte = 0;
  OK(null, WasmEdge_MemoryInstanceSetData(memory, &byte, 100, 0));
  OK(null, WasmEdge_MemoryInstanceGetData(memory, &byte, 65536, 0));
  WasmEdge_MemoryTypeDelete(type);
  WasmEdge_MemoryInstanceDelete(memory);
  CHECK(null, WasmEdge_GlobalTypeGetValType(NULL) == WasmEdge_ValType_I32);
  WasmEdge_Value none = WasmEdge_GlobalInstanceGetValue(NULL);
  CHECK(null, none.Type == WasmEdge_ValType_I32 && WasmEdge_ValueGetI32(none) == 0);
}

static WasmEdge_Result fail(void *data, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame, (void)returns;
  return (WasmEdge_Result){.Code = (uint32_t)WasmEdge_ValueGetI32(params[0])};
}

static void codes_of_host_functions(void) {
  enum WasmEdge_ValType kind = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&kind, 1, NULL, 0);
  WasmEdge_ModuleInstanceContext *host = WasmEdge_ModuleInstanceCreate(name_of("host"));
  WasmEdge_ModuleInstanceAddFunction(host, name_of("fail"),
                                     WasmEdge_FunctionInstanceCreate(type, fail, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(codes, WasmEdge_VMRegisterModuleFromImport(vm, host));
  static const char GUEST[] = "(module (import \"host\" \"fail\" (func $f (param i32)))"
                              " (func (export \"call\") (param i32) (call $f (local.get 0))))";
  OK(codes, WasmEdge_VMLoadWasmFromBuffer(vm, TEXT(GUEST)));
  OK(codes, WasmEdge_VMValidate(vm));
  OK(codes, WasmEdge_VMInstantiate(vm));
  static const uint32_t CODES[] = {0, 1, 2, 0x8d, 0xff, 0xffff, 0xfffffe, 0x01000007};
  for (size_t at = 0; at < sizeof(CODES) / sizeof(CODES[0]); at++) {
    WasmEdge_Value param = WasmEdge_ValueGenI32((int32_t)CODES[at]);
    WasmEdge_Result result = WasmEdge_VMExecute(vm, name_of("call"), &param, 1, NULL, 0);
    CHECK(codes, result.Code == CODES[at]);
    CHECK(codes, WasmEdge_ResultOK(result) == (CODES[at] < 2));
    result = WasmEdge_VMExecuteRegistered(vm, name_of("host"), name_of("fail"), &param, 1, NULL, 0);
    CHECK(codes, result.Code == CODES[at]);
    bool unknown = CODES[at] >= 0xff && CODES[at] < 0x01000000;
    CHECK(codes, (strcmp(WasmEdge_ResultGetMessage(result), "unknown error code") == 0) == unknown);
  }
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(host);
}

int main(void) {
  WasmEdge_LogOff();
  cleanup_keeps_what_is_registered();
  only_the_binary_format();
  calls_that_can_not_begin();
  missing_arguments();
  codes_of_host_functions();
  return report();
}
