// Small programs over the C library, one for each number: libc-cases NUMBER DIRECTORY. Built natively too, they must
// print the same.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static const char *dir;
static char buffer[2][512];
static const char *in(int i, const char *name) {
  snprintf(buffer[i], sizeof buffer[i], "%s/%s", dir, name);
  return buffer[i];
}
static FILE *file(const char *name, const char *mode) {
  FILE *f = fopen(in(0, name), mode);
  if (!f) printf("fopen %s: %d\n", mode, errno == ENOENT), exit(1);
  return f;
}
static void put(const char *name, const char *text) {
  FILE *f = file(name, "w");
  fputs(text, f);
  fclose(f);
}
static void show(const char *name) {
  FILE *f = file(name, "r");
  for (int c; (c = getc(f)) != EOF;) putchar(c);
  fclose(f);
  putchar('\n');
}
static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }
static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static void say(const char *form, ...) {
  va_list list;
  va_start(list, form);
  vprintf(form, list);
  va_end(list);
}

// stdio
static void integers(void) { printf("%d %5d %-5d| %05d %+d %x %#X %o %u %c\n", -7, 42, 42, 42, 42, 255, 255, 8, 3000000000u, 'z'); }
static void longs(void) { printf("%lld %" PRIu64 " %zu %jd %hhd %hd\n", LLONG_MIN, UINT64_MAX, sizeof(char), (intmax_t)-1, (signed char)200, (short)70000); }
static void floats(void) { printf("%f %.3f %e %g %G %a %10.2f|%-10.1f|\n", 3.14159, 2.0 / 3, 12345.678, 1e-10, 1e20, 1.0, -2.5, 9.96); }
static void specials(void) { printf("%f %F %g %e\n", INFINITY, -INFINITY, fabs(NAN), 0.0); }
static void strings(void) { printf("[%s] [%10s] [%-10s] [%.2s] [%*s] %%\n", "abc", "abc", "abc", "abc", 6, "x"); }
static void scanning(void) {
  int a, b; char word[20]; float f; unsigned x;
  int n = sscanf("12 -7 word 2.5 ff", "%d %d %19s %f %x", &a, &b, word, &f, &x);
  printf("%d: %d %d %s %.2f %u\n", n, a, b, word, f, x);
}
static void scan_sets(void) {
  char a[20], b[20]; int n = 0, got = sscanf("key=value;rest", "%19[a-z]=%19[^;]%n", a, b, &n);
  printf("%d %s %s %d\n", got, a, b, n);
}
static void long_output(void) { for (int i = 0; i < 3000; i++) printf("%d,", i * i % 977); }
static void truncated(void) { char s[8]; int n = snprintf(s, sizeof s, "%s", "a long text"); printf("%d %s\n", n, s); }
static void line_by_line(void) {
  put("l", "one\ntwo\n\nfour, no end");
  FILE *f = file("l", "r"); char s[6];
  while (fgets(s, sizeof s, f)) printf("[%s]", s);
  printf(" %d\n", feof(f) != 0); fclose(f);
}
static void appending(void) { put("a", "one"); FILE *f = file("a", "a"); fputs(" two", f); printf("%ld\n", ftell(f)); fclose(f); show("a"); }
static void updating(void) {
  FILE *f = file("u", "w+"); fputs("hello world", f); fseek(f, 6, SEEK_SET); fputs("W", f); rewind(f);
  char s[20] = ""; size_t got = fread(s, 1, 19, f); printf("%zu %s\n", got, s); fclose(f);
}
static void seeking(void) {
  put("s", "0123456789"); FILE *f = file("s", "r");
  fseek(f, -3, SEEK_END); int c = getc(f); printf("%c%ld", c, ftell(f)); fseek(f, -4, SEEK_CUR); printf("%c", getc(f));
  int failed = fseek(f, -1, SEEK_SET); printf(" %d %d\n", failed, errno == EINVAL); fclose(f);
}
static void pushing_back(void) { put("p", "abc"); FILE *f = file("p", "r"); int c = getc(f); ungetc('X', f); printf("%c", c); c = getc(f); printf("%c", c); c = getc(f); printf("%c\n", c); fclose(f); }
static void buffers(void) {
  FILE *f = file("b", "w"); char room[16]; setvbuf(f, room, _IOFBF, sizeof room);
  for (int i = 0; i < 40; i++) fputc('a' + i % 26, f);
  fflush(f); struct stat s; stat(in(0, "b"), &s); printf("%d\n", (int)s.st_size); fclose(f);
}
static void binary(void) {
  unsigned char all[256], back[256]; for (int i = 0; i < 256; i++) all[i] = i;
  FILE *f = file("x", "wb"); fwrite(all, 1, 256, f); fclose(f);
  f = file("x", "rb"); size_t got = fread(back, 1, 256, f); printf("%zu %d\n", got, memcmp(all, back, 256)); fclose(f);
}
static void no_file(void) { errno = 0; FILE *f = fopen(in(0, "none/such"), "r"); printf("%d %d %s\n", f == 0, errno == ENOENT, "done"); }
static void modes(void) { put("m", "x"); FILE *f = fopen(in(0, "m"), "wx"); printf("%d %d\n", f == 0, errno == EEXIST); }
static void errors_of_streams(void) { put("e", "x"); FILE *f = file("e", "r"); int end = fputc('a', f) == EOF; printf("%d %d\n", end, ferror(f) != 0); clearerr(f); printf("%d\n", ferror(f)); fclose(f); }
static void removing(void) { put("r", "x"); printf("%d ", remove(in(0, "r"))); int failed = remove(in(0, "r")); printf("%d %d\n", failed, errno == ENOENT); }
static void renaming(void) { put("old", "text"); printf("%d\n", rename(in(0, "old"), in(1, "new"))); show("new"); }
static void variable(void) { say("%s %d %.1f\n", "va", 3, 4.5); }
// dirent and stat
static void listing(void) {
  put("c", ""); put("a", ""); put("b", ""); mkdir(in(0, "d"), 0777);
  char *names[20]; int n = 0; DIR *d = opendir(dir);
  for (struct dirent *e; (e = readdir(d));) if (e->d_name[0] != '.') names[n++] = strdup(e->d_name);
  closedir(d); qsort(names, n, sizeof *names, by_name);
  for (int i = 0; i < n; i++) printf("%s ", names[i]);
  putchar('\n');
}
static void many_entries(void) {
  char s[20]; for (int i = 0; i < 300; i++) { snprintf(s, sizeof s, "n%03d", i); put(s, ""); }
  int n = 0; DIR *d = opendir(dir); while (readdir(d)) n++;
  rewinddir(d); int again = 0; while (readdir(d)) again++;
  closedir(d); printf("%d %d\n", n, again);
}
static void kinds(void) {
  put("f", "12345"); mkdir(in(0, "d"), 0777); symlink("f", in(0, "l")); struct stat s;
  stat(in(0, "f"), &s); printf("%d %d ", S_ISREG(s.st_mode), (int)s.st_size); stat(in(0, "d"), &s); printf("%d ", S_ISDIR(s.st_mode));
  lstat(in(0, "l"), &s); printf("%d ", S_ISLNK(s.st_mode)); stat(in(0, "l"), &s); printf("%d\n", S_ISREG(s.st_mode));
}
static void directories(void) {
  printf("%d ", mkdir(in(0, "d"), 0777)); int failed = mkdir(in(0, "d"), 0777); printf("%d %d ", failed, errno == EEXIST); put("d/x", "");
  failed = rmdir(in(0, "d")); printf("%d %d ", failed, errno == ENOTEMPTY || errno == EEXIST); remove(in(0, "d/x")); printf("%d\n", rmdir(in(0, "d")));
}
static void descriptors(void) {
  int fd = open(in(0, "fd"), O_RDWR | O_CREAT | O_TRUNC, 0666); char s[10] = "";
  printf("%d ", (int)write(fd, "abcdef", 6)); printf("%d ", (int)lseek(fd, 2, SEEK_SET)); printf("%d ", (int)read(fd, s, 3)); printf("%s ", s);
  printf("%d ", ftruncate(fd, 2)); printf("%d\n", (int)lseek(fd, 0, SEEK_END)); close(fd); show("fd");
}
static void times_of_files(void) {
  put("t", ""); struct timespec t[2] = {{1000000, 5000}, {2000000, 7000}}; utimensat(AT_FDCWD, in(0, "t"), t, 0);
  struct stat s; stat(in(0, "t"), &s); printf("%d %d\n", (int)s.st_atim.tv_sec, (int)s.st_mtim.tv_nsec);
}
// time
static void calendar(void) { time_t t = 1700000000; struct tm *m = gmtime(&t); char s[64]; strftime(s, sizeof s, "%Y-%m-%d %H:%M:%S %a %b %j %U", m); puts(s); }
static void leap_days(void) { for (int y = 1996; y < 2005; y++) { struct tm m = {.tm_year = y - 1900, .tm_mon = 1, .tm_mday = 29, .tm_hour = 12}; mktime(&m); printf("%d ", m.tm_mon); } putchar('\n'); }
static void far_times(void) { time_t t[] = {0, -1, 253402300799, 4102444800}; char s[64]; for (int i = 0; i < 4; i++) { strftime(s, sizeof s, "%F %T", gmtime(&t[i])); puts(s); } }
static void differences(void) { printf("%.0f ", difftime(1000, 400)); time_t a = time(0); struct timespec t; clock_gettime(CLOCK_REALTIME, &t); printf("%d %d\n", t.tv_sec - a < 5, a > 1600000000); }
static void monotonic(void) { struct timespec a, b; clock_gettime(CLOCK_MONOTONIC, &a); for (int i = 0; i < 1000; i++) clock_gettime(CLOCK_MONOTONIC, &b); printf("%d\n", b.tv_sec > a.tv_sec || b.tv_nsec >= a.tv_nsec); }
// string, ctype, stdlib, locale
static void searching(void) { const char *s = "the quick brown fox"; printf("%s|%s|%s|%zu|%zu|%s\n", strchr(s, 'q'), strrchr(s, 'o'), strstr(s, "brown"), strspn(s, "eht "), strcspn(s, "xq"), strpbrk(s, "xk")); }
static void comparing(void) { printf("%d %d %d %d %d\n", strcmp("a", "b") < 0, strncmp("abc", "abd", 2), strcasecmp("ABC", "abc"), memcmp("\1\2", "\1\3", 2) < 0, strcoll("a", "b") < 0); }
static void tokens(void) { char s[] = "a,b;;c, d"; char *rest, *t = strtok_r(s, ",; ", &rest); for (; t; t = strtok_r(0, ",; ", &rest)) printf("<%s>", t); putchar('\n'); }
static void moving(void) { char s[20] = "0123456789"; memmove(s + 2, s, 5); puts(s); memset(s + 7, '-', 3); puts(s); char t[5]; strncpy(t, "ab", 5); printf("%d %s\n", t[4], strcat(strcpy(s, "x"), "yz")); }
static void numbers(void) { char *e; printf("%ld %lu %lld %.3f ", strtol("-0x1fz", &e, 16), strtoul("077", 0, 0), strtoll("9223372036854775808", 0, 10), strtod("1.5e3x", 0)); printf("%s %d\n", e, errno == ERANGE); }
static void letters(void) { for (int c = 0; c < 128; c++) printf("%d", !!isalpha(c) + 2 * !!isdigit(c) + 3 * !!isspace(c) + 4 * !!ispunct(c)); printf("%c%c\n", toupper('q'), tolower('Q')); }
static void sorting(void) { int v[] = {5, 3, 9, -1, 7}, key = 7; qsort(v, 5, sizeof *v, by_value); for (int i = 0; i < 5; i++) printf("%d ", v[i]); printf("%d\n", *(int *)bsearch(&key, v, 5, sizeof *v, by_value)); }
static void memory(void) { char *p = calloc(10, 1); p = realloc(p, 100000); memset(p + 10, 1, 99990); printf("%d %d\n", p[9], p[99999]); free(p); }
static void locales(void) { struct lconv *l = localeconv(); printf("%s %s [%s]\n", setlocale(LC_ALL, "C"), l->decimal_point, l->thousands_sep); }
static void wide(void) { wchar_t w[20]; printf("%d ", (int)mbstowcs(w, "plain", 20)); printf("%d %d\n", (int)wcslen(w), iswupper(L'A') != 0); }
static void rounding(void) { printf("%.0f %.0f %.1f %.2f %ld %.0f\n", 0.5, 1.5, 0.25, 2.675, lround(-2.5), floor(-0.5)); }
static void maths(void) { printf("%.12f %.12f %.12f %.12f\n", sin(1), exp(1), pow(2, 0.5), log10(1000)); }
static void environment(void) { printf("%d ", getenv("NO_SUCH_NAME") == 0); setenv("A", "b", 1); printf("%s ", getenv("A")); unsetenv("A"); printf("%d\n", getenv("A") == 0); }
static int order;
static void at_end(void) { printf("end %d\n", ++order); }
static void ending(void) { atexit(at_end); atexit(at_end); printf("begin\n"); exit(3); }

static void (*const cases[])(void) = {integers, longs, floats, specials, strings, scanning, scan_sets, long_output, truncated,
  line_by_line, appending, updating, seeking, pushing_back, buffers, binary, no_file, modes, errors_of_streams, removing, renaming,
  variable, listing, many_entries, kinds, directories, descriptors, times_of_files, calendar, leap_days, far_times, differences,
  monotonic, searching, comparing, tokens, moving, numbers, letters, sorting, memory, locales, wide, rounding, maths, environment,
  ending};

int main(int argc, char **argv) {
  int number = argc > 2 ? atoi(argv[1]) : -1;
  if (number < 0) return printf("%d\n", (int)(sizeof cases / sizeof *cases)), 0;
  dir = argv[2];
  cases[number]();
  return 0;
}
