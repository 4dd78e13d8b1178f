/* A program that opens the library, leaves a guest running on another thread, and closes it. Argument: the
 * library. It ends with 7.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
#include <wasmedge/wasmedge.h>

/* (module (func (export "f") (loop (br 0)))) */
static const uint8_t SPIN[] = {0, 'a', 's', 'm', 1, 0, 0,    0, 1,   4,   1, 0x60, 0, 0, 3,   2,
                               1, 0,   7,   5,   1, 1, 'f',  0, 0,   10,  9, 1,    7, 0, 3,   0x40,
                               12, 0,  11,  11};

#define FIND(name) __typeof__(name) *name##_ = (__typeof__(name) *)dlsym(library, #name)

int main(int argc, char *argv[]) {
  (void)argc;
  for (int round = 0; round < 2; round++) {
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library)
      return 1;
    FIND(WasmEdge_LogSetErrorLevel);
    FIND(WasmEdge_VMCreate);
    FIND(WasmEdge_VMAsyncRunWasmFromBuffer);
    FIND(WasmEdge_AsyncWaitFor);
    WasmEdge_LogSetErrorLevel_();
    WasmEdge_VMContext *vm = WasmEdge_VMCreate_(NULL, NULL);
    WasmEdge_String name = {1, "f"};
    WasmEdge_Async *call = WasmEdge_VMAsyncRunWasmFromBuffer_(vm, SPIN, sizeof(SPIN), name, NULL, 0);
    if (WasmEdge_AsyncWaitFor_(call, 100))
      return 2;
    if (dlclose(library))
      return 3;
    usleep(50000);
  }
  return 7;
}
