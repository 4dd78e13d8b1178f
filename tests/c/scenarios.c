/* Replays the scenarios of tests/scenarios, of which the README says what they are made of.
 *
 *   scenarios FOLDER-OF-CASES SKIPS FOLDER-OF-WASM RESULTS
 */
#define _GNU_SOURCE
#include "json.h"
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wasmspan/bindgen.h>

enum { MANY = 32, LONG = 1 << 16 };

static const char *wasm_folder;

/* ---- what is wrong ends a scenario */

static jmp_buf ended;
static char wrong[LONG];

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2), noreturn))
#endif
static void die(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(wrong, sizeof(wrong), format, list);
  va_end(list);
  longjmp(ended, 1);
}

static const json *need(const json *object, const char *name) {
  const json *field = json_field(object, name);
  if (!field)
    die("the field \"%s\" is missing", name);
  return field;
}

static const char *text_of(const json *value) {
  if (value->kind != JSON_TEXT)
    die("%.*s should be a text", (int)value->source_len, value->source);
  return value->text;
}

static const char *name_in(const json *step, const char *field, const char *otherwise) {
  const json *name = json_field(step, field);
  return name ? text_of(name) : otherwise;
}

static bool yes(const json *step, const char *field) {
  const json *value = json_field(step, field);
  return value && value->yes;
}

static WasmEdge_String string(const char *text) {
  return WasmEdge_StringWrap(text, (uint32_t)strlen(text));
}

/* ---- values */

static char objects[64];

static const struct {
  const char *name;
  enum WasmEdge_ValType type;
} TYPES[] = {{"i32", WasmEdge_ValType_I32},         {"i64", WasmEdge_ValType_I64},
             {"f32", WasmEdge_ValType_F32},         {"f64", WasmEdge_ValType_F64},
             {"v128", WasmEdge_ValType_V128},       {"funcref", WasmEdge_ValType_FuncRef},
             {"externref", WasmEdge_ValType_ExternRef}};
enum { TYPE_COUNT = sizeof(TYPES) / sizeof(*TYPES) };

static enum WasmEdge_ValType type_of(const char *name, size_t len) {
  for (int at = 0; at < TYPE_COUNT; at++)
    if (strlen(TYPES[at].name) == len && strncmp(TYPES[at].name, name, len) == 0)
      return TYPES[at].type;
  die("no type is %.*s", (int)len, name);
}

static const char *type_name(enum WasmEdge_ValType type) {
  for (int at = 0; at < TYPE_COUNT; at++)
    if (TYPES[at].type == type)
      return TYPES[at].name;
  return "?";
}

static WasmEdge_Value value_of(const char *text) {
  const char *colon = strchr(text, ':');
  if (!colon)
    die("\"%s\" has no type", text);
  const char *value = colon + 1;
  enum WasmEdge_ValType type = type_of(text, (size_t)(colon - text));
  switch (type) {
  case WasmEdge_ValType_I32: return WasmEdge_ValueGenI32((int32_t)strtoll(value, NULL, 10));
  case WasmEdge_ValType_I64: return WasmEdge_ValueGenI64(strtoll(value, NULL, 10));
  case WasmEdge_ValType_F32: return WasmEdge_ValueGenF32(strtof(value, NULL));
  case WasmEdge_ValType_F64: return WasmEdge_ValueGenF64(strtod(value, NULL));
  case WasmEdge_ValType_V128: {
    uint128_t bits = 0;
    for (const char *digit = value + 2; *digit; digit++) {
      const char *digits = "0123456789abcdef";
      bits = bits << 4 | (uint128_t)(strchr(digits, *digit) - digits);
    }
    return WasmEdge_ValueGenV128((int128_t)bits);
  }
  case WasmEdge_ValType_FuncRef: return WasmEdge_ValueGenNullRef(WasmEdge_RefType_FuncRef);
  default:
    if (strcmp(value, "null") == 0)
      return WasmEdge_ValueGenNullRef(WasmEdge_RefType_ExternRef);
    return WasmEdge_ValueGenExternRef(objects + strtoul(value, NULL, 10) % sizeof(objects));
  }
}

static uint32_t values_of(const json *list, WasmEdge_Value *values) {
  uint32_t count = 0;
  for (const json *item = list ? list->first : NULL; item; item = item->next) {
    if (count == MANY)
      die("there are too many values");
    values[count++] = value_of(text_of(item));
  }
  return count;
}

static bool is(WasmEdge_Value value, const char *wanted) {
  if (strcmp(wanted, "funcref:any") == 0)
    return value.Type == WasmEdge_ValType_FuncRef && !WasmEdge_ValueIsNullRef(value);
  WasmEdge_Value other = value_of(wanted);
  if (value.Type != other.Type)
    return false;
  switch (value.Type) {
  case WasmEdge_ValType_I32: return WasmEdge_ValueGetI32(value) == WasmEdge_ValueGetI32(other);
  case WasmEdge_ValType_I64: return WasmEdge_ValueGetI64(value) == WasmEdge_ValueGetI64(other);
  case WasmEdge_ValType_F32: {
    float one = WasmEdge_ValueGetF32(value), two = WasmEdge_ValueGetF32(other);
    return memcmp(&one, &two, sizeof(one)) == 0 || (isnan(one) && isnan(two));
  }
  case WasmEdge_ValType_F64: {
    double one = WasmEdge_ValueGetF64(value), two = WasmEdge_ValueGetF64(other);
    return memcmp(&one, &two, sizeof(one)) == 0 || (isnan(one) && isnan(two));
  }
  case WasmEdge_ValType_V128: return WasmEdge_ValueGetV128(value) == WasmEdge_ValueGetV128(other);
  case WasmEdge_ValType_FuncRef: return WasmEdge_ValueIsNullRef(value);
  default: return WasmEdge_ValueGetExternRef(value) == WasmEdge_ValueGetExternRef(other);
  }
}

