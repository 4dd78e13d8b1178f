/* Loader, validator, executor and store, without a VM. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

int main(void) {
  WasmEdge_LogSetErrorLevel();
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_StatisticsContext *statistics = WasmEdge_StatisticsCreate();
  WasmEdge_StoreContext *store = WasmEdge_StoreCreate();
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(configure);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(configure);
  WasmEdge_ExecutorContext *executor =
      WasmEdge_ExecutorCreate(configure, statistics);
  WasmEdge_ASTModuleContext *module = NULL;
  WasmEdge_ModuleInstanceContext *instance = NULL;
  if (!WasmEdge_ResultOK(WasmEdge_LoaderParseFromFile(loader, &module,
                                                      "fibonacci.wasm")) ||
      !WasmEdge_ResultOK(WasmEdge_ValidatorValidate(validator, module)) ||
      !WasmEdge_ResultOK(
          WasmEdge_ExecutorInstantiate(executor, &instance, store, module)))
    return 1;

  uint32_t count = WasmEdge_ModuleInstanceListFunctionLength(instance);
  WasmEdge_String names[16];
  uint32_t real = WasmEdge_ModuleInstanceListFunction(instance, names, 16);
  for (uint32_t at = 0; at < real && at < count; at++) {
    char text[32];
    uint32_t length = WasmEdge_StringCopy(names[at], text, sizeof(text));
    printf("Get exported function string length: %u, name: %s\n", length, text);
  }

  WasmEdge_String name = WasmEdge_StringCreateByCString("fib");
  WasmEdge_FunctionInstanceContext *function =
      WasmEdge_ModuleInstanceFindFunction(instance, name);
  WasmEdge_Value params[1] = {WasmEdge_ValueGenI32(18)};
  WasmEdge_Value returns[1];
  WasmEdge_Result result =
      WasmEdge_ExecutorInvoke(executor, function, params, 1, returns, 1);
  if (WasmEdge_ResultOK(result))
    printf("Get the result: %d\n", WasmEdge_ValueGetI32(returns[0]));
  else
    printf("Error message: %s\n", WasmEdge_ResultGetMessage(result));

  WasmEdge_StringDelete(name);
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_ModuleInstanceDelete(instance);
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
  WasmEdge_ExecutorDelete(executor);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_StoreDelete(store);
  WasmEdge_StatisticsDelete(statistics);
  return 0;
}
