/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What Wasmspan offers beyond the C interface of WasmEdge.
 *
 * The rules at the head of <wasmedge/wasmedge.h> hold here too: ownership, NULL,
 * lists, threads.
 */
#ifndef WASMSPAN_H
#define WASMSPAN_H

#include <stddef.h>
#include <stdint.h>

#include <wasmedge/wasmedge.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Code of a call that ran out of stack; WasmEdge 0.11.2 has none for it. */
#define WASMSPAN_ERROR_STACK_OVERFLOW 0x91

/** Wasmspan's own version, as text: a constant, not to be freed. */
WASMEDGE_CAPI_EXPORT const char *wasmspan_version(void);

/* ---- The last failure --------------------------------------------------- */

/**
 * Writes what the thread's last failure was, with details and the wasm frames of
 * a trap, into a buffer of len bytes, ended by zero and cut if need be. Gives the
 * length of the whole text; 0 if no function of this thread has failed since
 * wasmspan_error_clear(). A success does not clear it.
 */
WASMEDGE_CAPI_EXPORT size_t wasmspan_error_text(char *buf, size_t len);

/** The thread's last failure as a result; success if there is none. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_error_result(void);

/** Where a call was when it trapped. */
typedef struct wasmspan_frame {
  /** Index of the function in its module. */
  uint32_t function;
  /** Whether offset is known. */
  uint32_t has_offset;
  /** Byte offset of the instruction in the module. */
  uint32_t offset;
  /** Line in the guest's source, counted from 1; 0 if it is not known. */
  uint32_t line;
} wasmspan_frame;

/** Number of wasm frames of the thread's last failure. */
WASMEDGE_CAPI_EXPORT uint32_t wasmspan_error_frame_count(void);

/** Reads frame `at`, 0 being the innermost; false if there is none. */
WASMEDGE_CAPI_EXPORT bool wasmspan_error_frame(uint32_t at,
                                               wasmspan_frame *frame);

/**
 * Writes the name of the function of frame `at` as wasmspan_error_text() does;
 * gives 0 if the module does not name it.
 */
WASMEDGE_CAPI_EXPORT size_t wasmspan_error_frame_name(uint32_t at, char *buf,
                                                      size_t len);

/** Forgets the thread's last failure. */
WASMEDGE_CAPI_EXPORT void wasmspan_error_clear(void);

/* ---- Fast calls --------------------------------------------------------- */

/** A parameter on the way in, a result on the way out. */
typedef union wasmspan_slot {
  int32_t i32;
  int64_t i64;
  float f32;
  double f64;
  uint8_t v128[16];
  /* Makes the union 16 bytes wide and aligned. */
  uint128_t bits;
} wasmspan_slot;

/**
 * Calls a function without checking or converting its values. `slots` holds the
 * parameters and gets the results; `count` must be at least the number of either,
 * else FuncSigMismatch. Functions with references among their values cannot be
 * called so: RefTypeMismatch. What the executor would count is not counted.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_call(const WasmEdge_FunctionInstanceContext *function,
              wasmspan_slot *slots, uint32_t count);

/**
 * Calls a function of the active module, and stops it when the time is over: the
 * result is then Interrupted, and the VM can be used again. The call runs on
 * another thread; this one waits. Else as WasmEdge_VMExecute().
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_vm_execute_for(
    WasmEdge_VMContext *vm, WasmEdge_String name, const WasmEdge_Value *params,
    uint32_t param_len, WasmEdge_Value *returns, uint32_t return_len,
    uint64_t milliseconds);

/* ---- Memory ------------------------------------------------------------- */

/**
 * Writes address and size in bytes of a memory; false if there is none. The
 * address is good as long as the memory lives: it does not move when it grows.
 */
WASMEDGE_CAPI_EXPORT bool
wasmspan_memory_view(const WasmEdge_MemoryInstanceContext *memory,
                     uint8_t **base, uint64_t *size);

