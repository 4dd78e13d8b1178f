/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host functions that panic, or end their goroutine. prepare.sh copies this file to package wasmedge.
 *
 * A panic, or runtime.Goexit, unwinds Go's frames: those of the host function, and those of whoever called the guest. The
 * frames of C, Rust and wasm between them have their own stack, of which Go drops the part in between. They must have
 * ended before: they hold locks and counts. So a deferred function of the callback calls finish(). It lets the callback
 * seem to have failed: its frame in C goes on, wasm traps, and everything returns as usual until the function that Go had
 * called. Instead of returning to Go, this one comes back to finish(). As finish() lies deeper on the same stack, what is
 * on it is copied before and put back then.
 *
 * Go's side then goes on with the panic, as a deferred function does: its caller may recover from it.
 */
#ifndef WASMSPAN_GO_UNWIND_H
#define WASMSPAN_GO_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A call of Go's that this thread is in; on the stack of the C function that Go called. */
typedef struct calling {
  /* What Go knows the call by, and the number of its context. */
  uintptr_t owner, context;
  /* Number of the error that a host function left for it, or 0. */
  uintptr_t left;
  struct calling *outer;
  /* What stops it, or NULL. */
  const void *interrupt;
} calling;

static __thread calling *current;

/* A callback into Go that this thread is in: where it goes on when Go's function does not return. */
typedef struct reached {
  void *here[5];
  struct reached *outer;
} reached;

static __thread reached *innermost;

/* A call that is being finished, and where finish() goes on. */
typedef struct finishing {
  void *here[5];
  calling *call;
  char *from;
  size_t size;
  char stack[];
} finishing;

static __thread finishing *ending;

/* Runs `call`, which calls Go; `otherwise` if Go's function didn't return, or may not run any more. */
#define REACH_GO(result, call, otherwise)    \
  do {                                       \
    reached way;                             \
    if (ending) {                            \
      result = (otherwise);                  \
      break;                                 \
    }                                        \
    way.outer = innermost;                   \
    innermost = &way;                        \
    if (__builtin_setjmp(way.here) == 0)     \
      result = (call);                       \
    else                                     \
      result = (otherwise);                  \
    innermost = innermost->outer;            \
  } while (0)

static __attribute__((noinline, noreturn)) void jump_to_callback(reached *way) {
  __builtin_longjmp(way->here, 1);
}

static __attribute__((noinline, noreturn)) void jump_to_finish(finishing *it) {
  memcpy(it->from, it->stack, it->size);
  __builtin_longjmp(it->here, 1);
}

/* To be called where a call of Go's ends, with `current` as it was before. */
static inline void finished(const calling *call) {
  finishing *it = ending;
  if (__builtin_expect(it != NULL && it->call == call, 0)) {
    ending = NULL;
    jump_to_finish(it);
  }
}

/* Ends the call of Go's that the innermost callback belongs to; false if there is none. */
static __attribute__((noinline)) bool finish(void) {
  /* The frame is below its address; it is small. */
  char *from = (char *)__builtin_frame_address(0) - 1024;
  size_t size = (size_t)((char *)innermost - from);
  finishing *volatile it;
  if (!current || !innermost || ending) return false;
  it = malloc(sizeof(*it) + size);
  if (!it) abort();
  it->call = current;
  it->from = from;
  it->size = size;
  if (__builtin_setjmp(it->here) == 0) {
    ending = it;
    memcpy(it->stack, from, size);
    jump_to_callback(innermost);
  }
  free(it);
  return true;
}

/* Lets the innermost callback fail, for who is in no call of Go's: its thread goes on, and Go's function stays where it
 * is for ever. */
static inline __attribute__((noreturn)) void abandon(void) { jump_to_callback(innermost); }

#endif
