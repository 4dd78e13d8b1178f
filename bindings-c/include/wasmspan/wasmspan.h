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

/** As wasmspan_error_text(), without the frames. */
WASMEDGE_CAPI_EXPORT size_t wasmspan_error_summary(char *buf, size_t len);

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

/** Why something failed, and the fact that belongs to it: 0 where none is named. */
enum wasmspan_cause {
  /** Nothing has failed. */
  wasmspan_cause_none = 0,
  /** A limit of time is used up; the fact is the limit in nanoseconds. */
  wasmspan_cause_timeout = 1,
  /** Somebody asked the call to stop. */
  wasmspan_cause_interrupted = 2,
  /** A limit of output is used up; the fact is the limit in bytes. */
  wasmspan_cause_output_limit = 3,
  /** The call would cost more than it may. */
  wasmspan_cause_cost_limit = 4,
  /** The call has used up its stack. */
  wasmspan_cause_stack_overflow = 5,
  /** There is no room for a memory, by a limit or because the system has none. */
  wasmspan_cause_out_of_memory = 6,
  /** The guest ended itself, or a host function did; the fact is the exit code. */
  wasmspan_cause_exit = 7,
  /** The guest did what WebAssembly doesn't allow; the result's code says what. */
  wasmspan_cause_trap = 8,
  /** A host function failed. */
  wasmspan_cause_host_error = 9,
  /** A host function failed with a number of its own, which is the fact. */
  wasmspan_cause_user = 10,
  /** Code of a host written in Rust panicked. */
  wasmspan_cause_panic = 11,
  /** This library failed by a fault of its own, which is to be reported. */
  wasmspan_cause_fault = 12,
  /** Imports are missing or don't fit; the fact is how many: see
   * wasmspan_error_import(). */
  wasmspan_cause_imports = 13,
  /** The module needs a proposal, see wasmspan_error_proposal(); the fact is 1 if
   * it can be switched on, 0 if the library doesn't have it. */
  wasmspan_cause_unsupported = 14,
  /** The module isn't well-formed. */
  wasmspan_cause_malformed = 15,
  /** The module isn't valid. */
  wasmspan_cause_invalid = 16,
  /** The module can't be instantiated for another reason than its imports. */
  wasmspan_cause_instantiation = 17,
  /** A wrong use of this interface, a file that can't be read, or a step out of
   * order. */
  wasmspan_cause_usage = 18
};

/**
 * Why the thread's last failure happened, as a number of enum wasmspan_cause; a later
 * version may know more of them. Writes the fact that belongs to it to *fact, which
 * may be NULL and is left alone where nothing has failed.
 */
WASMEDGE_CAPI_EXPORT uint32_t wasmspan_error_cause(uint64_t *fact);

/** The proposal that a module needs, after wasmspan_cause_unsupported; else empty.
 * Good until the thread's next failure or wasmspan_error_clear(). */
WASMEDGE_CAPI_EXPORT WasmEdge_String wasmspan_error_proposal(void);

/** An import at fault. The strings are good until the thread's next failure or
 * wasmspan_error_clear(). */
typedef struct wasmspan_import_fault {
  /** The module that it is to come from. */
  WasmEdge_String module;
  /** Its name in that module. */
  WasmEdge_String name;
  /** What it is to be, a number of enum WasmEdge_ExternalType. */
  uint32_t kind;
  /** The type that it is to have. */
  WasmEdge_String wanted;
  /** The type of what was found in its place; Buf is NULL if nothing was. */
  WasmEdge_String found;
  /** Why it is at fault, in words. */
  WasmEdge_String reason;
} wasmspan_import_fault;

/**
 * Reads import `at` of those that are at fault, in the module's order, after
 * wasmspan_cause_imports; false if there are not so many.
 */
WASMEDGE_CAPI_EXPORT bool wasmspan_error_import(uint32_t at,
                                                wasmspan_import_fault *fault);

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
 * called so: RefTypeMismatch. What the settings of the executor that made the
 * instance count is counted, and a limit of cost holds.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_call(const WasmEdge_FunctionInstanceContext *function,
              wasmspan_slot *slots, uint32_t count);

