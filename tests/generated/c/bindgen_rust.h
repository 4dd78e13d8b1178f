/**
 * @file
 * Functions of the module bindgen-rust, made by `wasmspan bindgen`.
 *
 * Texts are passed as UTF-8 with a zero at the end. What is given lies in `results`, a text
 * without a zero; it is freed by wasmspan_results_delete(), which is due after each call. An
 * `Err` of the guest is there, too: `results->failed`; nothing else is written then.
 */
#ifndef BINDGEN_RUST_BINDGEN_H
#define BINDGEN_RUST_BINDGEN_H

#include <string.h>
#include <wasmspan/wasmspan.h>

/* clang-format off */

/** Calls `bool_to_u8`. */
static inline WasmEdge_Result bindgen_rust_bool_to_u8(
    const wasmspan_bindgen *guest, bool value, uint8_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_bool;
  args[0].of.boolean = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("bool_to_u8", 10), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u8)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u8;
  return ended;
}

/** Calls `char_to_u32`. */
static inline WasmEdge_Result bindgen_rust_char_to_u32(
    const wasmspan_bindgen *guest, uint32_t value, uint32_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_char;
  args[0].of.character = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("char_to_u32", 11), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u32;
  return ended;
}

/**
 * Makes a line of two points, as JSON.
 *
 * Points are JSON, too: `{"x": 1.5, "y": 3.8}`.
 */
static inline WasmEdge_Result bindgen_rust_create_line(
    const wasmspan_bindgen *guest, const char *from, const char *to,
    const char *desc, const char **result, size_t *result_count,
    wasmspan_results *results) {
  wasmspan_value args[3];
  args[0].kind = wasmspan_kind_string;
  args[0].of.list.items = from;
  args[0].of.list.count = strlen(from);
  args[1].kind = wasmspan_kind_string;
  args[1].of.list.items = to;
  args[1].of.list.count = strlen(to);
  args[2].kind = wasmspan_kind_string;
  args[2].of.list.items = desc;
  args[2].of.list.count = strlen(desc);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("create_line", 11), args, 3, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_string)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const char *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** All scalar types at once, as text. */
static inline WasmEdge_Result bindgen_rust_describe(
    const wasmspan_bindgen *guest, uint8_t a, int8_t b, uint16_t c, int16_t d,
    uint32_t e, int32_t f, uint64_t g, int64_t h, float i, double j, bool k,
    uint32_t l, const char *m, const int16_t *n, size_t n_count,
    const char **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[14];
  args[0].kind = wasmspan_kind_u8;
  args[0].of.u8 = a;
  args[1].kind = wasmspan_kind_i8;
  args[1].of.i8 = b;
  args[2].kind = wasmspan_kind_u16;
  args[2].of.u16 = c;
  args[3].kind = wasmspan_kind_i16;
  args[3].of.i16 = d;
  args[4].kind = wasmspan_kind_u32;
  args[4].of.u32 = e;
  args[5].kind = wasmspan_kind_i32;
  args[5].of.i32 = f;
  args[6].kind = wasmspan_kind_u64;
  args[6].of.u64 = g;
  args[7].kind = wasmspan_kind_i64;
  args[7].of.i64 = h;
  args[8].kind = wasmspan_kind_f32;
  args[8].of.f32 = i;
  args[9].kind = wasmspan_kind_f64;
  args[9].of.f64 = j;
  args[10].kind = wasmspan_kind_bool;
  args[10].of.boolean = k;
  args[11].kind = wasmspan_kind_char;
  args[11].of.character = l;
  args[12].kind = wasmspan_kind_string;
  args[12].of.list.items = m;
  args[12].of.list.count = strlen(m);
  args[13].kind = wasmspan_kind_i16s;
  args[13].of.list.items = n;
  args[13].of.list.count = n_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("describe", 8), args, 14, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_string)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const char *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Divides; by zero it fails. */
