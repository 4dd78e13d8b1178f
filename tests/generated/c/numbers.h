/**
 * @file
 * Functions of the module numbers, made by `wasmspan bindgen`.
 */
#ifndef NUMBERS_BINDGEN_H
#define NUMBERS_BINDGEN_H

#include <string.h>
#include <wasmspan/wasmspan.h>

/* clang-format off */

/** Calls `add`. */
static inline WasmEdge_Result numbers_add(
    WasmEdge_VMContext *vm, int64_t a, int64_t b, int64_t *result) {
  WasmEdge_Value params[2];
  WasmEdge_Value returns[1];
  params[0] = WasmEdge_ValueGenI64(a);
  params[1] = WasmEdge_ValueGenI64(b);
  WasmEdge_Result ended = WasmEdge_VMExecute(
      vm, WasmEdge_StringWrap("add", 3), params, 2, returns, 1);
  if (!WasmEdge_ResultOK(ended))
    return ended;
  *result = WasmEdge_ValueGetI64(returns[0]);
  return ended;
}

/**
 * Divides, and gives quotient and rest.
 *
 * Traps if the divisor is zero.
 */
static inline WasmEdge_Result numbers_div_rem(
    WasmEdge_VMContext *vm, int32_t dividend, int32_t divisor, int32_t *result0,
    int32_t *result1) {
  WasmEdge_Value params[2];
  WasmEdge_Value returns[2];
  params[0] = WasmEdge_ValueGenI32(dividend);
  params[1] = WasmEdge_ValueGenI32(divisor);
  WasmEdge_Result ended = WasmEdge_VMExecute(
      vm, WasmEdge_StringWrap("div-rem", 7), params, 2, returns, 2);
  if (!WasmEdge_ResultOK(ended))
    return ended;
  *result0 = WasmEdge_ValueGetI32(returns[0]);
  *result1 = WasmEdge_ValueGetI32(returns[1]);
  return ended;
}

/** Calls `new`. */
static inline WasmEdge_Result numbers_new(
    WasmEdge_VMContext *vm, float type, double *result) {
  WasmEdge_Value params[1];
  WasmEdge_Value returns[1];
  params[0] = WasmEdge_ValueGenF32(type);
  WasmEdge_Result ended = WasmEdge_VMExecute(
      vm, WasmEdge_StringWrap("new", 3), params, 1, returns, 1);
  if (!WasmEdge_ResultOK(ended))
    return ended;
  *result = WasmEdge_ValueGetF64(returns[0]);
  return ended;
}

/** Calls `import`. */
static inline WasmEdge_Result numbers_import(
    WasmEdge_VMContext *vm, int32_t class_) {
  WasmEdge_Value params[1];
  params[0] = WasmEdge_ValueGenI32(class_);
  return WasmEdge_VMExecute(
      vm, WasmEdge_StringWrap("import", 6), params, 1, NULL, 0);
}

/** Calls `notMuch`. */
static inline WasmEdge_Result numbers_not_much(WasmEdge_VMContext *vm) {
  return WasmEdge_VMExecute(
      vm, WasmEdge_StringWrap("notMuch", 7), NULL, 0, NULL, 0);
}

/* clang-format on */

#endif
