/* What <wasmspan/wasmspan.h> lets a program set: signals, when modules are compiled, the log, a guest's
 * clocks and random numbers; and what it tells of modules and refusals. */
#define _GNU_SOURCE
#include "check.h"
#include "load.h"
#include <signal.h>

static const char TRAPS[] =
    "(module (memory 1) (func (export \"add\") (param i32 i32) (result i32)"
    "  (i32.add (local.get 0) (local.get 1)))"
    " (func (export \"load\") (param i32) (result i32) (i32.load (local.get 0)))"
    " (func (export \"div\") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))"
    " (func (export \"spin\") (loop (br 0))))";

static bool handles(int signal) {
  struct sigaction action;
  return sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
}

/* Has to be the first: handlers stay once they are installed. */
static void signals(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  bool traps = false, interrupts = false;
  CHECK(signals, wasmspan_configure_get_signals(configure, &traps, &interrupts));
  CHECK(signals, traps && interrupts);
  CHECK(signals, !wasmspan_configure_get_signals(configure, &traps, NULL));
  CODE(signals, wasmspan_configure_set_signals(NULL, false, false), WasmEdge_ErrCode_WrongVMWorkflow);
  for (int round = 0; round < 2; round++) {
    bool on = round == 1;
    OK(signals, wasmspan_configure_set_signals(configure, on, on));
    CHECK(signals, wasmspan_configure_get_signals(configure, &traps, &interrupts));
    CHECK(signals, traps == on && interrupts == on);
    WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
    WasmEdge_Value param = WasmEdge_ValueGenI32(1 << 20), got;
    CODE(signals, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(TRAPS),
                                               name_of("load"), &param, 1, &got, 1),
         WasmEdge_ErrCode_MemoryOutOfBounds);
    param = WasmEdge_ValueGenI32(0);
    CODE(signals, WasmEdge_VMExecute(vm, name_of("div"), &param, 1, &got, 1),
         WasmEdge_ErrCode_DivideByZero);
    WasmEdge_Async *call = WasmEdge_VMAsyncExecute(vm, name_of("spin"), NULL, 0);
    CHECK(signals, !WasmEdge_AsyncWaitFor(call, 20));
    WasmEdge_AsyncCancel(call);
    CODE(signals, WasmEdge_AsyncGet(call, NULL, 0), WasmEdge_ErrCode_Interrupted);
    WasmEdge_AsyncDelete(call);
    OK(signals, WasmEdge_VMExecute(vm, name_of("load"), &param, 1, &got, 1));
    WasmEdge_VMDelete(vm);
    CHECK(signals, handles(SIGFPE) == on);
  }
  WasmEdge_ConfigureDelete(configure);
}

/* Compiled code that travels with a module is run, unless it isn't trusted. */
static void compiled(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(configure);
  wasmspan_bytes both = {NULL, 0};
  wasmspan_bytes wasm = {NULL, 0};
  OK(compiled, wasmspan_wat_to_wasm(TRAPS, strlen(TRAPS), &wasm));
  OK(compiled, wasmspan_compile(compiler, wasm.data, wasm.size, &both));
  for (int trusted = 1; trusted >= 0; trusted--) {
    OK(compiled, wasmspan_configure_set_load_compiled(configure, trusted));
    WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(configure);
    WasmEdge_ASTModuleContext *module = NULL;
    OK(compiled, WasmEdge_LoaderParseFromBuffer(loader, &module, both.data, (uint32_t)both.size));
    CHECK(compiled, wasmspan_module_is_compiled(module) == trusted);
    WasmEdge_ASTModuleDelete(module);
    WasmEdge_LoaderDelete(loader);
  }
  CODE(compiled, wasmspan_configure_set_load_compiled(NULL, true), WasmEdge_ErrCode_WrongVMWorkflow);
  wasmspan_bytes_delete(&both), wasmspan_bytes_delete(&wasm);
  WasmEdge_CompilerDelete(compiler);
  WasmEdge_ConfigureDelete(configure);
}