static void compare(const WasmEdge_Value *values, uint32_t count, const json *wanted) {
  if (wanted->kind == JSON_TEXT) {
    if (count != 1 || !is(values[0], wanted->text))
      die("the value is not %s", wanted->text);
    return;
  }
  uint32_t at = 0;
  for (const json *item = wanted->first; item; item = item->next, at++)
    if (at >= count || !is(values[at], text_of(item)))
      die("value %u is not %s", at, text_of(item));
  if (at != count)
    die("there are %u values", count);
}

static size_t from_hex(const char *digits, uint8_t *bytes, size_t room) {
  size_t len = strlen(digits) / 2;
  if (len > room)
    die("there are too many bytes");
  for (size_t at = 0; at < len; at++) {
    unsigned byte;
    if (sscanf(digits + 2 * at, "%2x", &byte) != 1)
      die("no hexadecimal digits: %s", digits);
    bytes[at] = (uint8_t)byte;
  }
  return len;
}

/* ---- what steps have made */

struct made {
  const char *name;
  WasmEdge_ASTModuleContext *module;
  WasmEdge_ModuleInstanceContext *instance;
  WasmEdge_ExecutorContext *executor;
  WasmEdge_StatisticsContext *statistics;
  wasmspan_bindgen *bindgen;
};
static WasmEdge_ConfigureContext *settings;
static struct made modules[MANY], instances[MANY];
static int module_count, instance_count;
static WasmEdge_StoreContext *store;

static struct {
  WasmEdge_Value values[MANY];
  uint32_t count;
} records[MANY];
static int record_count;

static struct made *find(struct made *list, int count, const char *name) {
  /* Of equal names the last holds. */
  while (count-- > 0)
    if (strcmp(list[count].name, name) == 0)
      return &list[count];
  die("nothing is called \"%s\"", name);
}

static struct made *instance_of(const json *step) {
  return find(instances, instance_count, name_in(step, "instance", "main"));
}

/* How a step ended. */
static WasmEdge_Result result;
static WasmEdge_Value values[MANY];
static uint32_t value_count;
/* What it gave, if not values. */
static enum { NOTHING, VALUES, NUMBER, TEXT, LINES } gave;
static long long number;
static char text[LONG];

static void give_number(long long given) { gave = NUMBER, number = given; }

static void read_limits(const json *given, wasmspan_limits *limits) {
  const wasmspan_limits none = WASMSPAN_NO_LIMITS;
  *limits = none;
  if (given &&
      !WasmEdge_ResultOK(wasmspan_limits_from_json(given->source, given->source_len, limits)))
    die("these are no limits: %.*s", (int)given->source_len, given->source);
}

/* ---- host functions */

static WasmEdge_Result host(void *data, const WasmEdge_CallingFrameContext *frame,
                            const WasmEdge_Value *params, WasmEdge_Value *returns) {
  const json *function = data;
  const char *does = json_field(function, "does")->text;
  uint32_t count = 0;
  for (const json *param = json_field(function, "params")->first; param; param = param->next)
    count++;
  const json *given = json_field(function, "values");
  if (strcmp(does, "record") == 0 && record_count < MANY) {
    memcpy(records[record_count].values, params, count * sizeof(*params));
    records[record_count++].count = count;
  }
  if (strcmp(does, "record") == 0 || strcmp(does, "return") == 0) {
    uint32_t at = 0;
    for (const json *value = given ? given->first : NULL; value; value = value->next)
      returns[at++] = value_of(value->text);
  } else if (strcmp(does, "same") == 0) {
    memcpy(returns, params, count * sizeof(*params));
  } else if (strcmp(does, "sum") == 0) {
    returns[0] = params[0];
    for (uint32_t at = 1; at < count; at++) {
      WasmEdge_Value one = returns[0], two = params[at];
      switch (one.Type) {
      case WasmEdge_ValType_I32:
        returns[0] = WasmEdge_ValueGenI32((int32_t)((uint32_t)WasmEdge_ValueGetI32(one) +
                                                    (uint32_t)WasmEdge_ValueGetI32(two)));
        break;
      case WasmEdge_ValType_I64:
        returns[0] = WasmEdge_ValueGenI64((int64_t)((uint64_t)WasmEdge_ValueGetI64(one) +
                                                    (uint64_t)WasmEdge_ValueGetI64(two)));
        break;
      case WasmEdge_ValType_F32:
        returns[0] = WasmEdge_ValueGenF32(WasmEdge_ValueGetF32(one) + WasmEdge_ValueGetF32(two));
        break;
      default:
        returns[0] = WasmEdge_ValueGenF64(WasmEdge_ValueGetF64(one) + WasmEdge_ValueGetF64(two));
      }
    }
  } else if (strcmp(does, "fail") == 0) {
    return WasmEdge_ResultGen(WasmEdge_ErrCategory_UserLevelError,
                              (uint32_t)json_field(function, "code")->number);
  } else if (strcmp(does, "terminate") == 0) {
    return WasmEdge_Result_Terminate;
  } else if (strcmp(does, "call") == 0) {
    WasmEdge_FunctionInstanceContext *called = WasmEdge_ModuleInstanceFindFunction(
        WasmEdge_CallingFrameGetModuleInstance(frame), string(json_field(function, "function")->text));
    uint32_t results = WasmEdge_FunctionTypeGetReturnsLength(
        WasmEdge_FunctionInstanceGetFunctionType(called));
    return WasmEdge_ExecutorInvoke(WasmEdge_CallingFrameGetExecutor(frame), called, params, count,
                                   returns, results);
  } else if (strcmp(does, "peek") == 0 || strcmp(does, "poke") == 0) {
    WasmEdge_MemoryInstanceContext *memory = WasmEdge_CallingFrameGetMemoryInstance(frame, 0);
    uint32_t at = (uint32_t)WasmEdge_ValueGetI32(params[0]);
    uint8_t byte = does[1] == 'o' ? (uint8_t)WasmEdge_ValueGetI32(params[1]) : 0;
    WasmEdge_Result done = does[1] == 'o' ? WasmEdge_MemoryInstanceSetData(memory, &byte, at, 1)
                                          : WasmEdge_MemoryInstanceGetData(memory, &byte, at, 1);
    if (does[1] == 'e')
      returns[0] = WasmEdge_ValueGenI32(byte);
    return done;
  } else if (strcmp(does, "sleep") == 0) {
    long long ms = json_field(function, "ms")->number;
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
  } else {
    return WasmEdge_Result_Fail;
  }
  return WasmEdge_Result_Success;
}

