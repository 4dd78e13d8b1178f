/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The C interface of WasmEdge 0.11.2, served by Wasmspan.
 *
 * What holds for every function, unless it says otherwise:
 *
 * Ownership. What a ...Create() function gives belongs to the program, which
 * deletes it once, in any order. What other functions give is lent by the
 * context it was taken from: it lives as long as that one, and deleting it does
 * nothing. Arguments are copied; nothing passed in need outlive the call.
 * Names that are given out as WasmEdge_String are lent too.
 *
 * Strings. Behind the bytes of a string that the library gives there is a zero,
 * so that they can be read as a C string if none is among them.
 *
 * NULL. A context that is NULL, was deleted, or is of another kind is an error
 * and never a crash: functions with a WasmEdge_Result give the code 0x04
 * (WrongVMWorkflow), functions with a pointer give NULL, with a number 0, with a
 * bool false; setters and ...Delete() do nothing. A buffer may be NULL when its
 * length is 0; an output buffer may be NULL always.
 *
 * Lists. Functions that fill a buffer write at most as many items as it has
 * room for, and return how many there are.
 *
 * Threads. Contexts may be used from several threads at once, and deleted by one
 * while others use them: a call that has begun keeps what it needs, and one that
 * begins later finds the context deleted. Calls into one VM or module
 * instance may run side by side; what the guest then does to its own memory is
 * the guest's affair. A string or a buffer belongs to one thread at a time.
 *
 * Signals. The library leaves SIGPIPE as the program has it. It installs
 * handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and one real-time signal when
 * the first module is compiled, and passes on what is not its own.
 */
#ifndef WASMEDGE_C_API_H
#define WASMEDGE_C_API_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "wasmedge/int128.h"
#include "wasmedge/version.h"

/* Programs written for WasmEdge use these as values of bool. */
#ifndef TRUE
#define TRUE true
#endif
#ifndef FALSE
#define FALSE false
#endif

#if defined(__GNUC__) || defined(__clang__)
#define WASMEDGE_CAPI_EXPORT __attribute__((visibility("default")))
#else
#define WASMEDGE_CAPI_EXPORT
#endif
#define WASMEDGE_CAPI_PLUGIN_EXPORT WASMEDGE_CAPI_EXPORT

#include "wasmedge/enum_configure.h"
#include "wasmedge/enum_errcode.h"
#include "wasmedge/enum_types.h"

