// A JSON parser (RFC 8259) into a tree, and a writer back to text, over a generated document.
#include <stdlib.h>
#include <string.h>
#include "bench.h"

typedef enum { NUL, FALSE_, TRUE_, NUMBER, STRING, ARRAY, OBJECT } Kind;
typedef struct Value Value;
struct Value {
  Kind kind;
  uint32_t len; // bytes of a string
  union { double number; char *string; Value *first; } u;
  Value *name, *next; // member name, sibling
};
typedef struct { const unsigned char *p, *end; int depth; } Parser;

// All nodes come from one arena, thrown away after each document.
static char *arena, *text, *back;
static size_t arena_used, text_len;
enum { ARENA = 48 << 20, TEXT = 4 << 20, DEPTH = 200 };

static void *take(size_t n) {
  n = (n + 7) & ~(size_t)7;
  if (arena_used + n > ARENA) __builtin_trap();
  void *p = arena + arena_used;
  arena_used += n;
  return p;
}

static void blanks(Parser *ps) {
  while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\t' || *ps->p == '\r')) ps->p++;
}

static int hex4(const unsigned char *p, unsigned *out) {
  unsigned v = 0;
  for (int i = 0; i < 4; i++) {
    unsigned char c = p[i];
    v = v << 4;
    if (c >= '0' && c <= '9') v |= c - '0';
    else if ((c | 32) >= 'a' && (c | 32) <= 'f') v |= (c | 32) - 'a' + 10u;
    else return 0;
  }
  *out = v;
  return 1;
}

static char *utf8(char *o, unsigned c) {
  if (c < 0x80) { *o++ = (char)c; return o; }
  if (c < 0x800) { *o++ = (char)(0xc0 | c >> 6); }
  else {
    if (c < 0x10000) *o++ = (char)(0xe0 | c >> 12);
    else { *o++ = (char)(0xf0 | c >> 18); *o++ = (char)(0x80 | (c >> 12 & 63)); }
    *o++ = (char)(0x80 | (c >> 6 & 63));
  }
  *o++ = (char)(0x80 | (c & 63));
  return o;
}

static Value *string(Parser *ps) {
  const unsigned char *q = ++ps->p;
  while (q < ps->end && *q != '"') q += *q == '\\' ? 2 : 1;
  if (q >= ps->end) return 0;
  Value *v = take(sizeof *v);
  memset(v, 0, sizeof *v);
  v->kind = STRING;
  char *o = v->u.string = take((size_t)(q - ps->p) + 1);
  while (*ps->p != '"') {
    unsigned char c = *ps->p++;
    if (c < 0x20) return 0;
    if (c != '\\') { *o++ = (char)c; continue; }
    unsigned u, lo;
    switch (c = *ps->p++) {
      case '"': case '\\': case '/': *o++ = (char)c; break;
      case 'b': *o++ = '\b'; break;
      case 'f': *o++ = '\f'; break;
      case 'n': *o++ = '\n'; break;
      case 'r': *o++ = '\r'; break;
      case 't': *o++ = '\t'; break;
      case 'u':
        if (ps->end - ps->p < 5 || !hex4(ps->p, &u)) return 0;
        ps->p += 4;
        if (u >= 0xd800 && u < 0xdc00) {
          if (ps->end - ps->p < 7 || ps->p[0] != '\\' || ps->p[1] != 'u' || !hex4(ps->p + 2, &lo)) return 0;
          if (lo < 0xdc00 || lo > 0xdfff) return 0;
          ps->p += 6;
          u = 0x10000 + ((u - 0xd800) << 10) + (lo - 0xdc00);
        }
        o = utf8(o, u);
        break;
      default: return 0;
    }
  }
  ps->p++;
  v->len = (uint32_t)(o - v->u.string);
  *o = 0;
  return v;
}

static Value *number(Parser *ps) {
  const unsigned char *p = ps->p;
  int minus = *p == '-', exp = 0, shift = 0;
  p += minus;
  double d = 0;
  if (*p < '0' || *p > '9') return 0;
  if (*p == '0') p++;
  else while (*p >= '0' && *p <= '9') d = d * 10 + (*p++ - '0');
  if (*p == '.') {
    if (p[1] < '0' || p[1] > '9') return 0;
    for (p++; *p >= '0' && *p <= '9'; shift++) d = d * 10 + (*p++ - '0');
  }
  if ((*p | 32) == 'e') {
    int neg = *++p == '-';
    if (*p == '-' || *p == '+') p++;
    if (*p < '0' || *p > '9') return 0;
    while (*p >= '0' && *p <= '9') if (exp < 1000) exp = exp * 10 + (*p++ - '0'); else p++;
    if (neg) exp = -exp;
  }
  exp -= shift;
  double ten = 10, scale = 1;
  for (int e = exp < 0 ? -exp : exp; e; e >>= 1, ten *= ten) if (e & 1) scale *= ten;
  d = exp < 0 ? d / scale : d * scale;
  Value *v = take(sizeof *v);
  memset(v, 0, sizeof *v);
  v->kind = NUMBER;
  v->u.number = minus ? -d : d;
  ps->p = p;
  return v;
}

static Value *value(Parser *ps);

