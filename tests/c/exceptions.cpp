// Exceptions that leave a host function become failures; the VM can be used again.
#include "check.h"
#include "text.h"
#include "examples/modules.h"
#include <exception>
#include <stdexcept>
#include <string>
#include <wasmspan/wasmspan.h>

namespace {

int destroyed;

struct Counted {
  int number;
  explicit Counted(int n) : number(n) {}
  Counted(const Counted &other) : number(other.number) {}
  ~Counted() { destroyed++; }
};

WasmEdge_Result add(void *data, const WasmEdge_CallingFrameContext *,
                    const WasmEdge_Value *params, WasmEdge_Value *returns) {
  std::string text(100, 'x'); // has to be destroyed on the way out
  switch (*static_cast<int *>(data)) {
  case 1:
    throw std::runtime_error(text);
  case 2:
    throw 42;
  case 3:
    throw Counted(7);
  }
  returns[0] = WasmEdge_ValueGenI32(WasmEdge_ValueGetI32(params[0]) +
                                    WasmEdge_ValueGetI32(params[1]));
  return WasmEdge_Result_Success;
}

WasmEdge_Result wrapped(void *, void *data, const WasmEdge_CallingFrameContext *frame,
                        const WasmEdge_Value *params, const uint32_t param_len,
                        WasmEdge_Value *returns, const uint32_t return_len) {
  CHECK(binding, param_len == 2 && return_len == 1);
  return add(data, frame, params, returns);
}

void all(bool binding) {
  int what = 0;
  auto *vm = WasmEdge_VMCreate(nullptr, nullptr);
  auto *host = WasmEdge_ModuleInstanceCreate(name_of("extern"));
  WasmEdge_ValType params[2] = {WasmEdge_ValType_I32, WasmEdge_ValType_I32};
  auto *type = WasmEdge_FunctionTypeCreate(params, 2, params, 1);
  auto *function = binding ? WasmEdge_FunctionInstanceCreateBinding(type, wrapped, nullptr, &what, 0)
                           : WasmEdge_FunctionInstanceCreate(type, add, &what, 0);
  WasmEdge_ModuleInstanceAddFunction(host, name_of("func-add"), function);
  WasmEdge_FunctionTypeDelete(type);
  OK(exceptions, WasmEdge_VMRegisterModuleFromImport(vm, host));
  OK(exceptions, WasmEdge_VMLoadWasmFromBuffer(vm, ADD_MODULE, sizeof(ADD_MODULE)));
  OK(exceptions, WasmEdge_VMValidate(vm));
  OK(exceptions, WasmEdge_VMInstantiate(vm));
  WasmEdge_Value given[2] = {WasmEdge_ValueGenI32(2), WasmEdge_ValueGenI32(3)};
  for (int round = 0; round < 1000; round++) {
    WasmEdge_Value got[1];
    what = round % 4;
    auto result = WasmEdge_VMExecute(vm, name_of("addTwo"), given, 2, got, 1);
    if (what == 0) {
      OK(exceptions, result);
      CHECK(exceptions, WasmEdge_ValueGetI32(got[0]) == 5);
    } else {
      CODE(exceptions, result, WasmEdge_ErrCode_HostFuncError);
    }
    CHECK(exceptions, !std::current_exception());
    CHECK(exceptions, std::uncaught_exceptions() == 0);
  }
  CHECK(exceptions, destroyed == 250);
  destroyed = 0;
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(host);
}

// What a stream's or file system's function throws is an error of the guest's, EIO.
void callbacks() {
  static const char text[] =
      "(module (import \"wasi_snapshot_preview1\" \"fd_write\""
      " (func $write (param i32 i32 i32 i32) (result i32)))"
      " (import \"wasi_snapshot_preview1\" \"path_filestat_get\""
      " (func $stat (param i32 i32 i32 i32 i32) (result i32)))"
      " (memory (export \"memory\") 1) (data (i32.const 4) \"\\01\")"
      " (func (export \"write\") (result i32)"
      " (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))"
      " (func (export \"stat\") (result i32)"
      " (call $stat (i32.const 3) (i32.const 0) (i32.const 4) (i32.const 1) (i32.const 64))))";
  wasmspan_fs_functions functions{};
  functions.size = sizeof(functions);
  functions.stat = [](void *, const char *, wasmspan_file_info *) -> int {
    throw std::runtime_error("stat");
  };
  functions.open = [](void *, const char *, uint32_t, void **) { return 1; };
  functions.read = [](void *, void *, uint64_t, uint8_t *, size_t, size_t *) { return 1; };
  functions.close = [](void *, void *) {};
  functions.list = [](void *, const char *, wasmspan_take_t, void *) { return 1; };
  functions.finalize = [](void *) { throw Counted(1); };
  auto *files = wasmspan_fs_create_custom(&functions, nullptr);
  auto *config = wasmspan_wasi_config_create();
  OK(callbacks, wasmspan_wasi_config_mount(config, files, name_of("/"), false));
  wasmspan_fs_delete(files);
  CHECK(callbacks, wasmspan_wasi_config_output_to(
                       config, false,
                       [](void *, const uint8_t *, size_t, size_t *) -> int { throw Counted(2); },
                       nullptr, nullptr));
  auto *wasi = WasmEdge_ModuleInstanceCreateWASI(nullptr, 0, nullptr, 0, nullptr, 0);
  OK(callbacks, wasmspan_wasi_configure(wasi, config));
  wasmspan_wasi_config_delete(config);
  auto *vm = WasmEdge_VMCreate(nullptr, nullptr);
  OK(callbacks, WasmEdge_VMRegisterModuleFromImport(vm, wasi));
  for (const char *name : {"write", "stat"}) {
    WasmEdge_Value got;
    OK(callbacks, WasmEdge_VMRunWasmFromBuffer(vm, TEXT(text), name_of(name), nullptr, 0, &got, 1));
    CHECK(callbacks, WasmEdge_ValueGetI32(got) == 29);
    CHECK(callbacks, std::uncaught_exceptions() == 0);
  }
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(wasi);
  CHECK(callbacks, destroyed == 2);
}

} // namespace

int main() {
  WasmEdge_LogOff();
  all(false);
  all(true);
  callbacks();
  // The program's own exceptions work as before.
  try {
    throw std::runtime_error("own");
  } catch (const std::exception &error) {
    CHECK(exceptions, std::string(error.what()) == "own");
  }
  return report();
}
