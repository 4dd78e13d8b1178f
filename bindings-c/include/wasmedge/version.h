/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 *  The release of WasmEdge whose interface this is. Included by wasmedge.h. */
#ifndef WASMEDGE_C_API_VERSION_H
#define WASMEDGE_C_API_VERSION_H

#define WASMEDGE_VERSION "0.11.2"
#define WASMEDGE_VERSION_MAJOR 0
#define WASMEDGE_VERSION_MINOR 11
#define WASMEDGE_VERSION_PATCH 2

#endif /* WASMEDGE_C_API_VERSION_H */