static void step_host(const json *step) {
  static const char *const KNOWN[] = {"return", "same", "sum",  "record", "fail", "terminate",
                                      "call",   "peek", "poke", "sleep",  NULL};
  WasmEdge_ModuleInstanceContext *module =
      WasmEdge_ModuleInstanceCreate(string(text_of(need(step, "name"))));
  for (json *made = need(step, "functions")->first; made; made = made->next) {
    enum WasmEdge_ValType types[2][MANY];
    uint32_t counts[2] = {0, 0};
    for (int side = 0; side < 2; side++)
      for (const json *type = need(made, side ? "results" : "params")->first; type;
           type = type->next)
        types[side][counts[side]++] = type_of(text_of(type), strlen(text_of(type)));
    const char *does = text_of(need(made, "does"));
    int at = 0;
    while (KNOWN[at] && strcmp(KNOWN[at], does) != 0)
      at++;
    if (!KNOWN[at])
      die("C functions do not \"%s\"", does);
    WasmEdge_FunctionTypeContext *type =
        WasmEdge_FunctionTypeCreate(types[0], counts[0], types[1], counts[1]);
    WasmEdge_ModuleInstanceAddFunction(module, string(made->name),
                                       WasmEdge_FunctionInstanceCreate(type, host, made, 0));
    WasmEdge_FunctionTypeDelete(type);
  }
  WasmEdge_ExecutorContext *executor = WasmEdge_ExecutorCreate(NULL, NULL);
  result = WasmEdge_ExecutorRegisterImport(executor, store, module);
}

/* ---- modules and instances */

static void step_module(const json *step) {
  const json *lines = json_field(step, "wat"), *file = json_field(step, "file");
  static uint8_t bytes[1 << 16];
  uint8_t *module = bytes;
  size_t len = 0;
  if (lines) {
    for (const json *line = lines->first; line; line = line->next)
      len += (size_t)snprintf((char *)bytes + len, sizeof(bytes) - len, "%s\n", text_of(line));
  } else if (file) {
    char path[LONG];
    snprintf(path, sizeof(path), "%s/%s", wasm_folder, text_of(file));
    module = (uint8_t *)read_file(path, &len);
    if (!module)
      die("%s can't be read", path);
  } else {
    len = from_hex(text_of(need(step, "hex")), bytes, sizeof(bytes));
  }
  struct made made = {name_in(step, "as", "main"), NULL, NULL, NULL, NULL, NULL};
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(settings);
  if (yes(step, "compiled")) {
    char in[] = "/tmp/scenario-XXXXXX", out[64];
    int fd = mkstemp(in);
    if (fd < 0 || write(fd, module, len) != (ssize_t)len)
      die("a file can't be written");
    close(fd);
    snprintf(out, sizeof(out), "%s.wasm", in);
    WasmEdge_CompilerContext *compiler = WasmEdge_CompilerCreate(settings);
    result = WasmEdge_CompilerCompile(compiler, in, out);
    WasmEdge_CompilerDelete(compiler);
    if (WasmEdge_ResultOK(result))
      result = WasmEdge_LoaderParseFromFile(loader, &made.module, out);
    unlink(in), unlink(out);
  } else {
    result = WasmEdge_LoaderParseFromBuffer(loader, &made.module, module, (uint32_t)len);
  }
  WasmEdge_LoaderDelete(loader);
  if (!WasmEdge_ResultOK(result))
    return;
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(settings);
  result = WasmEdge_ValidatorValidate(validator, made.module);
  WasmEdge_ValidatorDelete(validator);
  if (WasmEdge_ResultOK(result))
    modules[module_count++ % MANY] = made;
}

/* Arguments, variables and standard input for a guest. */
static wasmspan_wasi_config *surroundings(const json *given) {
  wasmspan_wasi_config *config = wasmspan_wasi_config_create();
  const json *args = json_field(given, "args"), *env = json_field(given, "env");
  for (const json *arg = args ? args->first : NULL; arg; arg = arg->next)
    wasmspan_wasi_config_arg(config, string(text_of(arg)));
  for (const json *variable = env ? env->first : NULL; variable; variable = variable->next)
    wasmspan_wasi_config_env(config, string(variable->name), string(text_of(variable)));
  const char *input = name_in(given, "stdin", "");
  wasmspan_wasi_config_stdin(config, (const uint8_t *)input, strlen(input));
  return config;
}

static void step_instance(const json *step) {
  WasmEdge_ConfigureContext *configure = WasmEdge_ConfigureCreate();
  wasmspan_limits limits;
  read_limits(json_field(step, "limits"), &limits);
  wasmspan_configure_set_limits(configure, &limits);
  WasmEdge_ConfigureStatisticsSetInstructionCounting(configure, yes(step, "measure"));
  WasmEdge_ConfigureStatisticsSetCostMeasuring(configure, yes(step, "measure"));
  struct made made = {name_in(step, "as", "main"), NULL, NULL, NULL, WasmEdge_StatisticsCreate(),
                      NULL};
  made.executor = WasmEdge_ExecutorCreate(configure, made.statistics);
  WasmEdge_ConfigureDelete(configure);
  const json *wasi = json_field(step, "wasi"), *name = json_field(step, "register");
  if (wasi) {
    WasmEdge_ModuleInstanceContext *module =
        WasmEdge_ModuleInstanceCreateWASI(NULL, 0, NULL, 0, NULL, 0);
    wasmspan_wasi_config *config = surroundings(wasi);
    if (!WasmEdge_ResultOK(wasmspan_wasi_configure(module, config)) ||
        !WasmEdge_ResultOK(WasmEdge_ExecutorRegisterImport(made.executor, store, module)))
      die("WASI can't be given");
    wasmspan_wasi_config_delete(config);
  }
  WasmEdge_ASTModuleContext *module =
      find(modules, module_count, name_in(step, "module", "main"))->module;
  result = name ? WasmEdge_ExecutorRegister(made.executor, &made.instance, store, module,
                                            string(text_of(name)))
                : WasmEdge_ExecutorInstantiate(made.executor, &made.instance, store, module);
  if (WasmEdge_ResultOK(result))
    instances[instance_count++ % MANY] = made;
}

