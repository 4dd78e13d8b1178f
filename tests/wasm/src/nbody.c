// n-body: the outer planets under mutual gravity, symplectic Euler steps, in doubles.
#include <math.h>
#include <string.h>
#include "bench.h"

enum { BODIES = 5, STEPS = 800000 };
typedef struct { double x[3], v[3], m; } Body;

static Body start[BODIES], now[BODIES];

static void place(int i, double dist, double angle, double tilt, double mass) {
  Body *b = &start[i];
  double speed = dist > 0 ? sqrt(4 * M_PI * M_PI / dist) : 0;
  b->x[0] = dist * cos(angle); b->x[1] = dist * sin(angle); b->x[2] = dist * tilt;
  b->v[0] = -speed * sin(angle); b->v[1] = speed * cos(angle); b->v[2] = 0;
  b->m = mass * 4 * M_PI * M_PI;
}

void setup(void) {
  place(0, 0, 0, 0, 1);
  place(1, 5.2, 0.3, 0.02, 9.5e-4);
  place(2, 9.6, 1.9, 0.04, 2.9e-4);
  place(3, 19.2, 3.1, 0.01, 4.4e-5);
  place(4, 30.1, 5.0, 0.03, 5.2e-5);
}

static void step(Body *b, double dt) {
  for (int i = 0; i < BODIES; i++) {
    for (int j = i + 1; j < BODIES; j++) {
      double dx = b[i].x[0] - b[j].x[0], dy = b[i].x[1] - b[j].x[1], dz = b[i].x[2] - b[j].x[2];
      double d2 = dx * dx + dy * dy + dz * dz;
      double f = dt / (d2 * sqrt(d2));
      double fi = b[j].m * f, fj = b[i].m * f;
      b[i].v[0] -= dx * fi; b[i].v[1] -= dy * fi; b[i].v[2] -= dz * fi;
      b[j].v[0] += dx * fj; b[j].v[1] += dy * fj; b[j].v[2] += dz * fj;
    }
  }
  for (int i = 0; i < BODIES; i++)
    for (int k = 0; k < 3; k++) b[i].x[k] += dt * b[i].v[k];
}

int64_t run(void) {
  memcpy(now, start, sizeof now);
  for (int s = 0; s < STEPS; s++) step(now, 0.002);
  return (int64_t)bench_hash(0, now, sizeof now);
}
