// Uses files as a program does, below the directory given as the first argument; any surprise ends it with a message.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(x) do { if (!(x)) { printf("line %d: %s (%s)\n", __LINE__, #x, strerror(errno)); exit(1); } } while (0)
#define FAILS(x, e) CHECK((x) < 0 && errno == (e))

static char path[2][256];
static const char *in(int i, const char *dir, const char *name) {
  snprintf(path[i], sizeof path[i], "%s/%s", dir, name);
  return path[i];
}

int main(int argc, char **argv) {
  CHECK(argc > 1);
  const char *d = argv[1];
  char text[64] = "";
  struct stat s;

  FILE *f = fopen(in(0, d, "a.txt"), "w+");
  CHECK(f && fputs("hello, files\n", f) >= 0 && fflush(f) == 0);
  rewind(f);
  CHECK(fgets(text, sizeof text, f) && !strcmp(text, "hello, files\n"));
  CHECK(!fclose(f));
  CHECK((f = fopen(path[0], "a")) && fputs("more\n", f) >= 0 && !fclose(f));
  CHECK(!stat(path[0], &s) && s.st_size == 18 && S_ISREG(s.st_mode) && s.st_nlink == 1);

  int fd = open(path[0], O_RDWR);
  CHECK(fd > 2);
  CHECK(lseek(fd, -5, SEEK_END) == 13 && read(fd, text, 4) == 4 && !memcmp(text, "more", 4));
  CHECK(lseek(fd, 0, SEEK_CUR) == 17);
  CHECK(pwrite(fd, "HELLO", 5, 0) == 5 && pread(fd, text, 7, 0) == 7 && !memcmp(text, "HELLO, ", 7));
  CHECK(!ftruncate(fd, 5) && !fstat(fd, &s) && s.st_size == 5);
  CHECK(!ftruncate(fd, 4096) && !fsync(fd) && !fdatasync(fd));
  CHECK(!posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) && !posix_fallocate(fd, 0, 5000));
  CHECK(!fstat(fd, &s) && s.st_size == 5000);
  struct timespec times[2] = {{1000, 5}, {2000, 7}};
  CHECK(!futimens(fd, times) && !fstat(fd, &s) && s.st_atim.tv_sec == 1000 && s.st_mtim.tv_nsec == 7);
  CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0 && (fcntl(fd, F_GETFL) & O_APPEND));
  CHECK(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "end", 3) == 3 && !fstat(fd, &s) && s.st_size == 5003);
  CHECK(!close(fd));
  FAILS(close(fd), EBADF);
  times[1].tv_sec = 3000;
  CHECK(!utimensat(AT_FDCWD, path[0], times, 0) && !stat(path[0], &s) && s.st_mtim.tv_sec == 3000);

  CHECK(!mkdir(in(0, d, "sub"), 0777));
  FAILS(mkdir(path[0], 0777), EEXIST);
  CHECK(!rename(in(0, d, "a.txt"), in(1, d, "sub/b.txt")));
  FAILS(stat(path[0], &s), ENOENT);
  CHECK(!symlink("sub/b.txt", in(0, d, "link")));
  CHECK(readlink(path[0], text, sizeof text) == 9 && !memcmp(text, "sub/b.txt", 9));
  CHECK(!lstat(path[0], &s) && S_ISLNK(s.st_mode) && !stat(path[0], &s) && s.st_size == 5003);
  CHECK(!link(in(0, d, "sub/b.txt"), in(1, d, "sub/c.txt")) && !stat(path[0], &s) && s.st_nlink == 2);
  FAILS(open(in(0, d, "link"), O_RDONLY | O_NOFOLLOW), ELOOP);
  FAILS(open(in(0, d, "sub/b.txt"), O_CREAT | O_EXCL | O_WRONLY, 0666), EEXIST);
  FAILS(open(path[0], O_RDONLY | O_DIRECTORY), ENOTDIR);
  FAILS(open(in(0, d, "sub"), O_WRONLY), EISDIR);
  FAILS(rmdir(path[0]), ENOTEMPTY);
  FAILS(unlink(path[0]), EISDIR);

  for (int i = 0; i < 300; i++) {
    snprintf(text, sizeof text, "sub/file-%03d", i);
    CHECK((fd = open(in(0, d, text), O_CREAT | O_WRONLY, 0666)) >= 0 && !close(fd));
  }
  // Entries are removed while they are listed.
  int seen = 0;
  DIR *dir = opendir(in(0, d, "sub"));
  CHECK(dir);
  for (struct dirent *e; (e = readdir(dir));) {
    if (e->d_name[0] == '.') continue;
    CHECK(e->d_type == DT_REG);
    snprintf(text, sizeof text, "sub/%s", e->d_name);
    CHECK(!unlink(in(1, d, text)));
    seen++;
  }
  CHECK(!closedir(dir) && seen == 302);
  CHECK(!rmdir(in(0, d, "sub")) && !unlink(in(0, d, "link")));
  puts("all is well");
  return 0;
}