/* ---- calls */

struct cancel {
  wasmspan_interrupt *interrupt;
  long long ms;
};

static void *cancel(void *data) {
  struct cancel *when = data;
  struct timespec time = {when->ms / 1000, when->ms % 1000 * 1000000};
  nanosleep(&time, NULL);
  wasmspan_interrupt_request(when->interrupt);
  return NULL;
}

static void step_call(const json *step) {
  struct made *made = instance_of(step);
  WasmEdge_FunctionInstanceContext *function =
      WasmEdge_ModuleInstanceFindFunction(made->instance, string(text_of(need(step, "function"))));
  WasmEdge_Value params[MANY];
  uint32_t count = values_of(json_field(step, "args"), params);
  if (!function) {
    result = WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM, WasmEdge_ErrCode_FuncNotFound);
    return;
  }
  const json *within = json_field(step, "within"), *after = json_field(step, "cancel_after_ms");
  const WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionInstanceGetFunctionType(function);
  value_count = WasmEdge_FunctionTypeGetReturnsLength(type);
  if (value_count > MANY)
    die("there are too many results");
  if (after) {
    /* Only numbers can be passed to calls that are stopped so. */
    wasmspan_slot slots[MANY];
    for (uint32_t at = 0; at < count; at++)
      slots[at].bits = params[at].Value;
    struct cancel when = {wasmspan_interrupt_create(), after->number};
    pthread_t thread;
    if (pthread_create(&thread, NULL, cancel, &when) != 0)
      die("there is no thread");
    result = wasmspan_invoke(function, slots, MANY, when.interrupt);
    pthread_join(thread, NULL);
    wasmspan_interrupt_delete(when.interrupt);
    enum WasmEdge_ValType types[MANY];
    WasmEdge_FunctionTypeGetReturns(type, types, MANY);
    for (uint32_t at = 0; at < value_count; at++)
      values[at] = (WasmEdge_Value){slots[at].bits, types[at]};
  } else if (within) {
    wasmspan_limits limits;
    read_limits(within, &limits);
    result = wasmspan_executor_invoke_within(made->executor, function, params, count, values,
                                             value_count, &limits);
  } else {
    result = WasmEdge_ExecutorInvoke(made->executor, function, params, count, values, value_count);
  }
  gave = VALUES;
}

static void step_recorded(const json *step) {
  int at = 0;
  for (const json *call = need(step, "gives")->first; call; call = call->next, at++) {
    if (at == record_count)
      die("only %d calls were recorded", record_count);
    compare(records[at].values, records[at].count, call);
  }
  if (at != record_count)
    die("%d calls were recorded", record_count);
  record_count = 0;
}

/* ---- what instances have */

static void step_memory(const json *step) {
  WasmEdge_MemoryInstanceContext *memory = WasmEdge_ModuleInstanceFindMemory(
      instance_of(step)->instance, string(name_in(step, "memory", "memory")));
  if (!memory)
    die("there is no such memory");
  const char *op = text_of(need(step, "op"));
  uint32_t pages = WasmEdge_MemoryInstanceGetPageSize(memory);
  uint8_t bytes[LONG / 2];
  if (strcmp(op, "pages") == 0) {
    give_number(pages);
  } else if (strcmp(op, "grow") == 0) {
    result = WasmEdge_MemoryInstanceGrowPage(memory, (uint32_t)need(step, "by")->number);
    give_number(pages);
  } else if (strcmp(op, "read") == 0) {
    uint32_t len = (uint32_t)need(step, "len")->number;
    if (len >= sizeof(bytes))
      die("there are too many bytes");
    result = WasmEdge_MemoryInstanceGetData(memory, bytes, (uint32_t)need(step, "at")->number, len);
    gave = TEXT;
    for (uint32_t at = 0; at < len; at++)
      snprintf(text + 2 * at, 3, "%02x", bytes[at]);
  } else if (strcmp(op, "write") == 0) {
    uint32_t len = (uint32_t)from_hex(text_of(need(step, "bytes")), bytes, sizeof(bytes));
    result = WasmEdge_MemoryInstanceSetData(memory, bytes, (uint32_t)need(step, "at")->number, len);
  } else {
    die("a memory has no \"%s\"", op);
  }
}

static void step_global(const json *step) {
  WasmEdge_GlobalInstanceContext *global = WasmEdge_ModuleInstanceFindGlobal(
      instance_of(step)->instance, string(text_of(need(step, "global"))));
  if (!global)
    die("there is no such global");
  const char *op = text_of(need(step, "op"));
  if (strcmp(op, "get") == 0) {
    values[0] = WasmEdge_GlobalInstanceGetValue(global);
    value_count = 1, gave = VALUES;
  } else if (strcmp(op, "set") == 0) {
    /* It has no result; what went wrong is told as the last failure. */
    wasmspan_error_clear();
    WasmEdge_GlobalInstanceSetValue(global, value_of(text_of(need(step, "value"))));
    result = wasmspan_error_result();
  } else {
    die("a global has no \"%s\"", op);
  }
}

static void step_table(const json *step) {
  WasmEdge_TableInstanceContext *table = WasmEdge_ModuleInstanceFindTable(
      instance_of(step)->instance, string(text_of(need(step, "table"))));
  if (!table)
    die("there is no such table");
  const char *op = text_of(need(step, "op"));
  uint32_t size = WasmEdge_TableInstanceGetSize(table);
  if (strcmp(op, "size") == 0) {
    give_number(size);
  } else if (strcmp(op, "grow") == 0) {
    result = WasmEdge_TableInstanceGrow(table, (uint32_t)need(step, "by")->number);
    give_number(size);
  } else if (strcmp(op, "get") == 0) {
    result = WasmEdge_TableInstanceGetData(table, values, (uint32_t)need(step, "at")->number);
    value_count = 1, gave = VALUES;
  } else if (strcmp(op, "set") == 0) {
    result = WasmEdge_TableInstanceSetData(table, value_of(text_of(need(step, "value"))),
                                           (uint32_t)need(step, "at")->number);
  } else {
    die("a table has no \"%s\"", op);
  }
}

