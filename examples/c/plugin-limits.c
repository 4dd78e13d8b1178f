/* A plug-in that nobody has read: so much time, memory and stack, and no way out but what it is given. */
#include "must.h"

static const char plugin[] =
    "(module"
    "  (memory (export \"memory\") 1)"
    "  (func (export \"price\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))"
    "  (func (export \"hang\") (loop (br 0)))"
    "  (func (export \"hoard\") (result i32)"
    "    (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))"
    "  (func $deep (export \"deep\") (call $deep)))";

static int price(WasmEdge_VMContext *vm, int units) {
  WasmEdge_Value param = WasmEdge_ValueGenI32(units), value;
  must(WasmEdge_VMExecute(vm, name("price"), &param, 1, &value, 1));
  return WasmEdge_ValueGetI32(value);
}

int main(void) {
  WasmEdge_LogOff(); /* Errors are printed here; they need not be in the log. */
  wasmspan_limits limits = WASMSPAN_NO_LIMITS;
  limits.time_ms = 500; /* of each call */
  limits.memory_pages = 4;
  limits.stack_bytes = 256 << 10;
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  must(wasmspan_configure_set_limits(config, &limits));
  WasmEdge_VMContext *vm = made(WasmEdge_VMCreate(config, NULL));
  instantiate(vm, load_text(config, plugin));
  WasmEdge_ConfigureDelete(config);

  printf("price: %d\n", price(vm, 14));
  WasmEdge_Value pages;
  must(WasmEdge_VMExecute(vm, name("hoard"), NULL, 0, &pages, 1));
  printf("pages that it got: %d\n", WasmEdge_ValueGetI32(pages));
  const char *bad[] = {"hang", "deep"};
  for (size_t at = 0; at < 2; at++) {
    WasmEdge_Result result = WasmEdge_VMExecute(vm, name(bad[at]), NULL, 0, NULL, 0);
    bool late = WasmEdge_ResultGetCode(result) == WasmEdge_ErrCode_Interrupted;
    printf("%s was stopped: %s\n", bad[at], late ? "it ran out of time" : WasmEdge_ResultGetMessage(result));
  }
  /* Stopped is not broken. */
  printf("price: %d\n", price(vm, 2));
  WasmEdge_VMDelete(vm);
}
