/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  Integers of 128 bits. Included by wasmedge.h. */
#ifndef WASMEDGE_C_API_INT128_H
#define WASMEDGE_C_API_INT128_H

#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 uint128_t;
__extension__ typedef __int128 int128_t;
#else
#include <stdint.h>
typedef struct uint128_t {
  uint64_t Low;
  uint64_t High;
} uint128_t;
typedef struct int128_t {
  uint64_t Low;
  int64_t High;
} int128_t;
#endif

#endif /* WASMEDGE_C_API_INT128_H */
