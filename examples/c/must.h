/* What the examples share: an end with a message when something fails, and names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasmspan/wasmspan.h>

/* Ends the program if something failed. */
static inline void must(WasmEdge_Result result) {
  if (WasmEdge_ResultOK(result))
    return;
  char text[1024];
  bool more = wasmspan_error_text(text, sizeof(text)) > 0;
  fprintf(stderr, "%s\n", more ? text : WasmEdge_ResultGetMessage(result));
  exit(EXIT_FAILURE);
}

/* The same, for functions that give NULL. */
static inline void *made(void *context) {
  if (context)
    return context;
  char text[1024] = "out of memory";
  wasmspan_error_text(text, sizeof(text));
  fprintf(stderr, "%s\n", text);
  exit(EXIT_FAILURE);
}

/* A name, or any string that ends with zero. */
static inline WasmEdge_String name(const char *text) { return WasmEdge_StringWrap(text, (uint32_t)strlen(text)); }

/* Validates what a loader gave, and deletes the loader. */
static inline WasmEdge_ASTModuleContext *validated(const WasmEdge_ConfigureContext *config,
                                                   WasmEdge_LoaderContext *loader, WasmEdge_ASTModuleContext *module) {
  WasmEdge_ValidatorContext *validator = made(WasmEdge_ValidatorCreate(config));
  must(WasmEdge_ValidatorValidate(validator, module));
  WasmEdge_ValidatorDelete(validator);
  WasmEdge_LoaderDelete(loader);
  return module;
}

/* Loads a module from a file; delete it with WasmEdge_ASTModuleDelete(). */
static inline WasmEdge_ASTModuleContext *load_file(const WasmEdge_ConfigureContext *config, const char *file) {
  WasmEdge_ASTModuleContext *module;
  WasmEdge_LoaderContext *loader = made(WasmEdge_LoaderCreate(config));
  must(WasmEdge_LoaderParseFromFile(loader, &module, file));
  return validated(config, loader, module);
}

/* The same, from a text. */
static inline WasmEdge_ASTModuleContext *load_text(const WasmEdge_ConfigureContext *config, const char *text) {
  WasmEdge_ASTModuleContext *module;
  WasmEdge_LoaderContext *loader = made(WasmEdge_LoaderCreate(config));
  wasmspan_bytes wasm;
  must(wasmspan_wat_to_wasm(text, strlen(text), &wasm));
  must(WasmEdge_LoaderParseFromBuffer(loader, &module, wasm.data, (uint32_t)wasm.size));
  wasmspan_bytes_delete(&wasm);
  return validated(config, loader, module);
}

/* Makes an instance of a module the VM's active one, and deletes the module. */
static inline void instantiate(WasmEdge_VMContext *vm, WasmEdge_ASTModuleContext *module) {
  must(WasmEdge_VMLoadWasmFromASTModule(vm, module));
  must(WasmEdge_VMValidate(vm));
  must(WasmEdge_VMInstantiate(vm));
  WasmEdge_ASTModuleDelete(module);
}
