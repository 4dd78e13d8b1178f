/* The head of a program that a test generates: calls of every function with bad arguments. */
#include <stdio.h>
#include <string.h>
#include <wasmedge/wasmedge.h>

/* A live context of a kind that the function does not want, or does: they alternate. */
static void *other(int at) {
  static void *kinds[3];
  if (!kinds[0]) {
    kinds[0] = WasmEdge_StoreCreate();
    kinds[1] = WasmEdge_LoaderCreate(NULL);
    kinds[2] = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  }
  return kinds[at % 3];
}

/* A context that was deleted; its slot may serve another one. */
static void *deleted(int at) {
  static void *kinds[3];
  if (!kinds[0]) {
    kinds[0] = WasmEdge_VMCreate(NULL, NULL);
    kinds[1] = WasmEdge_ExecutorCreate(NULL, NULL);
    kinds[2] = WasmEdge_ModuleInstanceCreate(WasmEdge_StringWrap("m", 1));
    WasmEdge_VMDelete(kinds[0]);
    WasmEdge_ExecutorDelete(kinds[1]);
    WasmEdge_ModuleInstanceDelete(kinds[2]);
  }
  return kinds[at % 3];
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

int main(void) {
  WasmEdge_LogOff();
