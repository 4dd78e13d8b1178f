/* The release, as text and as numbers. */
#include <stdio.h>
#include <wasmedge/wasmedge.h>

int main(void) {
  printf("WasmEdge version: %s\n", WasmEdge_VersionGet());
  printf("%u.%u.%u\n", WasmEdge_VersionGetMajor(), WasmEdge_VersionGetMinor(),
         WasmEdge_VersionGetPatch());
  return 0;
}