/** As WasmEdge_VMExecute(), within a limit of time: see
 * wasmspan_vm_execute_within(). */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_vm_execute_for(
    WasmEdge_VMContext *vm, WasmEdge_String name, const WasmEdge_Value *params,
    uint32_t param_len, WasmEdge_Value *returns, uint32_t return_len,
    uint64_t milliseconds);

/**
 * As WasmEdge_ExecutorInvoke(), on another thread. Delete what it gives with
 * WasmEdge_AsyncDelete(). NULL if a context is missing.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Async *wasmspan_executor_invoke_async(
    const WasmEdge_ExecutorContext *executor,
    const WasmEdge_FunctionInstanceContext *function,
    const WasmEdge_Value *params, uint32_t param_len);

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

/**
 * Compiles a module to what WasmEdge_CompilerCompile() would write into a file.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_compile(const WasmEdge_CompilerContext *compiler, const uint8_t *data,
                 size_t size, wasmspan_bytes *compiled);

/** Whether the module came with compiled code that fits and will be run. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_module_is_compiled(const WasmEdge_ASTModuleContext *module);

/** The module in the binary format; lent by it. False if something is missing. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_module_wasm(const WasmEdge_ASTModuleContext *module,
                     const uint8_t **data, size_t *size);

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

/* ---- Settings ----------------------------------------------------------- */

/**
 * Sets whether signals find traps and stop calls, which costs nothing while code
 * runs. Without them both are done by checks in the code. A program that needs
 * SIGSEGV, SIGBUS, SIGFPE and SIGILL for itself, or runs under a tool that does,
 * switches `traps` off; `interrupts` stands for one real-time signal. Both are on at
 * first. If they are off wherever a module is compiled, no handler is installed.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_signals(
    WasmEdge_ConfigureContext *configure, bool traps, bool interrupts);

/** Reads what was set; false if one of the three is missing. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_configure_get_signals(const WasmEdge_ConfigureContext *configure,
                               bool *traps, bool *interrupts);

/** When the functions of a module are compiled. */
enum wasmspan_compile_time {
  /** A large module's when they are first called, a small one's before it runs. */
  wasmspan_compile_time_auto = 0,
  /** All before the module runs. */
  wasmspan_compile_time_eager = 1,
  /** When they are first called, and meanwhile all of them in the background. */
  wasmspan_compile_time_lazy = 2
};

/** Sets when functions are compiled, by a number of enum wasmspan_compile_time;
 * RuntimeError for another number. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_compile_time(
    WasmEdge_ConfigureContext *configure, uint32_t time);

/** How much the compiler does for fast code. */
enum wasmspan_opt_level {
  /** Little: it compiles fastest. */
  wasmspan_opt_level_none = 0,
  /** For speed, as at first. */
  wasmspan_opt_level_speed = 1,
  /** For speed, and for small code. */
  wasmspan_opt_level_speed_and_size = 2
};

/** Sets how modules are compiled that are not compiled ahead of time, by a number of
 * enum wasmspan_opt_level; RuntimeError for another number. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_opt_level(
    WasmEdge_ConfigureContext *configure, uint32_t level);

/** Sets whether code uses only what every processor of this kind has; off at first. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_generic_code(
    WasmEdge_ConfigureContext *configure, bool generic);

/** Sets whether compiled code that travels with a module is run, which trusts the file
 * that it is in; on at first, as in WasmEdge. Off, such a module is compiled anew. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_load_compiled(
    WasmEdge_ConfigureContext *configure, bool load);

/** Sets how many threads compile a module; 0, as at first, is one for each core. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_compile_threads(
    WasmEdge_ConfigureContext *configure, size_t threads);

/** Sets whether text is taken where a module is expected, and a shared object in
 * a buffer. Off at first, as in WasmEdge: both are then MalformedMagic. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_lenient_input(
    WasmEdge_ConfigureContext *configure, bool lenient);

/** Relaxed vector instructions, for WasmEdge_ConfigureAddProposal(); WasmEdge has no
 * number for them. */