static void step_statistics(const json *step) {
  wasmspan_figures figures;
  if (!wasmspan_statistics_read(instance_of(step)->statistics, &figures))
    die("there are no statistics");
  for (const json *wanted = need(step, "gives")->first; wanted; wanted = wanted->next) {
    bool cost = strcmp(wanted->name, "cost") == 0;
    uint64_t had = cost ? figures.cost : figures.instructions;
    if (!cost && strcmp(wanted->name, "instructions") != 0)
      die("nothing counts %s", wanted->name);
    if (had != (uint64_t)wanted->number)
      die("%s: %llu", wanted->name, (unsigned long long)had);
  }
}

static size_t describe(char *to, size_t room, enum WasmEdge_ExternalType kind,
                       const WasmEdge_FunctionTypeContext *type) {
  static const char *const KINDS[] = {"func", "table", "memory", "global"};
  size_t len = (size_t)snprintf(to, room, "%s", KINDS[kind & 3]);
  for (int side = 0; type && side < 2; side++) {
    enum WasmEdge_ValType types[MANY];
    uint32_t count = side ? WasmEdge_FunctionTypeGetReturns(type, types, MANY)
                          : WasmEdge_FunctionTypeGetParameters(type, types, MANY);
    len += (size_t)snprintf(to + len, room - len, side ? " -> (" : " (");
    for (uint32_t at = 0; at < count; at++)
      len += (size_t)snprintf(to + len, room - len, at ? " %s" : "%s", type_name(types[at]));
    len += (size_t)snprintf(to + len, room - len, ")");
  }
  return len;
}

static void step_types(const json *step, bool imports) {
  const WasmEdge_ASTModuleContext *module =
      find(modules, module_count, name_in(step, "module", "main"))->module;
  size_t len = 0;
  gave = LINES, text[0] = 0;
  if (imports) {
    const WasmEdge_ImportTypeContext *list[MANY];
    uint32_t count = WasmEdge_ASTModuleListImports(module, list, MANY);
    for (uint32_t at = 0; at < count && at < MANY; at++) {
      WasmEdge_String from = WasmEdge_ImportTypeGetModuleName(list[at]);
      WasmEdge_String name = WasmEdge_ImportTypeGetExternalName(list[at]);
      len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s %.*s ", (int)from.Length,
                              from.Buf, (int)name.Length, name.Buf);
      len += describe(text + len, sizeof(text) - len, WasmEdge_ImportTypeGetExternalType(list[at]),
                      WasmEdge_ImportTypeGetFunctionType(module, list[at]));
      len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
    }
  } else {
    const WasmEdge_ExportTypeContext *list[MANY];
    uint32_t count = WasmEdge_ASTModuleListExports(module, list, MANY);
    for (uint32_t at = 0; at < count && at < MANY; at++) {
      WasmEdge_String name = WasmEdge_ExportTypeGetExternalName(list[at]);
      len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s ", (int)name.Length, name.Buf);
      len += describe(text + len, sizeof(text) - len, WasmEdge_ExportTypeGetExternalType(list[at]),
                      WasmEdge_ExportTypeGetFunctionType(module, list[at]));
      len += (size_t)snprintf(text + len, sizeof(text) - len, "\n");
    }
  }
}

/* ---- bindgen */

static const struct {
  const char *name;
  uint32_t kind;
  /* Bytes of an item, and whether there may be many. */
  size_t size;
  bool list;
} KINDS[] = {
    {"u8", wasmspan_kind_u8, 1, false},      {"i8", wasmspan_kind_i8, 1, false},
    {"u16", wasmspan_kind_u16, 2, false},    {"i16", wasmspan_kind_i16, 2, false},
    {"u32", wasmspan_kind_u32, 4, false},    {"i32", wasmspan_kind_i32, 4, false},
    {"u64", wasmspan_kind_u64, 8, false},    {"i64", wasmspan_kind_i64, 8, false},
    {"f32", wasmspan_kind_f32, 4, false},    {"f64", wasmspan_kind_f64, 8, false},
    {"bool", wasmspan_kind_bool, 1, false},  {"char", wasmspan_kind_char, 4, false},
    {"u8s", wasmspan_kind_u8s, 1, true},     {"i8s", wasmspan_kind_i8s, 1, true},
    {"u16s", wasmspan_kind_u16s, 2, true},   {"i16s", wasmspan_kind_i16s, 2, true},
    {"u32s", wasmspan_kind_u32s, 4, true},   {"i32s", wasmspan_kind_i32s, 4, true},
    {"u64s", wasmspan_kind_u64s, 8, true},   {"i64s", wasmspan_kind_i64s, 8, true},
    {"string", wasmspan_kind_string, 1, true}};
enum { KIND_COUNT = sizeof(KINDS) / sizeof(*KINDS) };

/* The character that a text of UTF-8 begins with. */
static uint32_t character(const char *utf8) {
  const uint8_t *byte = (const uint8_t *)utf8;
  int more = byte[0] < 0x80 ? 0 : byte[0] < 0xE0 ? 1 : byte[0] < 0xF0 ? 2 : 3;
  uint32_t code = more == 0 ? byte[0] : byte[0] & (0x3Fu >> more);
  for (int at = 1; at <= more; at++)
    code = code << 6 | (byte[at] & 0x3Fu);
  return code;
}

