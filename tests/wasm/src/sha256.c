// SHA-256 (FIPS 180-4), scalar, over a few megabytes.
#include <math.h>
#include <string.h>
#include "bench.h"

enum { SIZE = 1 << 20, ROUNDS = 16 };
static unsigned char data[SIZE];
static uint32_t k[64], h0[8];

static inline uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }

// The constants are the first 32 bits of the fractions of cube and square roots of primes. Integer roots by bisection
// keep this exact: floor(root * 2^32) of p, with 128-bit products.
static uint32_t root_fraction(uint32_t p, int power) {
  uint64_t lo = 0, hi = (uint64_t)32 << 32;
  while (hi - lo > 1) {
    uint64_t mid = lo + (hi - lo) / 2;
    int over;
    unsigned __int128 sq = (unsigned __int128)mid * mid;
    if (power == 2) {
      over = sq > (unsigned __int128)p << 64;
    } else {
      // mid^3 > p * 2^96, compared as (mid^2 / 2^32) * mid > p * 2^64 with the low part kept.
      unsigned __int128 top = (sq >> 32) * mid + (((sq & 0xffffffffu) * mid) >> 32);
      over = top >= (unsigned __int128)p << 64;
    }
    if (over) hi = mid; else lo = mid;
  }
  return (uint32_t)lo;
}

static void block(uint32_t *h, const unsigned char *p) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], hh = h[7];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = hh + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
    uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    hh = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += hh;
}

static void sha256(const unsigned char *p, size_t len, uint32_t *h) {
  memcpy(h, h0, sizeof h0);
  size_t full = len / 64 * 64, rest = len - full;
  for (size_t i = 0; i < full; i += 64) block(h, p + i);
  unsigned char tail[128] = {0};
  memcpy(tail, p + full, rest);
  tail[rest] = 0x80;
  size_t size = rest < 56 ? 64 : 128;
  uint64_t bits = (uint64_t)len * 8;
  for (int i = 0; i < 8; i++) tail[size - 1 - i] = (unsigned char)(bits >> 8 * i);
  for (size_t i = 0; i < size; i += 64) block(h, tail + i);
}

void setup(void) {
  int n = 0;
  for (uint32_t p = 2; n < 64; p++) {
    int prime = 1;
    for (uint32_t q = 2; q * q <= p; q++) prime &= p % q != 0;
    if (!prime) continue;
    if (n < 8) h0[n] = root_fraction(p, 2);
    k[n++] = root_fraction(p, 3);
  }
  uint32_t h[8];
  sha256((const unsigned char *)"abc", 3, h); // the standard's own example
  if (h[0] != 0xba7816bf || h[7] != 0xf20015ad) __builtin_trap();
  uint64_t s = 2;
  for (int i = 0; i < SIZE; i += 8) { uint64_t v = bench_next(&s); memcpy(data + i, &v, 8); }
}

int64_t run(void) {
  uint32_t h[8];
  uint64_t sum = 0;
  for (int r = 0; r < ROUNDS; r++) {
    data[0] = (unsigned char)r;
    sha256(data, SIZE - r, h);
    sum = bench_hash(sum, h, sizeof h);
  }
  return (int64_t)sum;
}
