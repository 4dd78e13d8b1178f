// Big numbers on 64-bit limbs with 128-bit products: 2000! by short multiplication, its square by schoolbook
// multiplication, and the decimal digits of the result by short division.
#include <string.h>
#include "bench.h"

enum { LIMBS = 700 };
static uint64_t f[LIMBS], square[2 * LIMBS];
static char digits[LIMBS * 40];

static size_t times(uint64_t *a, size_t n, uint64_t m) {
  uint64_t carry = 0;
  for (size_t i = 0; i < n; i++) {
    unsigned __int128 t = (unsigned __int128)a[i] * m + carry;
    a[i] = (uint64_t)t;
    carry = (uint64_t)(t >> 64);
  }
  if (carry) a[n++] = carry;
  return n;
}

static size_t multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t n) {
  memset(out, 0, 2 * n * sizeof *out);
  for (size_t i = 0; i < n; i++) {
    uint64_t carry = 0;
    for (size_t j = 0; j < n; j++) {
      unsigned __int128 t = (unsigned __int128)a[i] * b[j] + out[i + j] + carry;
      out[i + j] = (uint64_t)t;
      carry = (uint64_t)(t >> 64);
    }
    out[i + n] = carry;
  }
  size_t len = 2 * n;
  while (len && !out[len - 1]) len--;
  return len;
}

// Divides in 32-bit halves, so that no 128-bit division is called; gives the remainder.
static uint32_t divide(uint64_t *a, size_t *n, uint32_t d) {
  uint64_t rest = 0;
  for (size_t i = *n; i-- > 0;) {
    uint64_t hi = rest << 32 | a[i] >> 32, qh = hi / d;
    uint64_t lo = (hi % d) << 32 | (a[i] & 0xffffffffu), ql = lo / d;
    rest = lo % d;
    a[i] = qh << 32 | ql;
  }
  while (*n && !a[*n - 1]) --*n;
  return (uint32_t)rest;
}

void setup(void) {}

int64_t run(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 12; round++) {
    size_t n = 1;
    f[0] = 1;
    for (uint64_t i = 2; i <= 2000 + (uint64_t)round; i++) n = times(f, n, i);
    size_t m = 0;
    for (int again = 0; again < 12; again++) m = multiply(square, f, f, n);
    char *p = digits;
    while (m) {
      uint32_t r = divide(square, &m, 1000000000u);
      for (int i = 0; i < 9; i++, r /= 10) *p++ = (char)('0' + r % 10);
    }
    sum = bench_hash(sum, digits, (size_t)(p - digits));
  }
  return (int64_t)sum;
}
