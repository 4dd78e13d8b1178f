/* Checks that name the rule they are for. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>
#include <wasmedge/wasmedge.h>

static int failures;
static int checks;

/* `rule` is the number of a rule of the interface, or a word for what it is about. */
#define CHECK(rule, condition)                                                 \
  do {                                                                         \
    checks++;                                                                  \
    if (!(condition)) {                                                        \
      failures++;                                                              \
      printf("rule %s: %s:%d: %s\n", #rule, __FILE__, __LINE__, #condition);   \
    }                                                                          \
  } while (0)

#define OK(rule, result) CHECK(rule, WasmEdge_ResultOK(result))
#define CODE(rule, result, code)                                               \
  CHECK(rule, WasmEdge_ResultGetCode(result) == (uint32_t)(code))

static inline int report(void) {
  printf("%d checks, %d failures\n", checks, failures);
  return failures != 0;
}

static inline WasmEdge_String name_of(const char *text) {
  return WasmEdge_StringWrap(text, (uint32_t)strlen(text));
}

#endif
