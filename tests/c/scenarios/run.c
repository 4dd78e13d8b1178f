/* Replays the scenarios in C. Arguments: the folder tests/scenarios, where the guests are, where to write results. */
#define _GNU_SOURCE
#include "values.h"
#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 32 };

/* What the steps of one scenario have made, by name. */
static struct {
  const char *name;
  WasmEdge_ASTModuleContext *module;
} modules[MOST];
static struct made {
  const char *name;
  WasmEdge_ModuleInstanceContext *instance;
  WasmEdge_ExecutorContext *executor;
  WasmEdge_StatisticsContext *statistics;
  wasmspan_bindgen *bindgen;
} instances[MOST];
static struct {
  WasmEdge_Value values[8];
  size_t count;
} recorded[MOST];
static size_t records, made_modules, made_instances;
static WasmEdge_StoreContext *store;
static WasmEdge_ConfigureContext *config;
static WasmEdge_ExecutorContext *plain;
static const char *guests;

static struct made *made(const json *step) {
  const char *name = text_of(step, "instance", "main");
  for (size_t at = made_instances; at-- > 0;)
    if (is(instances[at].name, name))
      return &instances[at];
  complain("there is no instance %s", name);
  return NULL;
}

static WasmEdge_ASTModuleContext *module_of(const json *step) {
  const char *name = text_of(step, "module", "main");
  for (size_t at = made_modules; at-- > 0;)
    if (is(modules[at].name, name))
      return modules[at].module;
  complain("there is no module %s", name);
  return NULL;
}

/* ---- host functions ------------------------------------------------------- */

static WasmEdge_Value plus(WasmEdge_Value a, WasmEdge_Value b) {
  switch (a.Type) {
  case WasmEdge_ValType_I32: return WasmEdge_ValueGenI32((int32_t)((uint32_t)WasmEdge_ValueGetI32(a) + (uint32_t)WasmEdge_ValueGetI32(b)));
  case WasmEdge_ValType_I64: return WasmEdge_ValueGenI64((int64_t)((uint64_t)WasmEdge_ValueGetI64(a) + (uint64_t)WasmEdge_ValueGetI64(b)));
  case WasmEdge_ValType_F32: return WasmEdge_ValueGenF32(WasmEdge_ValueGetF32(a) + WasmEdge_ValueGetF32(b));
  default: return WasmEdge_ValueGenF64(WasmEdge_ValueGetF64(a) + WasmEdge_ValueGetF64(b));
  }
}

static WasmEdge_Result serve(void *data, const WasmEdge_CallingFrameContext *frame, const WasmEdge_Value *params, WasmEdge_Value *returns) {
  const json *what = data, *values = field(what, "values");
  const char *does = text_of(what, "does", "");
  size_t count = field(what, "params")->count, results = field(what, "results")->count;
  for (size_t at = 0; values && at < values->count; at++)
    returns[at] = value_of(values->items[at].text);
  if (is(does, "same")) {
    memcpy(returns, params, results * sizeof(*params));
  } else if (is(does, "sum")) {
    *returns = *params;
    for (size_t at = 1; at < count; at++)
      *returns = plus(*returns, params[at]);
  } else if (is(does, "record")) {
    memcpy(recorded[records].values, params, count * sizeof(*params));
    recorded[records++].count = count;
  } else if (is(does, "fail")) {
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError, (uint32_t)number_of(what, "code"));
  } else if (is(does, "throw")) {
    return engine_error(WasmEdge_ErrCode_HostFuncError);
  } else if (is(does, "terminate")) {
    return WasmEdge_Result_Terminate;
  } else if (is(does, "sleep")) {
    usleep((useconds_t)number_of(what, "ms") * 1000);
  } else if (is(does, "call")) {
    const WasmEdge_ModuleInstanceContext *caller = WasmEdge_CallingFrameGetModuleInstance(frame);
    WasmEdge_FunctionInstanceContext *function = WasmEdge_ModuleInstanceFindFunction(caller, string_of(text_of(what, "function", "")));
    return WasmEdge_ExecutorInvoke(WasmEdge_CallingFrameGetExecutor(frame), function, params, (uint32_t)count, returns, (uint32_t)results);
  } else if (is(does, "peek") || is(does, "poke")) {
    WasmEdge_MemoryInstanceContext *memory = WasmEdge_CallingFrameGetMemoryInstance(frame, 0);
    uint32_t at = (uint32_t)WasmEdge_ValueGetI32(*params);
    uint8_t byte = is(does, "poke") ? (uint8_t)WasmEdge_ValueGetI32(params[1]) : 0;
    if (is(does, "poke"))
      return WasmEdge_MemoryInstanceSetData(memory, &byte, at, 1);
    WasmEdge_Result result = WasmEdge_MemoryInstanceGetData(memory, &byte, at, 1);
    *returns = WasmEdge_ValueGenI32(byte);
    return result;
  } else if (!is(does, "return")) {
    return engine_error(WasmEdge_ErrCode_RuntimeError);
  }
  return WasmEdge_Result_Success;
}

