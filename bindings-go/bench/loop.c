#include "_cgo_export.h"

/* Calls Go n times. */
void benchLoop(int n) {
  for (int i = 0; i < n; i++) benchCallback(i, i);
}
