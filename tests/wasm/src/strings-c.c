// Functions of strings and buffers for hosts that allocate with `malloc` and `free`: as C passes them, and, from `span_`
// on, as TinyGo does: address and length, which as a result are the halves of one number or are stored where the first
// parameter says.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static int live;

EXPORT(malloc) void *counted_malloc(size_t size) {
  live++;
  return malloc(size);
}

EXPORT(free) void counted_free(void *block) {
  live -= block != NULL;
  free(block);
}

EXPORT(live_blocks) int live_blocks(void) { return live; }

static char *greeting(const char *name, size_t len) {
  char *text = counted_malloc(len + 7);
  memcpy(text, "hello ", 6);
  memcpy(text + 6, name, len);
  text[len + 6] = 0;
  return text;
}

EXPORT(greet) char *greet(const char *name) { return greeting(name, strlen(name)); }

EXPORT(count) int count(const char *text) { return (int)strlen(text); }

EXPORT(nothing) const char *nothing(void) { return NULL; }

EXPORT(sum) int sum(const uint8_t *data, size_t len) {
  int sum = 0;
  while (len--)
    sum += *data++;
  return sum;
}

EXPORT(span_greet) uint64_t span_greet(const char *name, size_t len) {
  return (uint64_t)(uintptr_t)greeting(name, len) << 32 | (len + 6);
}

struct span {
  const char *address;
  size_t length;
};

EXPORT(span_greet_into) void span_greet_into(struct span *result, const char *name, size_t len) {
  *result = (struct span){greeting(name, len), len + 6};
}