#define WASMSPAN_PROPOSAL_RELAXED_SIMD ((enum WasmEdge_Proposal)64)

/** Switches on every proposal that is finished, in place of those that were on. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_add_finished_proposals(
    WasmEdge_ConfigureContext *configure);

/* ---- Limits ------------------------------------------------------------- */

/** Stands for no limit in every field of wasmspan_limits. */
#define WASMSPAN_UNLIMITED UINT64_MAX

/** What may be used at most; the library's own limits hold in any case. */
typedef struct wasmspan_limits {
  /** Time of one call, or of one instantiation with its start function, in ms. */
  uint64_t time_ms;
  /** Cost of all calls together, or of the one call; measured where it is set. */
  uint64_t cost;
  /** Size of each memory, in pages of 64 KiB. */
  uint64_t memory_pages;
  /** Size of each table, in elements. */
  uint64_t table_elements;
  /** Stack of one call, in bytes. */
  uint64_t stack_bytes;
  /** Module instances of one executor that exist at the same time. */
  uint64_t instances;
  /** Descriptors that a WASI guest has open at once. */
  uint64_t open_files;
  /** Bytes that one call writes to standard output and error together. */
  uint64_t output_bytes;
} wasmspan_limits;

/** The value of a wasmspan_limits without any limit, to begin with. */
#define WASMSPAN_NO_LIMITS                                                     \
  {                                                                            \
    WASMSPAN_UNLIMITED, WASMSPAN_UNLIMITED, WASMSPAN_UNLIMITED,                \
        WASMSPAN_UNLIMITED, WASMSPAN_UNLIMITED, WASMSPAN_UNLIMITED,            \
        WASMSPAN_UNLIMITED, WASMSPAN_UNLIMITED                                 \
  }

/**
 * Reads limits from a JSON object that has some of the fields of wasmspan_limits,
 * by their names. A failure leaves *limits as it was.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_limits_from_json(
    const char *text, size_t len, wasmspan_limits *limits);

/** Writes limits as JSON, as wasmspan_error_text() writes; 0 for NULL. */
WASMEDGE_CAPI_EXPORT size_t wasmspan_limits_to_json(
    const wasmspan_limits *limits, char *buf, size_t len);

/**
 * Sets what executors and VMs made with these settings may use in all. A call
 * that would use more fails with a text that names the limit.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_configure_set_limits(
    WasmEdge_ConfigureContext *configure, const wasmspan_limits *limits);

/** Reads what was set; false if one of the two is missing. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_configure_get_limits(const WasmEdge_ConfigureContext *configure,
                              wasmspan_limits *limits);

/**
 * As WasmEdge_ExecutorInvoke(), within limits of this call and those of the
 * executor; where both say something, the smaller counts. Of `limits` only time,
 * cost, stack and output may be set, and cost only for an executor that measures
 * it; RuntimeError else. Time that is over gives Interrupted, cost CostLimitExceeded,
 * stack WASMSPAN_ERROR_STACK_OVERFLOW.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_executor_invoke_within(
    const WasmEdge_ExecutorContext *executor,
    const WasmEdge_FunctionInstanceContext *function,
    const WasmEdge_Value *params, uint32_t param_len, WasmEdge_Value *returns,
    uint32_t return_len, const wasmspan_limits *limits);

/**
 * Calls a function within limits of this call, which may be NULL, and those of its
 * instance, as wasmspan_executor_invoke_within() does; without an executor: what
 * is counted is what the instance counts.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_function_call(
    const WasmEdge_FunctionInstanceContext *function,
    const WasmEdge_Value *params, uint32_t param_len, WasmEdge_Value *returns,
    uint32_t return_len, const wasmspan_limits *limits);

/**
 * As WasmEdge_VMExecute(), within limits: see wasmspan_executor_invoke_within().
 * The call runs on this thread, and the VM can be used again after any failure.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_vm_execute_within(
    WasmEdge_VMContext *vm, WasmEdge_String name, const WasmEdge_Value *params,
    uint32_t param_len, WasmEdge_Value *returns, uint32_t return_len,
    const wasmspan_limits *limits);

/** What the calls that have ended used. */
typedef struct wasmspan_figures {
  /** Instructions; 0 unless they are counted. */
  uint64_t instructions;
  /** Their cost; 0 unless it is measured. */
  uint64_t cost;
  /** What the cost may not exceed; WASMSPAN_UNLIMITED if nothing is set. */
  uint64_t cost_limit;
  /** Time in wasm; 0 unless it is measured. */
  uint64_t wasm_nanoseconds;
  /** Time in host functions that wasm called; 0 unless it is measured. */
  uint64_t host_nanoseconds;
} wasmspan_figures;

