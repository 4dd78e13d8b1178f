/* What calls cost through the C interface, beside wasmtime's C interface.
 *
 *   calls PATH-OF-LIBWASMTIME
 *
 * wasmtime is loaded at run time; the few declarations that are needed of it are written here. */
#include "measure.h"
#include <dlfcn.h>
#include <wasmspan/wasmspan.h>

enum { CALLS = 200000 };

static const char MODULE[] =
    "(module (import \"env\" \"add\" (func $add (param i32 i32) (result i32)))"
    " (func (export \"add\") (param i32 i32) (result i32)"
    " (i32.add (local.get 0) (local.get 1)))"
    " (func (export \"loop\") (param $n i32) (result i32) (local $sum i32)"
    " (loop $next (local.set $sum (call $add (local.get $sum) (local.get $n)))"
    " (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    " (local.get $sum)))";

/* As "loop" above, over another function. */
#define LOOP(name)                                                                                 \
  "(module (import \"env\" \"" name "\" (func $host (param i32 i32) (result i32)))"                \
  " (func (export \"loop\") (param $n i32) (result i32) (local $sum i32)"                          \
  " (loop $next (local.set $sum (call $host (local.get $sum) (local.get $n)))"                     \
  " (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"                          \
  " (local.get $sum)))"
static const char EMPTY[] = LOOP("nothing"), CALLING[] = LOOP("calling_add");

/* ---- ours */

static WasmEdge_VMContext *vm;
static WasmEdge_ExecutorContext *executor;
static const WasmEdge_FunctionInstanceContext *add_function, *loop_function, *empty_function,
    *calling_function;

static WasmEdge_Result add(void *data, const WasmEdge_CallingFrameContext *frame,
                           const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame;
  returns[0] = WasmEdge_ValueGenI32(WasmEdge_ValueGetI32(params[0]) +
                                    WasmEdge_ValueGetI32(params[1]));
  return WasmEdge_Result_Success;
}

/* As a program that was compiled with a header that doesn't inline them. */
static int32_t (*volatile get_i32)(WasmEdge_Value) = WasmEdge_ValueGetI32;
static WasmEdge_Value (*volatile gen_i32)(int32_t) = WasmEdge_ValueGenI32;

static WasmEdge_Result calling_add(void *data, const WasmEdge_CallingFrameContext *frame,
                                   const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame;
  returns[0] = gen_i32(get_i32(params[0]) + get_i32(params[1]));
  return WasmEdge_Result_Success;
}

/* Gives 0, which its result is already. */
static WasmEdge_Result nothing(void *data, const WasmEdge_CallingFrameContext *frame,
                               const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame, (void)params, (void)returns;
  return WasmEdge_Result_Success;
}

/* The loop of a module that is registered under `name`. */
static const WasmEdge_FunctionInstanceContext *loop_of(const char *name, const char *text) {
  WasmEdge_String module = WasmEdge_StringWrap(name, (uint32_t)strlen(name));
  wasmspan_bytes wasm = {NULL, 0};
  wasmspan_wat_to_wasm(text, strlen(text), &wasm);
  if (!WasmEdge_ResultOK(
          WasmEdge_VMRegisterModuleFromBuffer(vm, module, wasm.data, (uint32_t)wasm.size)))
    stop(name);
  wasmspan_bytes_delete(&wasm);
  return WasmEdge_ModuleInstanceFindFunction(
      WasmEdge_StoreFindModule(WasmEdge_VMGetStoreContext(vm), module),
      WasmEdge_StringWrap("loop", 4));
}

