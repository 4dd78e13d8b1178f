/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Calls of guests that were built with the crates wasmedge-bindgen 0.4, and
 * strings and buffers for guests of AssemblyScript, TinyGo and C.
 */
#ifndef WASMSPAN_BINDGEN_H
#define WASMSPAN_BINDGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <wasmspan/wasmspan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a value is; the numbers are those of the protocol. */
enum wasmspan_kind {
  wasmspan_kind_u8 = 1,
  wasmspan_kind_i8 = 2,
  wasmspan_kind_u16 = 3,
  wasmspan_kind_i16 = 4,
  wasmspan_kind_u32 = 5,
  wasmspan_kind_i32 = 6,
  wasmspan_kind_u64 = 7,
  wasmspan_kind_i64 = 8,
  wasmspan_kind_f32 = 9,
  wasmspan_kind_f64 = 10,
  wasmspan_kind_bool = 11,
  wasmspan_kind_char = 12,
  wasmspan_kind_u8s = 21,
  wasmspan_kind_i8s = 22,
  wasmspan_kind_u16s = 23,
  wasmspan_kind_i16s = 24,
  wasmspan_kind_u32s = 25,
  wasmspan_kind_i32s = 26,
  wasmspan_kind_u64s = 27,
  wasmspan_kind_i64s = 28,
  wasmspan_kind_string = 31
};

/** A value that a guest takes or returns. */
typedef struct wasmspan_value {
  /** Of enum wasmspan_kind. */
  uint32_t kind;
  /** Which field holds it follows from kind. */
  union {
    uint8_t u8;
    int8_t i8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    int64_t i64;
    float f32;
    double f64;
    bool boolean;
    /** A Unicode scalar value. */
    uint32_t character;
    /** Of a string or list; aligned as its items are. */
    struct {
      const void *items;
      /** How many; bytes of a string, which is UTF-8 and need not end with zero. */
      size_t count;
    } list;
  } of;
} wasmspan_value;

/** A list, or a string, of `count` items; they are used where they are. */
static inline wasmspan_value wasmspan_value_list(enum wasmspan_kind kind,
                                                 const void *items,
                                                 size_t count) {
  wasmspan_value value;
  value.kind = kind;
  value.of.list.items = items;
  value.of.list.count = count;
  return value;
}

/** A string that ends with zero; it is used where it is. */
static inline wasmspan_value wasmspan_value_string(const char *text) {
  return wasmspan_value_list(wasmspan_kind_string, text, strlen(text));
}

/** What a call gave. */
typedef struct wasmspan_results {
  /** The results, in order; NULL if there are none. */
  const wasmspan_value *values;
  size_t count;
  /** Whether the guest's function returned `Err`. */
  bool failed;
  /** The message of that, ended by zero; NULL otherwise. */
  const char *message;
  /** Bytes of the message. */
  size_t message_size;
  /** What holds all of it. */
  void *owner;
} wasmspan_results;

/** A guest of wasmedge-bindgen. */
typedef struct wasmspan_bindgen wasmspan_bindgen;

/**
 * Prepares calls of a new instance, whose `_initialize` is called if it has one.
 * NULL if it lacks the exports `memory` and `allocate`, or `_initialize` fails;
 * wasmspan_error_text() tells. It keeps the instance alive.
 */
WASMEDGE_CAPI_EXPORT wasmspan_bindgen *
wasmspan_bindgen_create(const WasmEdge_ModuleInstanceContext *instance);

/** As wasmspan_bindgen_create() for an instance that is initialised already. */
WASMEDGE_CAPI_EXPORT wasmspan_bindgen *
wasmspan_bindgen_attach(const WasmEdge_ModuleInstanceContext *instance);

/**
 * Calls a function. Arguments are copied. Succeeds if the function returned, with
 * `Err` too: `results->failed` tells. Otherwise the results are empty. They are to be
 * given back with wasmspan_results_delete() in every case; `results` may be NULL if
 * nobody wants them.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_bindgen_call(
    const wasmspan_bindgen *bindgen, WasmEdge_String name,
    const wasmspan_value *args, uint32_t count, wasmspan_results *results);

/** Frees results and empties the structure; NULL and empty ones do no harm. */
WASMEDGE_CAPI_EXPORT void wasmspan_results_delete(wasmspan_results *results);

/** Deletes what wasmspan_bindgen_create() made, not the instance. */
WASMEDGE_CAPI_EXPORT void wasmspan_bindgen_delete(wasmspan_bindgen *bindgen);

/* ---- Strings and buffers ------------------------------------------------- */

/** Bytes in a guest's memory. */
typedef struct wasmspan_span {
  uint32_t address;
  uint32_t length;
} wasmspan_span;

/** The heap of a guest of AssemblyScript (--exportRuntime), TinyGo or C. */
typedef struct wasmspan_heap wasmspan_heap;

/** Stands for "as long as the guest says" where bytes are read. */
#define WASMSPAN_WHOLE UINT32_MAX

/**
 * Finds how a guest allocates. NULL if it exports no memory as `memory`, or neither
 * `malloc` and `free` nor `__new`, `__pin` and `__unpin`. It keeps the instance alive.
 */
WASMEDGE_CAPI_EXPORT wasmspan_heap *
wasmspan_heap_create(const WasmEdge_ModuleInstanceContext *instance);

/** Whether the guest has objects of AssemblyScript, whose strings are UTF-16. */
WASMEDGE_CAPI_EXPORT bool
wasmspan_heap_is_assemblyscript(const wasmspan_heap *heap);

/**
 * Copies a string of UTF-8 into the guest: as an object of AssemblyScript, or as it
 * is with a zero behind it. It stays until wasmspan_heap_free().
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_heap_put_string(const wasmspan_heap *heap, const char *text,
                         size_t len, wasmspan_span *span);

/** Copies bytes into the guest: as an ArrayBuffer of AssemblyScript, or as they are. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_heap_put_bytes(const wasmspan_heap *heap, const uint8_t *data,
                        size_t len, wasmspan_span *span);

/**
 * Makes a typed array of AssemblyScript over a copy of bytes. The guest tells the
 * number of the class: `export const Uint8Array_ID = idof<Uint8Array>()`.
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result wasmspan_heap_put_array(
    const wasmspan_heap *heap, uint32_t class_number, const uint8_t *data,
    size_t len, wasmspan_span *span);

/**
 * Copies a string out of the guest, as UTF-8. `length` is in bytes; with
 * WASMSPAN_WHOLE it ends where the object does, or before the first zero. The text
 * is given back with wasmspan_bytes_delete().
 */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_heap_get_string(const wasmspan_heap *heap, uint32_t address,
                         uint32_t length, wasmspan_bytes *text);

/** Copies bytes out of the guest; WASMSPAN_WHOLE is for an ArrayBuffer of AssemblyScript. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_heap_get_bytes(const wasmspan_heap *heap, uint32_t address,
                        uint32_t length, wasmspan_bytes *bytes);

/** Copies the bytes of a typed array of AssemblyScript out of the guest. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_heap_get_array(const wasmspan_heap *heap, uint32_t address,
                        wasmspan_bytes *bytes);

/** Frees memory of `malloc`, or lets go of an object that the host made. */
WASMEDGE_CAPI_EXPORT WasmEdge_Result
wasmspan_heap_free(const wasmspan_heap *heap, uint32_t address);

/** Deletes what wasmspan_heap_create() made; what lies in the guest stays. */
WASMEDGE_CAPI_EXPORT void wasmspan_heap_delete(wasmspan_heap *heap);

#ifdef __cplusplus
}
#endif

#endif /* WASMSPAN_BINDGEN_H */