/* Its items, if it has any, are never freed. */
static wasmspan_value rich(const char *written) {
  const char *colon = strchr(written, ':');
  int at = 0;
  while (at < KIND_COUNT && (strlen(KINDS[at].name) != (size_t)(colon - written) ||
                             strncmp(KINDS[at].name, written, (size_t)(colon - written)) != 0))
    at++;
  if (at == KIND_COUNT)
    die("no value of bindgen: %s", written);
  wasmspan_value value;
  memset(&value, 0, sizeof(value));
  value.kind = KINDS[at].kind;
  const char *rest = colon + 1;
  if (value.kind == wasmspan_kind_string) {
    value.of.list.items = rest, value.of.list.count = strlen(rest);
  } else if (KINDS[at].list) {
    uint8_t *items = malloc(strlen(rest) * 8 + 8);
    for (; *rest; rest += *rest == ',') {
      char *end;
      /* Numbers lie with their lowest byte first. */
      uint64_t item = rest[0] == '-' ? (uint64_t)strtoll(rest, &end, 10) : strtoull(rest, &end, 10);
      memcpy(items + value.of.list.count++ * KINDS[at].size, &item, KINDS[at].size);
      rest = end;
    }
    value.of.list.items = items;
  } else if (value.kind == wasmspan_kind_bool) {
    value.of.boolean = strcmp(rest, "true") == 0;
  } else if (value.kind == wasmspan_kind_char) {
    value.of.character = character(rest);
  } else if (value.kind == wasmspan_kind_f32) {
    value.of.f32 = strtof(rest, NULL);
  } else if (value.kind == wasmspan_kind_f64) {
    value.of.f64 = strtod(rest, NULL);
  } else {
    uint64_t item = rest[0] == '-' ? (uint64_t)strtoll(rest, NULL, 10) : strtoull(rest, NULL, 10);
    memcpy(&value.of, &item, KINDS[at].size);
  }
  return value;
}

static bool same_rich(const wasmspan_value *one, const wasmspan_value *two) {
  int at = 0;
  while (at < KIND_COUNT && KINDS[at].kind != one->kind)
    at++;
  if (at == KIND_COUNT || one->kind != two->kind)
    return false;
  if (KINDS[at].list)
    return one->of.list.count == two->of.list.count &&
           (one->of.list.count == 0 ||
            memcmp(one->of.list.items, two->of.list.items, one->of.list.count * KINDS[at].size) == 0);
  if (one->kind == wasmspan_kind_f32 && isnan(one->of.f32))
    return isnan(two->of.f32);
  if (one->kind == wasmspan_kind_f64 && isnan(one->of.f64))
    return isnan(two->of.f64);
  return memcmp(&one->of, &two->of, KINDS[at].size) == 0;
}

static void step_bindgen(const json *step) {
  struct made *made = instance_of(step);
  if (!made->bindgen)
    made->bindgen = wasmspan_bindgen_create(made->instance);
  if (!made->bindgen) {
    result = wasmspan_error_result();
    return;
  }
  wasmspan_value args[MANY];
  uint32_t count = 0;
  const json *list = json_field(step, "args"), *gives = json_field(step, "gives");
  for (const json *arg = list ? list->first : NULL; arg && count < MANY; arg = arg->next)
    args[count++] = rich(text_of(arg));
  wasmspan_results results;
  result = wasmspan_bindgen_call(made->bindgen, string(text_of(need(step, "function"))), args, count,
                                 &results);
  if (results.failed) {
    snprintf(text, sizeof(text), "%s", results.message);
    gave = TEXT;
    if (gives)
      die("the guest failed: %s", text);
  } else if (WasmEdge_ResultOK(result) && gives) {
    size_t at = 0;
    for (const json *wanted = gives->first; wanted; wanted = wanted->next, at++) {
      wasmspan_value value = rich(text_of(wanted));
      if (at >= results.count || !same_rich(&results.values[at], &value))
        die("result %u is not %s", (unsigned)at, text_of(wanted));
    }
    if (at != results.count)
      die("there are %u results", (unsigned)results.count);
  }
  wasmspan_results_delete(&results);
}

/* The steps of a call with a string or bytes, as far as they succeed. */
static WasmEdge_Result heap_call(const json *step, const struct made *made,
                                 const wasmspan_heap *heap) {
  const json *given = json_field(step, "text");
  const char *returns = name_in(step, "returns", "string");
  static uint8_t bytes[LONG / 2];
  wasmspan_span span = {0, 0};
  WasmEdge_Result done;
  if (given) {
    done = wasmspan_heap_put_string(heap, text_of(given), strlen(text_of(given)), &span);
  } else {
    size_t len = from_hex(text_of(need(step, "bytes")), bytes, sizeof(bytes));
    done = wasmspan_heap_put_bytes(heap, bytes, len, &span);
  }
  if (!WasmEdge_ResultOK(done))
    return done;
  WasmEdge_FunctionInstanceContext *function =
      WasmEdge_ModuleInstanceFindFunction(made->instance, string(text_of(need(step, "function"))));
  uint32_t count = WasmEdge_FunctionTypeGetParametersLength(
      WasmEdge_FunctionInstanceGetFunctionType(function));
  WasmEdge_Value params[2] = {WasmEdge_ValueGenI32((int32_t)span.address),
                              WasmEdge_ValueGenI32((int32_t)span.length)};
  done = WasmEdge_ExecutorInvoke(made->executor, function, params, count == 2 ? 2 : 1, values, 1);
  if (!WasmEdge_ResultOK(done))
    return done;
  done = wasmspan_heap_free(heap, span.address);
  if (!WasmEdge_ResultOK(done))
    return done;
  if (strcmp(returns, "i32") == 0) {
    value_count = 1, gave = VALUES;
    return done;
  }
  wasmspan_bytes back = {NULL, 0};
  if (strcmp(returns, "packed") == 0) {
    uint64_t packed = (uint64_t)WasmEdge_ValueGetI64(values[0]);
    done = wasmspan_heap_get_string(heap, (uint32_t)(packed >> 32), (uint32_t)packed, &back);
  } else if (strcmp(returns, "bytes") == 0) {
    done = wasmspan_heap_get_bytes(heap, (uint32_t)WasmEdge_ValueGetI32(values[0]), WASMSPAN_WHOLE,
                                   &back);
  } else {
    done = wasmspan_heap_get_string(heap, (uint32_t)WasmEdge_ValueGetI32(values[0]), WASMSPAN_WHOLE,
                                    &back);
  }
  gave = TEXT, text[0] = 0;
  if (strcmp(returns, "bytes") == 0)
    for (size_t at = 0; at < back.size; at++)
      snprintf(text + 2 * at, 3, "%02x", back.data[at]);
  else if (back.size > 0)
    snprintf(text, sizeof(text), "%.*s", (int)back.size, (const char *)back.data);
  wasmspan_bytes_delete(&back);
  return done;
}

