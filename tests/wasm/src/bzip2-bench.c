// bzip2: compress and decompress generated text.
#include <stdlib.h>
#include <string.h>
#include "bench.h"
#include "textgen.h"
#include "bzlib.h"

enum { SIZE = 700000 };
static char *text, *packed, *back;

void bz_internal_error(int code) { (void)code; __builtin_trap(); }

void setup(void) {
  text = malloc(SIZE);
  packed = malloc(SIZE + SIZE / 50 + 600);
  back = malloc(SIZE);
  generate_text(text, SIZE);
}

int64_t run(void) {
  unsigned n = SIZE + SIZE / 50 + 600, m = SIZE;
  if (BZ2_bzBuffToBuffCompress(packed, &n, text, SIZE, 9, 0, 0) != BZ_OK) __builtin_trap();
  if (BZ2_bzBuffToBuffDecompress(back, &m, packed, n, 0, 0) != BZ_OK || m != SIZE || memcmp(text, back, SIZE)) __builtin_trap();
  return (int64_t)bench_hash(0, packed, n);
}