static void compiling(void) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  CHECK(compiling, !WasmEdge_ConfigureHasProposal(configure, WasmEdge_Proposal_TailCall));
  OK(compiling, wasmspan_configure_add_finished_proposals(configure));
  CHECK(compiling, WasmEdge_ConfigureHasProposal(configure, WasmEdge_Proposal_TailCall));
  OK(compiling, wasmspan_configure_set_compile_threads(configure, 1));
  CHECK(compiling, !WasmEdge_ResultOK(wasmspan_configure_set_compile_time(configure, 3)));
  CODE(compiling, wasmspan_configure_set_compile_time(NULL, 3), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(compiling, wasmspan_configure_set_opt_level(configure, 3), WasmEdge_ErrCode_RuntimeError);
  CODE(compiling, wasmspan_configure_set_opt_level(NULL, 1), WasmEdge_ErrCode_WrongVMWorkflow);
  OK(compiling, wasmspan_configure_set_generic_code(configure, true));
  CODE(compiling, wasmspan_configure_set_generic_code(NULL, true), WasmEdge_ErrCode_WrongVMWorkflow);
  for (uint32_t time = 0; time < 3; time++) {
    OK(compiling, wasmspan_configure_set_opt_level(configure, time));
    OK(compiling, wasmspan_configure_set_compile_time(configure, time));
    WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
    WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(40), WasmEdge_ValueGenI32(2)}, got;
    OK(compiling, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(TRAPS),
                                               name_of("add"), params, 2, &got, 1));
    CHECK(compiling, WasmEdge_ValueGetI32(got) == 42);

    /* The same on another thread, which needs neither VM nor executor to stay. */
    const WasmEdge_FunctionInstanceContext *add =
        WasmEdge_ModuleInstanceFindFunction(WasmEdge_VMGetActiveModule(vm), name_of("add"));
    WasmEdge_ExecutorContext *executor = WasmEdge_ExecutorCreate(configure, NULL);
    WasmEdge_Async *call = wasmspan_executor_invoke_async(executor, add, params, 2);
    WasmEdge_Async *wrong = wasmspan_executor_invoke_async(executor, add, params, 1);
    WasmEdge_ExecutorDelete(executor);
    WasmEdge_VMDelete(vm);
    OK(compiling, WasmEdge_AsyncGet(call, &got, 1));
    CHECK(compiling, WasmEdge_ValueGetI32(got) == 42);
    CODE(compiling, WasmEdge_AsyncGet(wrong, &got, 1), WasmEdge_ErrCode_FuncSigMismatch);
    WasmEdge_AsyncDelete(call);
    WasmEdge_AsyncDelete(wrong);
  }
  CHECK(compiling, wasmspan_executor_invoke_async(NULL, NULL, NULL, 0) == NULL);

  WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(configure);
  wasmspan_bytes compiled;
  OK(compiling, wasmspan_compile(compiler, TEXT(TRAPS), &compiled));
  CHECK(compiling, !WasmEdge_ResultOK(
                       wasmspan_compile(compiler, (const uint8_t *)"none", 4, &compiled)));
  CHECK(compiling, !WasmEdge_ResultOK(wasmspan_compile(compiler, NULL, 4, &compiled)));
  WasmEdge_CompilerDelete(compiler);
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(configure);
  WasmEdge_ASTModuleContext *plain = load(TRAPS), *made = NULL;
  OK(compiling, WasmEdge_LoaderParseFromBuffer(loader, &made, compiled.data, (uint32_t)compiled.size));
  CHECK(compiling, wasmspan_module_is_compiled(made) && !wasmspan_module_is_compiled(plain));
  const uint8_t *data = NULL;
  size_t size = 0;
  CHECK(compiling, wasmspan_module_wasm(plain, &data, &size));
  CHECK(compiling, size > 8 && memcmp(data, "\0asm", 4) == 0 && compiled.size > size);
  CHECK(compiling, !wasmspan_module_wasm(NULL, &data, &size));
  CHECK(compiling, !wasmspan_module_wasm(plain, NULL, &size));
  wasmspan_bytes_delete(&compiled);
  WasmEdge_ASTModuleDelete(plain);
  WasmEdge_ASTModuleDelete(made);
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ConfigureDelete(configure);
}

