// Reads SQL from standard input, runs it in the database file that is named, or in one in memory, and prints rows with
// '|' between columns.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sqlite3.h"

static int row(void *data, int n, char **values, char **names) {
  (void)data; (void)names;
  for (int i = 0; i < n; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "");
  putchar('\n');
  return 0;
}

int main(int argc, char **argv) {
  size_t len = 0, cap = 1 << 16, got;
  char *text = malloc(cap + 1), *error = 0;
  while (text && (got = fread(text + len, 1, cap - len, stdin)) > 0)
    if ((len += got) == cap) text = realloc(text, (cap *= 2) + 1);
  if (!text) { fputs("out of memory\n", stderr); return 1; }
  text[len] = 0;
  sqlite3 *db;
  const char *file = argc > 1 ? argv[1] : ":memory:";
  if (sqlite3_open(file, &db) != SQLITE_OK) { fprintf(stderr, "cannot open %s: %s\n", file, sqlite3_errmsg(db)); return 1; }
  if (sqlite3_exec(db, text, row, 0, &error) != SQLITE_OK) {
    fprintf(stderr, "Error: %s\n", error ? error : sqlite3_errmsg(db));
    return 1;
  }
  sqlite3_close(db);
  return 0;
}
