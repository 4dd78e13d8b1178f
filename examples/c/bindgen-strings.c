/* Texts, numbers and bytes for guests that were built with wasmedge-bindgen, and strings for guests of AssemblyScript
 * and C. */
#include "must.h"

static WasmEdge_VMContext *start_file(const char *file) {
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(config, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = made(WasmEdge_VMCreate(config, NULL));
  instantiate(vm, load_file(config, file));
  WasmEdge_ConfigureDelete(config);
  return vm;
}

/* Calls a function of one result, and prints that or the guest's error. */
static void call(const wasmspan_bindgen *guest, const char *function, const wasmspan_value *args, uint32_t count) {
  wasmspan_results results;
  must(wasmspan_bindgen_call(guest, name(function), args, count, &results));
  if (results.failed) {
    printf("the guest's error: %s\n", results.message);
  } else {
    const wasmspan_value *value = results.values;
    const uint8_t *items = value->of.list.items;
    if (value->kind == wasmspan_kind_i32)
      printf("%d", value->of.i32);
    else if (value->kind == wasmspan_kind_string)
      printf("%.*s", (int)value->of.list.count, (const char *)items);
    else if (value->of.list.count > 8) /* a digest */
      for (size_t at = 0; at < value->of.list.count; at++)
        printf("%02x", items[at]);
    else
      for (size_t at = 0; at < value->of.list.count; at++)
        printf(at ? " %d" : "%d", items[at]);
    printf("\n");
  }
  wasmspan_results_delete(&results);
}

int main(void) {
  /* Functions of Rust that take and return what Rust has. */
  WasmEdge_VMContext *vm = start_file("tests/wasm/bindgen-rust.wasm");
  wasmspan_bindgen *guest = made(wasmspan_bindgen_create(WasmEdge_VMGetActiveModule(vm)));
  wasmspan_value args[2] = {wasmspan_value_string("bindgen funcs test")};
  call(guest, "say", args, 1);
  args[0] = (wasmspan_value){.kind = wasmspan_kind_i32, .of.i32 = 123};
  args[1] = (wasmspan_value){.kind = wasmspan_kind_i32, .of.i32 = 2};
  call(guest, "lowest_common_multiple", args, 2);
  const char message[] = "This is an important message";
  args[0] = wasmspan_value_list(wasmspan_kind_u8s, message, strlen(message));
  call(guest, "sha3_digest", args, 1);
  args[0] = (wasmspan_value){.kind = wasmspan_kind_i32, .of.i32 = 7};
  args[1] = (wasmspan_value){.kind = wasmspan_kind_i32, .of.i32 = 0};
  call(guest, "divide", args, 2);
  args[0] = wasmspan_value_list(wasmspan_kind_u8s, (uint8_t[]){1, 2, 255}, 3);
  call(guest, "echo_u8s", args, 1);
  wasmspan_bindgen_delete(guest);
  WasmEdge_VMDelete(vm);

  /* Guests that only export an allocator: the same calls for both. */
  const char *names[] = {"strings-assemblyscript", "strings-c"};
  for (size_t at = 0; at < 2; at++) {
    char file[64];
    snprintf(file, sizeof(file), "tests/wasm/%s.wasm", names[at]);
    vm = start_file(file);
    wasmspan_heap *heap = made(wasmspan_heap_create(WasmEdge_VMGetActiveModule(vm)));
    wasmspan_span world;
    must(wasmspan_heap_put_string(heap, "world", 5, &world));
    WasmEdge_Value address = WasmEdge_ValueGenI32((int32_t)world.address), greeting;
    must(WasmEdge_VMExecute(vm, name("greet"), &address, 1, &greeting, 1));
    wasmspan_bytes text;
    must(wasmspan_heap_get_string(heap, (uint32_t)WasmEdge_ValueGetI32(greeting), WASMSPAN_WHOLE, &text));
    printf("%s: %.*s\n", names[at], (int)text.size, (const char *)text.data);
    wasmspan_bytes_delete(&text);
    must(wasmspan_heap_free(heap, world.address));
    wasmspan_heap_delete(heap);
    WasmEdge_VMDelete(vm);
  }
}
