/* Modules from their text, for functions that take bytes and their number. */
#ifndef TEXT_H
#define TEXT_H

#include <stdlib.h>
#include <string.h>
#include <wasmspan/wasmspan.h>

/* The binary of a text, made once and kept until the program ends; empty if the text is none. */
static inline wasmspan_bytes binary_of(const char *text, size_t size) {
  static struct {
    char *text;
    size_t size;
    wasmspan_bytes wasm;
  } made[64];
  static size_t count;
  for (size_t at = 0; at < count; at++)
    if (made[at].size == size && memcmp(made[at].text, text, size) == 0)
      return made[at].wasm;
  wasmspan_bytes wasm = {NULL, 0};
  if (count == sizeof(made) / sizeof(made[0]))
    abort();
  wasmspan_wat_to_wasm(text, size, &wasm);
  made[count].text = (char *)memcpy(malloc(size + 1), text, size);
  made[count].size = size;
  made[count++].wasm = wasm;
  return wasm;
}

#define TEXT_OF(text, bytes) binary_of(text, bytes).data, (uint32_t)binary_of(text, bytes).size
#define TEXT(text) TEXT_OF(text, strlen(text))

#endif
