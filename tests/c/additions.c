/* What <wasmspan/wasmspan.h> offers beyond WasmEdge's interface. */
#include "check.h"
#include "load.h"

static const char WASM[] =
    "(module $named (memory (export \"memory\") 2)"
    " (func (export \"add\") (param i32 i32) (result i32)"
    " (i32.add (local.get 0) (local.get 1)))"
    " (func $inner unreachable) (func (export \"trap\") (call $inner))"
    " (func (export \"ref\") (result externref) (ref.null extern))"
    " (func (export \"spin\") (loop (br 0))))";
static const char HELLO[] =
    "(module (import \"wasi_snapshot_preview1\" \"fd_write\""
    " (func $write (param i32 i32 i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 8) \"\\10\\00\\00\\00\\03\\00\\00\\00\")"
    " (data (i32.const 16) \"hi\\n\") (func (export \"_start\")"
    " (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))"
    " (call $exit (i32.const 5))))";

static void calls(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_ASTModuleContext *module = load(WASM);
  OK(calls, WasmEdge_VMLoadWasmFromASTModule(vm, module));
  OK(calls, WasmEdge_VMValidate(vm));
  OK(calls, WasmEdge_VMInstantiate(vm));
  const WasmEdge_ModuleInstanceContext *active = WasmEdge_VMGetActiveModule(vm);
  wasmspan_slot slots[2];
  slots[0].i32 = 40, slots[1].i32 = 2;
  WasmEdge_FunctionInstanceContext *add =
      WasmEdge_ModuleInstanceFindFunction(active, name_of("add"));
  OK(slots, wasmspan_call(add, slots, 2));
  CHECK(slots, slots[0].i32 == 42);
  CODE(slots, wasmspan_call(add, slots, 1), WasmEdge_ErrCode_FuncSigMismatch);
  CODE(slots, wasmspan_call(NULL, slots, 2), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(slots, wasmspan_call(add, NULL, 2), WasmEdge_ErrCode_WrongVMWorkflow);
  CODE(slots, wasmspan_call(WasmEdge_ModuleInstanceFindFunction(active, name_of("ref")), slots, 2),
       WasmEdge_ErrCode_RefTypeMismatch);

  wasmspan_error_clear();
  CHECK(error, wasmspan_error_text(NULL, 0) == 0 && wasmspan_error_frame_count() == 0);
  OK(error, wasmspan_error_result());
  CODE(error, wasmspan_call(WasmEdge_ModuleInstanceFindFunction(active, name_of("trap")), NULL, 0),
       WasmEdge_ErrCode_Unreachable);
  CODE(error, wasmspan_error_result(), WasmEdge_ErrCode_Unreachable);
  char text[64];
  size_t length = wasmspan_error_text(text, sizeof(text));
  CHECK(error, length > 11 && strncmp(text, "unreachable", 11) == 0);
  CHECK(error, wasmspan_error_text(text, 4) == length && strcmp(text, "unr") == 0);
  CHECK(error, wasmspan_error_frame_count() == 2);
  wasmspan_frame frame;
  CHECK(error, wasmspan_error_frame(0, &frame) && frame.function == 1 && frame.has_offset);
  CHECK(error, wasmspan_error_frame(1, &frame) && frame.function == 2);
  CHECK(error, !wasmspan_error_frame(2, &frame) && !wasmspan_error_frame(0, NULL));
  CHECK(error, wasmspan_error_frame_name(0, text, sizeof(text)) == 5 && strcmp(text, "inner") == 0);

  CODE(time, wasmspan_vm_execute_for(vm, name_of("spin"), NULL, 0, NULL, 0, 30),
       WasmEdge_ErrCode_Interrupted);
  WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(1), WasmEdge_ValueGenI32(2)}, got;
  OK(time, wasmspan_vm_execute_for(vm, name_of("add"), params, 2, &got, 1, 60000));
  CHECK(time, WasmEdge_ValueGetI32(got) == 3);

  uint8_t *base = NULL;
  uint64_t size = 0;
  CHECK(view, wasmspan_memory_view(WasmEdge_ModuleInstanceFindMemory(active, name_of("memory")),
                                   &base, &size));
  CHECK(view, base && size == 2 * 65536);
  CHECK(view, !wasmspan_memory_view(NULL, &base, &size));
  CHECK(inspect, WasmEdge_StringIsEqual(wasmspan_module_name(module), name_of("named")));
  const uint8_t *data;
  size_t count;
  CHECK(inspect, wasmspan_module_custom_section(module, name_of("name"), 0, &data, &count));
  CHECK(inspect, count > 5);
  CHECK(inspect, !wasmspan_module_custom_section(module, name_of("name"), 1, &data, &count));
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_VMDelete(vm);
}

