/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  What WasmEdge_ValueGen...() and WasmEdge_ValueGet...() do, for compilers to
 *  put where they are called: a call passes 32 bytes through memory, which costs
 *  more than the rest of a small host function. The library has the functions
 *  too, for programs that take their address or don't optimise. Included by
 *  wasmedge.h. */
#ifndef WASMEDGE_C_API_VALUE_INLINE_H
#define WASMEDGE_C_API_VALUE_INLINE_H

#if defined(__GNUC__) && defined(__OPTIMIZE__) && defined(__SIZEOF_INT128__)

/* Never a function of its own: where it isn't inlined, the library's is called. */
#define WASMEDGE_CAPI_INLINE extern __inline__ __attribute__((__gnu_inline__))

WASMEDGE_CAPI_INLINE WasmEdge_Value WasmEdge_ValueGenI32(int32_t Val) {
  WasmEdge_Value Made;
  Made.Value = (uint32_t)Val;
  Made.Type = WasmEdge_ValType_I32;
  return Made;
}

WASMEDGE_CAPI_INLINE WasmEdge_Value WasmEdge_ValueGenI64(int64_t Val) {
  WasmEdge_Value Made;
  Made.Value = (uint64_t)Val;
  Made.Type = WasmEdge_ValType_I64;
  return Made;
}

WASMEDGE_CAPI_INLINE WasmEdge_Value WasmEdge_ValueGenF32(float Val) {
  WasmEdge_Value Made;
  uint32_t Bits;
  __builtin_memcpy(&Bits, &Val, sizeof(Bits));
  Made.Value = Bits;
  Made.Type = WasmEdge_ValType_F32;
  return Made;
}

WASMEDGE_CAPI_INLINE WasmEdge_Value WasmEdge_ValueGenF64(double Val) {
  WasmEdge_Value Made;
  uint64_t Bits;
  __builtin_memcpy(&Bits, &Val, sizeof(Bits));
  Made.Value = Bits;
  Made.Type = WasmEdge_ValType_F64;
  return Made;
}

WASMEDGE_CAPI_INLINE WasmEdge_Value WasmEdge_ValueGenV128(int128_t Val) {
  WasmEdge_Value Made;
  Made.Value = (uint128_t)Val;
  Made.Type = WasmEdge_ValType_V128;
  return Made;
}

WASMEDGE_CAPI_INLINE int32_t WasmEdge_ValueGetI32(WasmEdge_Value Val) {
  return (int32_t)Val.Value;
}

WASMEDGE_CAPI_INLINE int64_t WasmEdge_ValueGetI64(WasmEdge_Value Val) {
  return (int64_t)Val.Value;
}

WASMEDGE_CAPI_INLINE float WasmEdge_ValueGetF32(WasmEdge_Value Val) {
  uint32_t Bits = (uint32_t)Val.Value;
  float Made;
  __builtin_memcpy(&Made, &Bits, sizeof(Made));
  return Made;
}

WASMEDGE_CAPI_INLINE double WasmEdge_ValueGetF64(WasmEdge_Value Val) {
  uint64_t Bits = (uint64_t)Val.Value;
  double Made;
  __builtin_memcpy(&Made, &Bits, sizeof(Made));
  return Made;
}

WASMEDGE_CAPI_INLINE int128_t WasmEdge_ValueGetV128(WasmEdge_Value Val) {
  return (int128_t)Val.Value;
}

#undef WASMEDGE_CAPI_INLINE

#endif

#endif /* WASMEDGE_C_API_VALUE_INLINE_H */
