/* A module from its text, validated. */
#ifndef LOAD_H
#define LOAD_H

#include "check.h"
#include "text.h"
#include <stdlib.h>
#include <wasmspan/wasmspan.h>

static inline WasmEdge_ASTModuleContext *load_with(const WasmEdge_ConfigureContext *configure,
                                                   const char *text) {
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(configure);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(configure);
  WasmEdge_ASTModuleContext *module = NULL;
  wasmspan_bytes wasm = {NULL, 0};
  OK(load, wasmspan_wat_to_wasm(text, strlen(text), &wasm));
  OK(load, WasmEdge_LoaderParseFromBuffer(loader, &module, wasm.data, (uint32_t)wasm.size));
  wasmspan_bytes_delete(&wasm);
  OK(load, WasmEdge_ValidatorValidate(validator, module));
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
  return module;
}

static inline WasmEdge_ASTModuleContext *load(const char *text) { return load_with(NULL, text); }

#endif
