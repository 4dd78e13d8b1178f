/* What <wasmspan/wasmspan.h> lets a WASI guest have: streams, file systems, sockets. */
#define _GNU_SOURCE
#include "check.h"
#include "load.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* "cat" copies the file `in` of the first directory to standard output, "save" standard input to the
 * file `out`; both exit with the number of the error, or 0. "socket" exits with what sock_open said. */
static const char GUEST[] =
    "(module"
    " (import \"wasi_snapshot_preview1\" \"path_open\" (func $open"
    "  (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_read\" (func $read"
    "  (param i32 i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_write\" (func $write"
    "  (param i32 i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_close\" (func $close (param i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"sock_open\" (func $sock"
    "  (param i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"path_create_directory\" (func $mkdir"
    "  (param i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"args_sizes_get\" (func $args"
    "  (param i32 i32) (result i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 100) \"inoutdir\")"
    " (func $copy (param $from i32) (param $to i32) (result i32) (local $e i32)"
    "  (loop $more"
    "   (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 64))"
    "   (local.set $e (call $read (local.get $from) (i32.const 0) (i32.const 1) (i32.const 8)))"
    "   (if (local.get $e) (then (return (local.get $e))))"
    "   (if (i32.eqz (i32.load (i32.const 8))) (then (return (i32.const 0))))"
    "   (i32.store (i32.const 4) (i32.load (i32.const 8)))"
    "   (local.set $e (call $write (local.get $to) (i32.const 0) (i32.const 1) (i32.const 8)))"
    "   (br_if $more (i32.eqz (local.get $e))))"
    "  (local.get $e))"
    " (func (export \"cat\") (result i32) (local $e i32)"
    "  (local.set $e (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 2)"
    "   (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))"
    "  (if (local.get $e) (then (return (local.get $e))))"
    "  (local.set $e (call $copy (i32.load (i32.const 16)) (i32.const 1)))"
    "  (drop (call $close (i32.load (i32.const 16)))) (local.get $e))"
    " (func (export \"save\") (result i32) (local $e i32)"
    "  (local.set $e (call $open (i32.const 3) (i32.const 0) (i32.const 102) (i32.const 3)"
    "   (i32.const 9) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))"
    "  (if (local.get $e) (then (return (local.get $e))))"
    "  (local.set $e (call $copy (i32.const 0) (i32.load (i32.const 16))))"
    "  (drop (call $close (i32.load (i32.const 16)))) (local.get $e))"
    " (func (export \"mkdir\") (result i32)"
    "  (call $mkdir (i32.const 3) (i32.const 105) (i32.const 3)))"
    " (data (i32.const 120) \"../x\")"
    " (func (export \"outside\") (result i32)"
    "  (call $mkdir (i32.const 3) (i32.const 120) (i32.const 4)))"
    " (func (export \"socket\") (result i32)"
    "  (call $sock (i32.const 1) (i32.const 2) (i32.const 16)))"
    " (func (export \"_start\") (drop (call $copy (i32.const 0) (i32.const 1)))))";

/* Calls a function of a guest with these surroundings; gives the number of the error. */
static int guest(const wasmspan_wasi_config *config, const char *function) {
  WasmEdge_ModuleInstanceContext *wasi = WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0);
  OK(guest, wasmspan_wasi_configure(wasi, config));
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(guest, WasmEdge_VMRegisterModuleFromImport(vm, wasi));
  WasmEdge_Value got = WasmEdge_ValueGenI32(-1);
  OK(guest, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(GUEST),
                                         name_of(function), NULL, 0, &got, 1));
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(wasi);
  return WasmEdge_ValueGetI32(got);
}

static bool captured(const wasmspan_wasi_config *config, const char *text) {
  wasmspan_bytes out = {NULL, 0};
  bool same = wasmspan_wasi_config_output(config, false, &out) && out.size == strlen(text) &&
              memcmp(out.data, text, out.size) == 0;
  wasmspan_bytes_delete(&out);
  return same;
}

/* A stream of the program's. */
struct text {
  char bytes[256];
  size_t len, at;
  int ended;
  int error;
};

static int give(void *data, uint8_t *buf, size_t len, size_t *done) {
  struct text *text = data;
  if (text->error)
    return text->error;
  size_t left = text->len - text->at;
  /* Fewer than are wanted, to be asked again. */
  *done = left < 3 ? left : 3;
  if (*done > len)
    *done = len;
  memcpy(buf, text->bytes + text->at, *done);
  text->at += *done;
  return 0;
}

