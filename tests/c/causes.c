/* Why something failed, as <wasmspan/wasmspan.h> tells it: one check for each cause. */
#define _GNU_SOURCE
#include "check.h"
#include "load.h"
#include <pthread.h>
#include <unistd.h>

static uint64_t fact;

/* Forgets, does, and compares cause and fact. */
#define CAUSE(done, name, number)                                              \
  do {                                                                         \
    wasmspan_error_clear();                                                    \
    CHECK(name, !WasmEdge_ResultOK(done) || wasmspan_cause_##name == wasmspan_cause_exit); \
    fact = 12345;                                                              \
    CHECK(name, wasmspan_error_cause(&fact) == (uint32_t)wasmspan_cause_##name); \
    CHECK(name, fact == (uint64_t)(number));                                   \
    CHECK(name, wasmspan_error_cause(NULL) == (uint32_t)wasmspan_cause_##name); \
  } while (0)

static bool is(WasmEdge_String string, const char *text) {
  return WasmEdge_StringIsEqual(string, name_of(text));
}

static WasmEdge_VMContext *vm_with(wasmspan_limits *limits, const char *text) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configure, WasmEdge_HostRegistration_Wasi);
  if (limits)
    OK(vm, wasmspan_configure_set_limits(configure, limits));
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_ASTModuleContext *module = load(text);
  OK(vm, WasmEdge_VMLoadWasmFromASTModule(vm, module));
  WasmEdge_ASTModuleDelete(module);
  OK(vm, WasmEdge_VMValidate(vm));
  return vm;
}

static WasmEdge_Result execute(WasmEdge_VMContext *vm, const char *name) {
  return WasmEdge_VMExecute(vm, name_of(name), NULL, 0, NULL, 0);
}

static const char GUEST[] =
    "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_write\""
    "  (func $write (param i32 i32 i32 i32) (result i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 8) \"\\10\\00\\00\\00\\03\\00\\00\\00\")"
    " (func (export \"exit\") (call $exit (i32.const 7)))"
    " (func (export \"write\") (loop"
    "  (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))) (br 0)))"
    " (func (export \"trap\") unreachable)"
    " (func (export \"spin\") (loop (br 0)))"
    " (func $deep (export \"deep\") (call $deep) (drop (i32.load (i32.const 0)))))";

static void limits(void) {
  wasmspan_limits limits = WASMSPAN_NO_LIMITS;
  limits.time_ms = 20;
  WasmEdge_VMContext *vm = vm_with(&limits, GUEST);
  OK(vm, WasmEdge_VMInstantiate(vm));
  CAUSE(execute(vm, "spin"), timeout, 20000000);
  WasmEdge_FunctionInstanceContext *spin = WasmEdge_ModuleInstanceFindFunction(
      WasmEdge_VMGetActiveModule(vm), name_of("spin"));
  CAUSE(wasmspan_call(spin, NULL, 0), timeout, 20000000);
  WasmEdge_Async *call = WasmEdge_VMAsyncExecute(vm, name_of("spin"), NULL, 0);
  CAUSE(WasmEdge_AsyncGet(call, NULL, 0), timeout, 20000000);
  WasmEdge_AsyncDelete(call);
  WasmEdge_VMDelete(vm);

  vm = vm_with(NULL, GUEST);
  OK(vm, WasmEdge_VMInstantiate(vm));
  limits.time_ms = 10;
  CAUSE(wasmspan_vm_execute_for(vm, name_of("spin"), NULL, 0, NULL, 0, 30), timeout, 30000000);
  CAUSE(wasmspan_vm_execute_within(vm, name_of("spin"), NULL, 0, NULL, 0, &limits), timeout, 10000000);
  wasmspan_limits output = WASMSPAN_NO_LIMITS;
  output.output_bytes = 2;
  CAUSE(wasmspan_vm_execute_within(vm, name_of("write"), NULL, 0, NULL, 0, &output), output_limit, 2);
  WasmEdge_VMDelete(vm);

  WasmEdge_ASTModuleContext *module = load(GUEST);
  WasmEdge_ASTModuleDelete(module);
  module = load("(module (func (export \"_start\") (loop (br 0))))");
  wasmspan_command *command = wasmspan_command_create(module);
  WasmEdge_ASTModuleDelete(module);
  wasmspan_command_timeout(command, 25);
  wasmspan_finished finished;
  CAUSE(wasmspan_command_run(command, &finished), timeout, 25000000);
  char text[200];
  wasmspan_error_text(text, sizeof(text));
  CHECK(timeout, strstr(text, "the time limit is 25 ms") && finished.timed_out);
  wasmspan_command_interrupt(command);
  CAUSE(wasmspan_command_run(command, &finished), interrupted, 0);
  CHECK(interrupted, !finished.timed_out);
  wasmspan_command_delete(command);

  wasmspan_limits cost = WASMSPAN_NO_LIMITS;
  cost.cost = 100;
  vm = vm_with(&cost, GUEST);
  OK(vm, WasmEdge_VMInstantiate(vm));
  CAUSE(execute(vm, "spin"), cost_limit, 0);
  WasmEdge_VMDelete(vm);
}

static WasmEdge_Result own_number(void *data, const WasmEdge_CallingFrameContext *frame,
                                  const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)frame, (void)params, (void)returns;
  return *(WasmEdge_Result *)data;
}

