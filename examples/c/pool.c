/* Many requests at once, each with an instance of its own that begins in the module's first state. */
#include "must.h"
#include <stdatomic.h>
#include <threads.h>

static const char guest[] =
    "(module"
    "  (import \"host\" \"fetch\" (func $fetch (param i32) (result i32)))"
    "  (global $seen (mut i32) (i32.const 0))"
    "  (func (export \"handle\") (param i32) (result i32)"
    "    (global.set $seen (i32.add (global.get $seen) (i32.const 1)))"
    "    (i32.add (i32.mul (call $fetch (local.get 0)) (i32.const 1000)) (global.get $seen))))";

static atomic_int running, most;

static WasmEdge_Result fetch(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params,
                             WasmEdge_Value *returns) {
  (void)data, (void)frame;
  int now = atomic_fetch_add(&running, 1) + 1, before = most;
  while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
    ;
  thrd_sleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  atomic_fetch_sub(&running, 1);
  returns[0] = params[0];
  return WasmEdge_Result_Success;
}

struct request {
  const wasmspan_pool *pool;
  int32_t n, answer;
};

static int answer(void *data) {
  struct request *request = data;
  WasmEdge_ModuleInstanceContext *instance;
  must(wasmspan_pool_get(request->pool, 5000, &instance));
  wasmspan_slot slot = {.i32 = request->n};
  must(wasmspan_call(WasmEdge_ModuleInstanceFindFunction(instance, name("handle")), &slot, 1));
  request->answer = slot.i32;
  WasmEdge_ModuleInstanceDelete(instance); /* gives its place back */
  return 0;
}

int main(void) {
  enum WasmEdge_ValType i32 = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&i32, 1, &i32, 1);
  WasmEdge_ModuleInstanceContext *host = made(WasmEdge_ModuleInstanceCreate(name("host")));
  WasmEdge_ModuleInstanceAddFunction(host, name("fetch"), made(WasmEdge_FunctionInstanceCreate(type, fetch, NULL, 0)));
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_StoreContext *store = made(WasmEdge_StoreCreate());
  WasmEdge_ExecutorContext *executor = made(WasmEdge_ExecutorCreate(NULL, NULL));
  must(WasmEdge_ExecutorRegisterImport(executor, store, host));
  WasmEdge_ASTModuleContext *module = load_text(NULL, guest);
  wasmspan_pool *pool = made(wasmspan_pool_create(module, store, 4));

  enum { count = 12 };
  struct request requests[count];
  thrd_t threads[count];
  for (int at = 0; at < count; at++) {
    requests[at] = (struct request){.pool = pool, .n = at};
    if (thrd_create(&threads[at], answer, &requests[at]) != thrd_success)
      return EXIT_FAILURE;
  }
  printf("answers:");
  for (int at = 0; at < count; at++) {
    thrd_join(threads[at], NULL);
    printf(" %d", requests[at].answer);
  }
  printf("\nat once, at most 4: %s\n", most > 1 && most <= 4 ? "true" : "false");
  printf("in use: %zu of %zu\n", wasmspan_pool_in_use(pool), wasmspan_pool_size(pool));

  wasmspan_pool_delete(pool);
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_ExecutorDelete(executor);
  WasmEdge_StoreDelete(store);
  WasmEdge_ModuleInstanceDelete(host);
}