static WasmEdge_Result host(const json *step) {
  WasmEdge_ModuleInstanceContext *module = WasmEdge_ModuleInstanceCreate(string_of(text_of(step, "name", "")));
  const json *functions = field(step, "functions");
  for (size_t at = 0; at < functions->count; at++) {
    enum WasmEdge_ValType types[2][MOST];
    const json *lists[2] = {field(&functions->items[at], "params"), field(&functions->items[at], "results")};
    for (size_t side = 0; side < 2; side++)
      for (size_t type = 0; type < lists[side]->count; type++)
        types[side][type] = type_named(lists[side]->items[type].text);
    WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionTypeCreate(types[0], (uint32_t)lists[0]->count, types[1], (uint32_t)lists[1]->count);
    WasmEdge_ModuleInstanceAddFunction(module, string_of(functions->keys[at].text), WasmEdge_FunctionInstanceCreate(type, serve, &functions->items[at], 0));
    WasmEdge_FunctionTypeDelete(type);
  }
  return WasmEdge_ExecutorRegisterImport(plain, store, module);
}

/* ---- modules and instances -------------------------------------------------- */

static WasmEdge_Result module(const json *step) {
  size_t size = 0;
  unsigned char *bytes;
  const json *lines = field(step, "wat"), *file = field(step, "file");
  if (lines) {
    bytes = calloc(1, lines->size + 1);
    for (size_t at = 0; at < lines->count; at++)
      strcat(strcat((char *)bytes, lines->items[at].text), "\n");
    size = strlen((char *)bytes);
  } else if (file) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", guests, file->text);
    bytes = (unsigned char *)read_file(path, &size);
  } else {
    bytes = from_hex(text_of(step, "hex", ""), &size);
  }
  wasmspan_configure_set_lenient_input(config, true);
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(config);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(config);
  WasmEdge_ASTModuleContext *ast = NULL;
  WasmEdge_Result result;
  if (is(text_of(step, "compiled", ""), "true")) {
    char path[] = "/tmp/scenario-XXXXXX";
    close(mkstemp(path));
    WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(config);
    result = WasmEdge_CompilerCompileFromBuffer(compiler, bytes, size, path);
    WasmEdge_CompilerDelete(compiler);
    if (WasmEdge_ResultOK(result))
      result = WasmEdge_LoaderParseFromFile(loader, &ast, path);
    unlink(path);
  } else {
    result = WasmEdge_LoaderParseFromBuffer(loader, &ast, bytes, (uint32_t)size);
  }
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_ValidatorValidate(validator, ast);
  if (WasmEdge_ResultOK(result)) {
    modules[made_modules].name = text_of(step, "as", "main");
    modules[made_modules++].module = ast;
  }
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorDelete(validator);
  return result;
}