/* ---- Modules ------------------------------------------------------------ */

/** Bytes that the library made; give them back with wasmspan_bytes_delete(). */
typedef struct wasmspan_bytes {
  uint8_t *data;
  size_t size;
} wasmspan_bytes;

/** Frees bytes and sets both fields to zero; NULL and empty ones do no harm. */
WASMEDGE_CAPI_EXPORT void wasmspan_bytes_delete(wasmspan_bytes *bytes);

/** Translates a module from the text format to the binary one. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_wat_to_wasm(const char *text,
                                                          size_t len,
                                                          wasmspan_bytes *wasm);

/** The name that the module's name section has for it; empty if none. Lent. */
WASMEDGE_CAPI_EXPORT WasmEdge_String
wasmspan_module_name(const WasmEdge_ASTModuleContext *module);

/**
 * The contents of custom section number `at` of a name, counted from 0; lent by
 * the module. False if there are not so many.
 */
WASMEDGE_CAPI_EXPORT bool
wasmspan_module_custom_section(const WasmEdge_ASTModuleContext *module,
                               WasmEdge_String name, uint32_t at,
                               const uint8_t **data, size_t *size);

/* ---- The surroundings of WASI guests ------------------------------------ */

/**
 * Settings for a WASI module: nothing at first, with the standard streams closed.
 * To be filled, given to modules and deleted.
 */
typedef struct wasmspan_wasi_config wasmspan_wasi_config;

/** Makes settings. */
WASMEDGE_CAPI_EXPORT wasmspan_wasi_config *wasmspan_wasi_config_create(void);

/** Adds an argument; the first is the program's name. */
WASMEDGE_CAPI_EXPORT void wasmspan_wasi_config_arg(wasmspan_wasi_config *config,
                                                   WasmEdge_String arg);

/** Sets an environment variable. */
WASMEDGE_CAPI_EXPORT void wasmspan_wasi_config_env(wasmspan_wasi_config *config,
                                                   WasmEdge_String name,
                                                   WasmEdge_String value);

/** Gives the guest a directory under a name; below it only, and perhaps only for
 * reading. Whether it can be opened shows when the settings are used. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_directory(wasmspan_wasi_config *config, const char *host,
                               WasmEdge_String guest, bool read_only);

/** Connects the guest with the standard streams of the process. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_inherit_streams(wasmspan_wasi_config *config);

/** Lets the guest read these bytes as its standard input. They are copied. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_stdin(wasmspan_wasi_config *config, const uint8_t *data,
                           size_t size);

/**
 * Keeps up to `limit` bytes of what the guest writes to its standard output or
 * error, to be read with wasmspan_wasi_config_output() at any time. Writing more
 * fails in the guest.
 */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_capture(wasmspan_wasi_config *config, bool standard_error,
                             size_t limit);

/** What was captured so far; false if nothing is being captured. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_wasi_config_output(const wasmspan_wasi_config *config,
                            bool standard_error, wasmspan_bytes *bytes);

/**
 * Gives a WASI module these settings in place of those it had, and sets its exit
 * code to 0. Fails, and leaves the module as it was, if a directory can't be
 * opened or a string has a zero byte.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_wasi_configure(WasmEdge_ModuleInstanceContext *wasi,
                        const wasmspan_wasi_config *config);

/** Deletes settings; modules that were given them keep what they need. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_delete(wasmspan_wasi_config *config);

/* ---- Modules as processes ----------------------------------------------- */

/**
 * A module to be run as a process: with a fresh instance and surroundings of its
 * own at each run. May be run several times, and from several threads at once.
 */
typedef struct wasmspan_command wasmspan_command;

/** What a run gave; delete both bytes. */
typedef struct wasmspan_finished {
  /** What the guest exited with; 1 if it was stopped or failed. */
  uint32_t exit_code;
  /** What it wrote to its standard output. */
  wasmspan_bytes out;
  /** What it wrote to its standard error. */
  wasmspan_bytes err;
} wasmspan_finished;

