// CRC-32 (the zlib polynomial), eight tables, eight bytes a step.
#include <string.h>
#include "bench.h"

enum { SIZE = 1 << 20, ROUNDS = 100 };
static uint32_t table[8][256];
static unsigned char data[SIZE];

static uint32_t crc32(uint32_t crc, const unsigned char *p, size_t len) {
  crc = ~crc;
  for (; len >= 8; p += 8, len -= 8) {
    uint32_t lo, hi;
    memcpy(&lo, p, 4);
    memcpy(&hi, p + 4, 4);
    lo ^= crc;
    crc = table[7][lo & 255] ^ table[6][lo >> 8 & 255] ^ table[5][lo >> 16 & 255] ^ table[4][lo >> 24] ^
          table[3][hi & 255] ^ table[2][hi >> 8 & 255] ^ table[1][hi >> 16 & 255] ^ table[0][hi >> 24];
  }
  while (len--) crc = crc >> 8 ^ table[0][(crc ^ *p++) & 255];
  return ~crc;
}

void setup(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int b = 0; b < 8; b++) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
    table[0][i] = c;
  }
  for (int t = 1; t < 8; t++)
    for (int i = 0; i < 256; i++) table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
  if (crc32(0, (const unsigned char *)"123456789", 9) != 0xcbf43926u) __builtin_trap();
  uint64_t s = 3;
  for (int i = 0; i < SIZE; i++) data[i] = (unsigned char)bench_next(&s);
}

int64_t run(void) {
  uint32_t crc = 0;
  for (int r = 0; r < ROUNDS; r++) crc = crc32(crc, data + r % 7, SIZE - 7);
  return crc;
}