static void prepare(const wasmspan_bytes *wasm) {
  vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(WasmEdge_StringWrap("env", 3));
  enum WasmEdge_ValType types[2] = {WasmEdge_ValType_I32, WasmEdge_ValType_I32};
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(types, 2, types, 1);
  WasmEdge_ModuleInstanceAddFunction(env, WasmEdge_StringWrap("add", 3),
                                     WasmEdge_FunctionInstanceCreate(type, add, NULL, 0));
  WasmEdge_ModuleInstanceAddFunction(env, WasmEdge_StringWrap("nothing", 7),
                                     WasmEdge_FunctionInstanceCreate(type, nothing, NULL, 0));
  WasmEdge_ModuleInstanceAddFunction(env, WasmEdge_StringWrap("calling_add", 11),
                                     WasmEdge_FunctionInstanceCreate(type, calling_add, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_VMRegisterModuleFromImport(vm, env);
  WasmEdge_VMLoadWasmFromBuffer(vm, wasm->data, (uint32_t)wasm->size);
  WasmEdge_VMValidate(vm);
  if (!WasmEdge_ResultOK(WasmEdge_VMInstantiate(vm)))
    stop("our module");
  executor = WasmEdge_VMGetExecutorContext(vm);
  const WasmEdge_ModuleInstanceContext *active = WasmEdge_VMGetActiveModule(vm);
  add_function = WasmEdge_ModuleInstanceFindFunction(active, WasmEdge_StringWrap("add", 3));
  loop_function = WasmEdge_ModuleInstanceFindFunction(active, WasmEdge_StringWrap("loop", 4));
  empty_function = loop_of("empty", EMPTY);
  calling_function = loop_of("calling", CALLING);
}

static double invoke(void) {
  WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(1), WasmEdge_ValueGenI32(2)}, got[1];
  double start = now();
  for (int at = 0; at < CALLS; at++)
    if (!WasmEdge_ResultOK(WasmEdge_ExecutorInvoke(executor, add_function, params, 2, got, 1)))
      stop("our call");
  return (now() - start) / CALLS;
}

static double by_name(void) {
  WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(1), WasmEdge_ValueGenI32(2)}, got[1];
  WasmEdge_String name = WasmEdge_StringWrap("add", 3);
  double start = now();
  for (int at = 0; at < CALLS; at++)
    if (!WasmEdge_ResultOK(WasmEdge_VMExecute(vm, name, params, 2, got, 1)))
      stop("our call by name");
  return (now() - start) / CALLS;
}

static double fast(void) {
  wasmspan_slot slots[2];
  double start = now();
  for (int at = 0; at < CALLS; at++) {
    slots[0].i32 = 1, slots[1].i32 = 2;
    if (wasmspan_call(add_function, slots, 2).Code != 0)
      stop("our fast call");
  }
  return (now() - start) / CALLS;
}

static double calls_of(const WasmEdge_FunctionInstanceContext *loop) {
  WasmEdge_Value param = WasmEdge_ValueGenI32(CALLS), got;
  double start = now();
  if (!WasmEdge_ResultOK(WasmEdge_ExecutorInvoke(executor, loop, &param, 1, &got, 1)))
    stop("our host calls");
  return (now() - start) / CALLS;
}

static double host(void) { return calls_of(loop_function); }

/* Without what WasmEdge_ValueGet… and WasmEdge_ValueGen… cost. */
static double empty_host(void) { return calls_of(empty_function); }

static double calling_host(void) { return calls_of(calling_function); }

enum { MODULES = 40 };

static double whole(void) {
  static const uint8_t small[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 5,   1,   0x60, 0,   1,
                                  0x7f, 3,  2,   1,  0, 7, 5, 1, 1, 'f', 0,   0,    10,  6,
                                  1,    4,  0,   65, 7, 11};
  double start = now();
  for (int at = 0; at < MODULES; at++) {
    WasmEdge_VMContext *one = WasmEdge_VMCreate(NULL, NULL);
    WasmEdge_VMLoadWasmFromBuffer(one, small, sizeof(small));
    WasmEdge_VMValidate(one);
    if (!WasmEdge_ResultOK(WasmEdge_VMInstantiate(one)))
      stop("a small module");
    WasmEdge_VMDelete(one);
  }
  return (now() - start) / MODULES;
}

/* ---- wasmtime */

typedef union {
  int32_t i32;
  uint8_t wide[16];
} wt_raw;
typedef struct {
  size_t size;
  void **data;
} wt_vec;
typedef void *(*wt_body)(void *, void *, wt_raw *, size_t);
/* Larger than the structures are. */
typedef union {
  uint64_t align;
  uint8_t room[64];
} wt_any;

static void *wt_context;
static wt_any wt_add_export, wt_loop_export;
static void *(*wt_call)(void *, const void *, wt_raw *, size_t, void **);

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found)
    stop(name);
  return found;
}

static void *wt_add(void *env, void *caller, wt_raw *values, size_t count) {
  (void)env, (void)caller, (void)count;
  values[0].i32 += values[1].i32;
  return NULL;
}

#define LOAD(type, name) type name; *(void **)&name = symbol(library, #name)

