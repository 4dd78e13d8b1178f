/* Rows of measurements: ours and the peer's runs alternate; a row has the median of each, and the median
 * of the ratios of neighbouring runs with its 95 % interval. */
#ifndef MEASURE_H
#define MEASURE_H

#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 31 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void stop(const char *what) {
  fprintf(stderr, "bench: %s\n", what);
  exit(1);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void row(const char *what, double (*ours)(void), double (*peer)(void), double bar) {
  double mine[ROUNDS], others[ROUNDS], ratios[ROUNDS];
  ours();
  if (peer)
    peer();
  for (int at = 0; at < ROUNDS; at++) {
    mine[at] = ours();
    others[at] = peer ? peer() : 1;
    ratios[at] = mine[at] / others[at];
  }
  qsort(mine, ROUNDS, sizeof(double), by_size);
  qsort(others, ROUNDS, sizeof(double), by_size);
  qsort(ratios, ROUNDS, sizeof(double), by_size);
  /* Ranks of the interval that holds the median of 31 in 95 of 100 cases. */
  int low = 9, high = 21, middle = ROUNDS / 2;
  if (!peer) {
    printf("%-44s %9.1f %9s  best %.1f\n", what, mine[middle], "-", mine[0]);
    return;
  }
  printf("%-44s %9.1f %9.1f  %5.2f [%.2f … %.2f]", what, mine[middle], others[middle],
         ratios[middle], ratios[low], ratios[high]);
  if (bar > 0)
    printf("  at most %.2f: %s", bar, ratios[low] <= bar ? "met" : "not met");
  puts("");
}

#endif