/** Makes a command of a loaded module. It gets nothing that is not given to it. */
WASMEDGE_CAPI_EXPORT wasmspan_command *
wasmspan_command_create(const WasmEdge_ASTModuleContext *module);

/** Adds an argument; the first is the program's name. */
WASMEDGE_CAPI_EXPORT void wasmspan_command_arg(wasmspan_command *command,
                                               WasmEdge_String arg);

/** Sets an environment variable. */
WASMEDGE_CAPI_EXPORT void wasmspan_command_env(wasmspan_command *command,
                                               WasmEdge_String name,
                                               WasmEdge_String value);

/** Gives the guest a directory under a name. */
WASMEDGE_CAPI_EXPORT void
wasmspan_command_directory(wasmspan_command *command, const char *host,
                           WasmEdge_String guest, bool read_only);

/** Lets the guest read these bytes as its standard input. They are copied. */
WASMEDGE_CAPI_EXPORT void wasmspan_command_stdin(wasmspan_command *command,
                                                 const uint8_t *data,
                                                 size_t size);

/** Stops a run after so many milliseconds; never by default. */
WASMEDGE_CAPI_EXPORT void
wasmspan_command_timeout(wasmspan_command *command, uint64_t milliseconds);

/** Keeps at most so many bytes of each output stream. */
WASMEDGE_CAPI_EXPORT void
wasmspan_command_output_limit(wasmspan_command *command, size_t limit);

/** Lets memories grow to at most so many pages of 64 KiB. */
WASMEDGE_CAPI_EXPORT void
wasmspan_command_max_memory_pages(wasmspan_command *command, uint32_t pages);

/**
 * Runs the module. A success if it exited, whatever with; its trap or link error
 * if it failed, Interrupted if it was stopped; *finished is filled in all these
 * cases, and untouched if the run could not begin.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_command_run(
    const wasmspan_command *command, wasmspan_finished *finished);

/** Stops a run from another thread. */
WASMEDGE_CAPI_EXPORT void
wasmspan_command_interrupt(const wasmspan_command *command);

/** Deletes a command; runs go on. */
WASMEDGE_CAPI_EXPORT void wasmspan_command_delete(wasmspan_command *command);

/* ---- For bindings of other languages ------------------------------------ */

/**
 * As WasmEdge_FunctionInstanceCreate(); calls `finalize` with the data once nothing
 * can call the function any more, on whatever thread finds that out. It must not
 * call this library. If NULL is returned, it is not called.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_FunctionInstanceContext *
wasmspan_function_create(const WasmEdge_FunctionTypeContext *type,
                         WasmEdge_HostFunc_t body, void *data, uint64_t cost,
                         void (*finalize)(void *data));

/** A request to stop calls, made by any thread. */
typedef struct wasmspan_interrupt wasmspan_interrupt;

/** Makes a request that is not made yet. */
WASMEDGE_CAPI_EXPORT wasmspan_interrupt *wasmspan_interrupt_create(void);

/**
 * Stops the calls that run under it, also where they sleep or wait in WASI, or the
 * next one. Their result is Interrupted. Returns at once.
 */
WASMEDGE_CAPI_EXPORT void
wasmspan_interrupt_request(wasmspan_interrupt *interrupt);

/** Deletes it; calls that run under it go on. */
WASMEDGE_CAPI_EXPORT void
wasmspan_interrupt_delete(wasmspan_interrupt *interrupt);

/**
 * As wasmspan_call(), and a request of `interrupt`, which may be NULL, stops it.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_invoke(const WasmEdge_FunctionInstanceContext *function,
                wasmspan_slot *slots, uint32_t count,
                const wasmspan_interrupt *interrupt);

#ifdef __cplusplus
} /* extern "C" */
#endif

/* Calls with strings and lists. It uses wasmspan_bytes. */
#include <wasmspan/bindgen.h>

#endif /* WASMSPAN_H */