static void step_heap(const json *step) {
  const struct made *made = instance_of(step);
  wasmspan_heap *heap = wasmspan_heap_create(made->instance);
  result = heap ? heap_call(step, made, heap) : wasmspan_error_result();
  wasmspan_heap_delete(heap);
}

/* ---- commands */

static void same_bytes(const char *what, wasmspan_bytes *bytes, const json *wanted) {
  if (wanted && (bytes->size != strlen(text_of(wanted)) ||
                 memcmp(bytes->data, text_of(wanted), bytes->size) != 0))
    die("%s: %.*s", what, (int)bytes->size, (const char *)bytes->data);
  wasmspan_bytes_delete(bytes);
}

static void step_command(const json *step) {
  char folder[] = "/tmp/scenario-XXXXXX", path[LONG];
  if (!mkdtemp(folder))
    die("there is no folder");
  const json *files = json_field(step, "files"), *within = json_field(step, "within");
  wasmspan_wasi_config *config = surroundings(step);
  for (const json *file = files ? files->first : NULL; file; file = file->next) {
    snprintf(path, sizeof(path), "%s/%s", folder, file->name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
      *slash = 0;
      mkdir(path, 0700);
    }
    FILE *made = fopen(path, "wb");
    if (!made || fputs(text_of(file), made) < 0 || fclose(made) != 0)
      die("%s can't be written", path);
  }
  if (files)
    wasmspan_wasi_config_directory(config, folder, string("/data"), yes(step, "read_only"));
  wasmspan_command *command = wasmspan_command_create(
      find(modules, module_count, name_in(step, "module", "main"))->module);
  wasmspan_command_wasi(command, config);
  wasmspan_wasi_config_delete(config);
  if (within)
    wasmspan_command_timeout(command, (uint64_t)need(within, "time_ms")->number);
  wasmspan_finished finished;
  memset(&finished, 0, sizeof(finished));
  result = wasmspan_command_run(command, &finished);
  wasmspan_command_delete(command);
  const json *gives = json_field(step, "gives");
  if (WasmEdge_ResultOK(result) && gives) {
    const json *code = json_field(gives, "exit"), *after = json_field(gives, "files");
    if (code && finished.exit_code != (uint32_t)code->number)
      die("the exit code is %u", finished.exit_code);
    same_bytes("stdout", &finished.out, json_field(gives, "stdout"));
    same_bytes("stderr", &finished.err, json_field(gives, "stderr"));
    for (const json *file = after ? after->first : NULL; file; file = file->next) {
      snprintf(path, sizeof(path), "%s/%s", folder, file->name);
      char *content = read_file(path, NULL);
      bool same = file->kind == JSON_NULL ? !content
                                          : content && strcmp(content, text_of(file)) == 0;
      if (!same)
        die("the file %s: %s", file->name, content ? content : "it is not there");
    }
  }
  snprintf(path, sizeof(path), "rm -r '%s'", folder);
  if (system(path) != 0)
    die("the folder can't be removed");
}

/* ---- steps */

static const struct {
  const char *does;
  void (*step)(const json *step);
  const char *fields[8];
} STEPS[] = {
    {"host", step_host, {"name", "functions"}},
    {"module", step_module, {"as", "wat", "file", "hex", "compiled"}},
    {"instance", step_instance, {"as", "module", "register", "limits", "measure", "wasi"}},
    {"call", step_call, {"instance", "function", "args", "within", "cancel_after_ms"}},
    {"recorded", step_recorded, {NULL}},
    {"memory", step_memory, {"instance", "memory", "op", "at", "len", "by", "bytes"}},
    {"global", step_global, {"instance", "global", "op", "value"}},
    {"table", step_table, {"instance", "table", "op", "at", "by", "value"}},
    {"statistics", step_statistics, {"instance"}},
    {"exports", NULL, {"module"}},
    {"imports", NULL, {"module"}},
    {"command", step_command, {"module", "args", "env", "stdin", "files", "read_only", "within"}},
    {"bindgen", step_bindgen, {"instance", "function", "args"}},
    {"heap", step_heap, {"instance", "function", "text", "bytes", "returns"}},
};

static void check_failure(const json *wanted) {
  static char whole[1 << 16];
  wasmspan_error_text(whole, sizeof(whole));
  const json *code = json_field(wanted, "code"), *message = json_field(wanted, "message");
  const json *user = json_field(wanted, "user"), *detail = json_field(wanted, "detail");
  if (!code && !user && !detail)
    die("C has no such failure: %.*s", (int)wanted->source_len, wanted->source);
  uint32_t category = user ? WasmEdge_ErrCategory_UserLevelError : WasmEdge_ErrCategory_WASM;
  uint32_t number_wanted = 0;
  bool any = !code && !user;
  if (!any)
    number_wanted = (uint32_t)(user ? user : code)->number;
  if (!any && ((uint32_t)WasmEdge_ResultGetCategory(result) != category ||
               WasmEdge_ResultGetCode(result) != number_wanted))
    die("error %u: %s", WasmEdge_ResultGetCode(result), whole);
  if (message && strcmp(WasmEdge_ResultGetMessage(result), text_of(message)) != 0)
    die("the message is: %s", WasmEdge_ResultGetMessage(result));
  if (detail && !strstr(whole, text_of(detail)))
    die("the text is: %s", whole);
}