/** Reads figures, on any thread; false if one of the two is missing. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_statistics_read(const WasmEdge_StatisticsContext *statistics,
                         wasmspan_figures *figures);

/* ---- The disk cache ----------------------------------------------------- */

/**
 * Lets loaders, VMs and compilers made with these settings keep compiled code in
 * a folder, for this process and later ones. It must belong to the user and not
 * be writable by others; it is made if it is not there. NULL is the user's own,
 * `wasmspan` in their cache folder. Entries take up to max_bytes, 0 being 1 GiB.
 * A cache that can't be used does no harm: a warning goes to the log. Modules of
 * less than 2,048 bytes are compiled as fast as their code is found, and not kept.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_configure_set_cache(WasmEdge_ConfigureContext *configure,
                             const char *directory, uint64_t max_bytes);

/** Keeps nothing on disk, which is the default. */
WASMEDGE_CAPI_EXPORT void
wasmspan_configure_no_cache(WasmEdge_ConfigureContext *configure);

/**
 * Tells how much the cache in a folder holds; NULL is the user's own. Either
 * place may be NULL. IllegalPath if the folder can't be used.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_cache_stats(
    const char *directory, uint64_t *entries, uint64_t *size);

/** Removes all entries, and tells what there was as wasmspan_cache_stats() does.
 * Code that is in use stays. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_cache_clear(
    const char *directory, uint64_t *entries, uint64_t *size);

/** Writes the folder's path as wasmspan_error_text() writes; 0 if there is none. */
WASMEDGE_CAPI_EXPORT size_t wasmspan_cache_folder(const char *directory,
                                                  char *buf, size_t len);

/* ---- Pools of instances ------------------------------------------------- */

/**
 * Hands out instances of one module, each fresh, and never more than so many at a
 * time. May be used from several threads at once.
 */
typedef struct wasmspan_pool wasmspan_pool;

/**
 * Makes a pool of at most `size` instances of a validated module, under the
 * settings of the loader that loaded it. Imports are looked up in `store` now;
 * NULL is an empty one. The pool keeps what it needs of both. NULL on failure;
 * wasmspan_error_text() says why.
 */
WASMEDGE_CAPI_EXPORT wasmspan_pool *
wasmspan_pool_create(const WasmEdge_ASTModuleContext *module,
                     const WasmEdge_StoreContext *store, size_t size);

/**
 * Gives a fresh instance, waiting for room no longer than this; WASMSPAN_UNLIMITED
 * is without end, 0 not at all. It is the caller's: WasmEdge_ModuleInstanceDelete()
 * gives its place back, on any thread, also after the pool was deleted.
 * RuntimeError if there was no room; else what instantiating can give.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_pool_get(const wasmspan_pool *pool, uint64_t milliseconds,
                  WasmEdge_ModuleInstanceContext **instance);

/** Instances that are handed out. */
WASMEDGE_CAPI_EXPORT size_t wasmspan_pool_in_use(const wasmspan_pool *pool);

/** Most instances at a time. */
WASMEDGE_CAPI_EXPORT size_t wasmspan_pool_size(const wasmspan_pool *pool);

