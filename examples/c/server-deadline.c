/* An HTTP server that runs untrusted handlers: each request gets a fresh instance, so much time and so much memory.
 *
 *   server-deadline [PORT [DEADLINE]]          then: curl localhost:8080/double/21, /spin, /grow, /trap */
#define _POSIX_C_SOURCE 200809L
#include "must.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <threads.h>
#include <unistd.h>

/* What users uploaded. Compiled once; instances share the code and nothing else. */
static const char handlers[] =
    "(module"
    "  (import \"host\" \"lookup\" (func $lookup (param i32) (result i32)))"
    "  (memory (export \"memory\") 1)"
    "  (func (export \"double\") (param i32) (result i32) (i32.mul (call $lookup (local.get 0)) (i32.const 2)))"
    "  (func (export \"spin\") (param i32) (result i32) (loop (br 0)) (unreachable))"
    "  (func (export \"grow\") (param i32) (result i32)"
    "    (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))"
    "  (func (export \"trap\") (param i32) (result i32) (unreachable)))";

static WasmEdge_ExecutorContext *executor;
static wasmspan_pool *pool;

static WasmEdge_Result lookup(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params,
                              WasmEdge_Value *returns) {
  (void)data, (void)frame;
  returns[0] = params[0];
  return WasmEdge_Result_Success;
}

/* Writes the text for a path, and gives the status. */
static int handle(char *path, char *text, size_t size) {
  char *function = strtok_r(path, "/", &path), *argument = strtok_r(NULL, "/", &path);
  WasmEdge_ModuleInstanceContext *instance;
  WasmEdge_Result result = wasmspan_pool_get(pool, 5000, &instance);
  if (!WasmEdge_ResultOK(result))
    return snprintf(text, size, "%s", WasmEdge_ResultGetMessage(result)), 503;
  int status = 404;
  WasmEdge_FunctionInstanceContext *handler =
      WasmEdge_ModuleInstanceFindFunction(instance, name(function ? function : ""));
  if (!handler) {
    snprintf(text, size, "no such handler");
  } else {
    WasmEdge_Value param = WasmEdge_ValueGenI32(argument ? atoi(argument) : 0), value;
    result = WasmEdge_ExecutorInvoke(executor, handler, &param, 1, &value, 1);
    if (WasmEdge_ResultOK(result))
      status = 200, snprintf(text, size, "%d", WasmEdge_ValueGetI32(value));
    else if (WasmEdge_ResultGetCode(result) == WasmEdge_ErrCode_Interrupted)
      status = 504, snprintf(text, size, "the handler ran out of time");
    else
      status = 500, snprintf(text, size, "%s", WasmEdge_ResultGetMessage(result));
  }
  WasmEdge_ModuleInstanceDelete(instance);
  return status;
}

/* Reads a request and answers it. */
static int serve(void *data) {
  FILE *client = data;
  char request[1024], header[1024], method[16], path[1000], text[256];
  if (fgets(request, sizeof(request), client) && sscanf(request, "%15s %999s", method, path) == 2) {
    while (fgets(header, sizeof(header), client) && strcmp(header, "\r\n") != 0)
      ; /* headers, and the empty line behind them */
    int status = handle(path, text, sizeof(text));
    fseek(client, 0, SEEK_CUR); /* from reading to writing */
    fprintf(client, "HTTP/1.1 %d \r\nconnection: close\r\n\r\n%s\n", status, text);
  }
  fclose(client);
  return 0;
}

int main(int argc, char *argv[]) {
  WasmEdge_LogOff(); /* What handlers do wrong is in the answers; it need not be in the log. */
  wasmspan_limits limits = WASMSPAN_NO_LIMITS;
  limits.time_ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 100; /* for each request */
  limits.memory_pages = 16;
  WasmEdge_ConfigureContext *config = WasmEdge_ConfigureCreate();
  must(wasmspan_configure_set_limits(config, &limits));
  executor = made(WasmEdge_ExecutorCreate(config, NULL));

  enum WasmEdge_ValType i32 = WasmEdge_ValType_I32;
  WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(&i32, 1, &i32, 1);
  WasmEdge_ModuleInstanceContext *host = made(WasmEdge_ModuleInstanceCreate(name("host")));
  WasmEdge_ModuleInstanceAddFunction(host, name("lookup"), made(WasmEdge_FunctionInstanceCreate(type, lookup, NULL, 0)));
  WasmEdge_FunctionTypeDelete(type);
  WasmEdge_StoreContext *store = made(WasmEdge_StoreCreate());
  must(WasmEdge_ExecutorRegisterImport(executor, store, host));
  WasmEdge_ASTModuleContext *module = load_text(config, handlers);
  pool = made(wasmspan_pool_create(module, store, 100));
  /* The pool keeps what it needs. */
  WasmEdge_ASTModuleDelete(module);
  WasmEdge_StoreDelete(store);
  WasmEdge_ModuleInstanceDelete(host);
  WasmEdge_ConfigureDelete(config);

  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 8080));
  socklen_t size = sizeof(address);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 100) ||
      getsockname(listener, (struct sockaddr *)&address, &size)) {
    perror("the server can't listen");
    return EXIT_FAILURE;
  }
  printf("listening on %d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    FILE *client = connection < 0 ? NULL : fdopen(connection, "r+");
    thrd_t thread;
    if (client && thrd_create(&thread, serve, client) == thrd_success)
      thrd_detach(thread);
    else if (client)
      fclose(client);
    else if (connection >= 0)
      close(connection);
  }
}
