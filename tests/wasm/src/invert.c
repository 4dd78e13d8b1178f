// Inverts an image: a binary PPM on standard input, the negative on standard output; what it did on standard error.
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  unsigned width, height, most;
  if (scanf("P6 %u %u %u", &width, &height, &most) != 3 || getchar() == EOF || most != 255) {
    fputs("not an image\n", stderr);
    return 3;
  }
  printf("P6 %u %u 255\n", width, height);
  for (size_t left = (size_t)width * height * 3; left; left--) {
    int byte = getchar();
    if (byte == EOF) return 4;
    if (putchar(255 - byte) == EOF) return 5;
  }
  fprintf(stderr, "%u by %u\n", width, height);
  return 0;
}