struct lines {
  int count, failures, ended;
};
static void line(void *data, uint32_t level, WasmEdge_String text) {
  struct lines *lines = data;
  lines->count++;
  lines->failures += level == 4 && text.Length > 0;
}
static void lines_ended(void *data) { ((struct lines *)data)->ended++; }

static void logging(void) {
  struct lines lines = {0, 0, 0};
  WasmEdge_LogSetErrorLevel();
  wasmspan_log_to(line, &lines, lines_ended);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_VMLoadWasmFromBuffer(vm, (const uint8_t *)"none", 4);
  WasmEdge_VMDelete(vm);
  CHECK(log, lines.failures > 0 && lines.count == lines.failures && lines.ended == 0);
  WasmEdge_LogOff();
  wasmspan_log_to(NULL, NULL, NULL);
  CHECK(log, lines.ended == 1);
}

/* "now" gives a clock's time, "random" four bytes, "connect" what a connection to 127.0.0.1:9 says,
 * "open" what opening "x" below the first directory says. */
static const char GUEST[] =
    "(module"
    " (import \"wasi_snapshot_preview1\" \"clock_time_get\" (func $time"
    "  (param i32 i64 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"random_get\" (func $random"
    "  (param i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"sock_open\" (func $sock"
    "  (param i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"sock_connect\" (func $connect"
    "  (param i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_prestat_get\" (func $prestat"
    "  (param i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"path_open\" (func $open"
    "  (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 64) \"\\7f\\00\\00\\01\") (data (i32.const 96) \"../x\")"
    " (func (export \"now\") (param i32) (result i64)"
    "  (drop (call $time (local.get 0) (i64.const 0) (i32.const 0))) (i64.load (i32.const 0)))"
    " (func (export \"random\") (result i32)"
    "  (drop (call $random (i32.const 0) (i32.const 4))) (i32.load (i32.const 0)))"
    " (func (export \"connect\") (result i32) (local $e i32)"
    "  (local.set $e (call $sock (i32.const 1) (i32.const 2) (i32.const 16)))"
    "  (if (local.get $e) (then (return (local.get $e))))"
    "  (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 4))"
    "  (call $connect (i32.load (i32.const 16)) (i32.const 0) (i32.const 9)))"
    " (func (export \"directory\") (param i32) (result i32)"
    "  (call $prestat (local.get 0) (i32.const 0)))"
    " (func (export \"open\") (result i32)"
    "  (call $open (i32.const 3) (i32.const 0) (i32.const 96) (i32.const 4)"
    "   (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))))";

/* Calls a function of a guest with these surroundings. */
static int64_t guest(const wasmspan_wasi_config *config, const char *function, int argument) {
  WasmEdge_ModuleInstanceContext *wasi = WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0);
  OK(guest, wasmspan_wasi_configure(wasi, config));
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(guest, WasmEdge_VMRegisterModuleFromImport(vm, wasi));
  WasmEdge_Value param = WasmEdge_ValueGenI32(argument), got = WasmEdge_ValueGenI64(-1);
  OK(guest, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(GUEST),
                                         name_of(function), &param, argument >= 0, &got, 1));
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(wasi);
  return WasmEdge_ValueGetI64(got);
}

struct source {
  uint64_t now;
  int calls, ended;
};
static uint64_t tick(void *data) {
  ((struct source *)data)->calls++;
  return ((struct source *)data)->now++;
}
static void sevens(void *data, uint8_t *buf, size_t len) {
  ((struct source *)data)->calls++;
  memset(buf, 7, len);
}
static void ended(void *data) { ((struct source *)data)->ended++; }

