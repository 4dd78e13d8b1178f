/* The command wasmedge. */
#include <wasmedge/wasmedge.h>

int main(int argc, const char *argv[]) {
  return WasmEdge_Driver_Tool(argc, argv);
}
