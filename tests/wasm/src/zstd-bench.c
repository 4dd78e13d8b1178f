// Zstandard, level 3: compress and decompress generated text.
#include <stdlib.h>
#include <string.h>
#include "bench.h"
#include "textgen.h"
#include "zstd.h"

enum { SIZE = 3 << 20 };
static char *text, *packed, *back;

void setup(void) {
  text = malloc(SIZE);
  packed = malloc(ZSTD_compressBound(SIZE));
  back = malloc(SIZE);
  generate_text(text, SIZE);
}

int64_t run(void) {
  uint64_t sum = 0;
  for (int level = 1; level <= 4; level += 3) {
    size_t n = ZSTD_compress(packed, ZSTD_compressBound(SIZE), text, SIZE, level);
    if (ZSTD_isError(n)) __builtin_trap();
    for (int i = 0; i < 4; i++)
      if (ZSTD_decompress(back, SIZE, packed, n) != SIZE || memcmp(text, back, SIZE)) __builtin_trap();
    sum = bench_hash(sum, packed, n);
  }
  return (int64_t)sum;
}