static WasmEdge_Result limits_of(const json *limits, wasmspan_limits *to) {
  *to = (wasmspan_limits)WASMSPAN_NO_LIMITS;
  return limits ? wasmspan_limits_from_json(limits->text, limits->size, to) : WasmEdge_Result_Success;
}

static WasmEdge_Result instance(const json *step) {
  struct made *next = &instances[made_instances];
  *next = (struct made){.name = text_of(step, "as", "main"), .statistics = WasmEdge_StatisticsCreate()};
  WasmEdge_ConfigureContext *own = WasmEdge_ConfigureCreate();
  wasmspan_limits limits;
  WasmEdge_Result result = limits_of(field(step, "limits"), &limits);
  if (!WasmEdge_ResultOK(result))
    return result;
  wasmspan_configure_set_limits(own, &limits);
  bool measure = is(text_of(step, "measure", ""), "true");
  WasmEdge_ConfigureStatisticsSetInstructionCounting(own, measure);
  WasmEdge_ConfigureStatisticsSetCostMeasuring(own, measure || field(field(step, "limits"), "cost"));
  next->executor = WasmEdge_ExecutorCreate(own, next->statistics);
  WasmEdge_ConfigureDelete(own);
  const json *wasi = field(step, "wasi"), *args = field(wasi, "args");
  if (wasi && (field(wasi, "env") || field(wasi, "stdin")))
    complain("variables and input of instances are not handled");
  if (wasi) {
    const char *list[MOST];
    for (size_t at = 0; args && at < args->count; at++)
      list[at] = args->items[at].text;
    uint32_t count = args ? (uint32_t)args->count : 0;
    result = WasmEdge_ExecutorRegisterImport(plain, store, WasmEdge_ModuleInstanceCreateWASI(list, count, NULL, 0, NULL, 0));
    if (!WasmEdge_ResultOK(result))
      return result;
  }
  const char *name = text_of(step, "register", NULL);
  if (name)
    result = WasmEdge_ExecutorRegister(next->executor, &next->instance, store, module_of(step), string_of(name));
  else
    result = WasmEdge_ExecutorInstantiate(next->executor, &next->instance, store, module_of(step));
  made_instances += WasmEdge_ResultOK(result);
  return result;
}

/* ---- calls ------------------------------------------------------------------ */

struct stop {
  wasmspan_interrupt *interrupt;
  unsigned ms;
};

static void *stop_later(void *data) {
  struct stop *stop = data;
  usleep(stop->ms * 1000);
  wasmspan_interrupt_request(stop->interrupt);
  return NULL;
}

/* A call that another thread stops. Parameters and results are i32. */
static WasmEdge_Result stopped(WasmEdge_FunctionInstanceContext *function, WasmEdge_Value *values, size_t params, size_t results, unsigned ms) {
  struct stop stop = {wasmspan_interrupt_create(), ms};
  pthread_t thread;
  wasmspan_slot slots[MOST];
  for (size_t at = 0; at < params; at++)
    slots[at].i32 = WasmEdge_ValueGetI32(values[at]);
  pthread_create(&thread, NULL, stop_later, &stop);
  WasmEdge_Result result = wasmspan_invoke(function, slots, MOST, stop.interrupt);
  for (size_t at = 0; at < results; at++)
    values[at] = WasmEdge_ValueGenI32(slots[at].i32);
  pthread_join(thread, NULL);
  wasmspan_interrupt_delete(stop.interrupt);
  return result;
}