static Value *container(Parser *ps, Kind kind) {
  unsigned char close = kind == OBJECT ? '}' : ']';
  Value *v = take(sizeof *v), **tail = &v->u.first;
  memset(v, 0, sizeof *v);
  v->kind = kind;
  if (++ps->depth > DEPTH) return 0;
  ps->p++;
  blanks(ps);
  if (ps->p < ps->end && *ps->p == close) { ps->p++; ps->depth--; return v; }
  for (;;) {
    Value *name = 0, *item;
    if (kind == OBJECT) {
      blanks(ps);
      if (ps->p >= ps->end || *ps->p != '"' || !(name = string(ps))) return 0;
      blanks(ps);
      if (ps->p >= ps->end || *ps->p++ != ':') return 0;
    }
    if (!(item = value(ps))) return 0;
    item->name = name;
    *tail = item;
    tail = &item->next;
    blanks(ps);
    if (ps->p >= ps->end) return 0;
    unsigned char c = *ps->p++;
    if (c == close) { ps->depth--; return v; }
    if (c != ',') return 0;
  }
}

static Value *word(Parser *ps, const char *w, Kind kind) {
  size_t n = strlen(w);
  if ((size_t)(ps->end - ps->p) < n || memcmp(ps->p, w, n)) return 0;
  ps->p += n;
  Value *v = take(sizeof *v);
  memset(v, 0, sizeof *v);
  v->kind = kind;
  return v;
}

static Value *value(Parser *ps) {
  blanks(ps);
  if (ps->p >= ps->end) return 0;
  switch (*ps->p) {
    case '{': return container(ps, OBJECT);
    case '[': return container(ps, ARRAY);
    case '"': return string(ps);
    case 't': return word(ps, "true", TRUE_);
    case 'f': return word(ps, "false", FALSE_);
    case 'n': return word(ps, "null", NUL);
    default: return number(ps);
  }
}

static char *put(char *o, const char *s) { while (*s) *o++ = *s++; return o; }

static char *put_int(char *o, int64_t n) {
  char digits[24];
  int i = 0;
  if (n < 0) { *o++ = '-'; n = -n; }
  do digits[i++] = (char)('0' + n % 10); while (n /= 10);
  while (i) *o++ = digits[--i];
  return o;
}

static char *put_string(char *o, const char *s, size_t len) {
  *o++ = '"';
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c == '"' || c == '\\') *o++ = '\\', *o++ = (char)c;
    else if (c == '\n') o = put(o, "\\n");
    else if (c < 0x20) { o = put(o, "\\u00"); *o++ = "0123456789abcdef"[c >> 4]; *o++ = "0123456789abcdef"[c & 15]; }
    else *o++ = (char)c;
  }
  *o++ = '"';
  return o;
}

static char *write_value(char *o, const Value *v) {
  switch (v->kind) {
    case NUL: return put(o, "null");
    case FALSE_: return put(o, "false");
    case TRUE_: return put(o, "true");
    case NUMBER: { // thousandths, enough for this document
      double d = v->u.number * 1000;
      int64_t n = (int64_t)(d < 0 ? d - 0.5 : d + 0.5);
      if (n < 0) { *o++ = '-'; n = -n; }
      o = put_int(o, n / 1000);
      if (n % 1000) { *o++ = '.'; *o++ = (char)('0' + n / 100 % 10); *o++ = (char)('0' + n / 10 % 10); *o++ = (char)('0' + n % 10); }
      return o;
    }
    case STRING: return put_string(o, v->u.string, v->len);
    default: break;
  }
  *o++ = v->kind == OBJECT ? '{' : '[';
  for (const Value *i = v->u.first; i; i = i->next) {
    if (i != v->u.first) *o++ = ',';
    if (i->name) { o = put_string(o, i->name->u.string, i->name->len); *o++ = ':'; }
    o = write_value(o, i);
  }
  *o++ = v->kind == OBJECT ? '}' : ']';
  return o;
}

void setup(void) {
  arena = malloc(ARENA);
  text = malloc(TEXT);
  back = malloc(TEXT);
  uint64_t s = 6;
  char *o = put(text, "[");
  for (int i = 0; i < 9000; i++) {
    if (i) o = put(o, ",\n  ");
    o = put_int(put(o, "{\"id\": "), i);
    o = put(o, ", \"name\": \"user\\u0020");
    for (int c = 0; c < 12; c++) *o++ = (char)('a' + bench_next(&s) % 26);
    o = put(o, "\\n\\\"quoted\\\" \\u00e9\\ud83d\\ude00\", \"score\": ");
    o = put_int(o, (int64_t)(bench_next(&s) % 2000000) - 1000000);
    o = put_int(put(o, "."), 100 + (int64_t)(bench_next(&s) % 900));
    o = put(o, bench_next(&s) & 1 ? ", \"active\": true, \"tags\": [" : ", \"active\": false, \"tags\": [");
    for (int t = 0; t < 6; t++) {
      if (t) o = put(o, ", ");
      o = put_int(put(o, "\"tag-"), (int64_t)(bench_next(&s) % 1000));
      o = put(o, "\"");
    }
    o = put(o, "], \"nested\": {\"a\": [1, 2.5e2, -3E-1, {\"deep\": null}], \"empty\": {}}}");
  }
  o = put(o, "]");
  text_len = (size_t)(o - text);
}

int64_t run(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 6; round++) {
    arena_used = 0;
    Parser ps = {(unsigned char *)text, (unsigned char *)text + text_len, 0};
    Value *v = value(&ps);
    if (!v) __builtin_trap();
    char *end = write_value(back, v);
    sum = bench_hash(sum, back, (size_t)(end - back));
  }
  return (int64_t)sum;
}