static void repeating(void) {
  struct source day = {5000, 0, 0}, steps = {70, 0, 0}, bytes = {0, 0, 0};
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  CHECK(clock, guest(config, "now", 0) > 1000000000000000000);
  CHECK(clock, wasmspan_wasi_config_clock(config, false, tick, &day, ended));
  CHECK(clock, wasmspan_wasi_config_clock(config, true, tick, &steps, ended));
  CHECK(clock, !wasmspan_wasi_config_clock(config, true, NULL, &steps, ended));
  CHECK(clock, !wasmspan_wasi_config_clock(NULL, true, tick, &steps, ended));
  CHECK(clock, guest(config, "now", 0) == 5000 && guest(config, "now", 0) == 5001);
  CHECK(clock, guest(config, "now", 1) == 70 && day.calls == 2 && steps.calls == 1);

  CHECK(random, guest(config, "random", -1) != guest(config, "random", -1));
  wasmspan_wasi_config_random_seed(config, 1);
  int64_t first = guest(config, "random", -1);
  wasmspan_wasi_config_random_seed(config, 1);
  CHECK(random, guest(config, "random", -1) == first);
  wasmspan_wasi_config_random_seed(config, 2);
  CHECK(random, guest(config, "random", -1) != first);
  CHECK(random, wasmspan_wasi_config_random_from(config, sevens, &bytes, ended));
  CHECK(random, !wasmspan_wasi_config_random_from(config, NULL, &bytes, ended));
  CHECK(random, guest(config, "random", -1) == 0x07070707 && bytes.calls == 1);
  CHECK(clock, day.ended == 0 && steps.ended == 0 && bytes.ended == 0);
  wasmspan_wasi_config_delete(config);
  CHECK(clock, day.ended == 1 && steps.ended == 1 && bytes.ended == 1);
}

struct refusals {
  char function[32], wanted[64];
  uint32_t error, count;
};
static void refusal(void *data, const wasmspan_denial *denial) {
  struct refusals *refusals = data;
  refusals->count++;
  refusals->error = denial->error;
  snprintf(refusals->function, sizeof(refusals->function), "%.*s", (int)denial->function.Length,
           denial->function.Buf);
  snprintf(refusals->wanted, sizeof(refusals->wanted), "%.*s", (int)denial->wanted.Length,
           denial->wanted.Buf);
  CHECK(denial, denial->option.Length > 0);
}

static void refusing(void) {
  wasmspan_fs *fs = wasmspan_fs_create_memory(0);
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  OK(denial, wasmspan_wasi_config_mount(config, fs, name_of("/data"), false));
  CHECK(denial, wasmspan_wasi_config_denials(config, NULL, NULL) == 0);
  CHECK(denial, guest(config, "connect", -1) == 2);
  struct refusals refusals;
  memset(&refusals, 0, sizeof(refusals));
  CHECK(denial, wasmspan_wasi_config_denials(config, refusal, &refusals) == 1);
  CHECK(denial, refusals.count == 1 && refusals.error == 2);
  CHECK(denial, strcmp(refusals.function, "sock_open") == 0);
  /* Nothing listens there: another error than that of what is not allowed. */
  wasmspan_wasi_config_allow_address(config, name_of("127.0.0.1:9"));
  CHECK(denial, guest(config, "connect", -1) == 14);
  CHECK(denial, wasmspan_wasi_config_denials(config, NULL, NULL) == 1);
  CHECK(denial, guest(config, "open", -1) != 0);
  CHECK(denial, wasmspan_wasi_config_denials(config, refusal, &refusals) == 2);
  CHECK(denial, strstr(refusals.wanted, "../x") != NULL);

  CHECK(denial, guest(config, "directory", 4) == 8);
  wasmspan_wasi_config_list_directories(config);
  CHECK(denial, guest(config, "directory", 4) == 0);
  wasmspan_wasi_config_allow_address(config, name_of("1.2.3.4:port"));
  WasmEdge_ModuleInstanceContext *wasi = WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0);
  CHECK(denial, !WasmEdge_ResultOK(wasmspan_wasi_configure(wasi, config)));
  WasmEdge_ModuleInstanceDelete(wasi);
  wasmspan_wasi_config_delete(config);
  wasmspan_fs_delete(fs);
  CHECK(denial, wasmspan_wasi_config_denials(config, NULL, NULL) == 0);
}

int main(void) {
  WasmEdge_LogOff();
  signals();
  compiled();
  compiling();
  logging();
  repeating();
  refusing();
  return report();
}
