/* Functions and objects of the host, passed through wasm as references. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

static uint32_t square(uint32_t value) { return value * value; }
static uint32_t add(uint32_t a, uint32_t b) { return a + b; }
static uint32_t multiply(uint32_t a, uint32_t b) { return a * b; }

typedef uint32_t (*Unary)(uint32_t);
typedef uint32_t (*Binary)(uint32_t, uint32_t);

/* A data pointer that holds a function pointer, as POSIX allows. */
union Pointer {
  void *data;
  Unary unary;
  Binary binary;
};

static WasmEdge_Result call_unary(void *data,
                                  const WasmEdge_CallingFrameContext *frame,
                                  const WasmEdge_Value *params,
                                  WasmEdge_Value *returns) {
  (void)data, (void)frame;
  union Pointer pointer;
  pointer.data = WasmEdge_ValueGetExternRef(params[0]);
  uint32_t value = (uint32_t)WasmEdge_ValueGetI32(params[1]);
  returns[0] = WasmEdge_ValueGenI32((int32_t)pointer.unary(value));
  return WasmEdge_Result_Success;
}

static WasmEdge_Result call_binary(void *data,
                                   const WasmEdge_CallingFrameContext *frame,
                                   const WasmEdge_Value *params,
                                   WasmEdge_Value *returns) {
  (void)data, (void)frame;
  union Pointer pointer;
  pointer.data = WasmEdge_ValueGetExternRef(params[0]);
  uint32_t a = (uint32_t)WasmEdge_ValueGetI32(params[1]);
  uint32_t b = (uint32_t)WasmEdge_ValueGetI32(params[2]);
  returns[0] = WasmEdge_ValueGenI32((int32_t)pointer.binary(a, b));
  return WasmEdge_Result_Success;
}

static void put(WasmEdge_ModuleInstanceContext *host, const char *text,
                WasmEdge_HostFunc_t body, uint32_t integers) {
  enum WasmEdge_ValType params[3] = {WasmEdge_ValType_ExternRef,
                                     WasmEdge_ValType_I32,
                                     WasmEdge_ValType_I32};
  enum WasmEdge_ValType returns[1] = {WasmEdge_ValType_I32};
  WasmEdge_FunctionTypeContext *type =
      WasmEdge_FunctionTypeCreate(params, 1 + integers, returns, 1);
  WasmEdge_String name = WasmEdge_StringCreateByCString(text);
  WasmEdge_ModuleInstanceAddFunction(
      host, name, WasmEdge_FunctionInstanceCreate(type, body, NULL, 0));
  WasmEdge_StringDelete(name);
  WasmEdge_FunctionTypeDelete(type);
}

int main(void) {
  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);
  WasmEdge_String name = WasmEdge_StringCreateByCString("extern_module");
  WasmEdge_ModuleInstanceContext *host = WasmEdge_ModuleInstanceCreate(name);
  WasmEdge_StringDelete(name);
  put(host, "functor_square", call_unary, 1);
  put(host, "class_add", call_binary, 2);
  put(host, "func_mul", call_binary, 2);
  WasmEdge_VMRegisterModuleFromImport(vm, host);

  WasmEdge_Value params[3], returns[1];
  union Pointer pointer;

  pointer.binary = add;
  params[0] = WasmEdge_ValueGenExternRef(pointer.data);
  params[1] = WasmEdge_ValueGenI32(1234);
  params[2] = WasmEdge_ValueGenI32(5678);
  name = WasmEdge_StringCreateByCString("call_add");
  if (!WasmEdge_ResultOK(WasmEdge_VMRunWasmFromFile(vm, "funcs.wasm", name,
                                                    params, 3, returns, 1)))
    return 1;
  WasmEdge_StringDelete(name);
  printf("Test 1 -- `call_add` -- 1234 + 5678 = %d\n",
         WasmEdge_ValueGetI32(returns[0]));

  WasmEdge_VMLoadWasmFromFile(vm, "funcs.wasm");
  WasmEdge_VMValidate(vm);
  WasmEdge_VMInstantiate(vm);

  pointer.binary = multiply;
  params[0] = WasmEdge_ValueGenExternRef(pointer.data);
  params[1] = WasmEdge_ValueGenI32(789);
  params[2] = WasmEdge_ValueGenI32(4321);
  name = WasmEdge_StringCreateByCString("call_mul");
  if (!WasmEdge_ResultOK(WasmEdge_VMExecute(vm, name, params, 3, returns, 1)))
    return 1;
  WasmEdge_StringDelete(name);
  printf("Test 2 -- `call_mul` -- 789 * 4321 = %d\n",
         WasmEdge_ValueGetI32(returns[0]));

  pointer.unary = square;
  params[0] = WasmEdge_ValueGenExternRef(pointer.data);
  params[1] = WasmEdge_ValueGenI32(8256);
  name = WasmEdge_StringCreateByCString("call_square");
  if (!WasmEdge_ResultOK(WasmEdge_VMExecute(vm, name, params, 2, returns, 1)))
    return 1;
  WasmEdge_StringDelete(name);
  printf("Test 3 -- `call_mul` -- 8256 ^ 2 = %d\n",
         WasmEdge_ValueGetI32(returns[0]));

  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(host);
  return 0;
}
