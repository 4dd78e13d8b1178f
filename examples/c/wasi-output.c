/* A command-line program for WASI with arguments and input; output, exit code and usage come back. */
#include "must.h"
#include <inttypes.h>

static const char script[] = "local sum = 0\n"
                             "for at = 1, #arg do sum = sum + tonumber(arg[at]) end\n"
                             "print(\"sum\", sum)\n"
                             "error(\"nothing left to do\")";

int main(void) {
  /* A Lua interpreter that was written in C, which reads a script from its standard input. */
  WasmEdge_ASTModuleContext *lua = load_file(NULL, "tests/wasm/lua-cli.wasm");
  wasmspan_command *command = made(wasmspan_command_create(lua));
  wasmspan_command_arg(command, name("lua"));
  wasmspan_command_arg(command, name("19"));
  wasmspan_command_arg(command, name("23"));
  wasmspan_command_stdin(command, (const uint8_t *)script, strlen(script));
  wasmspan_command_timeout(command, 10000);

  wasmspan_finished finished;
  must(wasmspan_command_run(command, &finished));
  printf("exit code: %" PRIu32 "\n", finished.exit_code);
  printf("output: %.*s", (int)finished.out.size, (const char *)finished.out.data);
  printf("errors: %.*s", (int)finished.err.size, (const char *)finished.err.data);
  printf("pages of memory: %" PRIu64 "\n", finished.memory_pages);

  wasmspan_bytes_delete(&finished.out);
  wasmspan_bytes_delete(&finished.err);
  wasmspan_command_delete(command);
  WasmEdge_ASTModuleDelete(lua);
}
