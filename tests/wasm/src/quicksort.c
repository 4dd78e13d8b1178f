// Quicksort of 64-bit integers and of pointers to records through a comparison function (call_indirect).
#include <stdlib.h>
#include <string.h>
#include "bench.h"

enum { COUNT = 400000 };
typedef struct { char name[16]; uint64_t key; } Record;
static uint64_t *input, *work;
static Record *records, **order;

static void sort_ints(uint64_t *a, int lo, int hi) {
  while (hi - lo > 16) {
    uint64_t x = a[lo], y = a[lo + (hi - lo) / 2], z = a[hi];
    uint64_t pivot = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
    int i = lo, j = hi;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) { uint64_t t = a[i]; a[i++] = a[j]; a[j--] = t; }
    }
    if (j - lo < hi - i) { sort_ints(a, lo, j); lo = i; } else { sort_ints(a, i, hi); hi = j; }
  }
  for (int i = lo + 1; i <= hi; i++) {
    uint64_t t = a[i];
    int j = i - 1;
    for (; j >= lo && a[j] > t; j--) a[j + 1] = a[j];
    a[j + 1] = t;
  }
}

static int by_name(const void *a, const void *b) {
  const Record *x = *(Record *const *)a, *y = *(Record *const *)b;
  int c = strcmp(x->name, y->name);
  return c ? c : (x->key > y->key) - (x->key < y->key);
}

void setup(void) {
  input = malloc(COUNT * sizeof *input);
  work = malloc(COUNT * sizeof *work);
  records = malloc(COUNT / 8 * sizeof *records);
  order = malloc(COUNT / 8 * sizeof *order);
  uint64_t s = 4;
  for (int i = 0; i < COUNT; i++) input[i] = bench_next(&s);
  for (int i = 0; i < COUNT / 8; i++) {
    uint64_t v = bench_next(&s);
    records[i].key = v;
    for (int c = 0; c < 15; c++, v >>= 4) records[i].name[c] = (char)('a' + (v & 3));
    records[i].name[15] = 0;
  }
}

int64_t run(void) {
  memcpy(work, input, COUNT * sizeof *work);
  sort_ints(work, 0, COUNT - 1);
  for (int i = 0; i < COUNT / 8; i++) order[i] = &records[i];
  qsort(order, COUNT / 8, sizeof *order, by_name);
  uint64_t sum = bench_hash(0, work, 65536);
  for (int i = 0; i < COUNT / 8; i += 97) sum = bench_hash(sum, order[i]->name, 15);
  return (int64_t)sum;
}
