/* The rules in which 0.10.1 differs: host functions get the memory of their caller. */
#include "check.h"

/* (module (import "host" "f" (func $f (param i32) (result i32)))
 *  (memory (export "memory") 1) (data (i32.const 8) "\2a\00\00\00")
 *  (func (export "call") (param i32) (result i32) (call $f (local.get 0)))) */
static const uint8_t HOST[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f,
    0x01, 0x7f, 0x02, 0x0a, 0x01, 0x04, 0x68, 0x6f, 0x73, 0x74, 0x01, 0x66, 0x00, 0x00,
    0x03, 0x02, 0x01, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x11, 0x02, 0x06, 0x6d,
    0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x04, 0x63, 0x61, 0x6c, 0x6c, 0x00, 0x01,
    0x0a, 0x08, 0x01, 0x06, 0x00, 0x20, 0x00, 0x10, 0x00, 0x0b, 0x0b, 0x0a, 0x01, 0x00,
    0x41, 0x08, 0x0b, 0x04, 0x2a, 0x00, 0x00, 0x00};

static WasmEdge_Result host(void *data, WasmEdge_MemoryInstanceContext *memory,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data;
  uint32_t number = 0;
  WasmEdge_Result result = WasmEdge_MemoryInstanceGetData(
      memory, (uint8_t *)&number, (uint32_t)WasmEdge_ValueGetI32(params[0]), 4);
  returns[0] = WasmEdge_ValueGenI32((int32_t)number);
  return result;
}

/* What the program's compiler leaves in a register above the one byte of a result is no part of it. */
static struct wide {
  uint32_t code;
} given;

static struct wide untidy(void *data, WasmEdge_MemoryInstanceContext *memory,
                          const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)memory, (void)params;
  returns[0] = WasmEdge_ValueGenI32(1);
  return given;
}

static struct wide untidy_too(void *binding, void *data, WasmEdge_MemoryInstanceContext *memory,
                              const WasmEdge_Value *params, uint32_t count, WasmEdge_Value *returns,
                              uint32_t room) {
  (void)binding, (void)count, (void)room;
  return untidy(data, memory, params, returns);
}

static void results(WasmEdge_VMContext *vm) {
  CHECK(result, sizeof(WasmEdge_Result) == 1);
  bool (*ok)(struct wide);
  uint32_t (*code)(struct wide);
  const char *(*message)(struct wide);
  *(void **)&ok = *(void **)(bool (*[1])(WasmEdge_Result)){WasmEdge_ResultOK};
  *(void **)&code = *(void **)(uint32_t (*[1])(WasmEdge_Result)){WasmEdge_ResultGetCode};
  *(void **)&message = *(void **)(const char *(*[1])(WasmEdge_Result)){WasmEdge_ResultGetMessage};
  struct wide wide = {0xabcdef00};
  CHECK(result, ok(wide) && code(wide) == 0 && strcmp(message(wide), "success") == 0);
  wide.code |= 2;
  CHECK(result, !ok(wide) && code(wide) == 2);

  enum WasmEdge_ValType one[1] = {WasmEdge_ValType_I32};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(one, 1, one, 1);
  WasmEdge_HostFunc_t body;
  WasmEdge_WrapFunc_t wrapped;
  *(void **)&body = *(void **)(void *[1]){(void *)(uintptr_t)untidy};
  *(void **)&wrapped = *(void **)(void *[1]){(void *)(uintptr_t)untidy_too};
  WasmEdge_FunctionInstanceContext *functions[2] = {
      WasmEdge_FunctionInstanceCreate(type, body, NULL, 0),
      WasmEdge_FunctionInstanceCreateBinding(type, wrapped, NULL, NULL, 0)};
  WasmEdge_FunctionTypeDelete(type);
  static const struct {
    uint32_t given, got;
  } CODES[] = {{0, 0},    {1, 1},       {2, 0x8d},          {0xff, 0x8d},
               {0x83, 0x8d}, {0xabcdef00, 0}, {0xabcdef01, 1}, {0xabcdef02, 0x8d}};
  for (size_t at = 0; at < sizeof(CODES) / sizeof(CODES[0]); at++) {
    for (int which = 0; which < 2; which++) {
      WasmEdge_Value param = WasmEdge_ValueGenI32(0), got;
      given.code = CODES[at].given;
      WasmEdge_Result result = WasmEdge_ExecutorInvoke(
          WasmEdge_VMGetExecutorContext(vm), functions[which], &param, 1, &got, 1);
      CHECK(result, result.Code == CODES[at].got);
    }
  }
  for (int which = 0; which < 2; which++)
    WasmEdge_FunctionInstanceDelete(functions[which]);
}

/* epoll_oneoff came with 0.11: it is not listed, and guests may import it all the same. */
static void wasi(void) {
  static const uint8_t later[] =
      "\0asm\1\0\0\0\1\x09\1\x60\4\x7f\x7f\x7f\x7f\1\x7f"
      "\2\x27\1\x16wasi_snapshot_preview1\x0c" "epoll_oneoff\0\0";
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configure, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_ModuleInstanceContext *modules[2] = {
      WasmEdge_VMGetImportModuleContext(vm, WasmEdge_HostRegistration_Wasi),
      WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0)};
  for (int which = 0; which < 2; which++) {
    CHECK(wasi, WasmEdge_ModuleInstanceListFunctionLength(modules[which]) == 57);
    CHECK(wasi, !WasmEdge_ModuleInstanceFindFunction(modules[which], name_of("epoll_oneoff")));
    CHECK(wasi, WasmEdge_ModuleInstanceFindFunction(modules[which], name_of("poll_oneoff")));
  }
  OK(wasi, WasmEdge_VMLoadWasmFromBuffer(vm, later, sizeof(later) - 1));
  OK(wasi, WasmEdge_VMValidate(vm));
  OK(wasi, WasmEdge_VMInstantiate(vm));
  WasmEdge_ModuleInstanceDelete(modules[1]);
  WasmEdge_VMDelete(vm);
}

int main(void) {
  WasmEdge_LogSetErrorLevel();
  wasi();
  CHECK(5, strcmp(WasmEdge_VersionGet(), "0.10.1") == 0);
  CHECK(6, WasmEdge_VersionGetMinor() == 10);
  WasmEdge_Plugin_loadWithDefaultPluginPaths();
  WasmEdge_ModuleInstanceContext *module = WasmEdge_ModuleInstanceCreate(name_of("host"));
  enum WasmEdge_ValType one[1] = {WasmEdge_ValType_I32};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(one, 1, one, 1);
  WasmEdge_ModuleInstanceAddFunction(module, name_of("f"),
                                     WasmEdge_FunctionInstanceCreate(type, host, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(97, WasmEdge_VMRegisterModuleFromImport(vm, module));
  WasmEdge_Value param = WasmEdge_ValueGenI32(8), got;
  OK(143, WasmEdge_VMRunWasmFromBuffer(vm, HOST, sizeof(HOST), name_of("call"), &param, 1, &got, 1));
  CHECK(143, WasmEdge_ValueGetI32(got) == 42);
  /* Called by the program itself, it has no memory and fails; every failure has one code. */
  CODE(141, WasmEdge_VMExecuteRegistered(vm, name_of("host"), name_of("f"), &param, 1, &got, 1),
       WasmEdge_ErrCode_ExecutionFailed);
  results(vm);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(module);
  return report();
}
