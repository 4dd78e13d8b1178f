/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  Enumerations of settings. Included by wasmedge.h. */
#ifndef WASMEDGE_C_API_ENUM_CONFIGURE_H
#define WASMEDGE_C_API_ENUM_CONFIGURE_H

/** Proposals to the WebAssembly standard. The first seven are on by default. */
typedef enum WasmEdge_Proposal {
  WasmEdge_Proposal_ImportExportMutGlobals = 0,
  WasmEdge_Proposal_NonTrapFloatToIntConversions = 1,
  WasmEdge_Proposal_SignExtensionOperators = 2,
  WasmEdge_Proposal_MultiValue = 3,
  WasmEdge_Proposal_BulkMemoryOperations = 4,
  WasmEdge_Proposal_ReferenceTypes = 5,
  WasmEdge_Proposal_SIMD = 6,
  WasmEdge_Proposal_TailCall = 7,
  WasmEdge_Proposal_MultiMemories = 8,
  WasmEdge_Proposal_Annotations = 9,
  WasmEdge_Proposal_Memory64 = 10,
  WasmEdge_Proposal_ExceptionHandling = 11,
  WasmEdge_Proposal_ExtendedConst = 12,
  WasmEdge_Proposal_Threads = 13,
  WasmEdge_Proposal_FunctionReferences = 14
} WasmEdge_Proposal;

/** Host modules that a VM can register when it is made. */
typedef enum WasmEdge_HostRegistration {
  WasmEdge_HostRegistration_Wasi = 0,
  WasmEdge_HostRegistration_WasmEdge_Process = 1,
  WasmEdge_HostRegistration_WasiNN = 2,
  WasmEdge_HostRegistration_WasiCrypto_Common = 3,
  WasmEdge_HostRegistration_WasiCrypto_AsymmetricCommon = 4,
  WasmEdge_HostRegistration_WasiCrypto_Kx = 5,
  WasmEdge_HostRegistration_WasiCrypto_Signatures = 6,
  WasmEdge_HostRegistration_WasiCrypto_Symmetric = 7
} WasmEdge_HostRegistration;

/** How hard the ahead-of-time compiler works; O3 by default. */
typedef enum WasmEdge_CompilerOptimizationLevel {
  WasmEdge_CompilerOptimizationLevel_O0 = 0,
  WasmEdge_CompilerOptimizationLevel_O1 = 1,
  WasmEdge_CompilerOptimizationLevel_O2 = 2,
  WasmEdge_CompilerOptimizationLevel_O3 = 3,
  WasmEdge_CompilerOptimizationLevel_Os = 4,
  WasmEdge_CompilerOptimizationLevel_Oz = 5
} WasmEdge_CompilerOptimizationLevel;

/** What the ahead-of-time compiler writes; Wasm by default. */
typedef enum WasmEdge_CompilerOutputFormat {
  /** A shared library. */
  WasmEdge_CompilerOutputFormat_Native = 0,
  /** The module, with its code in a custom section. */
  WasmEdge_CompilerOutputFormat_Wasm = 1
} WasmEdge_CompilerOutputFormat;

#endif /* WASMEDGE_C_API_ENUM_CONFIGURE_H */
