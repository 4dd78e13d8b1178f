// What a C program asks of the system: files, directories, clocks, variables, random numbers, an exit code.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(int ok, const char *what) {
  if (!ok) {
    printf("%s: %s\n", what, strerror(errno));
    exit(1);
  }
}

int main(int argc, char **argv) {
  check(argc == 3 && !strcmp(argv[1], "one") && !strcmp(argv[2], "two words"), "arguments");
  printf("hello %s\n", getenv("GREETING"));
  fflush(stdout);

  check(!mkdir("/data/made", 0777), "mkdir");
  FILE *file = fopen("/data/made/a", "w+x");
  check(file && fputs("0123456789", file) >= 0 && !fseek(file, 4, SEEK_SET), "write");
  char text[16] = "";
  check(fread(text, 1, sizeof text, file) == 6 && !strcmp(text, "456789"), "read");
  check(!fflush(file) && !ftruncate(fileno(file), 3) && !fclose(file), "truncate");
  check((file = fopen("/data/made/b", "w")) && !fclose(file), "create");
  check(!rename("/data/made/b", "/data/made/c"), "rename");
  DIR *dir = opendir("/data/made");
  check(dir != NULL, "opendir");
  int found = 0;
  for (struct dirent *entry; (entry = readdir(dir));)
    if (entry->d_name[0] != '.') found += entry->d_name[0] == 'a' ? 1 : entry->d_name[0] == 'c' ? 10 : 100;
  check(found == 11 && !closedir(dir), "list");
  struct stat stat_a;
  check(!stat("/data/made/a", &stat_a) && S_ISREG(stat_a.st_mode) && stat_a.st_size == 3, "stat");
  check(access("/data/made/b", F_OK) && errno == ENOENT, "renamed");
  check(!fopen("/elsewhere", "r"), "elsewhere");
  check(!unlink("/data/made/a") && !unlink("/data/made/c") && !rmdir("/data/made"), "remove");

  struct timespec began, ended, rest = {0, 10000000};
  clock_gettime(CLOCK_MONOTONIC, &began);
  check(!nanosleep(&rest, NULL), "sleep");
  clock_gettime(CLOCK_MONOTONIC, &ended);
  check((ended.tv_sec - began.tv_sec) * 1000000000L + ended.tv_nsec - began.tv_nsec >= 10000000, "clock");
  check(time(NULL) > 1500000000, "time");
  char a[16], b[16];
  check(!getentropy(a, sizeof a) && !getentropy(b, sizeof b) && memcmp(a, b, sizeof a), "random");

  for (int c; (c = getchar()) != EOF;) fputc(c, stderr);
  return 7;
}
