/* Reads JSON. What is read stays until the program ends. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct json {
  /** One of { [ " 1 t f n. */
  char type;
  /** Of a string, what it says, with a zero behind it; of everything else, how it is written. */
  char *text;
  size_t size;
  /** Values of an object or list, and keys of an object. */
  struct json *items, *keys;
  size_t count;
} json;

static void json_fail(const char *at) {
  fprintf(stderr, "not JSON: %.40s\n", at);
  exit(2);
}

static const char *json_space(const char *at) { return at + strspn(at, " \t\r\n"); }

static char *json_utf8(char *to, unsigned code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6), *to++ = (char)(0x80 | (code & 63));
  } else {
    *to++ = (char)(0xe0 | code >> 12), *to++ = (char)(0x80 | (code >> 6 & 63)), *to++ = (char)(0x80 | (code & 63));
  }
  return to;
}

static const char *json_string(const char *at, json *value) {
  char *to = value->text = malloc(strlen(at) + 1);
  while (*++at != '"') {
    if (*at == 0)
      json_fail("a string without end");
    if (*at != '\\') {
      *to++ = *at;
      continue;
    }
    static const char FROM[] = "nrtbf", TO[] = "\n\r\t\b\f";
    const char *found = strchr(FROM, *++at);
    if (*at == 'u') {
      char digits[5] = {at[1], at[2], at[3], at[4], 0};
      to = json_utf8(to, (unsigned)strtoul(digits, NULL, 16));
      at += 4;
    } else {
      *to++ = found ? TO[found - FROM] : *at;
    }
  }
  *to = 0;
  value->size = (size_t)(to - value->text);
  return at + 1;
}

static const char *json_value(const char *at, json *value) {
  at = json_space(at);
  *value = (json){.type = *at};
  if (*at == '"')
    return json_string(at, value);
  if (*at == '{' || *at == '[') {
    const char end = *at == '{' ? '}' : ']';
    const char *begin = at;
    at = json_space(at + 1);
    while (*at != end) {
      value->items = realloc(value->items, (value->count + 1) * sizeof(json));
      value->keys = realloc(value->keys, (value->count + 1) * sizeof(json));
      if (end == '}') {
        at = json_space(json_value(at, &value->keys[value->count]));
        if (*at++ != ':')
          json_fail(at);
      }
      at = json_space(json_value(at, &value->items[value->count++]));
      if (*at == ',')
        at++;
      else if (*at != end)
        json_fail(at);
      at = json_space(at);
    }
    value->size = (size_t)(at + 1 - begin);
    value->text = strndup(begin, value->size);
    return at + 1;
  }
  value->size = strcspn(at, ",]} \t\r\n");
  if (value->size == 0)
    json_fail(at);
  value->text = strndup(at, value->size);
  if (strchr("-0123456789", value->type))
    value->type = '1';
  return at + value->size;
}

/** The file's bytes with a zero behind them; NULL if it can't be read. */
static char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  char *bytes = malloc(1);
  size_t used = 0, got;
  do {
    bytes = realloc(bytes, used + 65537);
    used += got = fread(bytes + used, 1, 65536, file);
  } while (got > 0);
  bytes[used] = 0;
  fclose(file);
  if (size)
    *size = used;
  return bytes;
}

static json json_file(const char *path) {
  char *text = read_file(path, NULL);
  json value;
  if (!text)
    json_fail(path);
  json_value(text, &value);
  return value;
}

/** A field of an object; NULL if there is none. */
static const json *field(const json *object, const char *name) {
  for (size_t at = 0; object && at < object->count; at++)
    if (object->type == '{' && strcmp(object->keys[at].text, name) == 0)
      return &object->items[at];
  return NULL;
}

static const char *text_of(const json *object, const char *name, const char *otherwise) {
  const json *found = field(object, name);
  return found ? found->text : otherwise;
}

static unsigned long long number_of(const json *object, const char *name) {
  return strtoull(text_of(object, name, "0"), NULL, 10);
}

static bool is(const char *a, const char *b) { return a && b && strcmp(a, b) == 0; }

#endif
