/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a failure was, in one piece of memory. The library tells it of the thread's last failure, and the goroutine may go
 * on on another thread. Part of shim.c.
 */

/* Numbers of 32 bits and texts with their length before them, one behind the other. */
typedef struct facts {
  uint8_t *data;
  size_t size, room;
} facts;

static void add(facts *to, const void *from, size_t size) {
  if (to->size + size > to->room) {
    to->room = 2 * (to->size + size);
    to->data = realloc(to->data, to->room);
    if (to->data == NULL) abort();
  }
  if (size > 0) memcpy(to->data + to->size, from, size);
  to->size += size;
}

static void add_number(facts *to, uint32_t number) { add(to, &number, sizeof(number)); }

static void add_text(facts *to, WasmEdge_String text) {
  add_number(to, text.Length);
  add(to, text.Buf, text.Length);
}

/* A text that a function of the library writes. */
#define ADD_WRITTEN(to, write)                              \
  do {                                                      \
    char *buf = NULL;                                       \
    size_t len = 0, written = write;                        \
    buf = malloc(len = written + 1);                        \
    if (buf == NULL) abort();                               \
    (void)write;                                            \
    add_text(to, (WasmEdge_String){(uint32_t)written, buf}); \
    free(buf);                                              \
  } while (0)

static ws_outcome failed(WasmEdge_Result result, uintptr_t left) {
  ws_outcome done = {result.Code, 0, 0, NULL, 0, left};
  facts all = {NULL, 0, 0};
  wasmspan_import_fault import;
  wasmspan_frame frame;
  uint32_t at, count;
  done.cause = wasmspan_error_cause(&done.fact);
  ADD_WRITTEN(&all, wasmspan_error_text(buf, len));
  if (done.cause == wasmspan_cause_unsupported) add_text(&all, wasmspan_error_proposal());
  if (done.cause == wasmspan_cause_imports) {
    for (at = 0; wasmspan_error_import(at, &import); at++) {
      add_text(&all, import.module);
      add_text(&all, import.name);
      add_number(&all, import.kind);
      add_text(&all, import.wanted);
      add_text(&all, import.found);
      add_text(&all, import.reason);
    }
  }
  count = wasmspan_error_frame_count();
  if (done.cause == wasmspan_cause_imports || done.cause == wasmspan_cause_unsupported) count = 0;
  for (at = 0; at < count && wasmspan_error_frame(at, &frame); at++) {
    add_number(&all, frame.function);
    add_number(&all, frame.has_offset);
    add_number(&all, frame.offset);
    add_number(&all, frame.line);
    ADD_WRITTEN(&all, wasmspan_error_frame_name(at, buf, len));
  }
  done.facts = all.data;
  done.size = all.size;
  return done;
}

static ws_outcome outcome_of(WasmEdge_Result result, uintptr_t left) {
  ws_outcome done = {0, 0, 0, NULL, 0, 0};
  return result.Code == 0 ? done : failed(result, left);
}

static ws_outcome outcome(WasmEdge_Result result) { return outcome_of(result, 0); }