/** What the pool's instances count together; lent by the pool. */
WASMEDGE_CAPI_EXPORT WasmEdge_StatisticsContext *
wasmspan_pool_statistics(const wasmspan_pool *pool);

/** Deletes a pool; instances that are handed out stay. */
WASMEDGE_CAPI_EXPORT void wasmspan_pool_delete(wasmspan_pool *pool);

/* ---- Functions that the program gives ----------------------------------- */

/*
 * They get the `data` that was given with them, are called on the thread of the
 * guest, and say 0 or an error number of <errno.h>, which becomes the guest's. An
 * exception of C++ that leaves one is an error of the guest's, EIO. They may use
 * this library, but not run a guest that uses the same stream or open file.
 */

/** Told when `data` is no longer used, once, on whatever thread finds that out. It
 * must not call this library. May be NULL. */
typedef void (*wasmspan_finalize_t)(void *data);

/** Gives up to `len` bytes and their number in *done; 0 is the end. */
typedef int (*wasmspan_read_t)(void *data, uint8_t *buf, size_t len,
                               size_t *done);

/** Takes bytes, and says in *done how many of them. */
typedef int (*wasmspan_write_t)(void *data, const uint8_t *buf, size_t len,
                                size_t *done);

/** Takes a line of the log, without its time: level 0 is a trace, 1 for finding
 * mistakes, 2 information, 3 a warning, 4 a failure. Called on any thread. */
typedef void (*wasmspan_log_t)(void *data, uint32_t level,
                               WasmEdge_String text);

/** Sends the log of the process to a function instead of standard output; NULL is
 * standard output again, and `finalize` is not called then. */
WASMEDGE_CAPI_EXPORT void wasmspan_log_to(wasmspan_log_t take, void *data,
                                          wasmspan_finalize_t finalize);

/* ---- File systems for guests -------------------------------------------- */

/**
 * Files that guests see where wasmspan_wasi_config_mount() puts them. Several
 * guests may share one, on several threads at once.
 */
typedef struct wasmspan_fs wasmspan_fs;

/**
 * Makes an empty file system in memory that takes up to max_bytes, 0 being 256
 * MiB: the contents of files, and 256 bytes and the name for each thing in it.
 */
WASMEDGE_CAPI_EXPORT wasmspan_fs *wasmspan_fs_create_memory(uint64_t max_bytes);

/**
 * Makes one that shows a directory of the host and keeps all changes in memory, up
 * to max_bytes. NULL if it can't be opened; wasmspan_error_text() says why.
 */
WASMEDGE_CAPI_EXPORT wasmspan_fs *
wasmspan_fs_create_overlay(const char *host, uint64_t max_bytes);

/** Writes a whole file in memory, and makes the directories on the way to it. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_fs_write(const wasmspan_fs *fs, WasmEdge_String path,
                  const uint8_t *data, size_t size);

/** Makes a directory in memory, and those on the way to it. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_fs_create_directory(const wasmspan_fs *fs, WasmEdge_String path);

/** Reads a whole file; delete the bytes. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_fs_read(const wasmspan_fs *fs,
                                                      WasmEdge_String path,
                                                      wasmspan_bytes *bytes);

/** Gets a path, good during the call; `change` is 0 in a list, 1 for what was
 * added, 2 for what was modified, 3 for what was removed. */
typedef void (*wasmspan_path_t)(void *data, WasmEdge_String path,
                                uint32_t change);

/** Gives the names in a directory, in alphabetical order; "" is the root. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_fs_list(const wasmspan_fs *fs, WasmEdge_String path,
                 wasmspan_path_t take, void *data);

/** Gives what is different from how the file system began, in order of paths. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_fs_changes(const wasmspan_fs *fs, wasmspan_path_t take, void *data);

/** Bytes used of max_bytes; 0 for a file system of the program's own. */
WASMEDGE_CAPI_EXPORT uint64_t wasmspan_fs_used(const wasmspan_fs *fs);

/** What there is under a path; all zero when a function gets it to fill. */
typedef struct wasmspan_file_info {
  /** Whether it is a directory; else it is a file. */
  bool directory;
  /** Size in bytes. */
  uint64_t size;
  /** When it was changed last, in nanoseconds since 1970. */
  uint64_t modified;
} wasmspan_file_info;

