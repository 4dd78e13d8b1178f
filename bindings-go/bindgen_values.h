/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments and results of wasmedge-bindgen, between Go's form and C's; see bindgen_values.go. */
#ifndef WASMSPAN_GO_BINDGEN_VALUES_H
#define WASMSPAN_GO_BINDGEN_VALUES_H

#include <stdlib.h>

#include "wasmspan_c.h"

/* Kinds above this one are lists or texts. */
#define BINDGEN_LISTS 20

/* Each argument is its kind, a number or how many items, the words of the items, and those; a list without words
 * lies at `large`. To be freed. */
static inline wasmspan_value *bindgen_args(const uint64_t *args, uint32_t count, const void *large) {
  wasmspan_value *values = calloc(count > 0 ? count : 1, sizeof(*values));
  uint32_t at;
  if (values == NULL) abort();
  for (at = 0; at < count; at++) {
    values[at].kind = (uint32_t)args[0];
    if (args[0] > BINDGEN_LISTS) {
      values[at].of.list.items = args[2] > 0 ? args + 3 : large;
      values[at].of.list.count = (size_t)args[1];
    } else {
      values[at].of.u64 = args[1];
    }
    args += 3 + args[2];
  }
  return values;
}

static inline uint32_t bindgen_result(const wasmspan_results *results, size_t at, uint64_t *bits, void **items,
                                      size_t *count) {
  const wasmspan_value *value = &results->values[at];
  bool list = value->kind > BINDGEN_LISTS;
  *bits = list ? 0 : value->of.u64;
  *items = list ? (void *)value->of.list.items : NULL;
  *count = list ? value->of.list.count : 0;
  return value->kind;
}

#endif
