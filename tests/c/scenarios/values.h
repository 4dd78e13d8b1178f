/* Values and failures as scenarios write them. */
#ifndef VALUES_H
#define VALUES_H

#include "json.h"
#include <inttypes.h>
#include <stdarg.h>
#include <math.h>
#include <wasmspan/wasmspan.h>

/* What is wrong; empty if nothing is. */
static char wrong[1000];

static void complain(const char *format, ...) {
  if (*wrong)
    return;
  va_list args;
  va_start(args, format);
  vsnprintf(wrong, sizeof(wrong), format, args);
  va_end(args);
}

static WasmEdge_String string_of(const char *text) { return WasmEdge_StringWrap(text, (uint32_t)strlen(text)); }

static WasmEdge_Result engine_error(unsigned code) { return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM, code); }

static enum WasmEdge_ValType type_named(const char *name) {
  static const char *const NAMES[] = {"i32", "i64", "f32", "f64", "v128", "funcref", "externref"};
  static const enum WasmEdge_ValType TYPES[] = {WasmEdge_ValType_I32, WasmEdge_ValType_I64, WasmEdge_ValType_F32, WasmEdge_ValType_F64,
                                                WasmEdge_ValType_V128, WasmEdge_ValType_FuncRef, WasmEdge_ValType_ExternRef};
  size_t length = strcspn(name, ":");
  for (size_t at = 0; at < sizeof(TYPES) / sizeof(*TYPES); at++)
    if (strlen(NAMES[at]) == length && strncmp(NAMES[at], name, length) == 0)
      return TYPES[at];
  complain("no type is %s", name);
  return WasmEdge_ValType_I32;
}

static const char *type_name(enum WasmEdge_ValType type) {
  switch (type) {
  case WasmEdge_ValType_I32: return "i32";
  case WasmEdge_ValType_I64: return "i64";
  case WasmEdge_ValType_F32: return "f32";
  case WasmEdge_ValType_F64: return "f64";
  case WasmEdge_ValType_V128: return "v128";
  case WasmEdge_ValType_FuncRef: return "funcref";
  default: return "externref";
  }
}

/* Objects of the host: the addresses of these. */
static char objects[64];

static WasmEdge_Value value_of(const char *text) {
  const char *digits = strchr(text, ':');
  if (!digits) {
    complain("%s has no type", text);
    return WasmEdge_ValueGenI32(0);
  }
  digits++;
  switch (type_named(text)) {
  case WasmEdge_ValType_I32: return WasmEdge_ValueGenI32((int32_t)strtol(digits, NULL, 10));
  case WasmEdge_ValType_I64: return WasmEdge_ValueGenI64(strtoll(digits, NULL, 10));
  case WasmEdge_ValType_F32: return WasmEdge_ValueGenF32(strtof(digits, NULL));
  case WasmEdge_ValType_F64: return WasmEdge_ValueGenF64(strtod(digits, NULL));
  case WasmEdge_ValType_V128: {
    char high[17] = {0};
    memcpy(high, digits + 2, 16);
    unsigned __int128 bits = (unsigned __int128)strtoull(high, NULL, 16) << 64 | strtoull(digits + 18, NULL, 16);
    return WasmEdge_ValueGenV128((__int128)bits);
  }
  case WasmEdge_ValType_FuncRef: return WasmEdge_ValueGenNullRef(WasmEdge_RefType_FuncRef);
  default: break;
  }
  return is(digits, "null") ? WasmEdge_ValueGenNullRef(WasmEdge_RefType_ExternRef) : WasmEdge_ValueGenExternRef(&objects[atoi(digits)]);
}

static bool is_value(WasmEdge_Value got, const char *text) {
  if (got.Type != type_named(text))
    return false;
  WasmEdge_Value wanted = value_of(text);
  switch (got.Type) {
  case WasmEdge_ValType_I32: return WasmEdge_ValueGetI32(got) == WasmEdge_ValueGetI32(wanted);
  case WasmEdge_ValType_I64: return WasmEdge_ValueGetI64(got) == WasmEdge_ValueGetI64(wanted);
  case WasmEdge_ValType_F32: {
    float a = WasmEdge_ValueGetF32(got), b = WasmEdge_ValueGetF32(wanted);
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
  }
  case WasmEdge_ValType_F64: {
    double a = WasmEdge_ValueGetF64(got), b = WasmEdge_ValueGetF64(wanted);
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
  }
  case WasmEdge_ValType_V128: return WasmEdge_ValueGetV128(got) == WasmEdge_ValueGetV128(wanted);
  case WasmEdge_ValType_FuncRef: return WasmEdge_ValueIsNullRef(got) == is(strchr(text, ':'), ":null");
  default: break;
  }
  if (WasmEdge_ValueIsNullRef(got) || WasmEdge_ValueIsNullRef(wanted))
    return WasmEdge_ValueIsNullRef(got) && WasmEdge_ValueIsNullRef(wanted);
  return WasmEdge_ValueGetExternRef(got) == WasmEdge_ValueGetExternRef(wanted);
}

static void compare(const WasmEdge_Value *got, size_t count, const json *wanted) {
  if (wanted->type == '"' ? count != 1 : count != wanted->count) {
    complain("%zu values instead of %s", count, wanted->text);
    return;
  }
  for (size_t at = 0; at < count; at++) {
    const char *text = wanted->type == '"' ? wanted->text : wanted->items[at].text;
    if (!is_value(got[at], text))
      complain("value %zu is not %s but has bits %" PRIx64, at, text, (uint64_t)got[at].Value);
  }
}