static WasmEdge_Result call(const json *step) {
  struct made *on = made(step);
  WasmEdge_FunctionInstanceContext *function = on ? WasmEdge_ModuleInstanceFindFunction(on->instance, string_of(text_of(step, "function", ""))) : NULL;
  if (!function)
    return engine_error(WasmEdge_ErrCode_FuncNotFound);
  const json *args = field(step, "args");
  WasmEdge_Value params[MOST], returns[MOST];
  uint32_t count = args ? (uint32_t)args->count : 0;
  for (size_t at = 0; at < count; at++)
    params[at] = value_of(args->items[at].text);
  const WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionInstanceGetFunctionType(function);
  uint32_t results = WasmEdge_FunctionTypeGetReturnsLength(type);
  wasmspan_limits limits;
  WasmEdge_Result result = limits_of(field(step, "within"), &limits);
  if (field(step, "cancel_after_ms")) {
    memcpy(returns, params, sizeof(params));
    result = stopped(function, returns, count, results, (unsigned)number_of(step, "cancel_after_ms"));
  } else if (field(step, "within") && WasmEdge_ResultOK(result)) {
    result = wasmspan_executor_invoke_within(on->executor, function, params, count, returns, results, &limits);
  } else {
    result = WasmEdge_ExecutorInvoke(on->executor, function, params, count, returns, results);
  }
  if (WasmEdge_ResultOK(result) && field(step, "gives"))
    compare(returns, results, field(step, "gives"));
  return result;
}

static WasmEdge_Result bindgen(const json *step) {
  struct made *on = made(step);
  if (!on->bindgen && !(on->bindgen = wasmspan_bindgen_create(on->instance)))
    return wasmspan_error_result();
  const json *args = field(step, "args"), *gives = field(step, "gives");
  wasmspan_value values[MOST];
  for (size_t at = 0; args && at < args->count; at++)
    values[at] = bindgen_value(&args->items[at]);
  wasmspan_results results;
  WasmEdge_Result result = wasmspan_bindgen_call(on->bindgen, string_of(text_of(step, "function", "")), values, args ? (uint32_t)args->count : 0, &results);
  if (results.failed) {
    const char *wanted = text_of(field(step, "fails"), "guest", NULL);
    if (!is(results.message, wanted))
      complain("the guest's message is %s", results.message);
  } else if (WasmEdge_ResultOK(result)) {
    if (gives && gives->count != results.count)
      complain("%zu results instead of %s", results.count, gives->text);
    for (size_t at = 0; gives && at < gives->count && at < results.count; at++) {
      wasmspan_value wanted = bindgen_value(&gives->items[at]);
      if (!same_bindgen(&results.values[at], &wanted))
        complain("result %zu is not %s", at, gives->items[at].text);
    }
    check(result, step);
  }
  bool failed = results.failed;
  wasmspan_results_delete(&results);
  if (!failed && !WasmEdge_ResultOK(result))
    check(result, step);
  return result;
}

static WasmEdge_Result heap(const json *step) {
  struct made *on = made(step);
  wasmspan_heap *heap = wasmspan_heap_create(on->instance);
  if (!heap)
    return wasmspan_error_result();
  const json *text = field(step, "text"), *gives = field(step, "gives");
  const char *returns = text_of(step, "returns", "string");
  wasmspan_span span;
  size_t size = 0;
  WasmEdge_Result result;
  if (text) {
    result = wasmspan_heap_put_string(heap, text->text, text->size, &span);
  } else {
    unsigned char *bytes = from_hex(text_of(step, "bytes", ""), &size);
    result = wasmspan_heap_put_bytes(heap, bytes, size, &span);
  }
  WasmEdge_FunctionInstanceContext *function = WasmEdge_ModuleInstanceFindFunction(on->instance, string_of(text_of(step, "function", "")));
  uint32_t params = WasmEdge_FunctionTypeGetParametersLength(WasmEdge_FunctionInstanceGetFunctionType(function));
  WasmEdge_Value args[2] = {WasmEdge_ValueGenI32((int32_t)span.address), WasmEdge_ValueGenI32((int32_t)span.length)}, value;
  if (WasmEdge_ResultOK(result))
    result = WasmEdge_ExecutorInvoke(on->executor, function, args, params, &value, 1);
  if (WasmEdge_ResultOK(result))
    result = wasmspan_heap_free(heap, span.address);
  if (!WasmEdge_ResultOK(result))
    return result;
  if (is(returns, "i32")) {
    compare(&value, 1, gives);
    return result;
  }
  wasmspan_bytes got = {0};
  if (is(returns, "bytes")) {
    result = wasmspan_heap_get_bytes(heap, (uint32_t)WasmEdge_ValueGetI32(value), WASMSPAN_WHOLE, &got);
    if (WasmEdge_ResultOK(result))
      compare_bytes(got.data, got.size, gives);
    return result;
  }
  uint64_t packed = is(returns, "packed") ? (uint64_t)WasmEdge_ValueGetI64(value) : (uint64_t)(uint32_t)WasmEdge_ValueGetI32(value) << 32 | WASMSPAN_WHOLE;
  result = wasmspan_heap_get_string(heap, (uint32_t)(packed >> 32), (uint32_t)packed, &got);
  if (WasmEdge_ResultOK(result) && gives && (got.size != gives->size || memcmp(got.data, gives->text, got.size) != 0))
    complain("another text than %s", gives->text);
  return result;
}

