// Product of two dense matrices of doubles, the plain i-k-j loops.
#include <string.h>
#include "bench.h"

enum { N = 520 };
static double a[N][N], b[N][N], c[N][N];

void setup(void) {
  uint64_t s = 1;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = (double)(bench_next(&s) >> 40) / (1 << 24) - 0.5;
      b[i][j] = (double)(bench_next(&s) >> 40) / (1 << 24) - 0.5;
    }
}

int64_t run(void) {
  memset(c, 0, sizeof c);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++) {
      double f = a[i][k];
      for (int j = 0; j < N; j++) c[i][j] += f * b[k][j];
    }
  return (int64_t)bench_hash(0, c[N - 1], sizeof c[0]);
}
