// Objects of C++ passed through wasm as references.
#include <iostream>
#include <string>
#include <wasmedge/wasmedge.h>

namespace {

class Adder {
public:
  uint32_t add(uint32_t a, uint32_t b) const { return a + b; }
};

struct Square {
  uint32_t operator()(uint32_t value) const { return value * value; }
};

using Frame = const WasmEdge_CallingFrameContext *;

WasmEdge_Result class_add(void *, Frame, const WasmEdge_Value *params,
                          WasmEdge_Value *returns) {
  auto *adder = static_cast<Adder *>(WasmEdge_ValueGetExternRef(params[0]));
  returns[0] = WasmEdge_ValueGenI32(
      adder->add(WasmEdge_ValueGetI32(params[1]), WasmEdge_ValueGetI32(params[2])));
  return WasmEdge_Result_Success;
}

WasmEdge_Result functor_square(void *, Frame, const WasmEdge_Value *params,
                               WasmEdge_Value *returns) {
  auto *square = static_cast<Square *>(WasmEdge_ValueGetExternRef(params[0]));
  returns[0] = WasmEdge_ValueGenI32((*square)(WasmEdge_ValueGetI32(params[1])));
  return WasmEdge_Result_Success;
}

WasmEdge_Result nothing(void *, Frame, const WasmEdge_Value *,
                        WasmEdge_Value *returns) {
  returns[0] = WasmEdge_ValueGenI32(0);
  return WasmEdge_Result_Success;
}

WasmEdge_Result ostream_str(void *, Frame, const WasmEdge_Value *params,
                            WasmEdge_Value *) {
  auto *out = static_cast<std::ostream *>(WasmEdge_ValueGetExternRef(params[0]));
  auto *text = static_cast<std::string *>(WasmEdge_ValueGetExternRef(params[1]));
  *out << *text;
  return WasmEdge_Result_Success;
}

// `kinds`: e for a reference to an object, i for an integer.
void put(WasmEdge_ModuleInstanceContext *host, const char *text,
         WasmEdge_HostFunc_t body, const std::string &kinds, uint32_t results) {
  WasmEdge_ValType params[4];
  for (size_t at = 0; at < kinds.size(); at++)
    params[at] =
        kinds[at] == 'e' ? WasmEdge_ValType_ExternRef : WasmEdge_ValType_I32;
  WasmEdge_ValType returns[1] = {WasmEdge_ValType_I32};
  auto *type = WasmEdge_FunctionTypeCreate(
      params, static_cast<uint32_t>(kinds.size()), returns, results);
  auto name = WasmEdge_StringCreateByCString(text);
  WasmEdge_ModuleInstanceAddFunction(
      host, name, WasmEdge_FunctionInstanceCreate(type, body, nullptr, 0));
  WasmEdge_StringDelete(name);
  WasmEdge_FunctionTypeDelete(type);
}

WasmEdge_Result call(WasmEdge_VMContext *vm, const char *text,
                     const WasmEdge_Value *params, uint32_t count,
                     WasmEdge_Value *returns) {
  auto name = WasmEdge_StringCreateByCString(text);
  auto result = WasmEdge_VMExecute(vm, name, params, count, returns, 1);
  WasmEdge_StringDelete(name);
  return result;
}

WasmEdge_ModuleInstanceContext *host_module(const char *text) {
  auto name = WasmEdge_StringCreateByCString(text);
  auto *host = WasmEdge_ModuleInstanceCreate(name);
  WasmEdge_StringDelete(name);
  return host;
}

bool load(WasmEdge_VMContext *vm, const char *file) {
  return WasmEdge_ResultOK(WasmEdge_VMLoadWasmFromFile(vm, file)) &&
         WasmEdge_ResultOK(WasmEdge_VMValidate(vm)) &&
         WasmEdge_ResultOK(WasmEdge_VMInstantiate(vm));
}

} // namespace

int main() {
  auto *vm = WasmEdge_VMCreate(nullptr, nullptr);
  auto *host = host_module("extern_module");
  put(host, "functor_square", functor_square, "ei", 1);
  put(host, "class_add", class_add, "eii", 1);
  put(host, "func_mul", nothing, "eii", 1);
  WasmEdge_VMRegisterModuleFromImport(vm, host);
  auto *stl = host_module("stl_module");
  put(stl, "ostream_str", ostream_str, "ee", 0);
  WasmEdge_VMRegisterModuleFromImport(vm, stl);

  WasmEdge_Value returns[1];
  if (!load(vm, "funcs.wasm"))
    return 1;
  Adder adder;
  WasmEdge_Value sum[3] = {WasmEdge_ValueGenExternRef(&adder),
                           WasmEdge_ValueGenI32(1234),
                           WasmEdge_ValueGenI32(5678)};
  if (!WasmEdge_ResultOK(call(vm, "call_add", sum, 3, returns)))
    return 1;
  std::cout << "Result : " << WasmEdge_ValueGetI32(returns[0]) << std::endl;
  Square square;
  WasmEdge_Value power[2] = {WasmEdge_ValueGenExternRef(&square),
                             WasmEdge_ValueGenI32(1024)};
  if (!WasmEdge_ResultOK(call(vm, "call_square", power, 2, returns)))
    return 1;
  std::cout << "Result : " << WasmEdge_ValueGetI32(returns[0]) << std::endl;

  if (!load(vm, "stl.wasm"))
    return 1;
  std::string text = "Hello world!";
  WasmEdge_Value words[2] = {WasmEdge_ValueGenExternRef(&std::cout),
                             WasmEdge_ValueGenExternRef(&text)};
  // Room for a result that the function does not have.
  if (!WasmEdge_ResultOK(call(vm, "call_ostream_str", words, 2, returns)))
    return 1;
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(host);
  WasmEdge_ModuleInstanceDelete(stl);
  return 0;
}
