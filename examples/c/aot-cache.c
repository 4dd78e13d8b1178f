/* Compiled ahead of time into a file, and kept in a cache from one process to the next. */
#define _XOPEN_SOURCE 700
#include "must.h"
#include <ftw.h>

static const char source[] = "tests/wasm/fibonacci.wasm";

/* Loads a module under these settings; prints whether it has its code, if asked, and what fib(n) is. */
static void run(const WasmEdge_ConfigureContext *config, const char *file, const char *has_code, const char *what,
                int n) {
  WasmEdge_ASTModuleContext *module = load_file(config, file);
  if (has_code)
    printf("%s: %s\n", has_code, wasmspan_module_is_compiled(module) ? "true" : "false");
  WasmEdge_VMContext *vm = made(WasmEdge_VMCreate(config, NULL));
  instantiate(vm, module);
  WasmEdge_Value param = WasmEdge_ValueGenI32(n), value;
  must(WasmEdge_VMExecute(vm, name("fib"), &param, 1, &value, 1));
  printf("%s: %d\n", what, WasmEdge_ValueGetI32(value));
  WasmEdge_VMDelete(vm);
}

static int discard(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info, (void)kind, (void)where;
  return remove(path);
}

int main(void) {
  WasmEdge_LogSetErrorLevel(); /* The compiler says what it does, as WasmEdge's. */
  char folder[] = "/tmp/wasmspan-XXXXXX", file[64], cache[64];
  if (!mkdtemp(folder))
    return EXIT_FAILURE;
  snprintf(file, sizeof(file), "%s/fibonacci.wasm", folder);
  snprintf(cache, sizeof(cache), "%s/cache", folder);
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();

  /* One file for every runtime: the code lies in a section that others ignore. */
  WasmEdge_ConfigureCompilerSetOutputFormat(config, WasmEdge_CompilerOutputFormat_Wasm);
  WasmEdge_CompilerContext *compiler = made(WasmEdge_CompilerCreate(config));
  must(WasmEdge_CompilerCompile(compiler, source, file));
  WasmEdge_CompilerDelete(compiler);
  run(config, file, "the file has its code", "fib(10)", 10);
  /* Programs for WasmEdge expect such code to run; for who doesn't trust the file it is a module like any. */
  WasmEdge_ConfigureSetForceInterpreter(config, true);
  run(config, file, "without trust", "fib(10)", 10);
  WasmEdge_ConfigureSetForceInterpreter(config, false);

  /* Or let the runtime remember: the second time nothing is compiled, in other processes too. */
  must(wasmspan_configure_set_cache(config, cache, 64 << 20));
  run(config, source, NULL, "first time", 20);
  run(config, source, NULL, "second time", 20);
  WasmEdge_ConfigureDelete(config);
  return nftw(folder, discard, 8, FTW_DEPTH | FTW_PHYS) ? EXIT_FAILURE : EXIT_SUCCESS;
}
