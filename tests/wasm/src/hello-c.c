// Prints a greeting, the arguments and one environment variable.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  puts("hello from C");
  for (int i = 1; i < argc; i++) printf("arg %d: %s\n", i, argv[i]);
  const char *value = getenv("GREETING");
  printf("GREETING=%s\n", value ? value : "(unset)");
  return 0;
}