static inline WasmEdge_Result bindgen_rust_divide(
    const wasmspan_bindgen *guest, int32_t a, int32_t b, int32_t *result,
    wasmspan_results *results) {
  wasmspan_value args[2];
  args[0].kind = wasmspan_kind_i32;
  args[0].of.i32 = a;
  args[1].kind = wasmspan_kind_i32;
  args[1].of.i32 = b;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("divide", 6), args, 2, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i32;
  return ended;
}

/** Calls `echo_f32`. */
static inline WasmEdge_Result bindgen_rust_echo_f32(
    const wasmspan_bindgen *guest, float value, float *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_f32;
  args[0].of.f32 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_f32", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_f32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.f32;
  return ended;
}

/** Calls `echo_f64`. */
static inline WasmEdge_Result bindgen_rust_echo_f64(
    const wasmspan_bindgen *guest, double value, double *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_f64;
  args[0].of.f64 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_f64", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_f64)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.f64;
  return ended;
}

/** Calls `echo_i16`. */
static inline WasmEdge_Result bindgen_rust_echo_i16(
    const wasmspan_bindgen *guest, int16_t value, int16_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i16;
  args[0].of.i16 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i16", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i16)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i16;
  return ended;
}

/** Calls `echo_i16s`. */
static inline WasmEdge_Result bindgen_rust_echo_i16s(
    const wasmspan_bindgen *guest, const int16_t *value, size_t value_count,
    const int16_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i16s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i16s", 9), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i16s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const int16_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_i32`. */
static inline WasmEdge_Result bindgen_rust_echo_i32(
    const wasmspan_bindgen *guest, int32_t value, int32_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i32;
  args[0].of.i32 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i32", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i32;
  return ended;
}

/** Calls `echo_i32s`. */
static inline WasmEdge_Result bindgen_rust_echo_i32s(
    const wasmspan_bindgen *guest, const int32_t *value, size_t value_count,
    const int32_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i32s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i32s", 9), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i32s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const int32_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_i64`. */
static inline WasmEdge_Result bindgen_rust_echo_i64(
    const wasmspan_bindgen *guest, int64_t value, int64_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i64;
  args[0].of.i64 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i64", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i64)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i64;
  return ended;
}

/** Calls `echo_i64s`. */
static inline WasmEdge_Result bindgen_rust_echo_i64s(
    const wasmspan_bindgen *guest, const int64_t *value, size_t value_count,
    const int64_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i64s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i64s", 9), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i64s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const int64_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_i8`. */
static inline WasmEdge_Result bindgen_rust_echo_i8(
    const wasmspan_bindgen *guest, int8_t value, int8_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i8;
  args[0].of.i8 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i8", 7), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i8)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i8;
  return ended;
}

/** Calls `echo_i8s`. */
static inline WasmEdge_Result bindgen_rust_echo_i8s(
    const wasmspan_bindgen *guest, const int8_t *value, size_t value_count,
    const int8_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i8s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_i8s", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i8s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const int8_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_string`. */
static inline WasmEdge_Result bindgen_rust_echo_string(
    const wasmspan_bindgen *guest, const char *value, const char **result,
    size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_string;
  args[0].of.list.items = value;
  args[0].of.list.count = strlen(value);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_string", 11), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_string)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const char *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_u16`. */
static inline WasmEdge_Result bindgen_rust_echo_u16(
    const wasmspan_bindgen *guest, uint16_t value, uint16_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u16;
  args[0].of.u16 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u16", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u16)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u16;
  return ended;
}

/** Calls `echo_u16s`. */
static inline WasmEdge_Result bindgen_rust_echo_u16s(
    const wasmspan_bindgen *guest, const uint16_t *value, size_t value_count,
    const uint16_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u16s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u16s", 9), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u16s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const uint16_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_u32`. */
static inline WasmEdge_Result bindgen_rust_echo_u32(
    const wasmspan_bindgen *guest, uint32_t value, uint32_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u32;
  args[0].of.u32 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u32", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u32;
  return ended;
}

/** Calls `echo_u32s`. */
static inline WasmEdge_Result bindgen_rust_echo_u32s(
    const wasmspan_bindgen *guest, const uint32_t *value, size_t value_count,
    const uint32_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u32s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u32s", 9), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u32s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const uint32_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_u64`. */
static inline WasmEdge_Result bindgen_rust_echo_u64(
    const wasmspan_bindgen *guest, uint64_t value, uint64_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u64;
  args[0].of.u64 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u64", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u64)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u64;
  return ended;
}

/** Calls `echo_u64s`. */
static inline WasmEdge_Result bindgen_rust_echo_u64s(
    const wasmspan_bindgen *guest, const uint64_t *value, size_t value_count,
    const uint64_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u64s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u64s", 9), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u64s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const uint64_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `echo_u8`. */
static inline WasmEdge_Result bindgen_rust_echo_u8(
    const wasmspan_bindgen *guest, uint8_t value, uint8_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u8;
  args[0].of.u8 = value;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u8", 7), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u8)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u8;
  return ended;
}

/** Calls `echo_u8s`. */
static inline WasmEdge_Result bindgen_rust_echo_u8s(
    const wasmspan_bindgen *guest, const uint8_t *value, size_t value_count,
    const uint8_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u8s;
  args[0].of.list.items = value;
  args[0].of.list.count = value_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("echo_u8s", 8), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u8s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const uint8_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `exits`. */
static inline WasmEdge_Result bindgen_rust_exits(
    const wasmspan_bindgen *guest, int32_t code, int32_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_i32;
  args[0].of.i32 = code;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("exits", 5), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i32;
  return ended;
}

/** Calls `fail_empty`. */
static inline WasmEdge_Result bindgen_rust_fail_empty(
    const wasmspan_bindgen *guest, uint8_t *result, wasmspan_results *results) {
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("fail_empty", 10), NULL, 0, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u8)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u8;
  return ended;
}

/** Keccak-256 of bytes. */
static inline WasmEdge_Result bindgen_rust_keccak_digest(
    const wasmspan_bindgen *guest, const uint8_t *data, size_t data_count,
    const uint8_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u8s;
  args[0].of.list.items = data;
  args[0].of.list.count = data_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("keccak_digest", 13), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u8s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const uint8_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** The least number that both divide. */
static inline WasmEdge_Result bindgen_rust_lowest_common_multiple(
    const wasmspan_bindgen *guest, int32_t a, int32_t b, int32_t *result,
    wasmspan_results *results) {
  wasmspan_value args[2];
  args[0].kind = wasmspan_kind_i32;
  args[0].of.i32 = a;
  args[1].kind = wasmspan_kind_i32;
  args[1].of.i32 = b;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("lowest_common_multiple", 22), args, 2, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i32;
  return ended;
}

/** Calls `make_bytes`. */
static inline WasmEdge_Result bindgen_rust_make_bytes(
    const wasmspan_bindgen *guest, uint32_t len, const uint8_t **result,
    size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u32;
  args[0].of.u32 = len;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("make_bytes", 10), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u8s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const uint8_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `nothing`. */
static inline WasmEdge_Result bindgen_rust_nothing(
    const wasmspan_bindgen *guest, wasmspan_results *results) {
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("nothing", 7), NULL, 0, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 0)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  return ended;
}

/** Turns letters by 13 places. */
static inline WasmEdge_Result bindgen_rust_obfusticate(
    const wasmspan_bindgen *guest, const char *text, const char **result,
    size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_string;
  args[0].of.list.items = text;
  args[0].of.list.count = strlen(text);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("obfusticate", 11), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_string)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const char *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Calls `panics`. */
static inline WasmEdge_Result bindgen_rust_panics(
    const wasmspan_bindgen *guest, const char *message, int32_t *result,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_string;
  args[0].of.list.items = message;
  args[0].of.list.count = strlen(message);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("panics", 6), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_i32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.i32;
  return ended;
}

/** Calls `prints`. */
static inline WasmEdge_Result bindgen_rust_prints(
    const wasmspan_bindgen *guest, const char *text,
    wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_string;
  args[0].of.list.items = text;
  args[0].of.list.count = strlen(text);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("prints", 6), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 0)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  return ended;
}

/** Greets somebody. */
static inline WasmEdge_Result bindgen_rust_say(
    const wasmspan_bindgen *guest, const char *name, const char **result,
    size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_string;
  args[0].of.list.items = name;
  args[0].of.list.count = strlen(name);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("say", 3), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_string)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const char *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** SHA3-256 of bytes. */
static inline WasmEdge_Result bindgen_rust_sha3_digest(
    const wasmspan_bindgen *guest, const uint8_t *data, size_t data_count,
    const uint8_t **result, size_t *result_count, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u8s;
  args[0].of.list.items = data;
  args[0].of.list.count = data_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("sha3_digest", 11), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u8s)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = (const uint8_t *)results->values[0].of.list.items;
  *result_count = results->values[0].of.list.count;
  return ended;
}

/** Divides a text where the separator first is; fails where it isn't. */
static inline WasmEdge_Result bindgen_rust_split(
    const wasmspan_bindgen *guest, const char *text, const char *separator,
    const char **result0, size_t *result0_count, const char **result1,
    size_t *result1_count, wasmspan_results *results) {
  wasmspan_value args[2];
  args[0].kind = wasmspan_kind_string;
  args[0].of.list.items = text;
  args[0].of.list.count = strlen(text);
  args[1].kind = wasmspan_kind_string;
  args[1].of.list.items = separator;
  args[1].of.list.count = strlen(separator);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("split", 5), args, 2, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 2 ||
      results->values[0].kind != wasmspan_kind_string ||
      results->values[1].kind != wasmspan_kind_string)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result0 = (const char *)results->values[0].of.list.items;
  *result0_count = results->values[0].of.list.count;
  *result1 = (const char *)results->values[1].of.list.items;
  *result1_count = results->values[1].of.list.count;
  return ended;
}

/** Gives both back, in the other order. */
static inline WasmEdge_Result bindgen_rust_swap(
    const wasmspan_bindgen *guest, int32_t a, const char *b,
    const char **result0, size_t *result0_count, int32_t *result1,
    wasmspan_results *results) {
  wasmspan_value args[2];
  args[0].kind = wasmspan_kind_i32;
  args[0].of.i32 = a;
  args[1].kind = wasmspan_kind_string;
  args[1].of.list.items = b;
  args[1].of.list.count = strlen(b);
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("swap", 4), args, 2, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 2 ||
      results->values[0].kind != wasmspan_kind_string ||
      results->values[1].kind != wasmspan_kind_i32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result0 = (const char *)results->values[0].of.list.items;
  *result0_count = results->values[0].of.list.count;
  *result1 = results->values[1].of.i32;
  return ended;
}

/** Calls `take_bytes`. */
static inline WasmEdge_Result bindgen_rust_take_bytes(
    const wasmspan_bindgen *guest, const uint8_t *data, size_t data_count,
    uint32_t *result, wasmspan_results *results) {
  wasmspan_value args[1];
  args[0].kind = wasmspan_kind_u8s;
  args[0].of.list.items = data;
  args[0].of.list.count = data_count;
  WasmEdge_Result ended = wasmspan_bindgen_call(
      guest, WasmEdge_StringWrap("take_bytes", 10), args, 1, results);
  if (!WasmEdge_ResultOK(ended) || results->failed)
    return ended;
  if (results->count != 1 ||
      results->values[0].kind != wasmspan_kind_u32)
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,
                              WasmEdge_ErrCode_FuncSigMismatch);
  *result = results->values[0].of.u32;
  return ended;
}

/* clang-format on */

#endif
