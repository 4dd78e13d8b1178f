/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  Enumerations of types. Included by wasmedge.h. */
#ifndef WASMEDGE_C_API_ENUM_TYPES_H
#define WASMEDGE_C_API_ENUM_TYPES_H

/** Value types; the numbers are those of the binary format. */
typedef enum WasmEdge_ValType {
  WasmEdge_ValType_None = 0x40,
  WasmEdge_ValType_I32 = 0x7F,
  WasmEdge_ValType_I64 = 0x7E,
  WasmEdge_ValType_F32 = 0x7D,
  WasmEdge_ValType_F64 = 0x7C,
  WasmEdge_ValType_V128 = 0x7B,
  WasmEdge_ValType_FuncRef = 0x70,
  WasmEdge_ValType_ExternRef = 0x6F
} WasmEdge_ValType;

/** Value types that are numbers. */
typedef enum WasmEdge_NumType {
  WasmEdge_NumType_I32 = 0x7F,
  WasmEdge_NumType_I64 = 0x7E,
  WasmEdge_NumType_F32 = 0x7D,
  WasmEdge_NumType_F64 = 0x7C,
  WasmEdge_NumType_V128 = 0x7B
} WasmEdge_NumType;

/** Value types that are references. */
typedef enum WasmEdge_RefType {
  WasmEdge_RefType_FuncRef = 0x70,
  WasmEdge_RefType_ExternRef = 0x6F
} WasmEdge_RefType;

/** Whether a global can be set. */
typedef enum WasmEdge_Mutability {
  WasmEdge_Mutability_Const = 0,
  WasmEdge_Mutability_Var = 1
} WasmEdge_Mutability;

/** What is imported or exported. */
typedef enum WasmEdge_ExternalType {
  WasmEdge_ExternalType_Function = 0,
  WasmEdge_ExternalType_Table = 1,
  WasmEdge_ExternalType_Memory = 2,
  WasmEdge_ExternalType_Global = 3
} WasmEdge_ExternalType;

#endif /* WASMEDGE_C_API_ENUM_TYPES_H */