/* ---- memories, tables, globals, figures --------------------------------------- */

static void give_number(uint64_t got, const json *step) {
  const json *gives = field(step, "gives");
  if (gives && strtoull(gives->text, NULL, 10) != got)
    complain("%" PRIu64 " instead of %s", got, gives->text);
}

static WasmEdge_Result memory(const json *step) {
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_ModuleInstanceFindMemory(made(step)->instance, string_of(text_of(step, "memory", "memory")));
  const char *op = text_of(step, "op", "");
  uint32_t pages = WasmEdge_MemoryInstanceGetPageSize(memory), at = (uint32_t)number_of(step, "at");
  WasmEdge_Result result = WasmEdge_Result_Success;
  if (is(op, "pages")) {
    give_number(pages, step);
  } else if (is(op, "grow")) {
    result = WasmEdge_MemoryInstanceGrowPage(memory, (uint32_t)number_of(step, "by"));
    if (WasmEdge_ResultOK(result))
      give_number(pages, step);
  } else if (is(op, "read")) {
    uint32_t len = (uint32_t)number_of(step, "len");
    uint8_t *bytes = malloc(len + 1);
    result = WasmEdge_MemoryInstanceGetData(memory, bytes, at, len);
    if (WasmEdge_ResultOK(result) && field(step, "gives"))
      compare_bytes(bytes, len, field(step, "gives"));
  } else {
    size_t size;
    unsigned char *bytes = from_hex(text_of(step, "bytes", ""), &size);
    result = WasmEdge_MemoryInstanceSetData(memory, bytes, at, (uint32_t)size);
  }
  return result;
}

static WasmEdge_Result global(const json *step) {
  WasmEdge_GlobalInstanceContext *global = WasmEdge_ModuleInstanceFindGlobal(made(step)->instance, string_of(text_of(step, "global", "")));
  if (is(text_of(step, "op", ""), "set")) {
    wasmspan_error_clear();
    WasmEdge_GlobalInstanceSetValue(global, value_of(text_of(step, "value", "")));
    return wasmspan_error_result();
  }
  WasmEdge_Value value = WasmEdge_GlobalInstanceGetValue(global);
  compare(&value, 1, field(step, "gives"));
  return WasmEdge_Result_Success;
}

static WasmEdge_Result table(const json *step) {
  WasmEdge_TableInstanceContext *table = WasmEdge_ModuleInstanceFindTable(made(step)->instance, string_of(text_of(step, "table", "")));
  const char *op = text_of(step, "op", "");
  uint32_t size = WasmEdge_TableInstanceGetSize(table), at = (uint32_t)number_of(step, "at");
  WasmEdge_Result result = WasmEdge_Result_Success;
  if (is(op, "get")) {
    WasmEdge_Value value;
    result = WasmEdge_TableInstanceGetData(table, &value, at);
    if (WasmEdge_ResultOK(result) && field(step, "gives"))
      compare(&value, 1, field(step, "gives"));
  } else if (is(op, "set")) {
    result = WasmEdge_TableInstanceSetData(table, value_of(text_of(step, "value", "")), at);
  } else {
    if (is(op, "grow"))
      result = WasmEdge_TableInstanceGrow(table, (uint32_t)number_of(step, "by"));
    if (WasmEdge_ResultOK(result))
      give_number(size, step);
  }
  return result;
}

