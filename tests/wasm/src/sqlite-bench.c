// SQLite in memory: create, insert in a transaction, index, joins, aggregates, updates, deletes.
#include <string.h>
#include "bench.h"
#include "sqlite3.h"

static uint64_t sum;

static int row(void *data, int n, char **values, char **names) {
  (void)data; (void)names;
  for (int i = 0; i < n; i++) sum = bench_hash(sum, values[i] ? values[i] : "~", values[i] ? strlen(values[i]) : 1);
  return 0;
}

static void sql(sqlite3 *db, const char *text) {
  if (sqlite3_exec(db, text, row, 0, 0) != SQLITE_OK) __builtin_trap();
}

void setup(void) {
  if (sqlite3_initialize() != SQLITE_OK) __builtin_trap();
}

int64_t run(void) {
  sqlite3 *db;
  sqlite3_stmt *st;
  uint64_t s = 8;
  sum = 0;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) __builtin_trap();
  sql(db, "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, town INTEGER, age INTEGER);"
          "CREATE TABLE town(id INTEGER PRIMARY KEY, name TEXT); BEGIN;");
  for (int t = 0; t < 3; t++) {
    int rows = t ? 7500 : 200;
    if (sqlite3_prepare_v2(db, t ? "INSERT INTO people(name,town,age) VALUES(?1,?2,?3)" : "INSERT INTO town(name) VALUES(?1)",
                           -1, &st, 0) != SQLITE_OK) __builtin_trap();
    for (int i = 0; i < rows; i++) {
      char name[16];
      uint64_t v = bench_next(&s);
      for (int c = 0; c < 12; c++) name[c] = (char)('a' + (v >> (c * 5)) % 26);
      sqlite3_bind_text(st, 1, name, 12, SQLITE_TRANSIENT);
      if (t) {
        sqlite3_bind_int(st, 2, 1 + (int)(v % 200));
        sqlite3_bind_int(st, 3, (int)(v >> 20) % 90);
      }
      if (sqlite3_step(st) != SQLITE_DONE) __builtin_trap();
      sqlite3_reset(st);
    }
    sqlite3_finalize(st);
  }
  sql(db, "COMMIT; CREATE INDEX by_town ON people(town, age); CREATE INDEX by_name ON people(name);"
          "SELECT count(*), avg(age), max(name) FROM people;"
          "SELECT t.name, count(*), sum(p.age) FROM people p JOIN town t ON t.id = p.town WHERE p.age > 30 GROUP BY t.id ORDER BY 2 DESC, 1 LIMIT 20;"
          "SELECT count(*) FROM people WHERE name LIKE '%ab%';"
          "SELECT name, age FROM people WHERE name BETWEEN 'ca' AND 'cz' ORDER BY age, name;"
          "UPDATE people SET age = age + 1 WHERE town % 3 = 0;"
          "DELETE FROM people WHERE id % 5 = 2;"
          "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) SELECT sum(x * x % 7) FROM c;"
          "SELECT town, group_concat(name, '') FROM (SELECT town, name FROM people WHERE age = 44 ORDER BY name) GROUP BY town;"
          "SELECT count(*), total(age) FROM people;");
  sqlite3_close(db);
  return (int64_t)sum;
}