static void text_format(void) {
  wasmspan_bytes wasm = {NULL, 0};
  OK(wat, wasmspan_wat_to_wasm("(module)", 8, &wasm));
  CHECK(wat, wasm.size == 8 && memcmp(wasm.data, "\0asm\1\0\0\0", 8) == 0);
  wasmspan_bytes_delete(&wasm);
  CHECK(wat, wasm.data == NULL && wasm.size == 0);
  wasmspan_bytes_delete(&wasm);
  wasmspan_bytes_delete(NULL);
  CHECK(wat, !WasmEdge_ResultOK(wasmspan_wat_to_wasm("(modul)", 7, &wasm)));
}

static void streams(void) {
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  wasmspan_wasi_config_arg(config, name_of("guest"));
  wasmspan_wasi_config_env(config, name_of("LANG"), name_of("C"));
  wasmspan_wasi_config_stdin(config, (const uint8_t *)"in", 2);
  wasmspan_wasi_config_capture(config, false, 1000);
  WasmEdge_ModuleInstanceContext *wasi = WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0);
  OK(streams, wasmspan_wasi_configure(wasi, config));
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  OK(streams, WasmEdge_VMRegisterModuleFromImport(vm, wasi));
  OK(streams, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(HELLO),
                                           name_of("_start"), NULL, 0, NULL, 0));
  CHECK(streams, WasmEdge_ModuleInstanceWASIGetExitCode(wasi) == 5);
  wasmspan_bytes out;
  CHECK(streams, wasmspan_wasi_config_output(config, false, &out));
  CHECK(streams, out.size == 3 && memcmp(out.data, "hi\n", 3) == 0);
  wasmspan_bytes_delete(&out);
  CHECK(streams, !wasmspan_wasi_config_output(config, true, &out));
  wasmspan_wasi_config_directory(config, "/no-such-folder", name_of("/"), true);
  CHECK(streams, !WasmEdge_ResultOK(wasmspan_wasi_configure(wasi, config)));
  wasmspan_wasi_config_delete(config);
  CODE(streams, wasmspan_wasi_configure(wasi, config), WasmEdge_ErrCode_WrongVMWorkflow);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(wasi);
}

static void commands(void) {
  WasmEdge_ASTModuleContext *module = load(HELLO);
  wasmspan_command *command = wasmspan_command_create(module);
  WasmEdge_ASTModuleDelete(module);
  wasmspan_finished finished;
  for (int round = 0; round < 2; round++) {
    OK(command, wasmspan_command_run(command, &finished));
    CHECK(command, finished.exit_code == 5);
    CHECK(command, finished.out.size == 3 && memcmp(finished.out.data, "hi\n", 3) == 0);
    CHECK(command, finished.err.size == 0);
    wasmspan_bytes_delete(&finished.out);
    wasmspan_bytes_delete(&finished.err);
  }
  wasmspan_command_delete(command);
  CODE(command, wasmspan_command_run(command, &finished), WasmEdge_ErrCode_WrongVMWorkflow);
  module = load("(module (func (export \"_start\") (loop (br 0))))");
  command = wasmspan_command_create(module);
  wasmspan_command_timeout(command, 30);
  CODE(command, wasmspan_command_run(command, &finished), WasmEdge_ErrCode_Interrupted);
  wasmspan_command_delete(command);
  WasmEdge_ASTModuleDelete(module);
}

int main(void) {
  WasmEdge_LogOff();
  CHECK(version, strlen(wasmspan_version()) >= 5);
  calls();
  text_format();
  streams();
  commands();
  return report();
}
