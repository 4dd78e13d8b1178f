/* Functions of C that a guest calls: with values, through its memory, and with errors. */
#include "must.h"
#include <inttypes.h>

static const char guest[] = "(module"
                            "  (import \"host\" \"log\" (func $log (param i32 i32)))"
                            "  (import \"host\" \"rate\" (func $rate (param i32) (result f64)))"
                            "  (import \"host\" \"check\" (func $check (param i64)))"
                            "  (memory (export \"memory\") 1)"
                            "  (data (i32.const 16) \"hello from the guest\")"
                            "  (func (export \"greet\") (call $log (i32.const 16) (i32.const 20)))"
                            "  (func (export \"convert\") (param f64 i32) (result f64)"
                            "    (f64.mul (local.get 0) (call $rate (local.get 1))))"
                            "  (func (export \"withdraw\") (param i64) (call $check (local.get 0))))";

/* The host's own error: its number, and where the functions say more. */
enum { overdrawn = 7 };
struct account {
  int64_t refused;
};

static WasmEdge_Result log_text(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params,
                                WasmEdge_Value *returns) {
  (void)data, (void)returns;
  uint32_t address = (uint32_t)WasmEdge_ValueGetI32(params[0]), length = (uint32_t)WasmEdge_ValueGetI32(params[1]);
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_CallingFrameGetMemoryInstance(frame, 0);
  const uint8_t *text = WasmEdge_MemoryInstanceGetPointerConst(memory, address, length);
  if (!text)
    return WasmEdge_Result_Fail;
  printf("%.*s\n", (int)length, (const char *)text);
  return WasmEdge_Result_Success;
}

static WasmEdge_Result rate(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params,
                            WasmEdge_Value *returns) {
  (void)data, (void)frame;
  returns[0] = WasmEdge_ValueGenF64(WasmEdge_ValueGetI32(params[0]) == 1 ? 1.25 : 1);
  return WasmEdge_Result_Success;
}

static WasmEdge_Result check(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params,
                             WasmEdge_Value *returns) {
  (void)frame, (void)returns;
  int64_t amount = WasmEdge_ValueGetI64(params[0]);
  if (amount <= 100)
    return WasmEdge_Result_Success;
  ((struct account *)data)->refused = amount;
  return WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, overdrawn);
}

/* Adds a function of at most one result. */
static void add(WasmEdge_ModuleInstanceContext *host, const char *what, WasmEdge_HostFunc_t body, void *data,
                const enum WasmEdge_ValType *params, uint32_t count, const enum WasmEdge_ValType *result) {
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(params, count, result, result ? 1 : 0);
  WasmEdge_ModuleInstanceAddFunction(host, name(what), made(WasmEdge_FunctionInstanceCreate(type, body, data, 0)));
  WasmEdge_FunctionTypeDelete(type);
}

int main(void) {
  WasmEdge_LogOff(); /* Errors are printed here; they need not be in the log. */
  struct account account = {0};
  enum WasmEdge_ValType i32s[2] = {WasmEdge_ValType_I32, WasmEdge_ValType_I32};
  enum WasmEdge_ValType i64 = WasmEdge_ValType_I64, f64 = WasmEdge_ValType_F64;
  WasmEdge_ModuleInstanceContext *host = made(WasmEdge_ModuleInstanceCreate(name("host")));
  add(host, "log", log_text, NULL, i32s, 2, NULL);
  add(host, "rate", rate, NULL, i32s, 1, &f64);
  add(host, "check", check, &account, &i64, 1, NULL);
  WasmEdge_VMContext *vm = made(WasmEdge_VMCreate(NULL, NULL));
  must(WasmEdge_VMRegisterModuleFromImport(vm, host));
  instantiate(vm, load_text(NULL, guest));

  must(WasmEdge_VMExecute(vm, name("greet"), NULL, 0, NULL, 0));
  WasmEdge_Value params[2] = {WasmEdge_ValueGenF64(8), WasmEdge_ValueGenI32(1)}, converted;
  must(WasmEdge_VMExecute(vm, name("convert"), params, 2, &converted, 1));
  printf("converted: %g\n", WasmEdge_ValueGetF64(converted));
  WasmEdge_Value amount = WasmEdge_ValueGenI64(100);
  must(WasmEdge_VMExecute(vm, name("withdraw"), &amount, 1, NULL, 0));
  amount = WasmEdge_ValueGenI64(101);
  WasmEdge_Result result = WasmEdge_VMExecute(vm, name("withdraw"), &amount, 1, NULL, 0);
  /* The very number that the function returned, through the guest. */
  if (WasmEdge_ResultGetCategory(result) == WasmEdge_ErrCategory_UserLevelError &&
      WasmEdge_ResultGetCode(result) == overdrawn)
    printf("refused: %" PRId64 " is more than there is\n", account.refused);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(host);
}
