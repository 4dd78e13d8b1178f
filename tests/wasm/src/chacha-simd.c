// ChaCha20 (RFC 8439), four blocks at a time in i32x4 lanes.
#include <string.h>
#include <wasm_simd128.h>
#include "bench.h"

enum { SIZE = 1 << 20, ROUNDS = 96 };
static unsigned char data[SIZE];
static uint32_t key[8], nonce[3];

#define ROL(x, n) wasm_v128_or(wasm_i32x4_shl(x, n), wasm_u32x4_shr(x, 32 - n))
#define QR(a, b, c, d)                                                                         \
  a = wasm_i32x4_add(a, b), d = ROL(wasm_v128_xor(d, a), 16), c = wasm_i32x4_add(c, d),        \
  b = ROL(wasm_v128_xor(b, c), 12), a = wasm_i32x4_add(a, b), d = ROL(wasm_v128_xor(d, a), 8), \
  c = wasm_i32x4_add(c, d), b = ROL(wasm_v128_xor(b, c), 7)

// XORs the key stream from block `counter` on into the 256 bytes at p.
static void four_blocks(unsigned char *p, uint32_t counter) {
  v128_t s[16], x[16];
  const uint32_t sigma[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (int i = 0; i < 4; i++) s[i] = wasm_i32x4_splat((int)sigma[i]);
  for (int i = 0; i < 8; i++) s[4 + i] = wasm_i32x4_splat((int)key[i]);
  s[12] = wasm_i32x4_add(wasm_i32x4_splat((int)counter), wasm_i32x4_make(0, 1, 2, 3));
  for (int i = 0; i < 3; i++) s[13 + i] = wasm_i32x4_splat((int)nonce[i]);
  memcpy(x, s, sizeof x);
  for (int r = 0; r < 10; r++) {
    QR(x[0], x[4], x[8], x[12]); QR(x[1], x[5], x[9], x[13]);
    QR(x[2], x[6], x[10], x[14]); QR(x[3], x[7], x[11], x[15]);
    QR(x[0], x[5], x[10], x[15]); QR(x[1], x[6], x[11], x[12]);
    QR(x[2], x[7], x[8], x[13]); QR(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; i++) x[i] = wasm_i32x4_add(x[i], s[i]);
  for (int g = 0; g < 4; g++) { // transpose: lane b of the words of a group is part of block b
    v128_t a = x[4 * g], b = x[4 * g + 1], c = x[4 * g + 2], d = x[4 * g + 3];
    v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    v128_t cd0 = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd1 = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
    v128_t out[4] = {wasm_i64x2_shuffle(ab0, cd0, 0, 2), wasm_i64x2_shuffle(ab0, cd0, 1, 3),
                     wasm_i64x2_shuffle(ab1, cd1, 0, 2), wasm_i64x2_shuffle(ab1, cd1, 1, 3)};
    for (int blk = 0; blk < 4; blk++) {
      unsigned char *q = p + 64 * blk + 16 * g;
      wasm_v128_store(q, wasm_v128_xor(wasm_v128_load(q), out[blk]));
    }
  }
}

void setup(void) {
  // The RFC's block function example (2.3.2): counter 1, key 00..1f.
  for (int i = 0; i < 8; i++) key[i] = 0x03020100u + 0x04040404u * (uint32_t)i;
  nonce[0] = 0x09000000; nonce[1] = 0x4a000000; nonce[2] = 0;
  unsigned char probe[256] = {0};
  four_blocks(probe, 1);
  if (probe[0] != 0x10 || probe[1] != 0xf1 || probe[63] != 0x4e) __builtin_trap();
}

int64_t run(void) {
  memset(data, 0, SIZE);
  for (int r = 0; r < ROUNDS; r++) {
    nonce[2] = (uint32_t)r;
    for (int i = 0; i < SIZE / 256; i++) four_blocks(data + 256 * i, 4 * (uint32_t)i);
  }
  return (int64_t)bench_hash(0, data, 4096);
}