#ifdef __cplusplus
extern "C" {
#endif


/* ---- Structures --------------------------------------------------------- */

/**
 * A value with its type: make it with WasmEdge_ValueGen...(), read it with
 * WasmEdge_ValueGet...().
 */
typedef struct WasmEdge_Value {
  uint128_t Value;
  enum WasmEdge_ValType Type;
} WasmEdge_Value;

/**
 * Bytes with a length. What is passed in need not end with zero, and may contain
 * it.
 */
typedef struct WasmEdge_String {
  uint32_t Length;
  const char *Buf;
} WasmEdge_String;

/** How a call ended: read it with WasmEdge_ResultOK() and its relatives. */
typedef struct WasmEdge_Result {
  uint32_t Code;
} WasmEdge_Result;

#ifdef __cplusplus
#define WasmEdge_Result_Success (WasmEdge_Result{0x00})
#define WasmEdge_Result_Terminate (WasmEdge_Result{0x01})
#define WasmEdge_Result_Fail (WasmEdge_Result{0x02})
#else
/** The call succeeded. */
#define WasmEdge_Result_Success ((WasmEdge_Result){.Code = 0x00})
/** From a host function: end the execution. Counts as success. */
#define WasmEdge_Result_Terminate ((WasmEdge_Result){.Code = 0x01})
/** From a host function: end the execution with a failure. */
#define WasmEdge_Result_Fail ((WasmEdge_Result){.Code = 0x02})
#endif

/** Sizes of a table, in elements, or a memory, in pages of 64 KiB. */
typedef struct WasmEdge_Limit {
  /** Whether Max counts. */
  bool HasMax;
  /** Whether threads share the memory; then there must be a maximum. */
  bool Shared;
  uint32_t Min;
  /** At least Min. */
  uint32_t Max;
} WasmEdge_Limit;

/*
 * Contexts. Each has a WasmEdge_...Delete() unless said otherwise.
 */
typedef struct WasmEdge_ConfigureContext WasmEdge_ConfigureContext;
typedef struct WasmEdge_StatisticsContext WasmEdge_StatisticsContext;
typedef struct WasmEdge_ASTModuleContext WasmEdge_ASTModuleContext;
typedef struct WasmEdge_FunctionTypeContext WasmEdge_FunctionTypeContext;
typedef struct WasmEdge_MemoryTypeContext WasmEdge_MemoryTypeContext;
typedef struct WasmEdge_TableTypeContext WasmEdge_TableTypeContext;
typedef struct WasmEdge_GlobalTypeContext WasmEdge_GlobalTypeContext;
/** Always lent by a module. */
typedef struct WasmEdge_ImportTypeContext WasmEdge_ImportTypeContext;
/** Always lent by a module. */
typedef struct WasmEdge_ExportTypeContext WasmEdge_ExportTypeContext;
typedef struct WasmEdge_CompilerContext WasmEdge_CompilerContext;
typedef struct WasmEdge_LoaderContext WasmEdge_LoaderContext;
typedef struct WasmEdge_ValidatorContext WasmEdge_ValidatorContext;
typedef struct WasmEdge_ExecutorContext WasmEdge_ExecutorContext;
typedef struct WasmEdge_StoreContext WasmEdge_StoreContext;
typedef struct WasmEdge_ModuleInstanceContext WasmEdge_ModuleInstanceContext;
typedef struct WasmEdge_FunctionInstanceContext WasmEdge_FunctionInstanceContext;
typedef struct WasmEdge_TableInstanceContext WasmEdge_TableInstanceContext;
typedef struct WasmEdge_MemoryInstanceContext WasmEdge_MemoryInstanceContext;
typedef struct WasmEdge_GlobalInstanceContext WasmEdge_GlobalInstanceContext;
/** What a host function sees of its caller; good until that function returns. */
typedef struct WasmEdge_CallingFrameContext WasmEdge_CallingFrameContext;
/** A call on another thread. */
typedef struct WasmEdge_Async WasmEdge_Async;
typedef struct WasmEdge_VMContext WasmEdge_VMContext;


/* ---- Version ------------------------------------------------------------- */

/**
 * The release whose interface this is, as text: a constant, not to be freed.
 * Wasmspan's own version has a function of its own in <wasmspan/wasmspan.h>.
 */
WASMEDGE_CAPI_EXPORT const char *WasmEdge_VersionGet(void);

/** First number of the release. */
WASMEDGE_CAPI_EXPORT uint32_t WasmEdge_VersionGetMajor(void);

/** Second number of the release. */
WASMEDGE_CAPI_EXPORT uint32_t WasmEdge_VersionGetMinor(void);

/** Third number of the release. */
WASMEDGE_CAPI_EXPORT uint32_t WasmEdge_VersionGetPatch(void);


/* ---- Log ----------------------------------------------------------------- */

/**
 * Writes only failures to the log. The log goes to standard output; its level
 * is one for the process, and begins where information is written.
 */
WASMEDGE_CAPI_EXPORT void WasmEdge_LogSetErrorLevel(void);

/** Writes everything to the log. */
WASMEDGE_CAPI_EXPORT void WasmEdge_LogSetDebugLevel(void);

/** Writes nothing to the log. */
WASMEDGE_CAPI_EXPORT void WasmEdge_LogOff(void);


/* ---- Values -------------------------------------------------------------- */

/** Makes an i32. */
WASMEDGE_CAPI_EXPORT WasmEdge_Value WasmEdge_ValueGenI32(int32_t Val);

/** Makes an i64. */
WASMEDGE_CAPI_EXPORT WasmEdge_Value WasmEdge_ValueGenI64(int64_t Val);

/** Makes an f32. */
WASMEDGE_CAPI_EXPORT WasmEdge_Value WasmEdge_ValueGenF32(float Val);

/** Makes an f64. */
WASMEDGE_CAPI_EXPORT WasmEdge_Value WasmEdge_ValueGenF64(double Val);

/** Makes a v128; lane 0 lies in the low bits. */
WASMEDGE_CAPI_EXPORT WasmEdge_Value WasmEdge_ValueGenV128(int128_t Val);

/** Makes a null reference of a type. */
WASMEDGE_CAPI_EXPORT WasmEdge_Value
WasmEdge_ValueGenNullRef(enum WasmEdge_RefType T);

/**
 * Makes a reference to a function instance, which the value does not keep
 * alive.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Value
WasmEdge_ValueGenFuncRef(const WasmEdge_FunctionInstanceContext *Cxt);

/**
 * Makes a reference to an object of the program. The address passes through
 * wasm unchanged; the object is the program's to keep alive.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Value WasmEdge_ValueGenExternRef(void *Ref);

/** Reads an i32. No getter checks the value's type. */
WASMEDGE_CAPI_EXPORT int32_t WasmEdge_ValueGetI32(WasmEdge_Value Val);

/** Reads an i64. */
WASMEDGE_CAPI_EXPORT int64_t WasmEdge_ValueGetI64(WasmEdge_Value Val);

/** Reads an f32. */
WASMEDGE_CAPI_EXPORT float WasmEdge_ValueGetF32(WasmEdge_Value Val);

/** Reads an f64. */
WASMEDGE_CAPI_EXPORT double WasmEdge_ValueGetF64(WasmEdge_Value Val);

/** Reads a v128. */
WASMEDGE_CAPI_EXPORT int128_t WasmEdge_ValueGetV128(WasmEdge_Value Val);

/** Whether a reference is null. */
WASMEDGE_CAPI_EXPORT bool WasmEdge_ValueIsNullRef(WasmEdge_Value Val);

/**
 * The function instance behind a reference, or NULL. It is lent: by the module
 * it belongs to, or by the table, global or function it was read from.
 */
WASMEDGE_CAPI_EXPORT const WasmEdge_FunctionInstanceContext *
WasmEdge_ValueGetFuncRef(WasmEdge_Value Val);

/** The address behind a reference to an object of the program, or NULL. */
WASMEDGE_CAPI_EXPORT void *WasmEdge_ValueGetExternRef(WasmEdge_Value Val);

#include "wasmedge/value_inline.h"


/* ---- Strings ------------------------------------------------------------- */

/**
 * Copies a string that ends with zero. Delete it with WasmEdge_StringDelete().
 * NULL gives an empty string.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_String
WasmEdge_StringCreateByCString(const char *Str);

/**
 * Copies Len bytes, whatever they are. Delete it with WasmEdge_StringDelete().
 */
WASMEDGE_CAPI_EXPORT WasmEdge_String
WasmEdge_StringCreateByBuffer(const char *Buf, uint32_t Len);

/**
 * Makes a string of the caller's own bytes, which must stay; it is not to be
 * deleted.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_String WasmEdge_StringWrap(const char *Buf,
                                                         uint32_t Len);

/** Whether two strings have the same bytes. */
WASMEDGE_CAPI_EXPORT bool WasmEdge_StringIsEqual(WasmEdge_String Str1,
                                                 WasmEdge_String Str2);

/**
 * Copies a string's bytes into a buffer of Len bytes and fills the rest with
 * zeros; gives the number of bytes copied. What has no room is left out, and so
 * is the zero at the end.
 */
WASMEDGE_CAPI_EXPORT uint32_t WasmEdge_StringCopy(WasmEdge_String Str,
                                                  char *Buf, uint32_t Len);

/** Frees a string that a WasmEdge_StringCreate...() function made; once. */
WASMEDGE_CAPI_EXPORT void WasmEdge_StringDelete(WasmEdge_String Str);


/* ---- Results ------------------------------------------------------------- */

/** Whether a result is a success: the codes 0 and 1 of the runtime. */
WASMEDGE_CAPI_EXPORT bool WasmEdge_ResultOK(WasmEdge_Result Res);

/** Makes a result. A code is cut to its lower 24 bits. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_ResultGen(enum WasmEdge_ErrCategory Category, uint32_t Code);

/** The code of a result. */
WASMEDGE_CAPI_EXPORT uint32_t WasmEdge_ResultGetCode(WasmEdge_Result Res);

/** Whose code it is. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_ErrCategory
WasmEdge_ResultGetCategory(WasmEdge_Result Res);

/**
 * The text of a result's code: a constant, not to be freed. User codes all have
 * the text "user defined error code".
 */
WASMEDGE_CAPI_EXPORT const char *WasmEdge_ResultGetMessage(WasmEdge_Result Res);


/* ---- Limits -------------------------------------------------------------- */

/** Whether all four fields are equal. */
WASMEDGE_CAPI_EXPORT bool WasmEdge_LimitIsEqual(WasmEdge_Limit Lim1,
                                                WasmEdge_Limit Lim2);


/* ---- Function types ------------------------------------------------------ */

/**
 * Makes a function type from lists of parameter and result types; a list may be
 * NULL if its length is 0. NULL if a number is no value type, or a list is
 * longer than 1000.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_FunctionTypeContext *
WasmEdge_FunctionTypeCreate(const enum WasmEdge_ValType *ParamList,
                            uint32_t ParamLen,
                            const enum WasmEdge_ValType *ReturnList,
                            uint32_t ReturnLen);

/** Number of parameters. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_FunctionTypeGetParametersLength(
    const WasmEdge_FunctionTypeContext *Cxt);

/** Writes the parameter types into List, at most Len; gives their number. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_FunctionTypeGetParameters(const WasmEdge_FunctionTypeContext *Cxt,
                                   enum WasmEdge_ValType *List, uint32_t Len);

/** Number of results. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_FunctionTypeGetReturnsLength(const WasmEdge_FunctionTypeContext *Cxt);

/** Writes the result types into List, at most Len; gives their number. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_FunctionTypeGetReturns(const WasmEdge_FunctionTypeContext *Cxt,
                                enum WasmEdge_ValType *List, uint32_t Len);

/** Deletes a function type that the program made. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_FunctionTypeDelete(WasmEdge_FunctionTypeContext *Cxt);


/* ---- Table types --------------------------------------------------------- */

/** Makes a table type. NULL if RefType is no reference type. */
WASMEDGE_CAPI_EXPORT WasmEdge_TableTypeContext *
WasmEdge_TableTypeCreate(enum WasmEdge_RefType RefType, WasmEdge_Limit Limit);

/** Type of the elements. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_RefType
WasmEdge_TableTypeGetRefType(const WasmEdge_TableTypeContext *Cxt);

/** Sizes of the table. */
WASMEDGE_CAPI_EXPORT WasmEdge_Limit
WasmEdge_TableTypeGetLimit(const WasmEdge_TableTypeContext *Cxt);

/** Deletes a table type that the program made. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_TableTypeDelete(WasmEdge_TableTypeContext *Cxt);


/* ---- Memory types -------------------------------------------------------- */

/**
 * Makes a memory type. Whether the limits are possible is checked when an
 * instance is made.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_MemoryTypeContext *
WasmEdge_MemoryTypeCreate(WasmEdge_Limit Limit);

/** Sizes of the memory. */
WASMEDGE_CAPI_EXPORT WasmEdge_Limit
WasmEdge_MemoryTypeGetLimit(const WasmEdge_MemoryTypeContext *Cxt);

/** Deletes a memory type that the program made. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_MemoryTypeDelete(WasmEdge_MemoryTypeContext *Cxt);


/* ---- Global types -------------------------------------------------------- */

/**
 * Makes a global type. NULL if ValType or Mut is no number of its enumeration.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_GlobalTypeContext *
WasmEdge_GlobalTypeCreate(enum WasmEdge_ValType ValType,
                          enum WasmEdge_Mutability Mut);

/** Type of the value; i32 for NULL. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_ValType
WasmEdge_GlobalTypeGetValType(const WasmEdge_GlobalTypeContext *Cxt);

/** Whether the global can be set. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_Mutability
WasmEdge_GlobalTypeGetMutability(const WasmEdge_GlobalTypeContext *Cxt);

/** Deletes a global type that the program made. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_GlobalTypeDelete(WasmEdge_GlobalTypeContext *Cxt);


/* ---- Import types -------------------------------------------------------- */

/** What is imported. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_ExternalType
WasmEdge_ImportTypeGetExternalType(const WasmEdge_ImportTypeContext *Cxt);

/** Name of the module it is imported from; lent by the import type's module. */
WASMEDGE_CAPI_EXPORT WasmEdge_String
WasmEdge_ImportTypeGetModuleName(const WasmEdge_ImportTypeContext *Cxt);

/** Name it has there; lent likewise. */
WASMEDGE_CAPI_EXPORT WasmEdge_String
WasmEdge_ImportTypeGetExternalName(const WasmEdge_ImportTypeContext *Cxt);

/**
 * Type of an imported function; NULL if it is no function. ASTCxt is the module
 * that lent the import type, and lends this too.
 */
WASMEDGE_CAPI_EXPORT const WasmEdge_FunctionTypeContext *
WasmEdge_ImportTypeGetFunctionType(const WasmEdge_ASTModuleContext *ASTCxt,
                                   const WasmEdge_ImportTypeContext *Cxt);

/** Type of an imported table; NULL if it is no table. */
WASMEDGE_CAPI_EXPORT const WasmEdge_TableTypeContext *
WasmEdge_ImportTypeGetTableType(const WasmEdge_ASTModuleContext *ASTCxt,
                                const WasmEdge_ImportTypeContext *Cxt);

/** Type of an imported memory; NULL if it is no memory. */
WASMEDGE_CAPI_EXPORT const WasmEdge_MemoryTypeContext *
WasmEdge_ImportTypeGetMemoryType(const WasmEdge_ASTModuleContext *ASTCxt,
                                 const WasmEdge_ImportTypeContext *Cxt);

/** Type of an imported global; NULL if it is no global. */
WASMEDGE_CAPI_EXPORT const WasmEdge_GlobalTypeContext *
WasmEdge_ImportTypeGetGlobalType(const WasmEdge_ASTModuleContext *ASTCxt,
                                 const WasmEdge_ImportTypeContext *Cxt);


/* ---- Export types -------------------------------------------------------- */

/** What is exported. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_ExternalType
WasmEdge_ExportTypeGetExternalType(const WasmEdge_ExportTypeContext *Cxt);

/** Name of the export; lent by the export type's module. */
WASMEDGE_CAPI_EXPORT WasmEdge_String
WasmEdge_ExportTypeGetExternalName(const WasmEdge_ExportTypeContext *Cxt);

/**
 * Type of an exported function; NULL if it is no function. ASTCxt is the module
 * that lent the export type, and lends this too.
 */
WASMEDGE_CAPI_EXPORT const WasmEdge_FunctionTypeContext *
WasmEdge_ExportTypeGetFunctionType(const WasmEdge_ASTModuleContext *ASTCxt,
                                   const WasmEdge_ExportTypeContext *Cxt);

/** Type of an exported table; NULL if it is no table. */
WASMEDGE_CAPI_EXPORT const WasmEdge_TableTypeContext *
WasmEdge_ExportTypeGetTableType(const WasmEdge_ASTModuleContext *ASTCxt,
                                const WasmEdge_ExportTypeContext *Cxt);

/** Type of an exported memory; NULL if it is no memory. */
WASMEDGE_CAPI_EXPORT const WasmEdge_MemoryTypeContext *
WasmEdge_ExportTypeGetMemoryType(const WasmEdge_ASTModuleContext *ASTCxt,
                                 const WasmEdge_ExportTypeContext *Cxt);

/** Type of an exported global; NULL if it is no global. */
WASMEDGE_CAPI_EXPORT const WasmEdge_GlobalTypeContext *
WasmEdge_ExportTypeGetGlobalType(const WasmEdge_ASTModuleContext *ASTCxt,
                                 const WasmEdge_ExportTypeContext *Cxt);


/* ---- Configuration ------------------------------------------------------- */

/**
 * Makes a configuration with the defaults. Other contexts copy what they need
 * of it when they are made; later changes do not reach them. Where a
 * configuration may be given, NULL means the defaults.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_ConfigureContext *WasmEdge_ConfigureCreate(void);

/**
 * Lets modules use a proposal. Modules that use one which is not finished are
 * refused nevertheless, by its name.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureAddProposal(WasmEdge_ConfigureContext *Cxt,
                              enum WasmEdge_Proposal Prop);

/** Forbids modules to use a proposal. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureRemoveProposal(WasmEdge_ConfigureContext *Cxt,
                                 enum WasmEdge_Proposal Prop);

/** Whether modules may use a proposal. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureHasProposal(const WasmEdge_ConfigureContext *Cxt,
                              enum WasmEdge_Proposal Prop);

/** Lets VMs register a host module when they are made. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureAddHostRegistration(WasmEdge_ConfigureContext *Cxt,
                                      enum WasmEdge_HostRegistration Host);

/** Takes a host registration back. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureRemoveHostRegistration(WasmEdge_ConfigureContext *Cxt,
                                         enum WasmEdge_HostRegistration Host);

/** Whether VMs register a host module. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureHasHostRegistration(const WasmEdge_ConfigureContext *Cxt,
                                      enum WasmEdge_HostRegistration Host);

/**
 * Sets the largest size of every memory, in pages of 64 KiB; 65536 by default.
 * A module whose memory begins larger is not instantiated, growing further
 * fails.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureSetMaxMemoryPage(WasmEdge_ConfigureContext *Cxt,
                                   uint32_t Page);

/** The largest size of every memory, in pages of 64 KiB. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ConfigureGetMaxMemoryPage(const WasmEdge_ConfigureContext *Cxt);

/**
 * Sets whether compiled code that travels with a module is ignored; false by
 * default.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureSetForceInterpreter(WasmEdge_ConfigureContext *Cxt,
                                      bool IsForceInterpreter);

/** Whether compiled code that travels with a module is ignored. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureIsForceInterpreter(const WasmEdge_ConfigureContext *Cxt);

/** Sets how hard the ahead-of-time compiler works. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureCompilerSetOptimizationLevel(
    WasmEdge_ConfigureContext *Cxt,
    enum WasmEdge_CompilerOptimizationLevel Level);

/** How hard the ahead-of-time compiler works; O0 for NULL. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_CompilerOptimizationLevel
WasmEdge_ConfigureCompilerGetOptimizationLevel(
    const WasmEdge_ConfigureContext *Cxt);

/**
 * Sets what the ahead-of-time compiler writes, whatever the output's name is.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureCompilerSetOutputFormat(
    WasmEdge_ConfigureContext *Cxt,
    enum WasmEdge_CompilerOutputFormat Format);

/** What the ahead-of-time compiler writes; Wasm for NULL. */
WASMEDGE_CAPI_EXPORT enum WasmEdge_CompilerOutputFormat
WasmEdge_ConfigureCompilerGetOutputFormat(const WasmEdge_ConfigureContext *Cxt);

/**
 * Sets whether the ahead-of-time compiler writes its intermediate code to the
 * working directory; false by default.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureCompilerSetDumpIR(WasmEdge_ConfigureContext *Cxt,
                                    bool IsDumpIR);

/** Whether the ahead-of-time compiler writes its intermediate code. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureCompilerIsDumpIR(const WasmEdge_ConfigureContext *Cxt);

/**
 * Sets whether the output runs on every processor of this kind, not only on
 * those like this one; false by default.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureCompilerSetGenericBinary(WasmEdge_ConfigureContext *Cxt,
                                           bool IsGenericBinary);

/** Whether the output runs on every processor of this kind. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureCompilerIsGenericBinary(const WasmEdge_ConfigureContext *Cxt);

/**
 * Sets whether the output tests a flag, so that it can be cancelled where
 * signals are forbidden; false by default. Elsewhere everything can be
 * cancelled.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureCompilerSetInterruptible(WasmEdge_ConfigureContext *Cxt,
                                           bool IsInterruptible);

/** Whether the output tests a flag. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureCompilerIsInterruptible(const WasmEdge_ConfigureContext *Cxt);

/** Sets whether instructions are counted; false by default. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureStatisticsSetInstructionCounting(
    WasmEdge_ConfigureContext *Cxt,
    bool IsInstructionCounting);

/** Whether instructions are counted. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureStatisticsIsInstructionCounting(
    const WasmEdge_ConfigureContext *Cxt);

/**
 * Sets whether costs are added up, and the cost limit holds; false by default.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureStatisticsSetCostMeasuring(WasmEdge_ConfigureContext *Cxt,
                                             bool IsCostMeasuring);

/** Whether costs are added up. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureStatisticsIsCostMeasuring(
    const WasmEdge_ConfigureContext *Cxt);

/** Sets whether time is measured; false by default. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureStatisticsSetTimeMeasuring(WasmEdge_ConfigureContext *Cxt,
                                             bool IsTimeMeasuring);

/** Whether time is measured. */
WASMEDGE_CAPI_EXPORT bool
WasmEdge_ConfigureStatisticsIsTimeMeasuring(
    const WasmEdge_ConfigureContext *Cxt);

/** Deletes a configuration. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ConfigureDelete(WasmEdge_ConfigureContext *Cxt);


/* ---- Statistics ---------------------------------------------------------- */

/**
 * Makes statistics to be given to executors. What they count is set in the
 * executor's configuration.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_StatisticsContext *WasmEdge_StatisticsCreate(
    void);

/** Number of instructions that ran. */
WASMEDGE_CAPI_EXPORT uint64_t
WasmEdge_StatisticsGetInstrCount(const WasmEdge_StatisticsContext *Cxt);

/**
 * Instructions that ran for each second of wasm; 0 or not a number if either
 * was not measured.
 */
WASMEDGE_CAPI_EXPORT double
WasmEdge_StatisticsGetInstrPerSecond(const WasmEdge_StatisticsContext *Cxt);

/** Sum of the costs of what ran. */
WASMEDGE_CAPI_EXPORT uint64_t
WasmEdge_StatisticsGetTotalCost(const WasmEdge_StatisticsContext *Cxt);

/**
 * Sets the cost of every opcode, which is the index; opcodes beyond the table
 * cost 0. Each costs 1 at first. The table is copied.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_StatisticsSetCostTable(WasmEdge_StatisticsContext *Cxt,
                                uint64_t *CostArr, uint32_t Len);

/**
 * Sets the cost above which execution ends with CostLimitExceeded; none at
 * first.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_StatisticsSetCostLimit(WasmEdge_StatisticsContext *Cxt,
                                uint64_t Limit);

/** Sets the figures to zero; the cost table and the limit stay. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_StatisticsClear(WasmEdge_StatisticsContext *Cxt);

/** Deletes statistics that the program made. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_StatisticsDelete(WasmEdge_StatisticsContext *Cxt);


/* ---- Modules ------------------------------------------------------------- */

/** Number of imports. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ASTModuleListImportsLength(const WasmEdge_ASTModuleContext *Cxt);

/** Writes the imports into a buffer; they are lent by the module. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ASTModuleListImports(const WasmEdge_ASTModuleContext *Cxt,
                              const WasmEdge_ImportTypeContext **Imports,
                              uint32_t Len);

/** Number of exports. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ASTModuleListExportsLength(const WasmEdge_ASTModuleContext *Cxt);

/** Writes the exports into a buffer; they are lent by the module. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ASTModuleListExports(const WasmEdge_ASTModuleContext *Cxt,
                              const WasmEdge_ExportTypeContext **Exports,
                              uint32_t Len);

/** Deletes a loaded module. Instances made from it live on. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ASTModuleDelete(WasmEdge_ASTModuleContext *Cxt);


/* ---- Ahead-of-time compiler ---------------------------------------------- */

/** Makes a compiler. ConfCxt may be NULL. */
WASMEDGE_CAPI_EXPORT WasmEdge_CompilerContext *
WasmEdge_CompilerCreate(const WasmEdge_ConfigureContext *ConfCxt);

/**
 * Compiles a file to a file, which is replaced only when all of it is written.
 * What it wrote is loaded like any module, and needs no compiling then.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_CompilerCompile(WasmEdge_CompilerContext *Cxt, const char *InPath,
                         const char *OutPath);

/** As WasmEdge_CompilerCompile(), from bytes. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_CompilerCompileFromBuffer(WasmEdge_CompilerContext *Cxt,
                                   const uint8_t *InBuffer,
                                   uint64_t InBufferLen, const char *OutPath);

/** Deletes a compiler. */
WASMEDGE_CAPI_EXPORT void WasmEdge_CompilerDelete(
    WasmEdge_CompilerContext *Cxt);


/* ---- Loader -------------------------------------------------------------- */

/** Makes a loader. ConfCxt may be NULL. */
WASMEDGE_CAPI_EXPORT WasmEdge_LoaderContext *
WasmEdge_LoaderCreate(const WasmEdge_ConfigureContext *ConfCxt);

/**
 * Loads a module from a file and puts it into *Module; the program deletes it.
 * After a failure *Module is as it was. The module is not validated yet.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_LoaderParseFromFile(WasmEdge_LoaderContext *Cxt,
                             WasmEdge_ASTModuleContext **Module,
                             const char *Path);

/** As WasmEdge_LoaderParseFromFile(), from bytes. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_LoaderParseFromBuffer(WasmEdge_LoaderContext *Cxt,
                               WasmEdge_ASTModuleContext **Module,
                               const uint8_t *Buf, uint32_t BufLen);

/** Deletes a loader. */
WASMEDGE_CAPI_EXPORT void WasmEdge_LoaderDelete(WasmEdge_LoaderContext *Cxt);


/* ---- Validator ----------------------------------------------------------- */

/** Makes a validator. ConfCxt may be NULL. */
WASMEDGE_CAPI_EXPORT WasmEdge_ValidatorContext *
WasmEdge_ValidatorCreate(const WasmEdge_ConfigureContext *ConfCxt);

/**
 * Checks a module against the rules of WebAssembly; only then can it be
 * instantiated.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_ValidatorValidate(WasmEdge_ValidatorContext *Cxt,
                           const WasmEdge_ASTModuleContext *ASTCxt);

/** Deletes a validator. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ValidatorDelete(WasmEdge_ValidatorContext *Cxt);


/* ---- Executor ------------------------------------------------------------ */

/**
 * Makes an executor. Both arguments may be NULL. The statistics count what the
 * executor runs, and may be deleted before it.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_ExecutorContext *
WasmEdge_ExecutorCreate(const WasmEdge_ConfigureContext *ConfCxt,
                        WasmEdge_StatisticsContext *StatCxt);

/**
 * Makes a module instance without a name and puts it into *ModuleCxt; the
 * program deletes it. Imports are looked up in the store. After a failure
 * *ModuleCxt is as it was.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_ExecutorInstantiate(WasmEdge_ExecutorContext *Cxt,
                             WasmEdge_ModuleInstanceContext **ModuleCxt,
                             WasmEdge_StoreContext *StoreCxt,
                             const WasmEdge_ASTModuleContext *ASTCxt);

/**
 * As WasmEdge_ExecutorInstantiate(), and registers the instance in the store
 * under a name. ModuleNameConflict if the name is taken.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_ExecutorRegister(WasmEdge_ExecutorContext *Cxt,
                          WasmEdge_ModuleInstanceContext **ModuleCxt,
                          WasmEdge_StoreContext *StoreCxt,
                          const WasmEdge_ASTModuleContext *ASTCxt,
                          WasmEdge_String ModuleName);

/**
 * Registers a module instance in the store under the name it has. It still
 * belongs to the program, and may be registered in several stores.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_ExecutorRegisterImport(
    WasmEdge_ExecutorContext *Cxt,
    WasmEdge_StoreContext *StoreCxt,
    const WasmEdge_ModuleInstanceContext *ImportCxt);

/**
 * Calls a function. FuncSigMismatch unless number and types of the parameters
 * are those of the function's type; results that have no room are dropped. May
 * be called from a host function.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_ExecutorInvoke(WasmEdge_ExecutorContext *Cxt,
                        const WasmEdge_FunctionInstanceContext *FuncCxt,
                        const WasmEdge_Value *Params, uint32_t ParamLen,
                        WasmEdge_Value *Returns, uint32_t ReturnLen);

/** Deletes an executor. Instances that it made live on. */
WASMEDGE_CAPI_EXPORT void WasmEdge_ExecutorDelete(
    WasmEdge_ExecutorContext *Cxt);


/* ---- Store --------------------------------------------------------------- */

/**
 * Makes an empty store: module instances under the names that others import
 * from.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_StoreContext *WasmEdge_StoreCreate(void);

/** The module instance registered under a name, or NULL. */
WASMEDGE_CAPI_EXPORT const WasmEdge_ModuleInstanceContext *
WasmEdge_StoreFindModule(const WasmEdge_StoreContext *Cxt,
                         WasmEdge_String Name);

/** Number of registered module instances. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_StoreListModuleLength(const WasmEdge_StoreContext *Cxt);

/**
 * Writes the names of the registered module instances into a buffer, sorted;
 * they are lent by the store.
 */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_StoreListModule(const WasmEdge_StoreContext *Cxt,
                         WasmEdge_String *Names, uint32_t Len);

/**
 * Deletes a store, and so takes all module instances out of it; they live on.
 */
WASMEDGE_CAPI_EXPORT void WasmEdge_StoreDelete(WasmEdge_StoreContext *Cxt);


/* ---- Module instances ---------------------------------------------------- */

/** Makes an empty host module with a name. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreate(WasmEdge_String ModuleName);

/**
 * Makes the host module wasi_snapshot_preview1. Environment variables are
 * "NAME=value", directories "guest:host" or one path for both; a directory that
 * cannot be opened is logged and left out. Every list may be NULL.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWASI(const char *const *Args, uint32_t ArgLen,
                                  const char *const *Envs, uint32_t EnvLen,
                                  const char *const *Preopens,
                                  uint32_t PreopenLen);

/** NULL: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWasiNN(void);

/** NULL: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWasiCryptoCommon(void);

/** NULL: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWasiCryptoAsymmetricCommon(void);

/** NULL: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWasiCryptoKx(void);

/** NULL: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWasiCryptoSignatures(void);

/** NULL: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWasiCryptoSymmetric(void);

/** NULL: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_ModuleInstanceCreateWasmEdgeProcess(const char *const *AllowedCmds,
                                             uint32_t CmdsLen, bool AllowAll);

/**
 * Gives a WASI module arguments, environment variables and directories in place
 * of those it had, and sets its exit code to 0. See
 * WasmEdge_ModuleInstanceCreateWASI().
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ModuleInstanceInitWASI(WasmEdge_ModuleInstanceContext *Cxt,
                                const char *const *Args, uint32_t ArgLen,
                                const char *const *Envs, uint32_t EnvLen,
                                const char *const *Preopens,
                                uint32_t PreopenLen);

/** Does nothing: the plug-in is not installed. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ModuleInstanceInitWasmEdgeProcess(const char *const *AllowedCmds,
                                           uint32_t CmdsLen, bool AllowAll);

/**
 * What the last guest of a WASI module gave to proc_exit, 0 if none did;
 * EXIT_FAILURE if it is no WASI module.
 */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceWASIGetExitCode(
    const WasmEdge_ModuleInstanceContext *Cxt);

/**
 * Writes the host's descriptor behind a guest's descriptor to *NativeHandler
 * and gives 0. Gives 1 if Cxt is NULL; 2, and writes nothing, if it is no WASI
 * module or the descriptor is unknown.
 */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceWASIGetNativeHandler(
    const WasmEdge_ModuleInstanceContext *Cxt,
    int32_t Fd,
    uint64_t *NativeHandler);

/**
 * The name it was made with or registered under; empty if it has none. Lent.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_String
WasmEdge_ModuleInstanceGetModuleName(const WasmEdge_ModuleInstanceContext *Cxt);

/** The exported function of a name, or NULL; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_FunctionInstanceContext *
WasmEdge_ModuleInstanceFindFunction(const WasmEdge_ModuleInstanceContext *Cxt,
                                    WasmEdge_String Name);

/** The exported table of a name, or NULL; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_TableInstanceContext *
WasmEdge_ModuleInstanceFindTable(const WasmEdge_ModuleInstanceContext *Cxt,
                                 WasmEdge_String Name);

/** The exported memory of a name, or NULL; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_MemoryInstanceContext *
WasmEdge_ModuleInstanceFindMemory(const WasmEdge_ModuleInstanceContext *Cxt,
                                  WasmEdge_String Name);

/** The exported global of a name, or NULL; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_GlobalInstanceContext *
WasmEdge_ModuleInstanceFindGlobal(const WasmEdge_ModuleInstanceContext *Cxt,
                                  WasmEdge_String Name);

/** Number of exported functions. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListFunctionLength(
    const WasmEdge_ModuleInstanceContext *Cxt);

/** Writes the names of the exported functions into a buffer, sorted; lent. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListFunction(const WasmEdge_ModuleInstanceContext *Cxt,
                                    WasmEdge_String *Names, uint32_t Len);

/** Number of exported tables. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListTableLength(
    const WasmEdge_ModuleInstanceContext *Cxt);

/** Writes the names of the exported tables into a buffer, sorted; lent. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListTable(const WasmEdge_ModuleInstanceContext *Cxt,
                                 WasmEdge_String *Names, uint32_t Len);

/** Number of exported memories. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListMemoryLength(
    const WasmEdge_ModuleInstanceContext *Cxt);

/** Writes the names of the exported memories into a buffer, sorted; lent. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListMemory(const WasmEdge_ModuleInstanceContext *Cxt,
                                  WasmEdge_String *Names, uint32_t Len);

/** Number of exported globals. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListGlobalLength(
    const WasmEdge_ModuleInstanceContext *Cxt);

/** Writes the names of the exported globals into a buffer, sorted; lent. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_ModuleInstanceListGlobal(const WasmEdge_ModuleInstanceContext *Cxt,
                                  WasmEdge_String *Names, uint32_t Len);

/**
 * Puts a function into a host module, which owns it from now on. An item of the
 * same name is replaced. Does nothing with an instance of a wasm module.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ModuleInstanceAddFunction(
    WasmEdge_ModuleInstanceContext *Cxt,
    WasmEdge_String Name,
    WasmEdge_FunctionInstanceContext *FunctionCxt);

/** Puts a table into a host module, which owns it from now on. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ModuleInstanceAddTable(WasmEdge_ModuleInstanceContext *Cxt,
                                WasmEdge_String Name,
                                WasmEdge_TableInstanceContext *TableCxt);

/** Puts a memory into a host module, which owns it from now on. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ModuleInstanceAddMemory(WasmEdge_ModuleInstanceContext *Cxt,
                                 WasmEdge_String Name,
                                 WasmEdge_MemoryInstanceContext *MemoryCxt);

/** Puts a global into a host module, which owns it from now on. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ModuleInstanceAddGlobal(WasmEdge_ModuleInstanceContext *Cxt,
                                 WasmEdge_String Name,
                                 WasmEdge_GlobalInstanceContext *GlobalCxt);

/**
 * Deletes a module instance that the program owns and takes it out of the
 * stores it is registered in. Instances that import from it keep what they
 * need.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_ModuleInstanceDelete(WasmEdge_ModuleInstanceContext *Cxt);


/* ---- Function instances -------------------------------------------------- */

/**
 * Body of a host function. Params has as many values as the function's type has
 * parameters, Returns room for its results. The frame is good until the function
 * returns. An exception of C++ that leaves the body becomes the failure
 * HostFuncError. Ending the process or the thread from here ends the guest too.
 */
typedef WasmEdge_Result (*WasmEdge_HostFunc_t)(
    void *Data, const WasmEdge_CallingFrameContext *CallFrameCxt,
    const WasmEdge_Value *Params, WasmEdge_Value *Returns);

/** Body that serves many host functions: This tells them apart. */
typedef WasmEdge_Result (*WasmEdge_WrapFunc_t)(
    void *This, void *Data, const WasmEdge_CallingFrameContext *CallFrameCxt,
    const WasmEdge_Value *Params, const uint32_t ParamLen,
    WasmEdge_Value *Returns, const uint32_t ReturnLen);

/**
 * Makes a function instance from a function of the program. Data is passed to
 * it at every call and must live as long as it can be called. Cost is added to
 * the statistics at every call. NULL if the type or the function is NULL.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_FunctionInstanceContext *
WasmEdge_FunctionInstanceCreate(const WasmEdge_FunctionTypeContext *Type,
                                WasmEdge_HostFunc_t HostFunc, void *Data,
                                uint64_t Cost);

/**
 * As WasmEdge_FunctionInstanceCreate(), for a function that serves many;
 * Binding is passed to it first.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_FunctionInstanceContext *
WasmEdge_FunctionInstanceCreateBinding(
    const WasmEdge_FunctionTypeContext *Type,
    WasmEdge_WrapFunc_t WrapFunc,
    void *Binding,
    void *Data,
    uint64_t Cost);

/** Type of the function; lent. */
WASMEDGE_CAPI_EXPORT const WasmEdge_FunctionTypeContext *
WasmEdge_FunctionInstanceGetFunctionType(
    const WasmEdge_FunctionInstanceContext *Cxt);

/** Deletes a function instance that no host module has taken over. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_FunctionInstanceDelete(WasmEdge_FunctionInstanceContext *Cxt);


/* ---- Table instances ----------------------------------------------------- */

/**
 * Makes a table of its smallest size, full of null references. NULL if the type
 * is impossible.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_TableInstanceContext *
WasmEdge_TableInstanceCreate(const WasmEdge_TableTypeContext *TabType);

/** Type the table was made with; lent. */
WASMEDGE_CAPI_EXPORT const WasmEdge_TableTypeContext *
WasmEdge_TableInstanceGetTableType(const WasmEdge_TableInstanceContext *Cxt);

/** Reads the element at Offset; TableOutOfBounds if there is none. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_TableInstanceGetData(const WasmEdge_TableInstanceContext *Cxt,
                              WasmEdge_Value *Data, uint32_t Offset);

/**
 * Sets the element at Offset; TableOutOfBounds if there is none,
 * RefTypeMismatch if Data is of another type.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_TableInstanceSetData(WasmEdge_TableInstanceContext *Cxt,
                              WasmEdge_Value Data, uint32_t Offset);

/** Number of elements. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_TableInstanceGetSize(const WasmEdge_TableInstanceContext *Cxt);

/**
 * Adds Size null references; TableOutOfBounds if it may not become that large.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_TableInstanceGrow(WasmEdge_TableInstanceContext *Cxt, uint32_t Size);

/** Deletes a table instance that no host module has taken over. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_TableInstanceDelete(WasmEdge_TableInstanceContext *Cxt);


/* ---- Memory instances ---------------------------------------------------- */

/**
 * Makes a memory of its smallest size, all zero. NULL if the type is
 * impossible.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_MemoryInstanceContext *
WasmEdge_MemoryInstanceCreate(const WasmEdge_MemoryTypeContext *MemType);

/**
 * Type of the memory; its minimum is the size at the time of this call. Lent.
 */
WASMEDGE_CAPI_EXPORT const WasmEdge_MemoryTypeContext *
WasmEdge_MemoryInstanceGetMemoryType(const WasmEdge_MemoryInstanceContext *Cxt);

/**
 * Copies Length bytes from Offset on into Data; MemoryOutOfBounds, and copies
 * nothing, if they are not all there. WrongVMWorkflow if Data is NULL.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_MemoryInstanceGetData(const WasmEdge_MemoryInstanceContext *Cxt,
                               uint8_t *Data, uint32_t Offset, uint32_t Length);

/**
 * Copies Length bytes from Data to Offset; MemoryOutOfBounds, and copies
 * nothing, if there is no room. WrongVMWorkflow if Data is NULL.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_MemoryInstanceSetData(WasmEdge_MemoryInstanceContext *Cxt,
                               const uint8_t *Data, uint32_t Offset,
                               uint32_t Length);

/**
 * Address of Length bytes from Offset on; NULL if they are not all there. Good
 * as long as the memory lives: it does not move when it grows.
 */
WASMEDGE_CAPI_EXPORT uint8_t *
WasmEdge_MemoryInstanceGetPointer(WasmEdge_MemoryInstanceContext *Cxt,
                                  uint32_t Offset, uint32_t Length);

/** As WasmEdge_MemoryInstanceGetPointer(), for reading. */
WASMEDGE_CAPI_EXPORT const uint8_t *
WasmEdge_MemoryInstanceGetPointerConst(
    const WasmEdge_MemoryInstanceContext *Cxt,
    uint32_t Offset,
    uint32_t Length);

/** Size in pages of 64 KiB. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_MemoryInstanceGetPageSize(const WasmEdge_MemoryInstanceContext *Cxt);

/** Adds Page pages; MemoryOutOfBounds if it may not become that large. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_MemoryInstanceGrowPage(WasmEdge_MemoryInstanceContext *Cxt,
                                uint32_t Page);

/** Deletes a memory instance that no host module has taken over. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_MemoryInstanceDelete(WasmEdge_MemoryInstanceContext *Cxt);


/* ---- Global instances ---------------------------------------------------- */

/**
 * Makes a global with its first value. NULL if the value is of another type.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_GlobalInstanceContext *
WasmEdge_GlobalInstanceCreate(const WasmEdge_GlobalTypeContext *GlobType,
                              WasmEdge_Value Value);

/** Type of the global; lent. */
WASMEDGE_CAPI_EXPORT const WasmEdge_GlobalTypeContext *
WasmEdge_GlobalInstanceGetGlobalType(const WasmEdge_GlobalInstanceContext *Cxt);

/** The value; 0 as an i32 for NULL. */
WASMEDGE_CAPI_EXPORT WasmEdge_Value
WasmEdge_GlobalInstanceGetValue(const WasmEdge_GlobalInstanceContext *Cxt);

/**
 * Sets the value. Does nothing if the global is constant or the value of
 * another type.
 */
WASMEDGE_CAPI_EXPORT void
WasmEdge_GlobalInstanceSetValue(WasmEdge_GlobalInstanceContext *Cxt,
                                WasmEdge_Value Value);

/** Deletes a global instance that no host module has taken over. */
WASMEDGE_CAPI_EXPORT void
WasmEdge_GlobalInstanceDelete(WasmEdge_GlobalInstanceContext *Cxt);


/* ---- Calling frames ------------------------------------------------------ */

/**
 * The executor that runs the caller, for calling on. Lent. Frames are known
 * only to the thread that runs the host function.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_ExecutorContext *
WasmEdge_CallingFrameGetExecutor(const WasmEdge_CallingFrameContext *Cxt);

/**
 * The module instance whose code called; NULL if the program called the
 * function itself. Lent.
 */
WASMEDGE_CAPI_EXPORT const WasmEdge_ModuleInstanceContext *
WasmEdge_CallingFrameGetModuleInstance(const WasmEdge_CallingFrameContext *Cxt);

/** Memory Idx of that module instance; NULL if there is none. Lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_MemoryInstanceContext *
WasmEdge_CallingFrameGetMemoryInstance(const WasmEdge_CallingFrameContext *Cxt,
                                       uint32_t Idx);


/* ---- Calls on other threads ---------------------------------------------- */

/** Waits until the call has ended. */
WASMEDGE_CAPI_EXPORT void WasmEdge_AsyncWait(const WasmEdge_Async *Cxt);

/**
 * Waits until the call has ended, for at most so many milliseconds; whether it
 * has.
 */
WASMEDGE_CAPI_EXPORT bool WasmEdge_AsyncWaitFor(const WasmEdge_Async *Cxt,
                                                uint64_t Milliseconds);

/**
 * Asks the call to stop, and returns at once. Unless it has ended already, it
 * ends with Interrupted.
 */
WASMEDGE_CAPI_EXPORT void WasmEdge_AsyncCancel(WasmEdge_Async *Cxt);

/** Waits, and gives the number of results; 0 if the call failed. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_AsyncGetReturnsLength(const WasmEdge_Async *Cxt);

/**
 * Waits, writes the results into a buffer and gives what the call ended with.
 * May be called again.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_AsyncGet(const WasmEdge_Async *Cxt, WasmEdge_Value *Returns,
                  uint32_t ReturnLen);

/**
 * Deletes the context. A call that has not ended is cancelled, and this waits
 * for it.
 */
WASMEDGE_CAPI_EXPORT void WasmEdge_AsyncDelete(WasmEdge_Async *Cxt);


/* ---- VM ------------------------------------------------------------------ */

/**
 * Makes a VM. Both arguments may be NULL; without a store the VM has its own. A
 * store that is given may be deleted before the VM, which then finds it empty.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_VMContext *
WasmEdge_VMCreate(const WasmEdge_ConfigureContext *ConfCxt,
                  WasmEdge_StoreContext *StoreCxt);

/**
 * Loads, validates and instantiates a module, and registers it under a name;
 * ModuleNameConflict if that is taken. The VM owns it. An instantiated VM goes
 * back to "validated".
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMRegisterModuleFromFile(WasmEdge_VMContext *Cxt,
                                  WasmEdge_String ModuleName, const char *Path);

/** As WasmEdge_VMRegisterModuleFromFile(), from bytes. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMRegisterModuleFromBuffer(WasmEdge_VMContext *Cxt,
                                    WasmEdge_String ModuleName,
                                    const uint8_t *Buf, uint32_t BufLen);

/** As WasmEdge_VMRegisterModuleFromFile(), from a loaded module. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMRegisterModuleFromASTModule(WasmEdge_VMContext *Cxt,
                                       WasmEdge_String ModuleName,
                                       const WasmEdge_ASTModuleContext *ASTCxt);

/**
 * Registers a module instance under the name it has. It still belongs to the
 * program, which may delete it before or after the VM.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMRegisterModuleFromImport(
    WasmEdge_VMContext *Cxt,
    const WasmEdge_ModuleInstanceContext *ImportCxt);

/**
 * Loads, validates and instantiates a module and calls a function of it. The
 * instance becomes the active one.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMRunWasmFromFile(WasmEdge_VMContext *Cxt, const char *Path,
                           WasmEdge_String FuncName,
                           const WasmEdge_Value *Params, uint32_t ParamLen,
                           WasmEdge_Value *Returns, uint32_t ReturnLen);

/** As WasmEdge_VMRunWasmFromFile(), from bytes. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMRunWasmFromBuffer(WasmEdge_VMContext *Cxt, const uint8_t *Buf,
                             uint32_t BufLen, WasmEdge_String FuncName,
                             const WasmEdge_Value *Params, uint32_t ParamLen,
                             WasmEdge_Value *Returns, uint32_t ReturnLen);

/** As WasmEdge_VMRunWasmFromFile(), from a loaded module. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMRunWasmFromASTModule(WasmEdge_VMContext *Cxt,
                                const WasmEdge_ASTModuleContext *ASTCxt,
                                WasmEdge_String FuncName,
                                const WasmEdge_Value *Params, uint32_t ParamLen,
                                WasmEdge_Value *Returns, uint32_t ReturnLen);

/**
 * As WasmEdge_VMRunWasmFromFile(), on another thread. Gives a context that the
 * program deletes; NULL if there is no VM. A call that can't begin, because
 * parameters are missing for example, ends with the error.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Async *
WasmEdge_VMAsyncRunWasmFromFile(WasmEdge_VMContext *Cxt, const char *Path,
                                WasmEdge_String FuncName,
                                const WasmEdge_Value *Params,
                                uint32_t ParamLen);

/** As WasmEdge_VMAsyncRunWasmFromFile(), from bytes, which are copied. */
WASMEDGE_CAPI_EXPORT WasmEdge_Async *
WasmEdge_VMAsyncRunWasmFromBuffer(WasmEdge_VMContext *Cxt, const uint8_t *Buf,
                                  uint32_t BufLen, WasmEdge_String FuncName,
                                  const WasmEdge_Value *Params,
                                  uint32_t ParamLen);

/**
 * As WasmEdge_VMAsyncRunWasmFromFile(), from a loaded module, which may be
 * deleted meanwhile.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Async *
WasmEdge_VMAsyncRunWasmFromASTModule(WasmEdge_VMContext *Cxt,
                                     const WasmEdge_ASTModuleContext *ASTCxt,
                                     WasmEdge_String FuncName,
                                     const WasmEdge_Value *Params,
                                     uint32_t ParamLen);

/**
 * Loads a module; allowed in every state. After a failure the VM is as it was.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMLoadWasmFromFile(WasmEdge_VMContext *Cxt, const char *Path);

/** As WasmEdge_VMLoadWasmFromFile(), from bytes. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMLoadWasmFromBuffer(WasmEdge_VMContext *Cxt, const uint8_t *Buf,
                              uint32_t BufLen);

/** As WasmEdge_VMLoadWasmFromFile(), from a loaded module. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMLoadWasmFromASTModule(WasmEdge_VMContext *Cxt,
                                 const WasmEdge_ASTModuleContext *ASTCxt);

/** Validates the loaded module; WrongVMWorkflow if there is none. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMValidate(WasmEdge_VMContext *Cxt);

/**
 * Instantiates the validated module, which becomes the active one;
 * WrongVMWorkflow if it is not validated.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMInstantiate(WasmEdge_VMContext *Cxt);

/**
 * Calls a function of the active module. WrongInstanceAddress if there is none,
 * FuncNotFound if it has no such function; else as WasmEdge_ExecutorInvoke().
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result WasmEdge_VMExecute(
    WasmEdge_VMContext *Cxt,
    WasmEdge_String FuncName,
    const WasmEdge_Value *Params,
    uint32_t ParamLen,
    WasmEdge_Value *Returns,
    uint32_t ReturnLen);

/** As WasmEdge_VMExecute(), in a registered module; allowed in every state. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
WasmEdge_VMExecuteRegistered(WasmEdge_VMContext *Cxt,
                             WasmEdge_String ModuleName,
                             WasmEdge_String FuncName,
                             const WasmEdge_Value *Params, uint32_t ParamLen,
                             WasmEdge_Value *Returns, uint32_t ReturnLen);

/**
 * As WasmEdge_VMExecute(), on another thread. Gives a context that the program
 * deletes.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Async *
WasmEdge_VMAsyncExecute(WasmEdge_VMContext *Cxt, WasmEdge_String FuncName,
                        const WasmEdge_Value *Params, uint32_t ParamLen);

/** As WasmEdge_VMExecuteRegistered(), on another thread. */
WASMEDGE_CAPI_EXPORT WasmEdge_Async *
WasmEdge_VMAsyncExecuteRegistered(WasmEdge_VMContext *Cxt,
                                  WasmEdge_String ModuleName,
                                  WasmEdge_String FuncName,
                                  const WasmEdge_Value *Params,
                                  uint32_t ParamLen);

/** Type of a function of the active module, or NULL; lent. */
WASMEDGE_CAPI_EXPORT const WasmEdge_FunctionTypeContext *
WasmEdge_VMGetFunctionType(const WasmEdge_VMContext *Cxt,
                           WasmEdge_String FuncName);

/** Type of a function of a registered module, or NULL; lent. */
WASMEDGE_CAPI_EXPORT const WasmEdge_FunctionTypeContext *
WasmEdge_VMGetFunctionTypeRegistered(const WasmEdge_VMContext *Cxt,
                                     WasmEdge_String ModuleName,
                                     WasmEdge_String FuncName);

/**
 * Forgets the loaded module, the active one and the figures of the statistics;
 * what is registered stays.
 */
WASMEDGE_CAPI_EXPORT void WasmEdge_VMCleanup(WasmEdge_VMContext *Cxt);

/** Number of functions that the active module exports. */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_VMGetFunctionListLength(const WasmEdge_VMContext *Cxt);

/**
 * Writes their names, sorted, and their types into buffers, each of which may
 * be NULL; lent by the VM.
 */
WASMEDGE_CAPI_EXPORT uint32_t
WasmEdge_VMGetFunctionList(const WasmEdge_VMContext *Cxt,
                           WasmEdge_String *Names,
                           const WasmEdge_FunctionTypeContext **FuncTypes,
                           uint32_t Len);

/**
 * The host module of a registration; NULL if the configuration has not got it,
 * or its plug-in is not installed. Lent.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_ModuleInstanceContext *
WasmEdge_VMGetImportModuleContext(const WasmEdge_VMContext *Cxt,
                                  enum WasmEdge_HostRegistration Reg);

/** The active module, or NULL; lent until another one takes its place. */
WASMEDGE_CAPI_EXPORT const WasmEdge_ModuleInstanceContext *
WasmEdge_VMGetActiveModule(const WasmEdge_VMContext *Cxt);

/** The store: the one the VM was made with, or its own, which is lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_StoreContext *
WasmEdge_VMGetStoreContext(WasmEdge_VMContext *Cxt);

/** The loader; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_LoaderContext *
WasmEdge_VMGetLoaderContext(WasmEdge_VMContext *Cxt);

/** The validator; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_ValidatorContext *
WasmEdge_VMGetValidatorContext(WasmEdge_VMContext *Cxt);

/** The executor; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_ExecutorContext *
WasmEdge_VMGetExecutorContext(WasmEdge_VMContext *Cxt);

/** The statistics, which every VM has; lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_StatisticsContext *
WasmEdge_VMGetStatisticsContext(WasmEdge_VMContext *Cxt);

/** Deletes a VM. Calls on other threads keep what they need. */
WASMEDGE_CAPI_EXPORT void WasmEdge_VMDelete(WasmEdge_VMContext *Cxt);


/* ---- Commands ------------------------------------------------------------ */

/**
 * Runs the command wasmedgec with these arguments, of which the first is its
 * name; gives its exit status.
 */
WASMEDGE_CAPI_EXPORT int WasmEdge_Driver_Compiler(int Argc, const char *Argv[]);

/** Runs the command wasmedge likewise. */
WASMEDGE_CAPI_EXPORT int WasmEdge_Driver_Tool(int Argc, const char *Argv[]);

/** Does nothing: this library has no plug-ins yet. */
WASMEDGE_CAPI_EXPORT void WasmEdge_PluginLoadWithDefaultPaths(void);


/* ---- Plug-ins ----------------------------------------------------------- */

/** Version of the plug-in interface. */
#define WasmEdge_Plugin_CurrentAPIVersion 2

/** Type of a plug-in's option. */
typedef enum WasmEdge_ProgramOptionType {
  WasmEdge_ProgramOptionType_None = 0,
  WasmEdge_ProgramOptionType_Toggle = 1,
  WasmEdge_ProgramOptionType_Int8 = 2,
  WasmEdge_ProgramOptionType_Int16 = 3,
  WasmEdge_ProgramOptionType_Int32 = 4,
  WasmEdge_ProgramOptionType_Int64 = 5,
  WasmEdge_ProgramOptionType_UInt8 = 6,
  WasmEdge_ProgramOptionType_UInt16 = 7,
  WasmEdge_ProgramOptionType_UInt32 = 8,
  WasmEdge_ProgramOptionType_UInt64 = 9,
  WasmEdge_ProgramOptionType_Float = 10,
  WasmEdge_ProgramOptionType_Double = 11,
  WasmEdge_ProgramOptionType_String = 12
} WasmEdge_ProgramOptionType;

/** An option of a plug-in. */
typedef struct WasmEdge_ProgramOption {
  const char *Name;
  const char *Description;
  enum WasmEdge_ProgramOptionType Type;
  void *Storage;
  const void *DefaultValue;
} WasmEdge_ProgramOption;

/** Version of a plug-in. */
typedef struct WasmEdge_PluginVersionData {
  uint32_t Major;
  uint32_t Minor;
  uint32_t Patch;
  uint32_t Build;
} WasmEdge_PluginVersionData;

/** A host module of a plug-in. */
typedef struct WasmEdge_ModuleDescriptor {
  const char *Name;
  const char *Description;
  WasmEdge_ModuleInstanceContext *(*Create)(
      const struct WasmEdge_ModuleDescriptor *);
} WasmEdge_ModuleDescriptor;

/** What a plug-in says of itself. */
typedef struct WasmEdge_PluginDescriptor {
  const char *Name;
  const char *Description;
  uint32_t APIVersion;
  WasmEdge_PluginVersionData Version;
  uint32_t ModuleCount;
  uint32_t ProgramOptionCount;
  WasmEdge_ModuleDescriptor *ModuleDescriptions;
  WasmEdge_ProgramOption *ProgramOptions;
} WasmEdge_PluginDescriptor;

/** Defined by a plug-in, not by this library. */
WASMEDGE_CAPI_PLUGIN_EXPORT const WasmEdge_PluginDescriptor *
WasmEdge_Plugin_GetDescriptor(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* WASMEDGE_C_API_H */
