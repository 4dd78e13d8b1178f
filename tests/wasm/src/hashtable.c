// An open-addressing hash table that grows: inserts, look-ups and removals with string keys.
#include <stdlib.h>
#include <string.h>
#include "bench.h"

enum { KEYS = 150000 };
typedef struct { char *key; uint64_t value; } Slot; // key 0: free; key == gone: removed
typedef struct { Slot *slots; size_t mask, used, live; } Table;
static char gone[1];
static char (*names)[20];

static Slot *find(Table *t, const char *key) {
  size_t i = (size_t)bench_hash(0, key, strlen(key)) & t->mask;
  Slot *spare = 0;
  for (;; i = (i + 1) & t->mask) {
    Slot *s = &t->slots[i];
    if (!s->key) return spare ? spare : s;
    if (s->key == gone) { if (!spare) spare = s; }
    else if (!strcmp(s->key, key)) return s;
  }
}

static void put(Table *t, char *key, uint64_t value) {
  if (!t->slots || (t->used + 1) * 4 > (t->mask + 1) * 3) {
    Table old = *t;
    t->mask = old.slots ? old.mask * 2 + 1 : 63;
    t->slots = calloc(t->mask + 1, sizeof *t->slots);
    t->used = t->live;
    for (size_t i = 0; old.slots && i <= old.mask; i++)
      if (old.slots[i].key && old.slots[i].key != gone) *find(t, old.slots[i].key) = old.slots[i];
    free(old.slots);
  }
  Slot *s = find(t, key);
  if (!s->key) t->used++;
  if (!s->key || s->key == gone) { s->key = key; t->live++; s->value = 0; }
  s->value += value;
}

void setup(void) {
  names = malloc(KEYS * sizeof *names);
  uint64_t s = 5;
  for (int i = 0; i < KEYS; i++) {
    uint64_t v = bench_next(&s) % (KEYS * 2);
    char *p = names[i];
    memcpy(p, "key-", 4);
    for (p += 4; v; v /= 10) *p++ = (char)('0' + v % 10);
    *p = 0;
  }
}

int64_t run(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 2; round++) {
    Table t = {0};
    for (int i = 0; i < KEYS; i++) put(&t, names[i], (uint64_t)i);
    for (int i = 0; i < KEYS; i += 3) {
      Slot *s = find(&t, names[i]);
      if (s->key && s->key != gone) { s->key = gone; t.live--; }
    }
    for (int i = 0; i < KEYS; i++) {
      Slot *s = find(&t, names[i]);
      if (s->key && s->key != gone) sum = sum * 31 + s->value;
    }
    sum += t.live;
    free(t.slots);
  }
  return (int64_t)sum;
}