/* Bits of the mode that a file is opened with. Without WRITE, which comes with
 * each of the others, it is only read. */
/** It may be written to. */
#define WASMSPAN_OPEN_WRITE 1u
/** It is made if it is not there. */
#define WASMSPAN_OPEN_CREATE 2u
/** It is made, and must not be there. */
#define WASMSPAN_OPEN_EXCLUSIVE 4u
/** What is in it goes. */
#define WASMSPAN_OPEN_TRUNCATE 8u

/** Takes one name in a directory, and whether it is a directory's. */
typedef void (*wasmspan_take_t)(void *into, const char *name, bool directory);

/**
 * The functions of a file system of the program's own, with files and directories
 * and no links. Positions, flags and rules of paths are kept by the library.
 *
 * Paths are relative, end with zero, and have no empty, "." and ".." parts; the
 * root is ".". Functions may be called on several threads at once; those that get
 * the same `file` never are. What they say: see above, "Functions that the program
 * gives". What is not there is ENOENT.
 */
typedef struct wasmspan_fs_functions {
  /** sizeof(wasmspan_fs_functions); later versions may have more. */
  size_t size;

  /** Tells what there is under a path. */
  int (*stat)(void *data, const char *path, wasmspan_file_info *info);
  /** Opens a file of which the path is known to be no directory's. *file is the
   * program's, whatever it is. */
  int (*open)(void *data, const char *path, uint32_t mode, void **file);
  /** Reads up to `len` bytes from a place on; *done is 0 at the end. */
  int (*read)(void *data, void *file, uint64_t at, uint8_t *buf, size_t len,
              size_t *done);
  /** Closes what open() gave. */
  void (*close)(void *data, void *file);
  /** Calls take(into, …) for each name in a directory. */
  int (*list)(void *data, const char *path, wasmspan_take_t take, void *into);

  /* What follows may be NULL. */

  /** Tells what an open file is like; else stat() is asked. */
  int (*stat_file)(void *data, void *file, wasmspan_file_info *info);
  /** Writes at a place, filling a gap before it with zeros. Where it is NULL,
   * guests get no right to change anything, and the rest is never called. */
  int (*write)(void *data, void *file, uint64_t at, const uint8_t *buf,
               size_t len, size_t *done);
  /** Cuts a file, or makes it longer with zeros. */
  int (*set_size)(void *data, void *file, uint64_t size);
  /** Makes sure that what was written lasts. */
  int (*sync)(void *data, void *file);
  /** Makes a directory where nothing is. */
  int (*create_directory)(void *data, const char *path);
  /** Removes a file, or an empty directory. */
  int (*remove)(void *data, const char *path, bool directory);
  /** Gives something another path; a file or empty directory there goes. */
  int (*rename)(void *data, const char *from, const char *to);
  /** Sets the time of the last change. */
  int (*set_modified)(void *data, const char *path, uint64_t modified);
  /** Told when neither the file system nor an open file uses `data` any more. */
  wasmspan_finalize_t finalize;
} wasmspan_fs_functions;

/**
 * Makes a file system of the program's own. The functions are copied. NULL, and
 * `finalize` is not called, if one of the first five is missing.
 */
WASMEDGE_CAPI_EXPORT wasmspan_fs *
wasmspan_fs_create_custom(const wasmspan_fs_functions *functions, void *data);

/** Deletes a file system; settings and guests that have it keep it. */
WASMEDGE_CAPI_EXPORT void wasmspan_fs_delete(wasmspan_fs *fs);

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

