/* Data that guest and host share without copying it. */
#include "must.h"
#include <inttypes.h>

static const char guest[] =
    "(module (import \"host\" \"memory\" (memory 16 256))"
    "  (func (export \"invert\") (param $at i32) (param $length i32)"
    "    (loop $next"
    "      (i32.store (local.get $at) (i32.xor (i32.load (local.get $at)) (i32.const -1)))"
    "      (local.set $at (i32.add (local.get $at) (i32.const 4)))"
    "      (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 4)))))))";

int main(void) {
  WasmEdge_MemoryTypeContext *type = WasmEdge_MemoryTypeCreate((WasmEdge_Limit){.HasMax = true, .Min = 16, .Max = 256});
  WasmEdge_MemoryInstanceContext *memory = made(WasmEdge_MemoryInstanceCreate(type));
  WasmEdge_MemoryTypeDelete(type);
  WasmEdge_ModuleInstanceContext *host = made(WasmEdge_ModuleInstanceCreate(name("host")));
  WasmEdge_ModuleInstanceAddMemory(host, name("memory"), memory); /* which owns it from now on */
  WasmEdge_VMContext *vm = made(WasmEdge_VMCreate(NULL, NULL));
  must(WasmEdge_VMRegisterModuleFromImport(vm, host));
  instantiate(vm, load_text(NULL, guest));

  /* The guest's own memory: what one writes, the other reads. */
  enum { at = 65536, length = 640 * 480 };
  uint8_t *base;
  uint64_t size, grown;
  if (!wasmspan_memory_view(memory, &base, &size))
    return EXIT_FAILURE;
  uint8_t *pixels = base + at;
  memset(pixels, 200, length);
  WasmEdge_Value params[2] = {WasmEdge_ValueGenI32(at), WasmEdge_ValueGenI32(length)};
  must(WasmEdge_VMExecute(vm, name("invert"), params, 2, NULL, 0));
  printf("inverted: %d %d\n", pixels[0], pixels[length - 1]);

  /* A memory never moves, so what is shared stays good when it grows. */
  must(WasmEdge_MemoryInstanceGrowPage(memory, 1));
  wasmspan_memory_view(memory, &base, &grown);
  printf("grown: %" PRIu64 " bytes more, %d %d\n", grown - size, pixels[0], pixels[length - 1]);

  /* Copies where those are wanted, with checked bounds. */
  uint8_t text[4];
  must(WasmEdge_MemoryInstanceSetData(memory, (const uint8_t *)"text", 0, 4));
  must(WasmEdge_MemoryInstanceGetData(memory, text, 0, 4));
  printf("copied: %.4s\n", (const char *)text);
  WasmEdge_VMDelete(vm);
  WasmEdge_ModuleInstanceDelete(host);
}
