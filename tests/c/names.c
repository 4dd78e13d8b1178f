/* Names that the library gives: a zero is behind each, and an empty one has an address. */
#include "check.h"
#include "load.h"

static const char USER[] =
    "(module $mine (import \"from-one\" \"first-xyz\" (func)) (import \"\" \"\" (func))"
    " (import \"env\" \"m\\00n\" (memory 1)) (table (export \"tab-1\") 1 funcref)"
    " (global (export \"glob-1\") i32 (i32.const 0)) (export \"mem-1\" (memory 0))"
    " (func (export \"\")) (func (export \"name-of-f\")) (func (export \"name\")))";
static const char PLAIN[] = "(module (func (export \"f-one\")) (func (export \"f\")) (func (export \"\")))";

static void ends_with_zero(WasmEdge_String name) {
  CHECK(names, name.Buf && name.Buf[name.Length] == 0);
}

static void is_name(WasmEdge_String name, const char *text) {
  ends_with_zero(name);
  CHECK(names, strcmp(name.Buf, text) == 0 && name.Length == strlen(text));
}

static void lists(const WasmEdge_ModuleInstanceContext *instance, uint32_t functions) {
  WasmEdge_String names[8];
  uint32_t count = WasmEdge_ModuleInstanceListFunction(instance, names, 8);
  CHECK(names, count == functions);
  for (uint32_t at = 0; at < count; at++)
    ends_with_zero(names[at]);
  count = WasmEdge_ModuleInstanceListMemory(instance, names, 8);
  count += WasmEdge_ModuleInstanceListTable(instance, names + count, 8 - count);
  count += WasmEdge_ModuleInstanceListGlobal(instance, names + count, 8 - count);
  for (uint32_t at = 0; at < count; at++)
    ends_with_zero(names[at]);
}

static WasmEdge_Result nothing(void *data, const WasmEdge_CallingFrameContext *frame,
                               const WasmEdge_Value *params, WasmEdge_Value *returns) {
  (void)data, (void)frame, (void)params, (void)returns;
  return WasmEdge_Result_Success;
}

static void of_modules(void) {
  WasmEdge_ASTModuleContext *module = load(USER);
  const WasmEdge_ImportTypeContext *imports[4];
  const WasmEdge_ExportTypeContext *exports[8];
  CHECK(names, WasmEdge_ASTModuleListImports(module, imports, 4) == 3);
  is_name(WasmEdge_ImportTypeGetModuleName(imports[0]), "from-one");
  is_name(WasmEdge_ImportTypeGetExternalName(imports[0]), "first-xyz");
  is_name(WasmEdge_ImportTypeGetModuleName(imports[1]), "");
  is_name(WasmEdge_ImportTypeGetExternalName(imports[1]), "");
  WasmEdge_String with_zero = WasmEdge_ImportTypeGetExternalName(imports[2]);
  CHECK(names, with_zero.Length == 3 && memcmp(with_zero.Buf, "m\0n", 4) == 0);
  uint32_t count = WasmEdge_ASTModuleListExports(module, exports, 8);
  CHECK(names, count == 6);
  is_name(WasmEdge_ExportTypeGetExternalName(exports[0]), "tab-1");
  for (uint32_t at = 0; at < count; at++)
    ends_with_zero(WasmEdge_ExportTypeGetExternalName(exports[at]));
  is_name(wasmspan_module_name(module), "mine");
  WasmEdge_ASTModuleDelete(module);
}

static void of_instances(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(names, WasmEdge_VMRegisterModuleFromBuffer(vm, name_of("some-module"), TEXT(PLAIN)));
  OK(names, WasmEdge_VMLoadWasmFromBuffer(vm, TEXT(PLAIN)));
  OK(names, WasmEdge_VMValidate(vm));
  OK(names, WasmEdge_VMInstantiate(vm));
  is_name(WasmEdge_ModuleInstanceGetModuleName(WasmEdge_VMGetActiveModule(vm)), "");
  WasmEdge_String names[8];
  uint32_t count = WasmEdge_VMGetFunctionList(vm, names, NULL, 8);
  CHECK(names, count == 3);
  for (uint32_t at = 0; at < count; at++)
    ends_with_zero(names[at]);
  WasmEdge_StoreContext *store = WasmEdge_VMGetStoreContext(vm);
  CHECK(names, WasmEdge_StoreListModule(store, names, 8) == 1);
  is_name(names[0], "some-module");
  const WasmEdge_ModuleInstanceContext *found = WasmEdge_StoreFindModule(store, names[0]);
  is_name(WasmEdge_ModuleInstanceGetModuleName(found), "some-module");
  lists(found, 3);

  WasmEdge_ModuleInstanceContext *host =
      WasmEdge_ModuleInstanceCreate(WasmEdge_StringWrap("host-and-more", 4));
  is_name(WasmEdge_ModuleInstanceGetModuleName(host), "host");
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(NULL, 0, NULL, 0);
  for (int at = 0; at < 2; at++)
    WasmEdge_ModuleInstanceAddFunction(host, WasmEdge_StringWrap("function", 4 + 4 * (uint32_t)at),
                                       WasmEdge_FunctionInstanceCreate(type, nothing, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);
  lists(host, 2);
  WasmEdge_ModuleInstanceDelete(host);
  host = WasmEdge_ModuleInstanceCreate(WasmEdge_StringWrap("", 0));
  is_name(WasmEdge_ModuleInstanceGetModuleName(host), "");
  WasmEdge_ModuleInstanceDelete(host);
  WasmEdge_VMDelete(vm);
}

static void of_the_program(void) {
  const char *texts[] = {"", "a", "seven77"};
  for (size_t at = 0; at < 3; at++) {
    WasmEdge_String made = WasmEdge_StringCreateByCString(texts[at]);
    is_name(made, texts[at]);
    WasmEdge_StringDelete(made);
    made = WasmEdge_StringCreateByBuffer("seven77", (uint32_t)strlen(texts[at]));
    ends_with_zero(made);
    WasmEdge_StringDelete(made);
  }
  CHECK(names, WasmEdge_StringCreateByCString(NULL).Buf == NULL);
}

static void path(void *data, WasmEdge_String path, uint32_t kind) {
  (void)kind;
  ends_with_zero(path);
  ++*(int *)data;
}

static void line(void *data, uint32_t level, WasmEdge_String text) {
  (void)level;
  ends_with_zero(text);
  ++*(int *)data;
}

static void of_our_functions(void) {
  int seen = 0;
  wasmspan_fs *files = wasmspan_fs_create_memory(0);
  OK(names, wasmspan_fs_write(files, name_of("/abcdefgh"), (const uint8_t *)"x", 1));
  OK(names, wasmspan_fs_list(files, name_of("/"), path, &seen));
  OK(names, wasmspan_fs_changes(files, path, &seen));
  wasmspan_fs_delete(files);
  CHECK(names, seen == 2);
  WasmEdge_LogSetErrorLevel();
  wasmspan_log_to(line, &seen, NULL);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_VMLoadWasmFromBuffer(vm, (const uint8_t *)"none", 4);
  WasmEdge_VMDelete(vm);
  wasmspan_log_to(NULL, NULL, NULL);
  WasmEdge_LogOff();
  CHECK(names, seen > 2);
}

int main(void) {
  WasmEdge_LogOff();
  of_modules();
  of_instances();
  of_the_program();
  of_our_functions();
  return report();
}
