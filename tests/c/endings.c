/* A process that ends while guests run, wait and call back on other threads. Arguments: what they do, and how
 * the process ends. It must end with 7, at once, and without a word.
 */
#define _GNU_SOURCE
#include "text.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3, CODE = 7 };

static const char GUEST[] =
    "(module (import \"env\" \"host\" (func $host (param i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"poll_oneoff\""
    "  (func $poll (param i32 i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_read\""
    "  (func $read (param i32 i32 i32 i32) (result i32)))"
    " (memory (export \"memory\") 1 1 shared)"
    " (func $started (export \"started\") (drop (call $host (i32.const 0))))"
    " (func (export \"spin\") (call $started) (loop $again (br $again)))"
    " (func (export \"calls\") (loop $again (drop (call $host (i32.const 0))) (br $again)))"
    " (func (export \"waits\") (drop (call $host (i32.const 1))))"
    " (func (export \"ends\") (drop (call $host (i32.const 2))))"
    " (func (export \"notify\") (call $started)"
    "  (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))"
    " (func (export \"sleep\") (call $started) (i32.store8 (i32.const 16) (i32.const 0))"
    "  (i64.store (i32.const 32) (i64.const 0)) (i32.store (i32.const 24) (i32.const 1))"
    "  (i64.store (i32.const 40) (i64.const 3600000000000))"
    "  (drop (call $poll (i32.const 8) (i32.const 128) (i32.const 1) (i32.const 256))))"
    " (func (export \"read\") (call $started) (i32.store (i32.const 512) (i32.const 1024))"
    "  (i32.store (i32.const 516) (i32.const 16))"
    "  (drop (call $read (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 520)))))";

static WasmEdge_VMContext *vm;
static WasmEdge_ASTModuleContext *module;
static wasmspan_pool *pool;
static atomic_int started;
static const char *what;

static WasmEdge_Result host(void *data, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame;
  int number = WasmEdge_ValueGetI32(params[0]);
  atomic_fetch_add(&started, 1);
  if (number == 1)
    for (;;)
      pause();
  if (number == 2)
    exit(CODE);
  returns[0] = WasmEdge_ValueGenI32(0);
  return WasmEdge_Result_Success;
}

static WasmEdge_String name(const char *text) {
  return WasmEdge_StringWrap(text, (uint32_t)strlen(text));
}

static void *work(void *unused) {
  (void)unused;
  if (strcmp(what, "compile") == 0) {
    for (;;) {
      WasmEdge_VMContext *own = WasmEdge_VMCreate(NULL, NULL);
      WasmEdge_VMLoadWasmFromASTModule(own, module);
      WasmEdge_VMValidate(own);
      WasmEdge_VMInstantiate(own);
      WasmEdge_VMDelete(own);
      atomic_fetch_add(&started, 1);
    }
  }
  if (strcmp(what, "pool") == 0) {
    WasmEdge_ModuleInstanceContext *taken = NULL;
    atomic_fetch_add(&started, 1);
    wasmspan_pool_get(pool, UINT64_MAX, &taken);
    wasmspan_pool_get(pool, UINT64_MAX, &taken);
  } else if (strcmp(what, "async") == 0 || strcmp(what, "asyncsleep") == 0) {
    const char *function = strcmp(what, "async") == 0 ? "spin" : "sleep";
    WasmEdge_AsyncGet(WasmEdge_VMAsyncExecute(vm, name(function), NULL, 0), NULL, 0);
  } else {
    WasmEdge_VMExecute(vm, name(what), NULL, 0, NULL, 0);
  }
  for (;;)
    pause();
  return NULL;
}

static void *ends(void *unused) {
  (void)unused;
  usleep(50000);
  exit(CODE);
}

static void delete_vm(void) { WasmEdge_VMDelete(vm); }

/* Waits for a child; its code, or 1. */
static int code_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char *argv[]) {
  if (argc < 3)
    return 1;
  what = argv[1];
  const char *how = argv[2];
  WasmEdge_LogOff();
  wasmspan_bytes wasm = binary_of(GUEST, sizeof(GUEST) - 1);
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  wasmspan_configure_add_finished_proposals(configure);
  WasmEdge_ConfigureAddHostRegistration(configure, WasmEdge_HostRegistration_Wasi);
  vm = WasmEdge_VMCreate(configure, NULL);
  enum WasmEdge_ValType kind = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&kind, 1, &kind, 1);
  WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(name("env"));
  WasmEdge_ModuleInstanceAddFunction(env, name("host"),
                                     WasmEdge_FunctionInstanceCreate(type, host, NULL, 0));
  WasmEdge_VMRegisterModuleFromImport(vm, env);
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(configure);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(configure);
  if (!WasmEdge_ResultOK(WasmEdge_LoaderParseFromBuffer(loader, &module, wasm.data, (uint32_t)wasm.size)) ||
      !WasmEdge_ResultOK(WasmEdge_ValidatorValidate(validator, module)))
    return 2;
  if (!WasmEdge_ResultOK(WasmEdge_VMLoadWasmFromASTModule(vm, module)) ||
      !WasmEdge_ResultOK(WasmEdge_VMValidate(vm)) || !WasmEdge_ResultOK(WasmEdge_VMInstantiate(vm)))
    return 3;
  if (strcmp(what, "pool") == 0)
    pool = wasmspan_pool_create(module, WasmEdge_VMGetStoreContext(vm), 1);
  if (strcmp(how, "atexit") == 0)
    atexit(delete_vm);

  pthread_t threads[THREADS];
  for (int at = 0; at < THREADS; at++)
    pthread_create(&threads[at], NULL, work, NULL);
  while (atomic_load(&started) < THREADS)
    usleep(1000);
  usleep(20000);

  if (strcmp(how, "return") == 0)
    return CODE;
  if (strcmp(how, "quick_exit") == 0)
    quick_exit(CODE);
  if (strcmp(how, "pthread_exit") == 0) {
    pthread_create(&threads[0], NULL, ends, NULL);
    pthread_exit(NULL);
  }
  if (strcmp(how, "host") == 0) {
    WasmEdge_VMExecute(vm, name("ends"), NULL, 0, NULL, 0);
    return 4;
  }
  if (strcmp(how, "delete") == 0)
    delete_vm();
  if (strcmp(how, "fork") == 0) {
    pid_t child = fork();
    if (child == 0)
      exit(CODE);
    return code_of(child);
  }
  if (strcmp(how, "forkuse") == 0) {
    /* A child that uses the library itself. */
    pid_t child = fork();
    if (child == 0) {
      if (!WasmEdge_ResultOK(WasmEdge_VMExecute(vm, name("started"), NULL, 0, NULL, 0)))
        exit(5);
      WasmEdge_VMDelete(vm);
      WasmEdge_ASTModuleDelete(module);
      exit(CODE);
    }
    return code_of(child);
  }
  if (strcmp(how, "dlclose") == 0) {
    void *library = dlopen("libwasmedge.so.0", RTLD_NOW | RTLD_NOLOAD);
    for (int at = 0; library && at < 3; at++)
      dlclose(library);
  }
  exit(CODE);
}