static void print_list(char **to, const WasmEdge_FunctionTypeContext *type, bool params) {
  enum WasmEdge_ValType types[MOST];
  uint32_t count = params ? WasmEdge_FunctionTypeGetParameters(type, types, MOST) : WasmEdge_FunctionTypeGetReturns(type, types, MOST);
  for (uint32_t at = 0; at < count; at++)
    *to += sprintf(*to, "%s%s", at ? " " : "", type_name(types[at]));
}

static void print_kind(char *to, enum WasmEdge_ExternalType kind, const WasmEdge_FunctionTypeContext *type) {
  static const char *const KINDS_OF[] = {"func", "table", "memory", "global"};
  to += sprintf(to, "%s", KINDS_OF[kind]);
  if (kind != WasmEdge_ExternalType_Function)
    return;
  to += sprintf(to, " (");
  print_list(&to, type, true);
  to += sprintf(to, ") -> (");
  print_list(&to, type, false);
  sprintf(to, ")");
}

static WasmEdge_Result types(const json *step) {
  const WasmEdge_ASTModuleContext *ast = module_of(step);
  const json *gives = field(step, "gives");
  bool imports = is(text_of(step, "do", ""), "imports");
  const WasmEdge_ImportTypeContext *in[MOST];
  const WasmEdge_ExportTypeContext *out[MOST];
  uint32_t count = imports ? WasmEdge_ASTModuleListImports(ast, in, MOST) : WasmEdge_ASTModuleListExports(ast, out, MOST);
  if (count != gives->count)
    complain("%u instead of %s", count, gives->text);
  for (uint32_t at = 0; at < count && at < gives->count; at++) {
    char line[1000];
    WasmEdge_String name = imports ? WasmEdge_ImportTypeGetExternalName(in[at]) : WasmEdge_ExportTypeGetExternalName(out[at]);
    WasmEdge_String from = imports ? WasmEdge_ImportTypeGetModuleName(in[at]) : name;
    int used = imports ? sprintf(line, "%.*s ", (int)from.Length, from.Buf) : 0;
    used += sprintf(line + used, "%.*s ", (int)name.Length, name.Buf);
    if (imports)
      print_kind(line + used, WasmEdge_ImportTypeGetExternalType(in[at]), WasmEdge_ImportTypeGetFunctionType(ast, in[at]));
    else
      print_kind(line + used, WasmEdge_ExportTypeGetExternalType(out[at]), WasmEdge_ExportTypeGetFunctionType(ast, out[at]));
    if (!is(line, gives->items[at].text))
      complain("%s instead of %s", line, gives->items[at].text);
  }
  return WasmEdge_Result_Success;
}

