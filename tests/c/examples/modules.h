/* Modules that the examples load from memory. */
#ifndef MODULES_H
#define MODULES_H

#include <stdint.h>

/* Imports "extern" "trap" of type () -> () and exports a call of it as "trap". */
static const uint8_t TRAP_MODULE[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00,
    /* type 0: () -> () */
    0x01, 0x04, 0x01, 0x60, 0x00, 0x00,
    /* import */
    0x02, 0x0f, 0x01, 0x06, 'e',  'x',  't',  'e',  'r',  'n',  0x04, 't',
    'r',  'a',  'p',  0x00, 0x00,
    /* function 1 of type 0, exported */
    0x03, 0x02, 0x01, 0x00, 0x07, 0x08, 0x01, 0x04, 't',  'r',  'a',  'p',
    0x00, 0x01,
    /* call 0 */
    0x0a, 0x06, 0x01, 0x04, 0x00, 0x10, 0x00, 0x0b};

/* Imports "extern" "func-add" of type (i32, i32) -> (i32) and exports a call of
 * it as "addTwo". */
static const uint8_t ADD_MODULE[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00,
    /* type 0 */
    0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f,
    /* import */
    0x02, 0x13, 0x01, 0x06, 'e',  'x',  't',  'e',  'r',  'n',  0x08, 'f',
    'u',  'n',  'c',  '-',  'a',  'd',  'd',  0x00, 0x00,
    /* function 1 of type 0, exported */
    0x03, 0x02, 0x01, 0x00, 0x07, 0x0a, 0x01, 0x06, 'a',  'd',  'd',  'T',
    'w',  'o',  0x00, 0x01,
    /* local.get 0, local.get 1, call 0 */
    0x0a, 0x0a, 0x01, 0x08, 0x00, 0x20, 0x00, 0x20, 0x01, 0x10, 0x00, 0x0b};

/* What a host function gets besides its values: the calling frame, or in 0.10.1
 * the memory of its caller. */
#if WASMEDGE_VERSION_MINOR >= 11
typedef const WasmEdge_CallingFrameContext *Place;
#else
typedef WasmEdge_MemoryInstanceContext *Place;
#endif

#endif
