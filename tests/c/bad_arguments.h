/* The head of a program that a test generates: calls of every function with bad arguments. */
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasmspan/wasmspan.h>

/* ---- Contexts of every kind, as good as new ------------------------------------------------- */

/* All that any of them needs: for bindgen and heap, and something to import. */
static const char MODULE[] =
    "(module (memory (export \"memory\") 1) (global (export \"g\") (mut i32) (i32.const 0))"
    " (table (export \"t\") 1 funcref) (func (export \"run\"))"
    " (func (export \"allocate\") (param i32) (result i32) (i32.const 64))"
    " (func (export \"malloc\") (param i32) (result i32) (i32.const 64))"
    " (func (export \"free\") (param i32)))";
static const char IMPORTING[] = "(module (import \"env\" \"f\" (func)))";

static WasmEdge_ASTModuleContext *load(const char *text) {
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(NULL);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(NULL);
  WasmEdge_ASTModuleContext *module = NULL;
  WasmEdge_LoaderParseFromBuffer(loader, &module, TEXT(text));
  WasmEdge_ValidatorValidate(validator, module);
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
  return module;
}

/* One module for all that only need one. */
static WasmEdge_ASTModuleContext *module(void) {
  static WasmEdge_ASTModuleContext *loaded;
  return loaded ? loaded : (loaded = load(MODULE));
}

static WasmEdge_Result nothing(void *data, const WasmEdge_CallingFrameContext *frame,
                               const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame, (void)params, (void)returns;
  return WasmEdge_Result_Success;
}

static WasmEdge_ModuleInstanceContext *instance(void) {
  WasmEdge_ExecutorContext *executor = WasmEdge_ExecutorCreate(NULL, NULL);
  WasmEdge_StoreContext *store = WasmEdge_StoreCreate();
  WasmEdge_ModuleInstanceContext *made = NULL;
  WasmEdge_ExecutorInstantiate(executor, &made, store, module());
  WasmEdge_ExecutorDelete(executor);
  WasmEdge_StoreDelete(store);
  return made;
}

static WasmEdge_Async *call(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_Async *made = WasmEdge_VMAsyncRunWasmFromASTModule(
      vm, module(), WasmEdge_StringWrap("run", 3), NULL, 0);
  WasmEdge_AsyncWait(made);
  WasmEdge_VMDelete(vm);
  return made;
}

/* How to make a context of a kind, and how to delete it; none for what is always lent. */
#define LIMIT ((WasmEdge_Limit){true, false, 1, 2})
#define TYPED(create, type, ...)                                                                   \
  do {                                                                                             \
    WasmEdge_##type##Context *of = WasmEdge_##type##Create(__VA_ARGS__);                           \
    made = create;                                                                                 \
    WasmEdge_##type##Delete(of);                                                                   \
  } while (0)

enum kind {
  ConfigureContext, StatisticsContext, ASTModuleContext, FunctionTypeContext, MemoryTypeContext,
  TableTypeContext, GlobalTypeContext, ImportTypeContext, ExportTypeContext, CompilerContext,
  LoaderContext, ValidatorContext, ExecutorContext, StoreContext, ModuleInstanceContext,
  FunctionInstanceContext, TableInstanceContext, MemoryInstanceContext, GlobalInstanceContext,
  CallingFrameContext, Async, VMContext, pool, fs, wasi_config, command, interrupt, bindgen, heap,
  KINDS
};

static void *make(enum kind kind) {
  void *made = NULL;
  switch (kind) {
  case ConfigureContext: return WasmEdge_ConfigureCreate();
  case StatisticsContext: return WasmEdge_StatisticsCreate();
  case ASTModuleContext: return load(MODULE);
  case FunctionTypeContext: return WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  case MemoryTypeContext: return WasmEdge_MemoryTypeCreate(LIMIT);
  case TableTypeContext: return WasmEdge_TableTypeCreate(WasmEdge_RefType_FuncRef, LIMIT);
  case GlobalTypeContext: return WasmEdge_GlobalTypeCreate(WasmEdge_ValType_I32, WasmEdge_Mutability_Var);
  case ImportTypeContext:
  case ExportTypeContext: {
    static WasmEdge_ASTModuleContext *owner;
    const WasmEdge_ImportTypeContext *import = NULL;
    const WasmEdge_ExportTypeContext *export = NULL;
    if (!owner)
      owner = load(IMPORTING);
    WasmEdge_ASTModuleListImports(owner, &import, 1);
    WasmEdge_ASTModuleListExports(module(), &export, 1);
    return (void *)(uintptr_t)(kind == ImportTypeContext ? (const void *)import : (const void *)export);
  }
  case CompilerContext: return WasmEdge_CompilerCreate(NULL);
  case LoaderContext: return WasmEdge_LoaderCreate(NULL);
  case ValidatorContext: return WasmEdge_ValidatorCreate(NULL);
  case ExecutorContext: return WasmEdge_ExecutorCreate(NULL, NULL);
  case StoreContext: return WasmEdge_StoreCreate();
  case ModuleInstanceContext: return instance();
  case FunctionInstanceContext:
    TYPED(WasmEdge_FunctionInstanceCreate(of, nothing, NULL, 0), FunctionType, NULL, 0, NULL, 0);
    return made;
  case TableInstanceContext:
    TYPED(WasmEdge_TableInstanceCreate(of), TableType, WasmEdge_RefType_FuncRef, LIMIT);
    return made;
  case MemoryInstanceContext: TYPED(WasmEdge_MemoryInstanceCreate(of), MemoryType, LIMIT); return made;
  case GlobalInstanceContext:
    TYPED(WasmEdge_GlobalInstanceCreate(of, WasmEdge_ValueGenI32(1)), GlobalType, WasmEdge_ValType_I32,
          WasmEdge_Mutability_Var);
    return made;
  /* There is none outside host functions: an address like any other. */
  case CallingFrameContext: return (void *)(uintptr_t)MODULE;
  case Async: return call();
  case VMContext: return WasmEdge_VMCreate(NULL, NULL);
  case pool: return wasmspan_pool_create(module(), NULL, 2);
  case fs: return wasmspan_fs_create_memory(1 << 16);
  case wasi_config: return wasmspan_wasi_config_create();
  case command: return wasmspan_command_create(module());
  case interrupt: return wasmspan_interrupt_create();
  case bindgen:
  case heap: {
    WasmEdge_ModuleInstanceContext *guest = instance();
    made = kind == heap ? (void *)wasmspan_heap_create(guest) : (void *)wasmspan_bindgen_create(guest);
    WasmEdge_ModuleInstanceDelete(guest);
    return made;
  }
  default: return NULL;
  }
}

