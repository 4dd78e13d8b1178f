// The interface every benchmark guest exports: setup() once, then run() as often as wanted.
#ifndef BENCH_H
#define BENCH_H
#include <stdint.h>
#include <stddef.h>

__attribute__((export_name("setup"))) void setup(void);
// A fixed amount of work; the same checksum on every call.
__attribute__((export_name("run"))) int64_t run(void);

// A small repeatable generator (splitmix64), so that no guest needs input from outside.
static inline uint64_t bench_next(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// FNV-1a over bytes, for checksums.
static inline uint64_t bench_hash(uint64_t h, const void *data, size_t len) {
  const unsigned char *p = data;
  if (h == 0) h = 0xcbf29ce484222325ull;
  for (size_t i = 0; i < len; i++) h = (h ^ p[i]) * 0x100000001b3ull;
  return h;
}
#endif