/* ---- commands ----------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *ftw) {
  (void)stat, (void)kind, (void)ftw;
  return remove(path);
}

static void compare_text(const char *what, const char *got, size_t size, const json *wanted) {
  if (wanted && (wanted->size != size || memcmp(wanted->text, got, size) != 0))
    complain("%s: %.*s instead of %s", what, (int)size, got, wanted->text);
}

static WasmEdge_Result command(const json *step) {
  wasmspan_command *command = wasmspan_command_create(module_of(step));
  const json *args = field(step, "args"), *env = field(step, "env"), *input = field(step, "stdin"), *files = field(step, "files"), *gives = field(step, "gives");
  for (size_t at = 0; args && at < args->count; at++)
    wasmspan_command_arg(command, string_of(args->items[at].text));
  for (size_t at = 0; env && at < env->count; at++)
    wasmspan_command_env(command, string_of(env->keys[at].text), string_of(env->items[at].text));
  if (input)
    wasmspan_command_stdin(command, (const uint8_t *)input->text, input->size);
  if (field(step, "within"))
    wasmspan_command_timeout(command, number_of(field(step, "within"), "time_ms"));
  char folder[] = "/tmp/scenario-XXXXXX", path[4096];
  if (!mkdtemp(folder))
    complain("no folder");
  for (size_t at = 0; files && at < files->count; at++) {
    snprintf(path, sizeof(path), "%s/%s", folder, files->keys[at].text);
    for (char *slash = path + sizeof(folder); (slash = strchr(slash, '/')); *slash++ = '/') {
      *slash = 0;
      mkdir(path, 0755);
    }
    FILE *file = fopen(path, "wb");
    fwrite(files->items[at].text, 1, files->items[at].size, file);
    fclose(file);
  }
  if (files)
    wasmspan_command_directory(command, folder, string_of("/data"), is(text_of(step, "read_only", ""), "true"));
  wasmspan_finished finished = {0};
  WasmEdge_Result result = wasmspan_command_run(command, &finished);
  if (WasmEdge_ResultOK(result)) {
    if (field(gives, "exit") && number_of(gives, "exit") != finished.exit_code)
      complain("exit code %u instead of %s", finished.exit_code, text_of(gives, "exit", ""));
    compare_text("stdout", (char *)finished.out.data, finished.out.size, field(gives, "stdout"));
    compare_text("stderr", (char *)finished.err.data, finished.err.size, field(gives, "stderr"));
    const json *after = field(gives, "files");
    for (size_t at = 0; after && at < after->count; at++) {
      size_t size = 0;
      snprintf(path, sizeof(path), "%s/%s", folder, after->keys[at].text);
      char *content = read_file(path, &size);
      if ((after->items[at].type == 'n') != (content == NULL))
        complain("%s: is there or isn't", after->keys[at].text);
      else if (content)
        compare_text(after->keys[at].text, content, size, &after->items[at]);
    }
  }
  wasmspan_bytes_delete(&finished.out);
  wasmspan_bytes_delete(&finished.err);
  wasmspan_command_delete(command);
  nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  return result;
}

/* ---- scenarios ------------------------------------------------------------------ */

static void run_step(const json *step) {
  static const struct {
    const char *name;
    WasmEdge_Result (*run)(const json *);
  } STEPS[] = {{"host", host},     {"module", module}, {"instance", instance}, {"call", call},     {"memory", memory}, {"global", global},
               {"table", table},   {"exports", types}, {"imports", types},     {"command", command}, {"heap", heap}};
  static const char *const FIELDS[] = {"do",   "gives",  "fails", "name",   "functions", "as",     "wat",      "file",      "hex",   "compiled", "module",
                                       "register", "limits", "measure", "wasi", "instance", "function", "args", "within", "cancel_after_ms", "memory", "op",
                                       "at",   "len",    "by",    "bytes",  "global",    "value",  "table",    "env",       "stdin", "files",    "read_only", "text", "returns"};
  for (size_t at = 0; at < step->count; at++) {
    bool known = false;
    for (size_t name = 0; name < sizeof(FIELDS) / sizeof(*FIELDS); name++)
      known = known || is(step->keys[at].text, FIELDS[name]);
    if (!known)
      complain("no field is %s", step->keys[at].text);
  }
  const char *what = text_of(step, "do", "");
  wasmspan_error_clear();
  if (is(what, "bindgen")) {
    if (made(step)) {
      WasmEdge_Result result = bindgen(step);
      if (!made(step)->bindgen)
        check(result, step);
    }
    return;
  }
  if (is(what, "recorded")) {
    const json *gives = field(step, "gives");
    if (gives->count != records)
      complain("%zu calls instead of %s", records, gives->text);
    for (size_t at = 0; at < records && at < gives->count; at++)
      compare(recorded[at].values, recorded[at].count, &gives->items[at]);
    records = 0;
    return;
  }
  if (is(what, "statistics")) {
    wasmspan_figures figures = {0};
    wasmspan_statistics_read(made(step)->statistics, &figures);
    if (figures.instructions != number_of(field(step, "gives"), "instructions") || figures.cost != number_of(field(step, "gives"), "cost"))
      complain("%" PRIu64 " and %" PRIu64 " instead of %s", figures.instructions, figures.cost, field(step, "gives")->text);
    return;
  }
  for (size_t at = 0; at < sizeof(STEPS) / sizeof(*STEPS); at++)
    if (is(STEPS[at].name, what)) {
      check(STEPS[at].run(step), step);
      return;
    }
  complain("no step does %s", what);
}

