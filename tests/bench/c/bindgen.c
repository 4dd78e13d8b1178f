/* What calls of a wasmedge-bindgen guest cost through <wasmspan/bindgen.h>, beside the same steps by hand and
 * beside copies alone.
 *
 *   bindgen PATH-OF-bindgen-rust.wasm */
#include "measure.h"
#include <wasmspan/wasmspan.h>

enum { CALLS = 20000, TEXT = 100, LARGE = 10000000 };

static wasmspan_bindgen *guest;
static const WasmEdge_FunctionInstanceContext *allocate, *deallocate, *echo;
static WasmEdge_MemoryInstanceContext *memory;
static char text[TEXT], answer[TEXT];
static uint8_t *large, *copy;

static const WasmEdge_FunctionInstanceContext *find(const WasmEdge_ModuleInstanceContext *module,
                                                    const char *name) {
  const WasmEdge_FunctionInstanceContext *found = WasmEdge_ModuleInstanceFindFunction(
      module, WasmEdge_StringWrap(name, (uint32_t)strlen(name)));
  if (!found)
    stop(name);
  return found;
}

static void prepare(const char *file) {
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(config, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(config, NULL);
  if (!WasmEdge_ResultOK(WasmEdge_VMLoadWasmFromFile(vm, file)) ||
      !WasmEdge_ResultOK(WasmEdge_VMValidate(vm)) || !WasmEdge_ResultOK(WasmEdge_VMInstantiate(vm)))
    stop(file);
  const WasmEdge_ModuleInstanceContext *module = WasmEdge_VMGetActiveModule(vm);
  guest = wasmspan_bindgen_create(module);
  allocate = find(module, "allocate");
  deallocate = find(module, "deallocate");
  echo = find(module, "echo_string");
  memory = WasmEdge_ModuleInstanceFindMemory(module, WasmEdge_StringWrap("memory", 6));
  memset(text, 'x', TEXT);
  large = malloc(LARGE), copy = malloc(LARGE);
  if (!guest || !memory || !large || !copy)
    stop("the guest");
  memset(large, 1, LARGE);
}

static wasmspan_results call(const char *name, enum wasmspan_kind kind, const void *items,
                             size_t count) {
  wasmspan_value arg = {.kind = kind};
  wasmspan_results results;
  arg.of.list.items = items, arg.of.list.count = count;
  WasmEdge_String function = WasmEdge_StringWrap(name, (uint32_t)strlen(name));
  if (!WasmEdge_ResultOK(wasmspan_bindgen_call(guest, function, &arg, 1, &results)) ||
      results.count != 1)
    stop(name);
  return results;
}

static double ours(void) {
  double start = now();
  for (int at = 0; at < CALLS; at++) {
    wasmspan_results results = call("echo_string", wasmspan_kind_string, text, TEXT);
    wasmspan_results_delete(&results);
  }
  return (now() - start) / CALLS;
}

static uint32_t raw(const WasmEdge_FunctionInstanceContext *function, uint32_t a, uint32_t b) {
  wasmspan_slot slots[2];
  slots[0].i32 = (int32_t)a, slots[1].i32 = (int32_t)b;
  if (wasmspan_call(function, slots, 2).Code != 0)
    stop("a call by hand");
  return (uint32_t)slots[0].i32;
}

static void put(uint32_t at, const void *bytes, uint32_t size) {
  if (!WasmEdge_ResultOK(WasmEdge_MemoryInstanceSetData(memory, bytes, at, size)))
    stop("memory is written");
}

static void get(uint32_t at, void *bytes, uint32_t size) {
  if (!WasmEdge_ResultOK(WasmEdge_MemoryInstanceGetData(memory, bytes, at, size)))
    stop("memory is read");
}

static double by_hand(void) {
  double start = now();
  for (int at = 0; at < CALLS; at++) {
    uint32_t frame = raw(allocate, 8, 0), argument = raw(allocate, TEXT, 0);
    uint32_t words[2] = {argument, TEXT}, table, result[3];
    put(argument, text, TEXT);
    put(frame, words, sizeof(words));
    uint32_t record = raw(echo, frame, 1);
    get(record + 1, &table, sizeof(table));
    get(table, result, sizeof(result));
    char *bytes = malloc(result[2]);
    if (!bytes)
      stop("no memory");
    get(result[0], bytes, result[2]);
    memcpy(answer, bytes, TEXT);
    free(bytes);
    raw(deallocate, result[0], result[2]);
    raw(deallocate, table, 12);
    raw(deallocate, record, 9);
    raw(deallocate, frame, 8);
  }
  return (now() - start) / CALLS;
}

static double large_in(void) {
  double start = now();
  wasmspan_results results = call("take_bytes", wasmspan_kind_u8s, large, LARGE);
  wasmspan_results_delete(&results);
  return now() - start;
}

static double large_in_and_out(void) {
  double start = now();
  wasmspan_results results = call("echo_u8s", wasmspan_kind_u8s, large, LARGE);
  wasmspan_results_delete(&results);
  return now() - start;
}

static double one_copy(void) {
  double start = now();
  memcpy(copy, large, LARGE);
  return now() - start;
}

/* The second into new memory, as a result is. */
static double two_copies(void) {
  double start = now();
  memcpy(copy, large, LARGE);
  uint8_t *fresh = malloc(LARGE);
  if (!fresh)
    stop("no memory");
  memcpy(fresh, copy, LARGE);
  large[0] = fresh[LARGE - 1];
  free(fresh);
  return now() - start;
}

int main(int argc, char *argv[]) {
  if (argc != 2)
    stop("give the path of the guest");
  prepare(argv[1]);
  printf("%-44s %9s %9s  ratio\n", "bindgen from C, nanoseconds", "ours", "peer");
  row("text of 100 bytes in and out / by hand", ours, by_hand, 1.3);
  row("10 MB in / a copy", large_in, one_copy, 1.2);
  row("10 MB in and out / two copies", large_in_and_out, two_copies, 1.2);
  return 0;
}
