/* The lines of C in the demonstration. `make demo` runs the same program in five languages. */
#include "must.h"
#include <time.h>

static bool good = true;

static double now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* Prints a line: what ran, what was expected, what came out, and how long it took. */
static void line(const char *what, const char *expected, const char *got, double start) {
  char took[32];
  snprintf(took, sizeof(took), "%.2f ms", now() - start);
  bool right = strcmp(got, expected) == 0;
  printf("%-8s %-34s %22s %22s %11s %s\n", "C", what, expected, got, took, right ? "ok" : "WRONG");
  good = good && right;
}

/* Calls a function that gives one text or list of bytes. */
static wasmspan_results call(const wasmspan_bindgen *guest, const char *function, const wasmspan_value *args,
                             uint32_t count) {
  wasmspan_results results;
  must(wasmspan_bindgen_call(guest, name(function), args, count, &results));
  if (!results.failed && results.count == 1)
    return results;
  fprintf(stderr, "the demo in C failed: %s\n", results.failed ? results.message : "no result");
  exit(EXIT_FAILURE);
}

/* Digests bytes in the guest; writes the first of the digest's bytes. */
static void digest(const wasmspan_bindgen *guest, const void *bytes, size_t count, char hex[17]) {
  wasmspan_value arg = wasmspan_value_list(wasmspan_kind_u8s, bytes, count);
  wasmspan_results results = call(guest, "sha3_digest", &arg, 1);
  const uint8_t *digest = results.values->of.list.items;
  for (size_t at = 0; at < 8 && at < results.values->of.list.count; at++)
    sprintf(hex + 2 * at, "%02x", digest[at]);
  wasmspan_results_delete(&results);
}

/* The host function. */
static WasmEdge_Result twice(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params,
                             WasmEdge_Value *returns) {
  (void)data, (void)frame;
  returns[0] = WasmEdge_ValueGenI32(WasmEdge_ValueGetI32(params[0]) * 2);
  return WasmEdge_Result_Success;
}

static WasmEdge_ModuleInstanceContext *host_module(void) {
  enum WasmEdge_ValType i32 = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&i32, 1, &i32, 1);
  WasmEdge_ModuleInstanceContext *env = WasmEdge_ModuleInstanceCreate(name("env"));
  WasmEdge_ModuleInstanceAddFunction(env, name("double"), WasmEdge_FunctionInstanceCreate(type, twice, NULL, 0));
  WasmEdge_FunctionTypeDelete(type);
  return env;
}

int main(void) {
  /* Errors are in the table; they need not be in the log. */
  WasmEdge_LogOff();

  /* A guest of wasmedge-bindgen: its functions take and return texts and bytes. */
  double start = now();
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(config, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(config, NULL);
  instantiate(vm, load_file(config, "tests/wasm/bindgen-rust.wasm"));
  WasmEdge_ConfigureDelete(config);
  wasmspan_bindgen *guest = wasmspan_bindgen_create(WasmEdge_VMGetActiveModule(vm));
  wasmspan_value args[3] = {wasmspan_value_string("demo")};
  wasmspan_results results = call(guest, "say", args, 1);
  char text[64];
  snprintf(text, sizeof(text), "%.*s", (int)results.values->of.list.count, (const char *)results.values->of.list.items);
  line("load a guest, pass it a text", "hello demo", text, start);
  wasmspan_results_delete(&results);

  start = now();
  args[0] = wasmspan_value_string("{\"x\":0,\"y\":0}");
  args[1] = wasmspan_value_string("{\"x\":3,\"y\":4}");
  args[2] = wasmspan_value_string("a line");
  results = call(guest, "create_line", args, 3);
  digest(guest, results.values->of.list.items, results.values->of.list.count, text);
  line("create_line, digest of its text", "b9b5c1698ab7b6ec", text, start);
  wasmspan_results_delete(&results);

  static uint8_t bytes[256 << 10];
  for (size_t at = 0; at < sizeof(bytes); at++)
    bytes[at] = at % 251;
  start = now();
  digest(guest, bytes, sizeof(bytes), text);
  line("sha3_digest of 256 KiB", "2ae120f51b9b63e9", text, start);
  wasmspan_bindgen_delete(guest);
  WasmEdge_VMDelete(vm);

  /* A guest that calls a function of its host. */
  vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_ModuleInstanceContext *env = host_module();
  must(WasmEdge_VMRegisterModuleFromImport(vm, env));
  config = made(WasmEdge_ConfigureCreate());
  must(wasmspan_configure_set_lenient_input(config, true)); /* for a module in text format */
  instantiate(vm, load_file(config, "examples/demo.wat"));
  WasmEdge_ConfigureDelete(config);
  start = now();
  WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(10000)}, sum;
  must(WasmEdge_VMExecute(vm, name("sum_of_doubles"), params, 1, &sum, 1));
  snprintf(text, sizeof(text), "%d", WasmEdge_ValueGetI32(sum));
  line("10000 calls of a host function", "100010000", text, start);

  /* Errors of the guest, after which it can be called again. */
  start = now();
  params[0] = WasmEdge_ValueGenI32(1), params[1] = WasmEdge_ValueGenI32(0);
  WasmEdge_Result trap = WasmEdge_VMExecute(vm, name("divide"), params, 2, &sum, 1);
  line("a trap, caught", "integer divide by zero", WasmEdge_ResultGetMessage(trap), start);

  start = now();
  WasmEdge_Result ended = wasmspan_vm_execute_for(vm, name("forever"), NULL, 0, NULL, 0, 20);
  bool stopped = WasmEdge_ResultGetCode(ended) == WasmEdge_ErrCode_Interrupted;
  line("an endless loop, stopped at 20 ms", "stopped", stopped ? "stopped" : "not stopped", start);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(env);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