static unsigned char *from_hex(const char *digits, size_t *size) {
  *size = strlen(digits) / 2;
  unsigned char *bytes = malloc(*size + 1);
  for (size_t at = 0; at < *size; at++)
    sscanf(digits + 2 * at, "%2hhx", &bytes[at]);
  return bytes;
}

static void compare_bytes(const uint8_t *got, size_t count, const json *wanted) {
  size_t size;
  unsigned char *bytes = from_hex(wanted->text, &size);
  if (size != count || memcmp(bytes, got, count) != 0)
    complain("other bytes than %s", wanted->text);
}

/* Lists of the protocol's kinds, by name. */
static const struct {
  const char *name;
  uint32_t kind;
  size_t size;
} KINDS[] = {{"u8", 1, 1},  {"i8", 2, 1},  {"u16", 3, 2},  {"i16", 4, 2},  {"u32", 5, 4},  {"i32", 6, 4},  {"u64", 7, 8},
             {"i64", 8, 8}, {"f32", 9, 4}, {"f64", 10, 8}, {"bool", 11, 1}, {"char", 12, 4}, {"u8s", 21, 1}, {"i8s", 22, 1},
             {"u16s", 23, 2}, {"i16s", 24, 2}, {"u32s", 25, 4}, {"i32s", 26, 4}, {"u64s", 27, 8}, {"i64s", 28, 8}, {"string", 31, 1}};

static uint32_t code_point(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  uint32_t code = *at < 0x80 ? *at : *at < 0xe0 ? *at & 31 : *at < 0xf0 ? *at & 15 : *at & 7;
  while ((*++at & 0xc0) == 0x80)
    code = code << 6 | (*at & 63);
  return code;
}

static void number(const char *digits, size_t size, char *to) {
  uint64_t bits = *digits == '-' ? (uint64_t)strtoll(digits, NULL, 10) : strtoull(digits, NULL, 10);
  memcpy(to, &bits, size);
}

static wasmspan_value bindgen_value(const json *text) {
  wasmspan_value value = {0};
  const char *digits = strchr(text->text, ':') + 1;
  size_t at = 0, length = (size_t)(digits - 1 - text->text);
  while (at < sizeof(KINDS) / sizeof(*KINDS) && (strlen(KINDS[at].name) != length || strncmp(KINDS[at].name, text->text, length) != 0))
    at++;
  if (at == sizeof(KINDS) / sizeof(*KINDS)) {
    complain("no kind is %s", text->text);
    return value;
  }
  value.kind = KINDS[at].kind;
  switch (value.kind) {
  case wasmspan_kind_f32: value.of.f32 = strtof(digits, NULL); return value;
  case wasmspan_kind_f64: value.of.f64 = strtod(digits, NULL); return value;
  case wasmspan_kind_bool: value.of.boolean = is(digits, "true"); return value;
  case wasmspan_kind_char: value.of.character = code_point(digits); return value;
  case wasmspan_kind_string:
    value.of.list.items = digits;
    value.of.list.count = text->size - length - 1;
    return value;
  default: break;
  }
  if (value.kind < wasmspan_kind_u8s) {
    number(digits, KINDS[at].size, (char *)&value.of);
    return value;
  }
  char *items = malloc(strlen(digits) * 8 + 8);
  size_t count = 0;
  for (; *digits; digits += strcspn(digits, ","), digits += *digits == ',')
    number(digits, KINDS[at].size, items + KINDS[at].size * count++);
  value.of.list.items = items;
  value.of.list.count = count;
  return value;
}

static bool same_bindgen(const wasmspan_value *a, const wasmspan_value *b) {
  if (a->kind != b->kind)
    return false;
  for (size_t at = 0; at < sizeof(KINDS) / sizeof(*KINDS); at++)
    if (KINDS[at].kind == a->kind && a->kind < wasmspan_kind_u8s)
      return memcmp(&a->of, &b->of, KINDS[at].size) == 0;
    else if (KINDS[at].kind == a->kind)
      return a->of.list.count == b->of.list.count && memcmp(a->of.list.items, b->of.list.items, a->of.list.count * KINDS[at].size) == 0;
  return false;
}

/* Whether a result is the failure that is described; nothing described is a success. */
static void check(WasmEdge_Result result, const json *step) {
  const json *wanted = field(step, "fails");
  static char text[4000];
  wasmspan_error_text(text, sizeof(text));
  if (WasmEdge_ResultGetCode(result) == WasmEdge_ErrCode_Success) {
    if (wanted)
      complain("it succeeded instead of failing with %s", wanted->text);
    return;
  }
  bool holds = wanted != NULL;
  for (size_t at = 0; wanted && at < wanted->count; at++) {
    const char *name = wanted->keys[at].text, *value = wanted->items[at].text;
    bool user = WasmEdge_ResultGetCategory(result) == WasmEdge_ErrCategory_UserLevelError;
    uint32_t code = WasmEdge_ResultGetCode(result);
    if (is(name, "code"))
      holds = holds && !user && code == strtoul(value, NULL, 10);
    else if (is(name, "user"))
      holds = holds && user && code == strtoul(value, NULL, 10);
    else if (is(name, "message"))
      holds = holds && is(WasmEdge_ResultGetMessage(result), value);
    else if (is(name, "thrown"))
      holds = holds && code == WasmEdge_ErrCode_HostFuncError;
    else if (is(name, "detail"))
      holds = holds && strstr(text, value);
    else
      holds = false;
  }
  if (!holds)
    complain("code %u, %s instead of %s", WasmEdge_ResultGetCode(result), text, wanted ? wanted->text : "a success");
}

#endif
