// The operating system part of SQLite for a machine without files (SQLITE_OS_OTHER): only :memory: databases open.
// Temporary tables stay in memory too (SQLITE_TEMP_STORE=3).
#include <string.h>
#include "sqlite3.h"

static int open_none(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) {
  (void)v; (void)name; (void)flags; (void)out;
  f->pMethods = 0;
  return SQLITE_CANTOPEN;
}
static int delete_none(sqlite3_vfs *v, const char *name, int sync) { (void)v; (void)name; (void)sync; return SQLITE_IOERR_DELETE; }
static int access_none(sqlite3_vfs *v, const char *name, int flags, int *out) { (void)v; (void)name; (void)flags; *out = 0; return SQLITE_OK; }
static int full_name(sqlite3_vfs *v, const char *name, int n, char *out) { (void)v; sqlite3_snprintf(n, out, "%s", name); return SQLITE_OK; }
static int randomness(sqlite3_vfs *v, int n, char *out) { (void)v; memset(out, 42, (size_t)n); return n; }
static int pause_none(sqlite3_vfs *v, int us) { (void)v; return us; }
static int last_error(sqlite3_vfs *v, int n, char *out) { (void)v; (void)n; (void)out; return 0; }
static int now64(sqlite3_vfs *v, sqlite3_int64 *out) { (void)v; *out = 212534366400000LL; return SQLITE_OK; } // 2022-11-05
static int now(sqlite3_vfs *v, double *out) { sqlite3_int64 t; now64(v, &t); *out = (double)t / 86400000.0; return SQLITE_OK; }

int sqlite3_os_init(void) {
  static sqlite3_vfs vfs = {.iVersion = 2, .szOsFile = sizeof(sqlite3_file), .mxPathname = 256, .zName = "memory-only",
                            .xOpen = open_none, .xDelete = delete_none, .xAccess = access_none, .xFullPathname = full_name,
                            .xRandomness = randomness, .xSleep = pause_none, .xGetLastError = last_error,
                            .xCurrentTime = now, .xCurrentTimeInt64 = now64};
  return sqlite3_vfs_register(&vfs, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }
