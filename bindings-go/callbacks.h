/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and file systems of Go's, as the library calls them. Numbers stand for Go's values. Part of shim.c. */

/* Number of the context of the call that this thread is in. */
static uintptr_t context(void) { return current ? current->context : 0; }

/* Calls Go; an input or output error if its function does not return. */
#define ASK_GO(call)              \
  do {                            \
    int error;                    \
    REACH_GO(error, (call), EIO); \
    return error;                 \
  } while (0)

static void gone_number(void *number) { wasmspanGoGone((uintptr_t)number); }

static int stream_read(void *number, uint8_t *buf, size_t len, size_t *done) {
  ASK_GO(wasmspanGoStream((uintptr_t)number, context(), false, buf, len, done));
}

static int stream_write(void *number, const uint8_t *buf, size_t len, size_t *done) {
  ASK_GO(wasmspanGoStream((uintptr_t)number, context(), true, (void *)buf, len, done));
}

static int discard(void *number, const uint8_t *buf, size_t len, size_t *done) {
  *done = len;
  return 0;
}

bool ws_wasi_stdin(wasmspan_wasi_config *config, uintptr_t number) {
  return wasmspan_wasi_config_stdin_from(config, stream_read, (void *)number, gone_number);
}

bool ws_wasi_output(wasmspan_wasi_config *config, bool standard_error, uintptr_t number) {
  if (number == 0) return wasmspan_wasi_config_output_to(config, standard_error, discard, NULL, NULL);
  return wasmspan_wasi_config_output_to(config, standard_error, stream_write, (void *)number, gone_number);
}

static uint64_t read_clock(void *number) {
  uint64_t now;
  REACH_GO(now, wasmspanGoClock((uintptr_t)number), 0);
  return now;
}

bool ws_wasi_clock(wasmspan_wasi_config *config, bool monotonic, uintptr_t number) {
  return wasmspan_wasi_config_clock(config, monotonic, read_clock, (void *)number, gone_number);
}

static void fill_random(void *number, uint8_t *buf, size_t len) {
  int done;
  REACH_GO(done, (wasmspanGoRandom((uintptr_t)number, buf, len), 0), 0);
  (void)done;
}

bool ws_wasi_random(wasmspan_wasi_config *config, uintptr_t number) {
  return wasmspan_wasi_config_random_from(config, fill_random, (void *)number, gone_number);
}

static void take_denial(void *number, const wasmspan_denial *denial) {
  wasmspanGoDenial((uintptr_t)number, (wasmspan_denial *)denial);
}

void ws_wasi_denials(const wasmspan_wasi_config *config, uintptr_t number) {
  wasmspan_wasi_config_denials(config, take_denial, (void *)number);
}

static int fs_stat(void *number, const char *path, wasmspan_file_info *info) {
  ASK_GO(wasmspanGoStat((uintptr_t)number, context(), (char *)path, info));
}

static int fs_open(void *number, const char *path, uint32_t mode, void **file) {
  uintptr_t opened = 0;
  int error;
  REACH_GO(error, wasmspanGoOpen((uintptr_t)number, context(), (char *)path, mode, &opened), EIO);
  *file = (void *)opened;
  return error;
}

static int fs_read(void *number, void *file, uint64_t at, uint8_t *buf, size_t len, size_t *done) {
  ASK_GO(wasmspanGoFile((uintptr_t)file, context(), false, at, buf, len, done));
}

static int fs_write(void *number, void *file, uint64_t at, const uint8_t *buf, size_t len,
                    size_t *done) {
  ASK_GO(wasmspanGoFile((uintptr_t)file, context(), true, at, (void *)buf, len, done));
}

/* What is open is closed also where nothing else of Go's may run any more. */
static void fs_close(void *number, void *file) {
  int error;
  if (ending)
    wasmspanGoClose((uintptr_t)file);
  else
    REACH_GO(error, (wasmspanGoClose((uintptr_t)file), 0), 0);
}

static int fs_list(void *number, const char *path, wasmspan_take_t take, void *into) {
  ASK_GO(wasmspanGoList((uintptr_t)number, context(), (char *)path, (void *)take, into));
}

void ws_take(void *take, void *into, const char *name, bool directory) {
  ((wasmspan_take_t)take)(into, name, directory);
}

static int fs_stat_file(void *number, void *file, wasmspan_file_info *info) {
  ASK_GO(wasmspanGoStat((uintptr_t)file, context(), NULL, info));
}

static int fs_set_size(void *number, void *file, uint64_t size) {
  ASK_GO(wasmspanGoKeep((uintptr_t)file, context(), true, size));
}

static int fs_sync(void *number, void *file) { ASK_GO(wasmspanGoKeep((uintptr_t)file, context(), false, 0)); }

static int fs_create_directory(void *number, const char *path) {
  ASK_GO(wasmspanGoChange((uintptr_t)number, context(), ws_mkdir, (char *)path, NULL, 0));
}

static int fs_remove(void *number, const char *path, bool directory) {
  ASK_GO(wasmspanGoChange((uintptr_t)number, context(), ws_remove, (char *)path, NULL, directory));
}

static int fs_rename(void *number, const char *from, const char *to) {
  ASK_GO(wasmspanGoChange((uintptr_t)number, context(), ws_rename, (char *)from, (char *)to, 0));
}

static int fs_set_modified(void *number, const char *path, uint64_t modified) {
  ASK_GO(wasmspanGoChange((uintptr_t)number, context(), ws_set_modified, (char *)path, NULL, modified));
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
  functions.finalize = gone_number;
  return wasmspan_fs_create_custom(&functions, (void *)number);
}