static void calls(void) {
  WasmEdge_VMContext *vm = vm_with(NULL, GUEST);
  CAUSE(execute(vm, "exit"), usage, 0);
  OK(vm, WasmEdge_VMInstantiate(vm));
  CAUSE(execute(vm, "exit"), exit, 7);
  CAUSE(execute(vm, "trap"), trap, 0);
  char text[300], summary[300];
  wasmspan_error_text(text, sizeof(text));
  wasmspan_error_summary(summary, sizeof(summary));
  CHECK(summary, strncmp(text, summary, strlen(summary)) == 0 && strstr(text, "\n    at "));
  CHECK(summary, !strchr(summary, '\n') && strstr(summary, "unreachable"));
  CAUSE(execute(vm, "deep"), stack_overflow, 0);
  CAUSE(execute(vm, "none"), usage, 0);
  CAUSE(wasmspan_call(NULL, NULL, 0), usage, 0);
  CAUSE(WasmEdge_VMLoadWasmFromFile(vm, "/no/such/file"), usage, 0);
  WasmEdge_VMDelete(vm);

  WasmEdge_Result results[2] = {{0x8D}, WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 77)};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  for (int which = 0; which < 2; which++) {
    WasmEdge_FunctionInstanceContext *function =
        WasmEdge_FunctionInstanceCreate(type, own_number, &results[which], 0);
    if (which)
      CAUSE(wasmspan_call(function, NULL, 0), user, 77);
    else
      CAUSE(wasmspan_call(function, NULL, 0), host_error, 0);
    WasmEdge_FunctionInstanceDelete(function);
  }
  WasmEdge_FunctionTypeDelete(type);
}

static WasmEdge_VMContext *inner;

/* Passes on how a call of its own ended. */
static WasmEdge_Result pass_on(void *data, const WasmEdge_CallingFrameContext *frame,
                               const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)frame, (void)params, (void)returns;
  const char *name = data;
  if (strcmp(name, "spin") == 0)
    return wasmspan_vm_execute_for(inner, name_of(name), NULL, 0, NULL, 0, 15);
  WasmEdge_Result result = execute(inner, name);
  /* Of two failures it is the one that is passed on. */
  if (strcmp(name, "deep") == 0)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, 5);
  return result;
}

static void through_host_functions(void) {
  inner = vm_with(NULL, GUEST);
  OK(vm, WasmEdge_VMInstantiate(inner));
  static char *names[] = {"spin", "exit", "none", "deep"};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(name_of("env"));
  for (int which = 0; which < 4; which++)
    WasmEdge_ModuleInstanceAddFunction(
        env, name_of(names[which]), WasmEdge_FunctionInstanceCreate(type, pass_on, names[which], 0));
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_VMContext *vm =
      vm_with(NULL, "(module (import \"env\" \"spin\" (func $spin)) (import \"env\" \"exit\" (func $exit))"
                    " (import \"env\" \"none\" (func $none)) (import \"env\" \"deep\" (func $deep))"
                    " (func (export \"spin\") (call $spin)) (func (export \"exit\") (call $exit))"
                    " (func (export \"none\") (call $none)) (func (export \"deep\") (call $deep)))");
  OK(through, WasmEdge_VMRegisterModuleFromImport(vm, env));
  OK(through, WasmEdge_VMInstantiate(vm));
  CAUSE(execute(vm, "spin"), timeout, 15000000);
  CAUSE(execute(vm, "exit"), exit, 7);
  CAUSE(execute(vm, "none"), usage, 0);
  char text[300];
  wasmspan_error_text(text, sizeof(text));
  CHECK(through, strstr(text, "no function is exported as \"none\""));
  CAUSE(execute(vm, "deep"), user, 5);
  WasmEdge_VMDelete(vm), WasmEdge_VMDelete(inner);
  WasmEdge_ModuleInstanceDelete(env);
}

static WasmEdge_Result make(const char *text) {
  WasmEdge_VMContext *vm = vm_with(NULL, text);
  WasmEdge_Result result = WasmEdge_VMInstantiate(vm);
  WasmEdge_VMDelete(vm);
  return result;
}

