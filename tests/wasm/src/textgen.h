// Text that compresses like prose: words of a made-up vocabulary, frequent ones more often, some repeated phrases.
#ifndef TEXTGEN_H
#define TEXTGEN_H
#include <string.h>
#include "bench.h"

static void generate_text(char *out, size_t size) {
  static char word[2048][12];
  static unsigned char len[2048];
  uint64_t s = 9;
  for (int i = 0; i < 2048; i++) {
    uint64_t v = bench_next(&s);
    len[i] = (unsigned char)(2 + v % 9);
    for (int c = 0; c < len[i]; c++) word[i][c] = "etaoinshrdlucmfwypvbgkjqxz"[((v >> (8 + 5 * c)) & 31) % 26];
  }
  for (size_t n = 0; n < size;) {
    uint64_t v = bench_next(&s);
    if (n > 4096 && v % 40 == 0) { // a phrase from before
      size_t from = (size_t)(v >> 8) % (n - 200), take = 20 + (v >> 50) % 150;
      if (take > size - n) take = size - n;
      memmove(out + n, out + from, take);
      n += take;
      continue;
    }
    unsigned a = (unsigned)(v >> 10) & 2047, b = (unsigned)(v >> 21) & 2047, c = (unsigned)(v >> 32) & 2047;
    unsigned w = a * b / 2048 * c / 2048; // small numbers are frequent
    size_t take = len[w] < size - n ? len[w] : size - n;
    memcpy(out + n, word[w], take);
    n += take;
    if (n < size) out[n++] = v >> 60 ? ' ' : '\n';
  }
}
#endif
