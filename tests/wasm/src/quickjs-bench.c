// The QuickJS interpreter running a script: objects, closures, regular expressions, JSON, sorting.
#include <string.h>
#include "bench.h"
#include "quickjs.h"

static const char script[] =
    "(function () {\n"
    "  class Shape { constructor(n) { this.n = n } area() { return 0 } }\n"
    "  class Square extends Shape { area() { return this.n * this.n } }\n"
    "  class Disc extends Shape { area() { return Math.floor(3.14159 * this.n * this.n) } }\n"
    "  let total = 0;\n"
    "  for (let i = 0; i < 30000; i++) total += (i & 1 ? new Square(i % 97) : new Disc(i % 89)).area();\n"
    "  const sieve = new Uint8Array(60000); let primes = 0;\n"
    "  for (let i = 2; i < sieve.length; i++) if (!sieve[i]) { primes++; for (let j = i * 2; j < sieve.length; j += i) sieve[j] = 1 }\n"
    "  const list = [];\n"
    "  for (let i = 0, s = 1; i < 4000; i++) { s = (s * 48271) % 2147483647; list.push({ id: s % 5000, tag: 'n' + s % 37 }) }\n"
    "  list.sort((a, b) => a.id - b.id || (a.tag < b.tag ? -1 : 1));\n"
    "  const copy = JSON.parse(JSON.stringify(list));\n"
    "  const found = copy.map(o => o.tag + o.id).join(' ').match(/n3\\d[1-9]\\d*/g).length;\n"
    "  const groups = new Map();\n"
    "  for (const { tag, id } of copy) groups.set(tag, (groups.get(tag) ?? 0) + id);\n"
    "  const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);\n"
    "  return [total, primes, found, [...groups].flat().join(), fib(21), 2n ** 200n].join('/');\n"
    "})()";

void setup(void) {}

int64_t run(void) {
  JSRuntime *rt = JS_NewRuntime();
  JS_SetMaxStackSize(rt, 0);
  JSContext *ctx = JS_NewContext(rt);
  JSValue v = JS_Eval(ctx, script, sizeof script - 1, "bench.js", JS_EVAL_TYPE_GLOBAL);
  if (JS_IsException(v)) __builtin_trap();
  size_t n;
  const char *s = JS_ToCStringLen(ctx, &n, v);
  int64_t sum = (int64_t)bench_hash(0, s, n);
  JS_FreeCString(ctx, s);
  JS_FreeValue(ctx, v);
  JS_FreeContext(ctx);
  JS_FreeRuntime(rt);
  return sum;
}
