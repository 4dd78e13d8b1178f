/* Uses the wrappers in C. Arguments: bindgen-rust.wasm numbers.wat. */
#include "../../c/check.h"
#include "bindgen_rust.h"
#include "numbers.h"

static WasmEdge_VMContext *load(const char *file) {
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(config, WasmEdge_HostRegistration_Wasi);
  wasmspan_configure_set_lenient_input(config, true);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(config, NULL);
  WasmEdge_ConfigureDelete(config);
  OK(load, WasmEdge_VMLoadWasmFromFile(vm, file));
  OK(load, WasmEdge_VMValidate(vm));
  OK(load, WasmEdge_VMInstantiate(vm));
  return vm;
}

static bool is(const char *text, size_t count, const char *expected) {
  return count == strlen(expected) && memcmp(text, expected, count) == 0;
}

static void guest_of_bindgen(const char *file) {
  WasmEdge_VMContext *vm = load(file);
  wasmspan_bindgen *guest = wasmspan_bindgen_create(WasmEdge_VMGetActiveModule(vm));
  wasmspan_results results;
  const char *text = NULL;
  size_t count = 0;
  OK(say, bindgen_rust_say(guest, "bindgen funcs test", &text, &count, &results));
  CHECK(say, is(text, count, "hello bindgen funcs test"));
  wasmspan_results_delete(&results);

  int32_t number = 0;
  OK(lcm, bindgen_rust_lowest_common_multiple(guest, 123, 2, &number, &results));
  CHECK(lcm, number == 246);
  wasmspan_results_delete(&results);

  OK(swap, bindgen_rust_swap(guest, 5, "five", &text, &count, &number, &results));
  CHECK(swap, is(text, count, "five") && number == 5);
  wasmspan_results_delete(&results);

  const uint8_t *digest = NULL;
  const char message[] = "This is an important message";
  OK(digest, bindgen_rust_sha3_digest(guest, (const uint8_t *)message, strlen(message), &digest, &count, &results));
  CHECK(digest, count == 32 && digest[0] == 87 && digest[1] == 27);
  wasmspan_results_delete(&results);

  const int16_t list[2] = {9, -9};
  OK(describe, bindgen_rust_describe(guest, 1, -2, 3, -4, 5, -6, 7, -8, 0.5F, -0.25, true, 0xE9, "text", list, 2,
                                     &text, &count, &results));
  CHECK(describe, is(text, count, "1 -2 3 -4 5 -6 7 -8 0.5 -0.25 true \303\251 text [9, -9]"));
  wasmspan_results_delete(&results);

  OK(nothing, bindgen_rust_nothing(guest, &results));
  wasmspan_results_delete(&results);
  number = 0;
  OK(divide, bindgen_rust_divide(guest, 7, 0, &number, &results));
  CHECK(divide, results.failed && strcmp(results.message, "7 cannot be divided by zero") == 0 && number == 0);
  wasmspan_results_delete(&results);
  CODE(panics, bindgen_rust_panics(guest, "on purpose", &number, &results), WasmEdge_ErrCode_Unreachable);
  wasmspan_results_delete(&results);
  wasmspan_bindgen_delete(guest);
  WasmEdge_VMDelete(vm);
}

static void module_of_numbers(const char *file) {
  WasmEdge_VMContext *vm = load(file);
  int64_t sum = 0;
  OK(add, numbers_add(vm, INT64_MAX, -1, &sum));
  CHECK(add, sum == INT64_MAX - 1);
  int32_t quotient = 0, rest = 0;
  OK(div_rem, numbers_div_rem(vm, 17, 5, &quotient, &rest));
  CHECK(div_rem, quotient == 3 && rest == 2);
  double wide = 0;
  OK(new, numbers_new(vm, 0.5F, &wide));
  CHECK(new, wide == 0.5);
  OK(import, numbers_import(vm, 1));
  OK(not_much, numbers_not_much(vm));
  CODE(trap, numbers_div_rem(vm, 1, 0, &quotient, &rest), WasmEdge_ErrCode_DivideByZero);
  WasmEdge_VMDelete(vm);
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  WasmEdge_LogOff();
  guest_of_bindgen(argv[1]);
  module_of_numbers(argv[2]);
  return report();
}