static int take(void *data, const uint8_t *buf, size_t len, size_t *done) {
  struct text *text = data;
  if (text->error)
    return text->error;
  if (len > sizeof(text->bytes) - text->len)
    len = sizeof(text->bytes) - text->len;
  memcpy(text->bytes + text->len, buf, len);
  text->len += len;
  *done = len;
  return 0;
}

static void ended(void *data) { ((struct text *)data)->ended++; }

static void streams(void) {
  struct text in = {"some words to copy", 18, 0, 0, 0}, out = {"", 0, 0, 0, 0};
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  CHECK(streams, wasmspan_wasi_config_stdin_from(config, give, &in, ended));
  CHECK(streams, wasmspan_wasi_config_output_to(config, false, take, &out, ended));
  CHECK(streams, !wasmspan_wasi_config_stdin_from(config, NULL, &in, ended));
  CHECK(streams, !wasmspan_wasi_config_stdin_from(NULL, give, &in, ended));
  CHECK(streams, !wasmspan_wasi_config_output_to(NULL, false, take, &out, ended));
  wasmspan_command *command;
  WasmEdge_ASTModuleContext *module = load(GUEST);
  command = wasmspan_command_create(module);
  WasmEdge_ASTModuleDelete(module);
  OK(streams, wasmspan_command_wasi(command, config));
  CODE(streams, wasmspan_command_wasi(command, NULL), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(streams, wasmspan_command_wasi(NULL, config), WasmEdge_ErrCode_WrongVMWorkflow);
  wasmspan_finished finished;
  OK(streams, wasmspan_command_run(command, &finished));
  CHECK(streams, finished.out.size == 0 && finished.err.size == 0);
  CHECK(streams, !finished.truncated && !finished.timed_out && finished.memory_pages == 1);
  CHECK(streams, finished.wall_nanoseconds > 0);
  CHECK(streams, out.len == 18 && memcmp(out.bytes, in.bytes, 18) == 0);
  CHECK(streams, in.ended == 0 && out.ended == 0);

  /* An error of the function is the guest's. */
  wasmspan_fs *fs = wasmspan_fs_create_memory(0);
  OK(streams, wasmspan_wasi_config_mount(config, fs, name_of("/"), false));
  in.error = EACCES;
  CHECK(streams, guest(config, "save") == 2);
  in.error = 0, in.at = 0;
  CHECK(streams, guest(config, "save") == 0);
  wasmspan_fs_delete(fs);

  /* What a command is not told to send somewhere, it captures. */
  int pipes[2];
  CHECK(streams, pipe(pipes) == 0);
  CHECK(streams, write(pipes[1], "piped", 5) == 5);
  close(pipes[1]);
  wasmspan_wasi_config *other = wasmspan_wasi_config_create();
  OK(streams, wasmspan_wasi_config_stdin_fd(other, pipes[0]));
  CODE(streams, wasmspan_wasi_config_stdin_fd(other, -1), WasmEdge_ErrCode_HostFuncError);
  CODE(streams, wasmspan_wasi_config_stdin_fd(NULL, pipes[0]), WasmEdge_ErrCode_WrongVMWorkflow);
  close(pipes[0]);
  OK(streams, wasmspan_command_wasi(command, other));
  OK(streams, wasmspan_command_run(command, &finished));
  CHECK(streams, finished.out.size == 5 && memcmp(finished.out.data, "piped", 5) == 0);
  wasmspan_bytes_delete(&finished.out);

  CHECK(streams, pipe(pipes) == 0);
  wasmspan_wasi_config_stdin(other, (const uint8_t *)"down", 4);
  OK(streams, wasmspan_wasi_config_output_fd(other, false, pipes[1]));
  close(pipes[1]);
  OK(streams, wasmspan_command_wasi(command, other));
  wasmspan_wasi_config_delete(other);
  OK(streams, wasmspan_command_run(command, &finished));
  wasmspan_command_delete(command);
  char got[8];
  CHECK(streams, read(pipes[0], got, sizeof(got)) == 4 && memcmp(got, "down", 4) == 0);
  close(pipes[0]);

  wasmspan_wasi_config_delete(config);
  CHECK(streams, in.ended == 1 && out.ended == 1);
}

static void note(void *data, WasmEdge_String path, uint32_t change) {
  char *text = data;
  size_t at = strlen(text);
  text[at] = (char)('0' + change);
  memcpy(text + at + 1, path.Buf, path.Length);
  text[at + 1 + path.Length] = 0;
}

static void memory(void) {
  wasmspan_fs *fs = wasmspan_fs_create_memory(4096);
  OK(memory, wasmspan_fs_write(fs, name_of("a/in"), (const uint8_t *)"deep", 4));
  OK(memory, wasmspan_fs_write(fs, name_of("in"), (const uint8_t *)"flat", 4));
  OK(memory, wasmspan_fs_create_directory(fs, name_of("b/c")));
  CHECK(memory, wasmspan_fs_used(fs) > 8 && wasmspan_fs_used(fs) < 4096);
  char names[128] = "";
  OK(memory, wasmspan_fs_list(fs, name_of(""), note, names));
  CHECK(memory, strcmp(names, "0a0b0in") == 0);
  CHECK(memory, !WasmEdge_ResultOK(wasmspan_fs_list(fs, name_of("none"), note, names)));
  CHECK(memory, !WasmEdge_ResultOK(wasmspan_fs_list(fs, name_of(""), NULL, names)));
  wasmspan_bytes bytes;
  OK(memory, wasmspan_fs_read(fs, name_of("/a/in"), &bytes));
  CHECK(memory, bytes.size == 4 && memcmp(bytes.data, "deep", 4) == 0);
  wasmspan_bytes_delete(&bytes);
  CHECK(memory, !WasmEdge_ResultOK(wasmspan_fs_read(fs, name_of("none"), &bytes)));
  CHECK(memory, !WasmEdge_ResultOK(wasmspan_fs_read(fs, name_of("in"), NULL)));
  uint8_t much[5000] = {0};
  CHECK(memory, !WasmEdge_ResultOK(wasmspan_fs_write(fs, name_of("much"), much, sizeof(much))));
  CHECK(memory, !WasmEdge_ResultOK(wasmspan_fs_write(fs, name_of("../out"), much, 1)));
  CHECK(memory, !WasmEdge_ResultOK(wasmspan_fs_write(fs, name_of("null"), NULL, 1)));

  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  OK(memory, wasmspan_wasi_config_mount(config, fs, name_of("/"), false));
  CODE(memory, wasmspan_wasi_config_mount(config, NULL, name_of("/"), false),
       WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(memory, wasmspan_wasi_config_mount(NULL, fs, name_of("/"), false),
       WasmEdge_ErrCode_WrongVMWorkflow);
  wasmspan_wasi_config_capture(config, false, 100);
  CHECK(memory, guest(config, "cat") == 0 && captured(config, "flat"));
  CHECK(memory, !wasmspan_wasi_config_truncated(config, false));
  wasmspan_wasi_config_capture(config, false, 3);
  guest(config, "cat");
  CHECK(memory, captured(config, "fla") && wasmspan_wasi_config_truncated(config, false));
  CHECK(memory, !wasmspan_wasi_config_truncated(config, true) && !wasmspan_wasi_config_truncated(NULL, false));
  wasmspan_wasi_config_stdin(config, (const uint8_t *)"new", 3);
  CHECK(memory, guest(config, "save") == 0);
  wasmspan_wasi_config_delete(config);
  OK(memory, wasmspan_fs_read(fs, name_of("out"), &bytes));
  CHECK(memory, bytes.size == 3 && memcmp(bytes.data, "new", 3) == 0);
  wasmspan_bytes_delete(&bytes);

  config = wasmspan_wasi_config_create();
  OK(memory, wasmspan_wasi_config_mount(config, fs, name_of("/"), true));
  CHECK(memory, guest(config, "save") == 76);
  wasmspan_wasi_config_max_descriptors(config, 4);
  CHECK(memory, guest(config, "cat") == 33);
  wasmspan_wasi_config_delete(config);
  wasmspan_fs_delete(fs);
  CODE(memory, wasmspan_fs_write(fs, name_of("in"), much, 1), WasmEdge_ErrCode_WrongVMWorkflow);
  CHECK(memory, wasmspan_fs_used(fs) == 0);
}

static void overlay(void) {
  char folder[] = "/tmp/wasmspan-overlay-XXXXXX", path[64];
  CHECK(overlay, mkdtemp(folder) != NULL);
  snprintf(path, sizeof(path), "%s/in", folder);
  FILE *file = fopen(path, "w");
  CHECK(overlay, file && fputs("below", file) >= 0 && fclose(file) == 0);
  wasmspan_fs *fs = wasmspan_fs_create_overlay(folder, 0);
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  OK(overlay, wasmspan_wasi_config_mount(config, fs, name_of("/"), false));
  wasmspan_wasi_config_capture(config, false, 100);
  CHECK(overlay, guest(config, "cat") == 0 && captured(config, "below"));
  CHECK(overlay, guest(config, "save") == 0 && guest(config, "mkdir") == 0);
  OK(overlay, wasmspan_fs_write(fs, name_of("in"), (const uint8_t *)"above", 5));
  char changes[128] = "";
  OK(overlay, wasmspan_fs_changes(fs, note, changes));
  CHECK(overlay, strcmp(changes, "1dir2in1out") == 0);
  wasmspan_wasi_config_delete(config);
  wasmspan_fs_delete(fs);
  CHECK(overlay, access(path, F_OK) == 0);
  CHECK(overlay, unlink(path) == 0 && rmdir(folder) == 0);
  CHECK(overlay, wasmspan_fs_create_overlay(folder, 0) == NULL);
  CHECK(overlay, wasmspan_error_text(NULL, 0) > 0);
  CHECK(overlay, wasmspan_fs_create_overlay(NULL, 0) == NULL);
}

/* A file system of the program's: the directory "." with the file "in", and "out" once it was made. */
struct own {
  struct text files[2];
  int made, open, ended;
};

static struct text *file_of(struct own *own, const char *path) {
  if (strcmp(path, "in") == 0)
    return &own->files[0];
  return strcmp(path, "out") == 0 && own->made ? &own->files[1] : NULL;
}

static int own_stat(void *data, const char *path, wasmspan_file_info *info) {
  struct text *text = file_of(data, path);
  info->directory = strcmp(path, ".") == 0;
  info->size = text ? text->len : 0;
  return text || info->directory ? 0 : ENOENT;
}

static int own_open(void *data, const char *path, uint32_t mode, void **file) {
  struct own *own = data;
  if (mode & WASMSPAN_OPEN_CREATE) {
    if (strcmp(path, "out") != 0)
      return EROFS;
    own->made = 1;
  }
  struct text *text = file_of(own, path);
  if (!text)
    return ENOENT;
  if (mode & WASMSPAN_OPEN_TRUNCATE)
    text->len = 0;
  own->open++;
  *file = text;
  return 0;
}

static int own_read(void *data, void *file, uint64_t at, uint8_t *buf, size_t len, size_t *done) {
  (void)data;
  struct text *text = file;
  if (text->error)
    return text->error;
  *done = at < text->len ? text->len - at : 0;
  if (*done > len)
    *done = len;
  memcpy(buf, text->bytes + at, *done);
  return 0;
}

static int own_write(void *data, void *file, uint64_t at, const uint8_t *buf, size_t len,
                     size_t *done) {
  (void)data;
  struct text *text = file;
  if (at + len > sizeof(text->bytes))
    return ENOSPC;
  memcpy(text->bytes + at, buf, len);
  text->len = at + len > text->len ? at + len : text->len;
  *done = len;
  return 0;
}

static void own_close(void *data, void *file) {
  (void)file;
  ((struct own *)data)->open--;
}

static int own_list(void *data, const char *path, wasmspan_take_t take, void *into) {
  (void)path;
  take(into, "in", false);
  take(into, "not/a/name", false);
  take(into, NULL, false);
  if (((struct own *)data)->made)
    take(into, "out", false);
  return 0;
}

static void own_ended(void *data) { ((struct own *)data)->ended++; }

static void custom(void) {
  struct own own;
  memset(&own, 0, sizeof(own));
  own.files[0].len = 5;
  memcpy(own.files[0].bytes, "by us", 5);
  wasmspan_fs_functions functions;
  memset(&functions, 0, sizeof(functions));
  functions.size = sizeof(functions);
  functions.stat = own_stat;
  functions.open = own_open;
  functions.read = own_read;
  functions.close = own_close;
  functions.finalize = own_ended;
  CHECK(custom, wasmspan_fs_create_custom(&functions, &own) == NULL);
  CHECK(custom, wasmspan_fs_create_custom(NULL, &own) == NULL);
  functions.list = own_list;
  functions.size = 8;
  CHECK(custom, wasmspan_fs_create_custom(&functions, &own) == NULL);
  functions.size = sizeof(functions);
  CHECK(custom, own.ended == 0);

  /* Without a function to write, nothing can be changed. */
  wasmspan_fs *fs = wasmspan_fs_create_custom(&functions, &own);
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  OK(custom, wasmspan_wasi_config_mount(config, fs, name_of("/"), false));
  wasmspan_fs_delete(fs);
  wasmspan_wasi_config_capture(config, false, 100);
  CHECK(custom, guest(config, "cat") == 0 && captured(config, "by us"));
  CHECK(custom, guest(config, "save") == 76 && guest(config, "mkdir") == 76);
  own.files[0].error = ETIMEDOUT;
  CHECK(custom, guest(config, "cat") == 73);
  own.files[0].error = EINTR;
  CHECK(custom, guest(config, "cat") == 29);
  own.files[0].error = 12345;
  CHECK(custom, guest(config, "cat") == 29);
  CHECK(custom, own.open == 0 && own.ended == 0);
  wasmspan_wasi_config_delete(config);
  CHECK(custom, own.ended == 1);

  functions.write = own_write;
  fs = wasmspan_fs_create_custom(&functions, &own);
  config = wasmspan_wasi_config_create();
  OK(custom, wasmspan_wasi_config_mount(config, fs, name_of("/"), false));
  wasmspan_wasi_config_stdin(config, (const uint8_t *)"written", 7);
  CHECK(custom, guest(config, "save") == 0);
  CHECK(custom, own.made && own.files[1].len == 7 && memcmp(own.files[1].bytes, "written", 7) == 0);
  /* What there is no function for is not supported. */
  CHECK(custom, guest(config, "mkdir") == 58);
  char names[8] = "";
  CODE(custom, wasmspan_fs_list(fs, name_of(""), note, names), WasmEdge_ErrCode_WrongVMWorkflow);
  CHECK(custom, wasmspan_fs_used(fs) == 0);
  wasmspan_wasi_config_delete(config);
  CHECK(custom, own.ended == 1);
  wasmspan_fs_delete(fs);
  CHECK(custom, own.ended == 2 && own.open == 0);
}

static void outside(void) {
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  wasmspan_wasi_config_directory(config, ".", name_of("/"), false);
  CHECK(outside, guest(config, "outside") == 63);
  wasmspan_wasi_config_outside_is_not_capable(config);
  CHECK(outside, guest(config, "outside") == 76);
  wasmspan_wasi_config_delete(config);
  /* What is set wrongly is noted where nothing can be returned. */
  config = wasmspan_wasi_config_create();
  wasmspan_error_clear();
  wasmspan_wasi_config_directory(config, NULL, name_of("/"), false);
  CODE(outside, wasmspan_error_result(), WasmEdge_ErrCode_WrongVMWorkflow);
  wasmspan_wasi_config_delete(config);
}

static void sockets(void) {
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  CHECK(sockets, guest(config, "socket") == 2);
  wasmspan_wasi_config_sockets(config, true);
  CHECK(sockets, guest(config, "socket") == 0);
  wasmspan_wasi_config_sockets(config, false);
  CHECK(sockets, guest(config, "socket") == 2);
  CODE(sockets, wasmspan_wasi_config_listener(config, -1), WasmEdge_ErrCode_HostFuncError);
  int file = open("/dev/null", O_RDONLY);
  CODE(sockets, wasmspan_wasi_config_listener(config, file), WasmEdge_ErrCode_HostFuncError);
  close(file);
  wasmspan_wasi_config_delete(config);

  /* As in WasmEdge, they are allowed at first to the modules of its own interface. */
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  WasmEdge_ConfigureAddHostRegistration(configure, WasmEdge_HostRegistration_Wasi);
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(configure, NULL);
  WasmEdge_ConfigureDelete(configure);
  WasmEdge_ModuleInstanceContext *wasi =
      WasmEdge_VMGetImportModuleContext(vm, WasmEdge_HostRegistration_Wasi);
  for (int round = 0; round < 2; round++) {
    WasmEdge_Value got;
    OK(sockets, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(GUEST),
                                             name_of("socket"), NULL, 0, &got, 1));
    CHECK(sockets, WasmEdge_ValueGetI32(got) == 0);
    OK(sockets, wasmspan_wasi_sockets(wasi, false));
    OK(sockets, WasmEdge_VMExecute(vm, name_of("socket"), NULL, 0, &got, 1));
    CHECK(sockets, WasmEdge_ValueGetI32(got) == 2);
    WasmEdge_ModuleInstanceInitWASI(wasi, NULL, 0, NULL, 0, NULL, 0);
  }
  CODE(sockets, wasmspan_wasi_sockets(NULL, true), WasmEdge_ErrCode_WrongVMWorkflow);
  WasmEdge_VMDelete(vm);
  CODE(sockets, wasmspan_wasi_sockets(wasi, true), WasmEdge_ErrCode_WrongVMWorkflow);
}

int main(void) {
  WasmEdge_LogOff();
  streams();
  memory();
  overlay();
  custom();
  outside();
  sockets();
  return report();
}