/* Deletes something as what it may be; of all these calls one at most does anything. */
static void delete_as_all(void *c) {
  WasmEdge_AsyncDelete(c), WasmEdge_VMDelete(c), WasmEdge_ConfigureDelete(c);
  WasmEdge_StatisticsDelete(c), WasmEdge_ASTModuleDelete(c), WasmEdge_FunctionTypeDelete(c);
  WasmEdge_MemoryTypeDelete(c), WasmEdge_TableTypeDelete(c), WasmEdge_GlobalTypeDelete(c);
  WasmEdge_CompilerDelete(c), WasmEdge_LoaderDelete(c), WasmEdge_ValidatorDelete(c);
  WasmEdge_ExecutorDelete(c), WasmEdge_StoreDelete(c), WasmEdge_ModuleInstanceDelete(c);
  WasmEdge_FunctionInstanceDelete(c), WasmEdge_TableInstanceDelete(c);
  WasmEdge_MemoryInstanceDelete(c), WasmEdge_GlobalInstanceDelete(c);
  wasmspan_pool_delete(c), wasmspan_fs_delete(c), wasmspan_wasi_config_delete(c);
  wasmspan_command_delete(c), wasmspan_interrupt_delete(c), wasmspan_bindgen_delete(c);
  wasmspan_heap_delete(c);
}

/* ---- Arguments ------------------------------------------------------------------------------- */

/* What the arguments of one call are made of. */
static void *made[16];
static int count;

/* A live context of the kind that the function wants. */
static void *live(enum kind kind) { return made[count++] = make(kind); }

/* One of that kind that was deleted. */
static void *stale(enum kind kind) {
  void *context = make(kind);
  delete_as_all(context);
  return context;
}

/* A live context of another kind. */
static void *other(enum kind kind) {
  return live(kind == StoreContext ? LoaderContext : StoreContext);
}

/* Zeros, wherever an address is wanted. */
static _Alignas(64) unsigned char zeros[1 << 16];

/* Deletes what a call left in its place, and what the arguments were made of: those of a function of
 * deletion a second time. */
static void end(void) {
  delete_as_all(*(void **)zeros);
  while (count > 0)
    delete_as_all(made[--count]);
  memset(zeros, 0, sizeof(zeros));
}

#define ONES(type)                                                             \
  static type ones_##type(void) {                                              \
    type made;                                                                 \
    memset(&made, 0xff, sizeof(made));                                         \
    return made;                                                               \
  }
ONES(WasmEdge_Value)
ONES(WasmEdge_Limit)
ONES(WasmEdge_Result)

/* ---- What calls give ------------------------------------------------------------------------- */

static int failures;

/* The result of a call with a context that is none. */
static void refused(const char *what, WasmEdge_Result result) {
  if (WasmEdge_ResultOK(result)) {
    printf("%s succeeds\n", what);
    failures++;
  }
}

/* What a call gave; it may be lent. */
static void given(const void *context) { delete_as_all((void *)(uintptr_t)context); }

/* Values of bindgen of every kind and of kinds that there are not, over a list that is not there. */
static void odd_values(void) {
  wasmspan_bindgen *guest = make(bindgen);
  for (uint32_t kind = 0; kind < 64; kind++) {
    wasmspan_value value;
    wasmspan_results results;
    memset(&value, 0, sizeof(value));
    value.kind = kind;
    value.of.list.count = SIZE_MAX;
    refused("a list without items", wasmspan_bindgen_call(guest, WasmEdge_StringWrap("run", 3),
                                                          &value, 1, &results));
    wasmspan_results_delete(&results);
  }
  wasmspan_bindgen_delete(guest);
}

/* Functions of a file system in structures that are too short, too long, or lack one. */
static int say(void *data, const char *path, wasmspan_file_info *info) {
  (void)data, (void)path, (void)info;
  return 1;
}
static void odd_functions(void) {
  wasmspan_fs_functions functions;
  memset(&functions, 0, sizeof(functions));
  for (size_t size = 0; size < 2 * sizeof(functions); size += 8) {
    functions.size = size;
    functions.stat = size % 16 ? say : NULL;
    wasmspan_fs *made = wasmspan_fs_create_custom(&functions, NULL);
    if (made) {
      puts("a file system without functions");
      failures++;
    }
  }
}
