/* JSON, read into a tree that is never freed. Texts with \u beyond ASCII are not needed and refused. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct json {
  enum { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT } kind;
  /* The name of a field; NULL elsewhere. */
  const char *name;
  /* Of a text, and how it is written of everything. */
  const char *text, *source;
  size_t source_len;
  long long number;
  bool yes;
  /* The first item or field, and the next one. */
  struct json *first, *next;
} json;

static json *json_value(const char **at);

static void json_space(const char **at) {
  while (**at && strchr(" \t\r\n", **at))
    ++*at;
}

static char *json_text(const char **at) {
  if (**at != '"')
    return NULL;
  char *text = malloc(strlen(*at)), *end = text;
  for (++*at; **at && **at != '"'; ++*at) {
    if (**at != '\\') {
      *end++ = **at;
      continue;
    }
    unsigned code = 0;
    switch (*++*at) {
    case 'n': *end++ = '\n'; break;
    case 't': *end++ = '\t'; break;
    case 'r': *end++ = '\r'; break;
    case 'u':
      if (sscanf(*at + 1, "%4x", &code) != 1 || code > 127)
        return NULL;
      *end++ = (char)code, *at += 4;
      break;
    default: *end++ = **at; break;
    }
  }
  if (**at != '"')
    return NULL;
  ++*at, *end = 0;
  return text;
}

static json *json_items(const char **at, char close) {
  json *first = NULL, **last = &first;
  for (json_space(at); **at != close; json_space(at)) {
    char *name = NULL;
    if (close == '}') {
      name = json_text(at);
      json_space(at);
      if (!name || **at != ':')
        return NULL;
      ++*at;
    }
    json *item = json_value(at);
    if (!item)
      return NULL;
    item->name = name, *last = item, last = &item->next;
    json_space(at);
    if (**at == ',')
      ++*at;
    else if (**at != close)
      return NULL;
  }
  ++*at;
  return first;
}

/* NULL if it isn't JSON. */
static json *json_value(const char **at) {
  json *made = calloc(1, sizeof(json));
  json_space(at);
  made->source = *at;
  if (**at == '{' || **at == '[') {
    made->kind = **at == '{' ? JSON_OBJECT : JSON_LIST;
    char close = **at == '{' ? '}' : ']';
    ++*at;
    made->first = json_items(at, close);
    if ((*at)[-1] != close)
      return NULL;
  } else if (**at == '"') {
    made->kind = JSON_TEXT, made->text = json_text(at);
    if (!made->text)
      return NULL;
  } else if (strncmp(*at, "true", 4) == 0) {
    made->kind = JSON_BOOL, made->yes = true, *at += 4;
  } else if (strncmp(*at, "false", 5) == 0) {
    made->kind = JSON_BOOL, *at += 5;
  } else if (strncmp(*at, "null", 4) == 0) {
    *at += 4;
  } else {
    char *end;
    made->kind = JSON_NUMBER, made->number = strtoll(*at, &end, 10);
    if (end == *at)
      return NULL;
    *at = end;
  }
  made->source_len = (size_t)(*at - made->source);
  return made;
}

/* A field of an object; NULL if it has none of this name. */
static const json *json_field(const json *object, const char *name) {
  for (const json *field = object ? object->first : NULL; field; field = field->next)
    if (field->name && strcmp(field->name, name) == 0)
      return field;
  return NULL;
}

/* A whole file, ended by zero; NULL if it can't be read. */
static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  size_t room = 1 << 12, used = 0, got;
  char *text = malloc(room);
  while ((got = fread(text + used, 1, room - used - 1, file)) > 0)
    if ((used += got) == room - 1)
      text = realloc(text, room *= 2);
  fclose(file);
  text[used] = 0;
  if (len)
    *len = used;
  return text;
}

#endif