static void check_given(const json *wanted) {
  if (gave == VALUES) {
    compare(values, value_count, wanted);
  } else if (gave == NUMBER) {
    if (wanted->kind != JSON_NUMBER || wanted->number != number)
      die("%lld instead of %.*s", number, (int)wanted->source_len, wanted->source);
  } else if (gave == TEXT) {
    if (strcmp(text, text_of(wanted)) != 0)
      die("%s instead of %s", text, text_of(wanted));
  } else if (gave == LINES) {
    const char *at = text;
    for (const json *line = wanted->first; line; line = line->next) {
      size_t len = strlen(text_of(line));
      if (strncmp(at, text_of(line), len) != 0 || at[len] != '\n')
        die("%s", text);
      at += len + 1;
    }
    if (*at)
      die("more: %s", at);
  }
}

static void step(const json *step) {
  const char *does = text_of(need(step, "do"));
  size_t at = 0;
  while (at < sizeof(STEPS) / sizeof(*STEPS) && strcmp(STEPS[at].does, does) != 0)
    at++;
  if (at == sizeof(STEPS) / sizeof(*STEPS))
    die("no step does \"%s\"", does);
  for (const json *field = step->first; field; field = field->next) {
    bool known = !strcmp(field->name, "do") || !strcmp(field->name, "gives") ||
                 !strcmp(field->name, "fails");
    for (int one = 0; one < 8 && STEPS[at].fields[one]; one++)
      known |= !strcmp(field->name, STEPS[at].fields[one]);
    if (!known)
      die("the step has no field \"%s\"", field->name);
  }
  result = WasmEdge_Result_Success, gave = NOTHING, value_count = 0;
  wasmspan_error_clear();
  if (STEPS[at].step)
    STEPS[at].step(step);
  else
    step_types(step, strcmp(does, "imports") == 0);
  const json *fails = json_field(step, "fails"), *gives = json_field(step, "gives");
  /* A run that was ended by the host is a success to C, under a code of its own. */
  bool terminated = fails && WasmEdge_ResultGetCode(result) == WasmEdge_ErrCode_Terminated;
  if (fails && json_field(fails, "guest")) {
    if (gave != TEXT || strcmp(text, text_of(json_field(fails, "guest"))) != 0)
      die("the guest said: %s", gave == TEXT ? text : "nothing");
  } else if (WasmEdge_ResultOK(result) && !terminated) {
    if (fails)
      die("it succeeded instead of failing");
    if (gives)
      check_given(gives);
  } else if (fails) {
    check_failure(fails);
  } else {
    wasmspan_error_text(text, sizeof(text));
    die("error %u: %s", WasmEdge_ResultGetCode(result), text);
  }
}

/* What came out of a scenario. */
static const char *replay(const char *path) {
  const char *source = read_file(path, NULL);
  const json *scenario = source ? json_value(&source) : NULL;
  static volatile int at;
  static char outcome[LONG + 32];
  at = 0;
  module_count = instance_count = record_count = 0;
  store = WasmEdge_StoreCreate();
  if (setjmp(ended)) {
    snprintf(outcome, sizeof(outcome), "step %d: %s", at, wrong);
    return outcome;
  }
  if (!scenario)
    die("it can't be read");
  for (const json *one = need(scenario, "steps")->first; one; one = one->next) {
    at = at + 1;
    step(one);
  }
  for (int made = 0; made < instance_count; made++) {
    wasmspan_bindgen_delete(instances[made].bindgen);
    WasmEdge_ModuleInstanceDelete(instances[made].instance);
    WasmEdge_ExecutorDelete(instances[made].executor);
    WasmEdge_StatisticsDelete(instances[made].statistics);
  }
  for (int made = 0; made < module_count; made++)
    WasmEdge_ASTModuleDelete(modules[made].module);
  WasmEdge_StoreDelete(store);
  return "ok";
}

static bool skipped(const json *skips, const char *name) {
  for (const json *skip = skips ? skips->first : NULL; skip; skip = skip->next) {
    size_t len = strlen(skip->name);
    bool start = len > 0 && skip->name[len - 1] == '*';
    if (start ? strncmp(skip->name, name, len - 1) == 0 : strcmp(skip->name, name) == 0)
      return true;
  }
  return false;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

int main(int argc, char *argv[]) {
  if (argc != 5)
    return 2;
  WasmEdge_LogOff();
  /* Every proposal that is finished; of others the library refuses what uses them. */
  settings = WasmEdge_ConfigureCreate();
  for (unsigned at = 0; at <= WasmEdge_Proposal_FunctionReferences; at++)
    if (at != WasmEdge_Proposal_ExceptionHandling && at != WasmEdge_Proposal_FunctionReferences)
      WasmEdge_ConfigureAddProposal(settings, (enum WasmEdge_Proposal)at);
  wasm_folder = argv[3];
  const char *skip_text = read_file(argv[2], NULL);
  const json *skips = skip_text ? json_field(json_value(&skip_text), "c") : NULL;
  FILE *results = fopen(argv[4], "w");
  struct dirent **cases;
  int count = scandir(argv[1], &cases, NULL, by_name), failed = 0, done = 0;
  if (!results || count < 0)
    return 2;
  fputs("{", results);
  for (int at = 0; at < count; at++) {
    char name[256], path[LONG];
    snprintf(name, sizeof(name), "%s", cases[at]->d_name);
    char *end = strstr(name, ".json");
    if (!end)
      continue;
    *end = 0;
    snprintf(path, sizeof(path), "%s/%s.json", argv[1], name);
    const char *outcome = skipped(skips, name) ? "skipped" : replay(path);
    fprintf(results, "%s\n  \"%s\": \"", done++ ? "," : "", name);
    for (const char *letter = outcome; *letter; letter++)
      if (*letter == '"' || *letter == '\\')
        fprintf(results, "\\%c", *letter);
      else
        fputc((unsigned char)*letter < ' ' ? ' ' : *letter, results);
    fputs("\"", results);
    if (strcmp(outcome, "ok") != 0 && strcmp(outcome, "skipped") != 0) {
      printf("%s: %s\n", name, outcome);
      failed++;
    }
  }
  fputs("\n}\n", results);
  fclose(results);
  printf("%d scenarios, %d failures\n", done, failed);
  return failed != 0;
}
