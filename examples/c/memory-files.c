/* Files that are only in memory, and a directory that a guest may change without changing it. */
#define _POSIX_C_SOURCE 200809L
#include "must.h"
#include <unistd.h>

/* Runs SQLite, which was written in C, on the file app.db in `files`; prints what it prints. */
static void sql(const WasmEdge_ASTModuleContext *sqlite, const wasmspan_fs *files, const char *statements) {
  wasmspan_wasi_config *wasi = made(wasmspan_wasi_config_create());
  wasmspan_wasi_config_arg(wasi, name("sqlite"));
  wasmspan_wasi_config_arg(wasi, name("/data/app.db"));
  must(wasmspan_wasi_config_mount(wasi, files, name("/data"), false));
  wasmspan_wasi_config_stdin(wasi, (const uint8_t *)statements, strlen(statements));
  wasmspan_command *command = made(wasmspan_command_create(sqlite));
  must(wasmspan_command_wasi(command, wasi));
  wasmspan_wasi_config_delete(wasi);
  wasmspan_finished finished;
  must(wasmspan_command_run(command, &finished));
  wasmspan_command_delete(command);
  printf("%.*s", (int)finished.out.size, (const char *)finished.out.data);
  fprintf(stderr, "%.*s", (int)finished.err.size, (const char *)finished.err.data);
  wasmspan_bytes_delete(&finished.out);
  wasmspan_bytes_delete(&finished.err);
  if (finished.exit_code)
    exit(EXIT_FAILURE);
}

static void print(void *data, WasmEdge_String path, uint32_t change) {
  static const char *words[] = {"files:", "changes: added", "changes: modified", "changes: removed"};
  (void)data;
  printf("%s %.*s\n", words[change], (int)path.Length, path.Buf);
}

int main(void) {
  WasmEdge_ASTModuleContext *sqlite = load_file(NULL, "tests/wasm/sqlite-cli.wasm");
  wasmspan_fs *files = made(wasmspan_fs_create_memory(0));
  sql(sqlite, files, "CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);\n");
  printf("sum: ");
  sql(sqlite, files, "SELECT sum(n) FROM t;\n");
  must(wasmspan_fs_list(files, name(""), print, NULL));

  /* Over a directory of this machine: the guest sees what is there, and only the memory changes. */
  char folder[] = "/tmp/wasmspan-XXXXXX", path[64];
  wasmspan_bytes database;
  must(wasmspan_fs_read(files, name("app.db"), &database));
  if (!mkdtemp(folder))
    return EXIT_FAILURE;
  snprintf(path, sizeof(path), "%s/app.db", folder);
  FILE *file = fopen(path, "w+b");
  if (!file || fwrite(database.data, 1, database.size, file) != database.size || fflush(file))
    return EXIT_FAILURE;
  wasmspan_fs *over = made(wasmspan_fs_create_overlay(folder, 0));
  sql(sqlite, over, "DELETE FROM t;\n");
  must(wasmspan_fs_changes(over, print, NULL));
  uint8_t *now = made(malloc(database.size + 1));
  rewind(file);
  bool same = fread(now, 1, database.size + 1, file) == database.size && !memcmp(now, database.data, database.size);
  printf("on disk: %s\n", same ? "as it was" : "changed");

  free(now);
  fclose(file);
  wasmspan_bytes_delete(&database);
  wasmspan_fs_delete(over);
  wasmspan_fs_delete(files);
  WasmEdge_ASTModuleDelete(sqlite);
  return remove(path) || rmdir(folder) ? EXIT_FAILURE : EXIT_SUCCESS;
}
