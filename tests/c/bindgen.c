/* What <wasmspan/bindgen.h> offers. Arguments: bindgen-rust.wasm strings-c.wasm strings-assemblyscript.wasm. */
#include "check.h"
#include <wasmspan/bindgen.h>

static WasmEdge_VMContext *guest(const char *file) {
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(config, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(config, NULL);
  WasmEdge_ConfigureDelete(config);
  OK(guest, WasmEdge_VMLoadWasmFromFile(vm, file));
  OK(guest, WasmEdge_VMValidate(vm));
  OK(guest, WasmEdge_VMInstantiate(vm));
  return vm;
}

static wasmspan_value string(const char *text) {
  wasmspan_value value = {.kind = wasmspan_kind_string};
  value.of.list.items = text;
  value.of.list.count = strlen(text);
  return value;
}

static wasmspan_value i32(int32_t number) {
  wasmspan_value value = {.kind = wasmspan_kind_i32};
  value.of.i32 = number;
  return value;
}

static bool is_text(const wasmspan_value *value, const char *text) {
  return value->kind == wasmspan_kind_string && value->of.list.count == strlen(text) &&
         memcmp(value->of.list.items, text, strlen(text)) == 0;
}

static void calls(const wasmspan_bindgen *bindgen) {
  wasmspan_results results;
  wasmspan_value args[2] = {string("bindgen funcs test")};
  OK(say, wasmspan_bindgen_call(bindgen, name_of("say"), args, 1, &results));
  CHECK(say, results.count == 1 && !results.failed && results.message == NULL);
  CHECK(say, is_text(results.values, "hello bindgen funcs test"));
  wasmspan_results_delete(&results);
  CHECK(say, results.values == NULL && results.owner == NULL);
  wasmspan_results_delete(&results);

  args[0] = i32(123), args[1] = i32(2);
  OK(lcm, wasmspan_bindgen_call(bindgen, name_of("lowest_common_multiple"), args, 2, &results));
  CHECK(lcm, results.count == 1 && results.values->kind == wasmspan_kind_i32 && results.values->of.i32 == 246);
  wasmspan_results_delete(&results);

  args[1] = i32(0);
  OK(failed, wasmspan_bindgen_call(bindgen, name_of("divide"), args, 2, &results));
  CHECK(failed, results.failed && results.count == 0);
  CHECK(failed, strcmp(results.message, "123 cannot be divided by zero") == 0 &&
                    results.message_size == strlen(results.message));
  wasmspan_results_delete(&results);

  args[0] = i32(7), args[1] = string("x");
  OK(several, wasmspan_bindgen_call(bindgen, name_of("swap"), args, 2, &results));
  CHECK(several, results.count == 2 && is_text(results.values, "x") && results.values[1].of.i32 == 7);
  wasmspan_results_delete(&results);
  OK(ignored, wasmspan_bindgen_call(bindgen, name_of("nothing"), NULL, 0, NULL));

  static const uint64_t NUMBERS[] = {0, UINT64_MAX};
  args[0] = (wasmspan_value){.kind = wasmspan_kind_u64s};
  args[0].of.list.items = NUMBERS, args[0].of.list.count = 2;
  OK(list, wasmspan_bindgen_call(bindgen, name_of("echo_u64s"), args, 1, &results));
  CHECK(list, results.values->of.list.count == 2 && memcmp(results.values->of.list.items, NUMBERS, 16) == 0);
  wasmspan_results_delete(&results);

  args[0] = string("oh no");
  CODE(panic, wasmspan_bindgen_call(bindgen, name_of("panics"), args, 1, &results), WasmEdge_ErrCode_Unreachable);
  CHECK(panic, results.count == 0 && results.owner == NULL);
  CODE(missing, wasmspan_bindgen_call(bindgen, name_of("absent"), NULL, 0, &results), WasmEdge_ErrCode_FuncNotFound);
}

static void every_kind(const wasmspan_bindgen *bindgen) {
  wasmspan_results all, echo;
  OK(kinds, wasmspan_bindgen_call(bindgen, name_of("all_types"), NULL, 0, &all));
  static const char *const NAMES[] = {"u8",  "i8",  "u16",  "i16",  "u32",  "i32",  "u64",  "i64",  "f32",   "f64",
                                      "u8s", "i8s", "u16s", "i16s", "u32s", "i32s", "u64s", "i64s", "string"};
  CHECK(kinds, all.count == sizeof(NAMES) / sizeof(*NAMES));
  for (size_t at = 0; at < all.count; at++) {
    const wasmspan_value *value = all.values + at;
    char name[16];
    snprintf(name, sizeof(name), "echo_%s", NAMES[at]);
    OK(kinds, wasmspan_bindgen_call(bindgen, name_of(name), value, 1, &echo));
    CHECK(kinds, echo.count == 1 && echo.values->kind == value->kind);
    if (value->kind < wasmspan_kind_u8s)
      CHECK(kinds, echo.values->of.u64 == value->of.u64);
    else
      CHECK(kinds, echo.values->of.list.count == value->of.list.count &&
                       memcmp(echo.values->of.list.items, value->of.list.items, value->of.list.count) == 0);
    wasmspan_results_delete(&echo);
  }
  CHECK(kinds, all.values[0].of.u8 == UINT8_MAX && all.values[7].of.i64 == INT64_MIN);
  CHECK(kinds, all.values[8].of.f32 == 0.5f && all.values[9].of.f64 == -0.25);
  wasmspan_results_delete(&all);
  wasmspan_value value = {.kind = wasmspan_kind_bool};
  value.of.boolean = true;
  OK(kinds, wasmspan_bindgen_call(bindgen, name_of("bool_to_u8"), &value, 1, &echo));
  CHECK(kinds, echo.values->of.u8 == 1);
  wasmspan_results_delete(&echo);
  value.kind = wasmspan_kind_char, value.of.character = 0x1d11e;
  OK(kinds, wasmspan_bindgen_call(bindgen, name_of("char_to_u32"), &value, 1, &echo));
  CHECK(kinds, echo.values->of.u32 == 0x1d11e);
  wasmspan_results_delete(&echo);
}

static void wrong_use(const wasmspan_bindgen *bindgen) {
  wasmspan_results results;
  wasmspan_value value = {.kind = 99};
  const int wrong = WasmEdge_ErrCode_WrongVMWorkflow;
  CODE(kind, wasmspan_bindgen_call(bindgen, name_of("say"), &value, 1, &results), wrong);
  value = (wasmspan_value){.kind = wasmspan_kind_char};
  value.of.character = 0xd800;
  CODE(character, wasmspan_bindgen_call(bindgen, name_of("char_to_u32"), &value, 1, &results), wrong);
  value = (wasmspan_value){.kind = wasmspan_kind_string};
  value.of.list.count = 1;
  CODE(list, wasmspan_bindgen_call(bindgen, name_of("say"), &value, 1, &results), wrong);
  value.of.list.items = "\xff";
  CODE(utf8, wasmspan_bindgen_call(bindgen, name_of("say"), &value, 1, &results), WasmEdge_ErrCode_MalformedUTF8);
  CODE(args, wasmspan_bindgen_call(bindgen, name_of("say"), NULL, 1, &results), wrong);
  CODE(null, wasmspan_bindgen_call(NULL, name_of("say"), NULL, 0, &results), wrong);
  CODE(other, wasmspan_bindgen_call((const wasmspan_bindgen *)(const void *)&results, name_of("say"), NULL, 0, NULL), wrong);
  CHECK(null, wasmspan_bindgen_create(NULL) == NULL && wasmspan_heap_create(NULL) == NULL);
  wasmspan_bindgen_delete(NULL);
  wasmspan_heap_delete(NULL);
  wasmspan_results_delete(NULL);
}

static bool same_text(const wasmspan_bytes *bytes, const char *text) {
  return bytes->size == strlen(text) && memcmp(bytes->data, text, bytes->size) == 0;
}

static void heaps(const char *file, bool assemblyscript) {
  WasmEdge_VMContext *vm = guest(file);
  const WasmEdge_ModuleInstanceContext *active = WasmEdge_VMGetActiveModule(vm);
  wasmspan_heap *heap = wasmspan_heap_create(active);
  CHECK(heap, wasmspan_heap_is_assemblyscript(heap) == assemblyscript);
  wasmspan_span span;
  OK(heap, wasmspan_heap_put_string(heap, "w\xc3\xb6rld", 6, &span));
  wasmspan_slot slot = {.i32 = (int32_t)span.address};
  OK(heap, wasmspan_call(WasmEdge_ModuleInstanceFindFunction(active, name_of("greet")), &slot, 1));
  wasmspan_bytes bytes;
  OK(heap, wasmspan_heap_get_string(heap, (uint32_t)slot.i32, WASMSPAN_WHOLE, &bytes));
  CHECK(heap, same_text(&bytes, "hello w\xc3\xb6rld"));
  wasmspan_bytes_delete(&bytes);
  OK(heap, wasmspan_heap_free(heap, span.address));
  OK(heap, wasmspan_heap_put_bytes(heap, (const uint8_t *)"abc", 3, &span));
  OK(heap, wasmspan_heap_get_bytes(heap, span.address, 3, &bytes));
  CHECK(heap, same_text(&bytes, "abc"));
  wasmspan_bytes_delete(&bytes);
  WasmEdge_Result got = wasmspan_heap_get_bytes(heap, span.address, WASMSPAN_WHOLE, &bytes);
  CHECK(heap, WasmEdge_ResultOK(got) == assemblyscript);
  if (assemblyscript) {
    wasmspan_bytes_delete(&bytes);
    WasmEdge_GlobalInstanceContext *number = WasmEdge_ModuleInstanceFindGlobal(active, name_of("Uint8Array_ID"));
    uint32_t class_number = (uint32_t)WasmEdge_ValueGetI32(WasmEdge_GlobalInstanceGetValue(number));
    wasmspan_span array;
    OK(array, wasmspan_heap_put_array(heap, class_number, (const uint8_t *)"xyz", 3, &array));
    OK(array, wasmspan_heap_get_array(heap, array.address, &bytes));
    CHECK(array, same_text(&bytes, "xyz"));
    wasmspan_bytes_delete(&bytes);
    OK(array, wasmspan_heap_free(heap, array.address));
  }
  OK(heap, wasmspan_heap_free(heap, span.address));
  const int wrong = WasmEdge_ErrCode_WrongVMWorkflow;
  CODE(null, wasmspan_heap_put_string(heap, NULL, 1, &span), wrong);
  CODE(null, wasmspan_heap_put_string(heap, "x", 1, NULL), wrong);
  CODE(null, wasmspan_heap_get_string(heap, span.address, 1, NULL), wrong);
  CODE(null, wasmspan_heap_get_string(heap, 0, WASMSPAN_WHOLE, &bytes), WasmEdge_ErrCode_MemoryOutOfBounds);
  CODE(utf8, wasmspan_heap_put_string(heap, "\xff", 1, &span), WasmEdge_ErrCode_MalformedUTF8);
  WasmEdge_VMDelete(vm);
  /* The heap keeps the instance. */
  OK(kept, wasmspan_heap_put_bytes(heap, NULL, 0, &span));
  wasmspan_heap_delete(heap);
  CODE(deleted, wasmspan_heap_free(heap, span.address), wrong);
}

int main(int argc, char **argv) {
  CHECK(main, argc == 4);
  WasmEdge_VMContext *vm = guest(argv[1]);
  const WasmEdge_ModuleInstanceContext *active = WasmEdge_VMGetActiveModule(vm);
  wasmspan_bindgen *bindgen = wasmspan_bindgen_create(active);
  CHECK(main, bindgen != NULL);
  calls(bindgen);
  every_kind(bindgen);
  wrong_use(bindgen);
  wasmspan_bindgen *attached = wasmspan_bindgen_attach(active);
  CHECK(main, attached != NULL && wasmspan_heap_create(active) == NULL);
  WasmEdge_VMDelete(vm);
  calls(attached);
  wasmspan_bindgen_delete(attached);
  wasmspan_bindgen_delete(bindgen);
  CODE(deleted, wasmspan_bindgen_call(bindgen, name_of("say"), NULL, 0, NULL), WasmEdge_ErrCode_WrongVMWorkflow);
  heaps(argv[2], false);
  heaps(argv[3], true);
  return report();
}
