// Fannkuch: the most prefix reversals any permutation of N needs until its first element is 0.
#include <string.h>
#include "bench.h"

enum { N = 10 };
static int best, total, parity;

static int flips(const int *perm) {
  int p[N], count = 0;
  memcpy(p, perm, sizeof p);
  while (p[0] != 0) {
    for (int lo = 0, hi = p[0]; lo < hi; lo++, hi--) {
      int t = p[lo]; p[lo] = p[hi]; p[hi] = t;
    }
    count++;
  }
  return count;
}

static void visit(const int *perm) {
  int f = flips(perm);
  if (f > best) best = f;
  total += parity ? -f : f;
  parity ^= 1;
}

void setup(void) {}

// Heap's algorithm, without recursion: each step is one swap, so the parity alternates.
int64_t run(void) {
  int perm[N], c[N] = {0};
  best = total = parity = 0;
  for (int i = 0; i < N; i++) perm[i] = i;
  visit(perm);
  for (int i = 1; i < N;) {
    if (c[i] < i) {
      int other = i & 1 ? c[i] : 0;
      int t = perm[other]; perm[other] = perm[i]; perm[i] = t;
      visit(perm);
      c[i]++;
      i = 1;
    } else {
      c[i++] = 0;
    }
  }
  return ((int64_t)total << 16) | best;
}