static void prepare_wasmtime(const char *path, const wasmspan_bytes *wasm) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    stop(dlerror());
  typedef void *(*New)(void);
  typedef void *(*StoreNew)(void *, void *, void *);
  typedef void *(*Context)(void *);
  typedef void *(*ModuleNew)(void *, const uint8_t *, size_t, void **);
  typedef void *(*InstanceNew)(void *, void *, const void *, size_t, void *, void **);
  typedef bool (*Export)(void *, const void *, const char *, size_t, void *);
  typedef void *(*ValtypeNew)(uint8_t);
  typedef void (*VecNew)(wt_vec *, size_t, void *const *);
  typedef void *(*FunctypeNew)(wt_vec *, wt_vec *);
  typedef void (*FuncNew)(void *, const void *, wt_body, void *, void *, void *);
  LOAD(New, wasm_engine_new);
  LOAD(StoreNew, wasmtime_store_new);
  LOAD(Context, wasmtime_store_context);
  LOAD(ModuleNew, wasmtime_module_new);
  LOAD(InstanceNew, wasmtime_instance_new);
  LOAD(Export, wasmtime_instance_export_get);
  LOAD(ValtypeNew, wasm_valtype_new);
  LOAD(VecNew, wasm_valtype_vec_new);
  LOAD(FunctypeNew, wasm_functype_new);
  LOAD(FuncNew, wasmtime_func_new_unchecked);
  *(void **)&wt_call = symbol(library, "wasmtime_func_call_unchecked");
  void *engine = wasm_engine_new();
  wt_context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
  void *module = NULL, *trap = NULL;
  if (wasmtime_module_new(engine, wasm->data, wasm->size, &module))
    stop("wasmtime's module");
  void *types[3] = {wasm_valtype_new(0), wasm_valtype_new(0), wasm_valtype_new(0)};
  wt_vec params, results;
  wasm_valtype_vec_new(&params, 2, types);
  wasm_valtype_vec_new(&results, 1, types + 2);
  /* An extern: its kind (0 is a function), and from byte 8 on what it is. */
  wt_any import, instance;
  memset(&import, 0, sizeof(import));
  wasmtime_func_new_unchecked(wt_context, wasm_functype_new(&params, &results), wt_add, NULL, NULL,
                              import.room + 8);
  if (wasmtime_instance_new(wt_context, module, &import, 1, &instance, &trap) || trap)
    stop("wasmtime's instance");
  if (!wasmtime_instance_export_get(wt_context, &instance, "add", 3, &wt_add_export) ||
      !wasmtime_instance_export_get(wt_context, &instance, "loop", 4, &wt_loop_export))
    stop("wasmtime's exports");
}

static double wt_invoke(void) {
  wt_raw values[2];
  void *trap = NULL;
  double start = now();
  for (int at = 0; at < CALLS; at++) {
    values[0].i32 = 1, values[1].i32 = 2;
    if (wt_call(wt_context, wt_add_export.room + 8, values, 2, &trap) || trap)
      stop("wasmtime's call");
  }
  return (now() - start) / CALLS;
}

static double wt_host(void) {
  wt_raw values[1];
  void *trap = NULL;
  values[0].i32 = CALLS;
  double start = now();
  if (wt_call(wt_context, wt_loop_export.room + 8, values, 1, &trap) || trap)
    stop("wasmtime's host calls");
  return (now() - start) / CALLS;
}

int main(int argc, char *argv[]) {
  if (argc != 2)
    stop("give the path of libwasmtime");
  wasmspan_bytes wasm;
  WasmEdge_LogSetErrorLevel();
  if (!WasmEdge_ResultOK(wasmspan_wat_to_wasm(MODULE, sizeof(MODULE) - 1, &wasm)))
    stop("the text");
  prepare(&wasm);
  prepare_wasmtime(argv[1], &wasm);
  printf("%-44s %9s %9s  ratio\n", "C interface, nanoseconds", "ours", "wasmtime");
  row("ExecutorInvoke / wasmtime_func_call_unchecked", invoke, wt_invoke, 1.5);
  row("VMExecute by name / ExecutorInvoke", by_name, invoke, 3.0);
  row("wasmspan_call / wasmtime_func_call_unchecked", fast, wt_invoke, 1.0);
  /* 12 ns where wasmtime takes 5.4. */
  row("wasm -> C function that does nothing", empty_host, wt_host, 2.2);
  row("wasm -> C function that adds two values", host, wt_host, 2.2);
  row("the same, calling ValueGet and ValueGen", calling_host, wt_host, 0);
  row("VM: create, load, instantiate, delete", whole, NULL, 0);
  wasmspan_bytes_delete(&wasm);
  return 0;
}