/**
 * Gives the guest a file system under a name, perhaps only for reading. The
 * settings keep it.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_wasi_config_mount(wasmspan_wasi_config *config, const wasmspan_fs *fs,
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

/** Keeps up to `limit` bytes of both together, in the order in which the guest writes
 * them; reading either gives what was kept of both. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_capture_together(wasmspan_wasi_config *config,
                                      size_t limit);

/** What was captured so far; false if nothing is being captured. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_wasi_config_output(const wasmspan_wasi_config *config,
                            bool standard_error, wasmspan_bytes *bytes);

/** Whether the guest wanted to write more than `limit`: then what was captured
 * is not all. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_wasi_config_truncated(const wasmspan_wasi_config *config,
                               bool standard_error);

/**
 * Lets the guest read what a function gives as its standard input: one call for
 * each read. False, and `finalize` is not called, if there is no such context or
 * no function.
 */
WASMEDGE_CAPI_EXPORT bool
wasmspan_wasi_config_stdin_from(wasmspan_wasi_config *config,
                                wasmspan_read_t read, void *data,
                                wasmspan_finalize_t finalize);

/** Sends what the guest writes to its standard output or error to a function, as
 * wasmspan_wasi_config_stdin_from(). */
WASMEDGE_CAPI_EXPORT bool
wasmspan_wasi_config_output_to(wasmspan_wasi_config *config,
                               bool standard_error, wasmspan_write_t write,
                               void *data, wasmspan_finalize_t finalize);

/** Lets the guest read from a file or pipe, at its position. It is duplicated. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_wasi_config_stdin_fd(wasmspan_wasi_config *config, int fd);

/** Lets the guest write to a file or pipe, at its position. It is duplicated. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_wasi_config_output_fd(
    wasmspan_wasi_config *config, bool standard_error, int fd);

/** Allows or forbids the guest to open sockets and look up names; forbidden at
 * first. A guest that may not gets 2 (EACCES). */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_sockets(wasmspan_wasi_config *config, bool allowed);

/**
 * Allows sockets for an address, a net or a name, and for nothing but what such
 * calls name: `1.2.3.4`, `10.0.0.0/8:443`, `[::1]:80`, `example.org:443`, `*:53`;
 * without a port, for every port. Using settings with one that can't be read fails.
 */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_allow_address(wasmspan_wasi_config *config,
                                   WasmEdge_String address);

/** Gives the guest a listening TCP socket, with the next descriptor after the
 * directories, also if it may not open sockets itself. It is duplicated.
 * HostFuncError if it is no socket of the internet's. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_wasi_config_listener(wasmspan_wasi_config *config, int fd);

/** Refuses paths that lead out of their directory with 76 (ENOTCAPABLE) instead of 63
 * (EPERM), as other runtimes do. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_outside_is_not_capable(wasmspan_wasi_config *config);

/** Sets how many descriptors the guest may have open at once; 1024 unless told
 * otherwise, standard streams and directories included. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_max_descriptors(wasmspan_wasi_config *config, size_t most);

/** Gives the guest, as `/`, a directory that lists those given to it. It can't be
 * written to, and is left out where one of them is `/` itself. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_list_directories(wasmspan_wasi_config *config);

/** Gives nanoseconds, on whatever threads guests run; 0 if it throws. */
typedef uint64_t (*wasmspan_clock_t)(void *data);

/**
 * Puts a function in place of a clock, for runs that shall repeat exactly: the time
 * of day, since 1970, which files in memory get too; or the monotonic clock and
 * those of the processor's time. Waiting still takes real time. False, and
 * `finalize` is not called, if there is no such context or no function.
 */
WASMEDGE_CAPI_EXPORT bool
wasmspan_wasi_config_clock(wasmspan_wasi_config *config, bool monotonic,
                           wasmspan_clock_t clock, void *data,
                           wasmspan_finalize_t finalize);

/** Fills all of a buffer; one call at a time. */
typedef void (*wasmspan_random_t)(void *data, uint8_t *buf, size_t len);

/** Lets random bytes come from a function, as wasmspan_wasi_config_clock(); they are
 * the system's otherwise. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_wasi_config_random_from(wasmspan_wasi_config *config,
                                 wasmspan_random_t fill, void *data,
                                 wasmspan_finalize_t finalize);

/** Makes random bytes follow from a number, the same in every run. They protect
 * nothing: for tests. */
