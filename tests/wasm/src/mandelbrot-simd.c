// Mandelbrot set, two points at a time in f64x2.
#include <wasm_simd128.h>
#include "bench.h"

enum { SIZE = 800, LIMIT = 256 };
static unsigned char image[SIZE * SIZE];

void setup(void) {}

int64_t run(void) {
  const v128_t four = wasm_f64x2_splat(4.0), one = wasm_i64x2_splat(1);
  for (int row = 0; row < SIZE; row++) {
    v128_t ci = wasm_f64x2_splat(2.4 * row / SIZE - 1.2);
    for (int col = 0; col < SIZE; col += 2) {
      v128_t cr = wasm_f64x2_make(3.0 * col / SIZE - 2.1, 3.0 * (col + 1) / SIZE - 2.1);
      v128_t zr = cr, zi = ci, count = wasm_i64x2_splat(0);
      for (int n = 0; n < LIMIT; n++) {
        v128_t r2 = wasm_f64x2_mul(zr, zr), i2 = wasm_f64x2_mul(zi, zi);
        v128_t inside = wasm_f64x2_le(wasm_f64x2_add(r2, i2), four);
        if (!wasm_v128_any_true(inside)) break;
        count = wasm_i64x2_add(count, wasm_v128_and(inside, one));
        v128_t cross = wasm_f64x2_mul(zr, zi);
        zr = wasm_f64x2_add(wasm_f64x2_sub(r2, i2), cr);
        zi = wasm_f64x2_add(wasm_f64x2_add(cross, cross), ci);
      }
      image[row * SIZE + col] = (unsigned char)wasm_i64x2_extract_lane(count, 0);
      image[row * SIZE + col + 1] = (unsigned char)wasm_i64x2_extract_lane(count, 1);
    }
  }
  return (int64_t)bench_hash(0, image, sizeof image);
}
