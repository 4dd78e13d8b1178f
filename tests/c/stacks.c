/* Calls on stacks that are not the thread's own, and on threads with little stack: fibers of other languages and
 * libraries are such stacks. */
#define _GNU_SOURCE
#include "check.h"
#include "load.h"
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

static const char WASM[] =
    "(module (import \"env\" \"suspend\" (func $suspend (param i32) (result i32)))"
    " (func (export \"double\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))"
    " (func (export \"suspend\") (param i32) (result i32) (i32.add (call $suspend (local.get 0)) (i32.const 1)))"
    " (func $deep (export \"deep\") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))"
    " (func (export \"trap\") (param i32) (result i32) unreachable))";

static WasmEdge_VMContext *vm;
static ucontext_t scheduler, fibers[2];
static int running;
static const size_t PAGE = 64 << 10;

static WasmEdge_Result suspend(void *data, const WasmEdge_CallingFrameContext *frame,
                               const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame;
  int self = running;
  swapcontext(&fibers[self], &scheduler);
  running = self;
  returns[0] = WasmEdge_ValueGenI32(WasmEdge_ValueGetI32(params[0]) * 10);
  return WasmEdge_Result_Success;
}

static uint32_t call(const char *name, int32_t value, int32_t *result) {
  WasmEdge_Value param = WasmEdge_ValueGenI32(value), got = WasmEdge_ValueGenI32(-1);
  WasmEdge_Result ended = WasmEdge_VMExecute(vm, name_of(name), &param, 1, &got, 1);
  *result = WasmEdge_ValueGetI32(got);
  return WasmEdge_ResultGetCode(ended);
}

static void everything(void) {
  int32_t got;
  CHECK(stack, call("double", 21, &got) == 0 && got == 42);
  CHECK(stack, call("trap", 0, &got) == WasmEdge_ErrCode_Unreachable);
  CHECK(stack, call("deep", 0, &got) == 0x91);
  CHECK(stack, call("double", 4, &got) == 0 && got == 8);
}

/* Where it ends is not known, and what lies below it must not be written to. */
static void refused(void) {
  int32_t got;
  CHECK(unguarded, call("double", 21, &got) == 0x91);
}

static void waits(void) {
  int32_t got, value = running + 1;
  CHECK(fiber, call("suspend", value, &got) == 0 && got == value * 10 + 1);
  everything();
}

static void begin(ucontext_t *context, void *stack, size_t size, void (*work)(void)) {
  getcontext(context);
  context->uc_stack.ss_sp = stack;
  context->uc_stack.ss_size = size;
  context->uc_link = &scheduler;
  makecontext(context, work, 0);
}

/* A stack, and what may be done with the page below it: only if nothing, that is a guard. */
static char *make_stack(size_t size, int below) {
  char *pages = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapped, pages != MAP_FAILED && mprotect(pages, PAGE, below) == 0);
  return pages + PAGE;
}

static void resume(int fiber) {
  running = fiber;
  swapcontext(&scheduler, &fibers[fiber]);
}

static void *on_thread(void *data) {
  (void)data;
  everything();
  return NULL;
}

int main(void) {
  vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(name_of("env"));
  enum WasmEdge_ValType i32 = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&i32, 1, &i32, 1);
  WasmEdge_ModuleInstanceAddFunction(env, name_of("suspend"),
                                     WasmEdge_FunctionInstanceCreate(type, suspend, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);
  OK(start, WasmEdge_VMRegisterModuleFromImport(vm, env));
  WasmEdge_ASTModuleContext *module = load(WASM);
  OK(start, WasmEdge_VMLoadWasmFromASTModule(vm, module));
  OK(start, WasmEdge_VMValidate(vm));
  OK(start, WasmEdge_VMInstantiate(vm));

  /* Threads first: stubs are compiled at the first call, which may need more stack than there is. */
  static const size_t SIZES[] = {16, 32, 64, 96, 256};
  for (size_t at = 0; at < sizeof SIZES / sizeof *SIZES; at++) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    CHECK(thread, pthread_attr_setstacksize(&attributes, SIZES[at] << 10) == 0);
    CHECK(thread, pthread_create(&thread, &attributes, on_thread, NULL) == 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
  }

  static const size_t LARGE = 8 << 20, SMALL = 1 << 20;
  char *large = make_stack(LARGE, PROT_NONE), *small = make_stack(SMALL, PROT_NONE);
  char *bare = make_stack(SMALL, PROT_READ);
  for (int round = 0; round < 10; round++) {
    begin(&fibers[0], large, LARGE, everything);
    resume(0);
    begin(&fibers[1], small, SMALL, everything);
    resume(1);
    /* Both inside wasm at once; the first to begin is the first to go on. */
    begin(&fibers[0], large, LARGE, waits);
    begin(&fibers[1], small, SMALL, waits);
    resume(0);
    resume(1);
    everything();
    resume(0);
    everything();
    resume(1);
    begin(&fibers[0], bare, SMALL, refused);
    resume(0);
  }
  munmap(bare - PAGE, SMALL + PAGE);
  munmap(small - PAGE, SMALL + PAGE);
  munmap(large - PAGE, LARGE + PAGE);
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(env);
  return report();
}