WASMEDGE_CAPI_EXPORT void
wasmspan_wasi_config_random_seed(wasmspan_wasi_config *config, uint64_t seed);

/** Something that a guest was refused; the strings are good during the call. */
typedef struct wasmspan_denial {
  /** The function that the guest called. */
  WasmEdge_String function;
  /** What it asked for: a path, an address, or words. */
  WasmEdge_String wanted;
  /** The error number of WASI that it got. */
  uint32_t error;
  /** What would allow it, as an option of the command; or why nothing would. */
  WasmEdge_String option;
} wasmspan_denial;

/** Takes what a guest was refused. */
typedef void (*wasmspan_denial_t)(void *data, const wasmspan_denial *denial);

/**
 * Tells what the guests with these settings were refused so far, each thing once and
 * in order, and how much that is; `take` may be NULL. May be called at any time.
 */
WASMEDGE_CAPI_EXPORT uint32_t
wasmspan_wasi_config_denials(const wasmspan_wasi_config *config,
                             wasmspan_denial_t take, void *data);

/**
 * Allows or forbids sockets to the guests of a WASI module, also one of
 * WasmEdge_ModuleInstanceCreateWASI() or a VM, where they are allowed at first as
 * in WasmEdge. Holds from the guests' next call on; open ones stay. Settings given
 * later with WasmEdge_ModuleInstanceInitWASI() or wasmspan_wasi_configure() bring
 * their own.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_wasi_sockets(WasmEdge_ModuleInstanceContext *wasi, bool allowed);

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
  /** Whether it wanted to write more than the limit: then some of it is missing. */
  bool truncated;
  /** Whether its time was over; else an Interrupted run was stopped by somebody. */
  bool timed_out;
  /** Time from the start of its code to its end. */
  uint64_t wall_nanoseconds;
  /** Time that the processor worked on the run's thread meanwhile. */
  uint64_t cpu_nanoseconds;
  /** Most pages of 64 KiB that its exported memories had. */
  uint64_t memory_pages;
} wasmspan_finished;

/** Makes a command of a validated module. It gets nothing that is not given to
 * it. */
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

/**
 * Gives the command these surroundings in place of those it had. An output that
 * they send somewhere goes there; the others are captured.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_command_wasi(
    wasmspan_command *command, const wasmspan_wasi_config *config);

/** Runs it with these settings: limits, what is counted, the disk cache. To be
 * called before wasmspan_command_max_memory_pages(). */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_command_configure(wasmspan_command *command,
                           const WasmEdge_ConfigureContext *configure);

/** Lets the module import from the instances that a store has when it runs, besides
 * WASI. The command keeps the store. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_command_imports(
    wasmspan_command *command, const WasmEdge_StoreContext *store);

/** Stops a run after so many milliseconds; never by default. */
WASMEDGE_CAPI_EXPORT void
wasmspan_command_timeout(wasmspan_command *command, uint64_t milliseconds);

/** Bytes of each output stream that a command keeps unless told otherwise. */
#define WASMSPAN_DEFAULT_OUTPUT_BYTES ((size_t)64 << 20)

/**
 * Keeps at most so many bytes of each output stream. Writing more fails in the
 * guest, and `truncated` says so after the run.
 */
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

/**
 * Waits, in a function that a guest called, until the call that this thread runs is to
 * stop: by a request, or a limit of time. False after so many milliseconds, or at once
 * if nothing can stop it.
 */
WASMEDGE_CAPI_EXPORT bool wasmspan_wait_for_stop(uint64_t milliseconds);

/**
 * Calls body(data), and lets a request of `interrupt` stop what it calls in this
 * library. Gives what it gives; it must return normally.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_interruptible(
    const wasmspan_interrupt *interrupt, WasmEdge_Result (*body)(void *data),
    void *data);

#ifdef __cplusplus
} /* extern "C" */
#endif

/* Calls with strings and lists. It uses wasmspan_bytes. */
#include <wasmspan/bindgen.h>

#endif /* WASMSPAN_H */