static void replay(const char *path) {
  json scenario = json_file(path);
  const json *steps = field(&scenario, "steps");
  *wrong = 0;
  store = WasmEdge_StoreCreate();
  for (size_t at = 0; at < steps->count && !*wrong; at++)
    run_step(&steps->items[at]);
  for (size_t at = 0; at < made_instances; at++) {
    wasmspan_bindgen_delete(instances[at].bindgen);
    WasmEdge_ModuleInstanceDelete(instances[at].instance);
    WasmEdge_ExecutorDelete(instances[at].executor);
    WasmEdge_StatisticsDelete(instances[at].statistics);
  }
  for (size_t at = 0; at < made_modules; at++)
    WasmEdge_ASTModuleDelete(modules[at].module);
  WasmEdge_StoreDelete(store);
  made_instances = made_modules = records = 0;
}

static bool skipped(const json *skips, const char *name) {
  const json *own = field(skips, "c");
  for (size_t at = 0; own && at < own->count; at++) {
    const json *key = &own->keys[at];
    bool start = key->size && key->text[key->size - 1] == '*';
    if (start ? strncmp(key->text, name, key->size - 1) == 0 : is(key->text, name))
      return true;
  }
  return false;
}

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  guests = argv[2];
  WasmEdge_LogSetErrorLevel();
  WasmEdge_LogOff();
  config = WasmEdge_ConfigureCreate();
  for (unsigned proposal = WasmEdge_Proposal_ImportExportMutGlobals; proposal <= WasmEdge_Proposal_Threads; proposal++)
    if (proposal != WasmEdge_Proposal_Annotations && proposal != WasmEdge_Proposal_ExceptionHandling)
      WasmEdge_ConfigureAddProposal(config, (enum WasmEdge_Proposal)proposal);
  WasmEdge_ConfigureCompilerSetOutputFormat(config, WasmEdge_CompilerOutputFormat_Wasm);
  plain = WasmEdge_ExecutorCreate(config, NULL);
  char path[4096];
  snprintf(path, sizeof(path), "%s/skips.json", argv[1]);
  json skips = json_file(path);
  snprintf(path, sizeof(path), "%s/cases", argv[1]);
  struct dirent **files;
  int count = scandir(path, &files, NULL, alphasort), failures = 0, held = 0;
  FILE *out = fopen(argv[3], "wb");
  if (count < 0 || !out)
    return 2;
  fputs("{", out);
  for (int at = 0; at < count; at++) {
    char *end = strstr(files[at]->d_name, ".json");
    if (!end)
      continue;
    snprintf(path, sizeof(path), "%s/cases/%s", argv[1], files[at]->d_name);
    *end = 0;
    const char *name = files[at]->d_name, *result = "skipped";
    if (!skipped(&skips, name)) {
      replay(path);
      result = *wrong ? wrong : "ok";
      for (char *bad = wrong; *bad; bad++)
        *bad = (unsigned char)*bad < ' ' || *bad == '"' || *bad == '\\' ? '\'' : *bad;
      failures += *wrong != 0, held += !*wrong;
      if (*wrong)
        printf("%s: %s\n", name, wrong);
    }
    fprintf(out, "%s\n  \"%s\": \"%s\"", ftell(out) > 1 ? "," : "", name, result);
  }
  fputs("\n}\n", out);
  fclose(out);
  printf("%d scenarios hold, %d failures\n", held, failures);
  return failures != 0;
}
