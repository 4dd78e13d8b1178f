// Moves bytes to and from a file below a directory, for measuring: io-bench DIR; the exports are called in turn.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// Aligned as the native side of the measurement: copying from elsewhere costs the system a fifth more.
static _Alignas(64) char block[65536];
static int fd = -1;

static int at(const char *path, int flags) {
  if (fd >= 0) close(fd);
  return fd = open(path, flags, 0666);
}

// Writes or reads `count` pieces of `size` bytes; gives the bytes moved, or -1.
__attribute__((export_name("writes"))) long long writes(int size, int count) {
  long long done = 0;
  if (at("/data/io-bench", O_WRONLY | O_CREAT) < 0) return -1;
  for (int i = 0; i < count; i++) done += write(fd, block, size);
  return done;
}

__attribute__((export_name("reads"))) long long reads(int size, int count) {
  long long done = 0;
  if (at("/data/io-bench", O_RDONLY) < 0) return -1;
  for (int i = 0; i < count; i++) done += read(fd, block, size);
  return done;
}

// One byte to the same place again and again, so that the file stays small.
__attribute__((export_name("bytes"))) long long bytes(int count) {
  long long done = 0;
  if (at("/data/io-bench-byte", O_WRONLY | O_CREAT) < 0) return -1;
  for (int i = 0; i < count; i++) done += write(fd, block, 1);
  return done;
}
