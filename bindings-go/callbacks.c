/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and file systems of Go's, as the library calls them. Numbers stand for Go's values. */
#include "shim.h"

#include "_cgo_export.h"

static void gone(void *number) { wasmspanGoGone((uintptr_t)number); }

static int stream_read(void *number, uint8_t *buf, size_t len, size_t *done) {
  return wasmspanGoStream((uintptr_t)number, false, buf, len, done);
}

static int stream_write(void *number, const uint8_t *buf, size_t len, size_t *done) {
  return wasmspanGoStream((uintptr_t)number, true, (void *)buf, len, done);
}

static int discard(void *number, const uint8_t *buf, size_t len, size_t *done) {
  *done = len;
  return 0;
}

bool ws_wasi_stdin(wasmspan_wasi_config *config, uintptr_t number) {
  return wasmspan_wasi_config_stdin_from(config, stream_read, (void *)number, gone);
}

bool ws_wasi_output(wasmspan_wasi_config *config, bool standard_error, uintptr_t number) {
  if (number == 0) return wasmspan_wasi_config_output_to(config, standard_error, discard, NULL, NULL);
  return wasmspan_wasi_config_output_to(config, standard_error, stream_write, (void *)number, gone);
}

static int fs_stat(void *number, const char *path, wasmspan_file_info *info) {
  return wasmspanGoStat((uintptr_t)number, (char *)path, info);
}

static int fs_open(void *number, const char *path, uint32_t mode, void **file) {
  uintptr_t opened = 0;
  int error = wasmspanGoOpen((uintptr_t)number, (char *)path, mode, &opened);
  *file = (void *)opened;
  return error;
}

static int fs_read(void *number, void *file, uint64_t at, uint8_t *buf, size_t len, size_t *done) {
  return wasmspanGoFile((uintptr_t)file, false, at, buf, len, done);
}

static int fs_write(void *number, void *file, uint64_t at, const uint8_t *buf, size_t len,
                    size_t *done) {
  return wasmspanGoFile((uintptr_t)file, true, at, (void *)buf, len, done);
}

static void fs_close(void *number, void *file) { wasmspanGoClose((uintptr_t)file); }

static int fs_list(void *number, const char *path, wasmspan_take_t take, void *into) {
  return wasmspanGoList((uintptr_t)number, (char *)path, (void *)take, into);
}

void ws_take(void *take, void *into, const char *name, bool directory) {
  ((wasmspan_take_t)take)(into, name, directory);
}

static int fs_stat_file(void *number, void *file, wasmspan_file_info *info) {
  return wasmspanGoStat((uintptr_t)file, NULL, info);
}

static int fs_set_size(void *number, void *file, uint64_t size) {
  return wasmspanGoKeep((uintptr_t)file, true, size);
}

static int fs_sync(void *number, void *file) { return wasmspanGoKeep((uintptr_t)file, false, 0); }

static int fs_create_directory(void *number, const char *path) {
  return wasmspanGoChange((uintptr_t)number, ws_mkdir, (char *)path, NULL, 0);
}

static int fs_remove(void *number, const char *path, bool directory) {
  return wasmspanGoChange((uintptr_t)number, ws_remove, (char *)path, NULL, directory);
}

static int fs_rename(void *number, const char *from, const char *to) {
  return wasmspanGoChange((uintptr_t)number, ws_rename, (char *)from, (char *)to, 0);
}

static int fs_set_modified(void *number, const char *path, uint64_t modified) {
  return wasmspanGoChange((uintptr_t)number, ws_set_modified, (char *)path, NULL, modified);
}

wasmspan_fs *ws_fs(uintptr_t number, bool writable) {
  wasmspan_fs_functions functions = {sizeof(functions)};
  functions.stat = fs_stat;
  functions.open = fs_open;
  functions.read = fs_read;
  functions.close = fs_close;
  functions.list = fs_list;
  functions.stat_file = fs_stat_file;
  if (writable) {
    functions.write = fs_write;
    functions.set_size = fs_set_size;
    functions.sync = fs_sync;
    functions.create_directory = fs_create_directory;
    functions.remove = fs_remove;
    functions.rename = fs_rename;
    functions.set_modified = fs_set_modified;
  }
  functions.finalize = gone;
  return wasmspan_fs_create_custom(&functions, (void *)number);
}