static void modules(void) {
  static const uint8_t malformed[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 99};
  /* A function without the result that it promises, and one with an instruction of a proposal. */
  static const uint8_t invalid[] = "\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\x0a\4\1\2\0\x0b";
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(NULL);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(NULL);
  WasmEdge_ASTModuleContext *module = NULL;
  CAUSE(WasmEdge_LoaderParseFromBuffer(loader, &module, malformed, sizeof(malformed)), malformed, 0);
  OK(invalid, WasmEdge_LoaderParseFromBuffer(loader, &module, invalid, sizeof(invalid) - 1));
  CAUSE(WasmEdge_ValidatorValidate(validator, module), invalid, 0);
  WasmEdge_ASTModuleDelete(module);

  /* A memory of 64 bits, which can be switched on. */
  static const uint8_t memory64[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 4, 1};
  CHECK(unsupported, is(wasmspan_error_proposal(), ""));
  WasmEdge_Result result = WasmEdge_LoaderParseFromBuffer(loader, &module, memory64, sizeof(memory64));
  if (WasmEdge_ResultOK(result)) {
    CAUSE(WasmEdge_ValidatorValidate(validator, module), unsupported, 1);
    WasmEdge_ASTModuleDelete(module);
  } else
    CAUSE(WasmEdge_LoaderParseFromBuffer(loader, &module, memory64, sizeof(memory64)), unsupported, 1);
  CHECK(unsupported, is(wasmspan_error_proposal(), "Memory64"));
  WasmEdge_LoaderDelete(loader), WasmEdge_ValidatorDelete(validator);

  CAUSE(make("(module (table 1 funcref) (func $f) (elem (i32.const 5) $f))"), trap, 0);
  CAUSE(make("(module (import \"env\" \"f\" (func (param i32) (result i64)))"
             " (import \"wasi_snapshot_preview1\" \"fd_close\" (func (param i64)))"
             " (import \"env\" \"m\" (memory 1)))"),
        imports, 3);
  wasmspan_import_fault fault;
  CHECK(imports, wasmspan_error_import(0, &fault));
  CHECK(imports, is(fault.module, "env") && is(fault.name, "f"));
  CHECK(imports, fault.kind == WasmEdge_ExternalType_Function && !fault.found.Buf);
  CHECK(imports, is(fault.wanted, "(i32) -> i64") && strstr(fault.reason.Buf, "env"));
  CHECK(imports, wasmspan_error_import(1, &fault));
  CHECK(imports, is(fault.name, "fd_close") && is(fault.wanted, "(i64) -> ()"));
  CHECK(imports, is(fault.found, "(i32) -> i32"));
  CHECK(imports, wasmspan_error_import(2, &fault) && fault.kind == WasmEdge_ExternalType_Memory);
  CHECK(imports, !wasmspan_error_import(3, &fault) && !wasmspan_error_import(0, NULL));
  /* To ask for the result leaves what was lent. */
  CODE(imports, wasmspan_error_result(), WasmEdge_ErrCode_UnknownImport);
  CHECK(imports, is(fault.name, "m"));

  wasmspan_error_clear();
  fact = 5;
  CHECK(none, wasmspan_error_cause(&fact) == wasmspan_cause_none && fact == 5);
  CHECK(none, !wasmspan_error_import(0, &fault) && is(wasmspan_error_proposal(), ""));
}

/* What gives NULL says why. */
static void created(void) {
  WasmEdge_Limit limit = {.HasMax = true, .Shared = false, .Min = 5, .Max = 2};
  WasmEdge_MemoryTypeContext *memory = WasmEdge_MemoryTypeCreate(limit);
  WasmEdge_TableTypeContext *table = WasmEdge_TableTypeCreate(WasmEdge_RefType_FuncRef, limit);
  WasmEdge_GlobalTypeContext *global =
      WasmEdge_GlobalTypeCreate(WasmEdge_ValType_I32, WasmEdge_Mutability_Const);
  const char *environment[] = {"A=B"}, *argument[] = {"x"};
  for (int which = 0; which < 8; which++) {
    wasmspan_error_clear();
    void *made = which == 0   ? (void *)WasmEdge_MemoryInstanceCreate(memory)
                 : which == 1 ? (void *)WasmEdge_TableInstanceCreate(table)
                 : which == 2 ? (void *)WasmEdge_GlobalInstanceCreate(global, WasmEdge_ValueGenI64(1))
                 : which == 3 ? (void *)WasmEdge_MemoryInstanceCreate(NULL)
                 : which == 4 ? (void *)WasmEdge_FunctionInstanceCreate(NULL, own_number, NULL, 0)
                 : which == 5 ? (void *)wasmspan_command_create(NULL)
                 : which == 6 ? (void *)wasmspan_pool_create(NULL, NULL, 1)
                              : (void *)wasmspan_fs_create_overlay("/no/such", 0);
    CHECK(created, !made);
    CHECK(created, wasmspan_error_text(NULL, 0) > 0);
    CHECK(created, wasmspan_error_cause(NULL) != wasmspan_cause_none);
  }
  /* Of functions that give nothing, too. */
  wasmspan_error_clear();
  WasmEdge_ModuleInstanceContext *host = WasmEdge_ModuleInstanceCreate(name_of("host"));
  WasmEdge_ModuleInstanceInitWASI(host, argument, 1, environment, 1, NULL, 0);
  CHECK(created, wasmspan_error_cause(NULL) == (uint32_t)wasmspan_cause_usage);
  WasmEdge_ModuleInstanceDelete(host);
  WasmEdge_MemoryTypeDelete(memory), WasmEdge_TableTypeDelete(table);
  WasmEdge_GlobalTypeDelete(global);
}

int main(void) {
  WasmEdge_LogOff();
  limits();
  calls();
  through_host_functions();
  modules();
  created();
  return report();
}
