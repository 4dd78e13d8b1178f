// Exceptions that leave a host function become failures; the VM can be used again.
#include "check.h"
#include "examples/modules.h"
#include <exception>
#include <stdexcept>
#include <string>

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

} // namespace

int main() {
  WasmEdge_LogOff();
  all(false);
  all(true);
  // The program's own exceptions work as before.
  try {
    throw std::runtime_error("own");
  } catch (const std::exception &error) {
    CHECK(exceptions, std::string(error.what()) == "own");
  }
  return report();
}
