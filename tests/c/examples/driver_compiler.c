/* The command wasmedgec. */
#include <wasmedge/wasmedge.h>

int main(int argc, const char *argv[]) {
  return WasmEdge_Driver_Compiler(argc, argv);
}
