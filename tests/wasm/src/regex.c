// A regular expression matcher: the pattern becomes a Thompson automaton (an instruction list), the text is searched
// by stepping all its threads at once (no backtracking), longest leftmost match. Syntax: | * + ? . ( ) [a-z] [^x] \d \w \s ^ $.
#include <stdlib.h>
#include <string.h>
#include "bench.h"

enum { CHAR, ANY, SET, SPLIT, JUMP, BOL, EOL, MATCH };
enum { MAX = 400, SETS = 32, TEXT = 300000 };
typedef struct { unsigned char op, c; unsigned short x, y; } Inst;
typedef struct { Inst code[MAX]; int len, sets; unsigned char set[SETS][32]; const char *p; } Program;
typedef struct { unsigned short pc[MAX]; int start[MAX]; int n; unsigned mark[MAX], gen; } Threads;

static Program programs[8];
static Threads now, next;
static char *text;
static const char *patterns[] = {
    "[a-z]+@[a-z]+\\.(com|org|net)", "(foo|bar)+baz?", "\\d\\d\\d\\d-\\d\\d-\\d\\d", "^[A-Z]\\w*:",
    "([01]?\\d|2[0-3]):[0-5]\\d", "err(or)?s? .*$", "\"[^\"]*\"", "(a|b)*abb"};

static int emit(Program *g, int op, int c, int x, int y) {
  if (g->len == MAX) __builtin_trap();
  g->code[g->len] = (Inst){(unsigned char)op, (unsigned char)c, (unsigned short)x, (unsigned short)y};
  return g->len++;
}

// Makes room for one instruction at `at`, moving what follows.
static void insert(Program *g, int at, int op) {
  emit(g, op, 0, 0, 0);
  memmove(&g->code[at + 1], &g->code[at], (size_t)(g->len - 1 - at) * sizeof(Inst));
  for (int i = at + 1; i < g->len; i++) {
    Inst *in = &g->code[i];
    if (in->op == SPLIT || in->op == JUMP) {
      if (in->x >= at) in->x++;
      if (in->op == SPLIT && in->y >= at) in->y++;
    }
  }
  g->code[at] = (Inst){(unsigned char)op, 0, 0, 0};
}

static void add_range(unsigned char *set, int a, int b) {
  for (; a <= b; a++) set[a >> 3] |= (unsigned char)(1 << (a & 7));
}

static void add_class(unsigned char *set, char c) {
  switch (c) {
    case 'd': add_range(set, '0', '9'); break;
    case 'w': add_range(set, '0', '9'); add_range(set, 'a', 'z'); add_range(set, 'A', 'Z'); add_range(set, '_', '_'); break;
    case 's': add_range(set, ' ', ' '); add_range(set, '\t', '\r'); break;
    default: add_range(set, (unsigned char)c, (unsigned char)c);
  }
}

static void alternation(Program *g);

static void atom(Program *g) {
  char c = *g->p++;
  if (c == '(') {
    alternation(g);
    if (*g->p++ != ')') __builtin_trap();
  } else if (c == '.') emit(g, ANY, 0, 0, 0);
  else if (c == '^') emit(g, BOL, 0, 0, 0);
  else if (c == '$') emit(g, EOL, 0, 0, 0);
  else if (c == '[' || (c == '\\' && strchr("dws", *g->p))) {
    unsigned char *set = g->set[g->sets];
    emit(g, SET, g->sets++, 0, 0);
    if (c == '\\') { add_class(set, *g->p++); return; }
    int negate = *g->p == '^';
    g->p += negate;
    while (*g->p != ']') {
      if (*g->p == '\\') { add_class(set, g->p[1]); g->p += 2; }
      else if (g->p[1] == '-' && g->p[2] != ']') { add_range(set, (unsigned char)g->p[0], (unsigned char)g->p[2]); g->p += 3; }
      else { add_range(set, (unsigned char)*g->p, (unsigned char)*g->p); g->p++; }
    }
    g->p++;
    if (negate) for (int i = 0; i < 32; i++) set[i] = (unsigned char)~set[i];
  } else emit(g, CHAR, c == '\\' ? *g->p++ : c, 0, 0);
}

static void repeat(Program *g) {
  int at = g->len;
  atom(g);
  for (;; g->p++) {
    if (*g->p == '*') {
      insert(g, at, SPLIT);
      emit(g, JUMP, 0, at, 0);
      g->code[at].x = (unsigned short)(at + 1);
      g->code[at].y = (unsigned short)g->len;
    } else if (*g->p == '+') {
      int split = emit(g, SPLIT, 0, at, 0);
      g->code[split].y = (unsigned short)g->len;
    } else if (*g->p == '?') {
      insert(g, at, SPLIT);
      g->code[at].x = (unsigned short)(at + 1);
      g->code[at].y = (unsigned short)g->len;
    } else return;
  }
}

static void alternation(Program *g) {
  int at = g->len;
  while (*g->p && *g->p != '|' && *g->p != ')') repeat(g);
  if (*g->p == '|') {
    g->p++;
    insert(g, at, SPLIT);
    int jump = emit(g, JUMP, 0, 0, 0);
    g->code[at].x = (unsigned short)(at + 1);
    g->code[at].y = (unsigned short)g->len;
    alternation(g);
    g->code[jump].x = (unsigned short)g->len;
  }
}

static void follow(const Program *g, Threads *t, int pc, int start, const char *p) {
  if (t->mark[pc] == t->gen) return;
  t->mark[pc] = t->gen;
  const Inst *in = &g->code[pc];
  switch (in->op) {
    case JUMP: follow(g, t, in->x, start, p); return;
    case SPLIT: follow(g, t, in->x, start, p); follow(g, t, in->y, start, p); return;
    case BOL: if (p == text || p[-1] == '\n') follow(g, t, pc + 1, start, p); return;
    case EOL: if (*p == 0 || *p == '\n') follow(g, t, pc + 1, start, p); return;
    default: t->start[t->n] = start; t->pc[t->n++] = (unsigned short)pc;
  }
}

// Counts the matches that do not overlap; `sum` takes in where they are.
static int search(const Program *g, uint64_t *sum) {
  int count = 0, begin = -1, end = 0;
  Threads *a = &now, *b = &next;
  a->n = 0;
  a->gen++;
  for (const char *p = text;; p++) {
    int at = (int)(p - text);
    if (begin < 0) follow(g, a, 0, at, p);
    b->n = 0;
    b->gen++;
    for (int i = 0; i < a->n; i++) {
      const Inst *in = &g->code[a->pc[i]];
      unsigned char c = (unsigned char)*p;
      int ok = 0;
      if (begin >= 0 && a->start[i] > begin) continue;
      switch (in->op) {
        case CHAR: ok = c == in->c; break;
        case ANY: ok = c != '\n' && c; break;
        case SET: ok = c && (g->set[in->c][c >> 3] >> (c & 7) & 1); break;
        case MATCH:
          if (begin < 0 || a->start[i] < begin || at > end) { begin = a->start[i]; end = at; }
          break;
      }
      if (ok) follow(g, b, a->pc[i] + 1, a->start[i], p + 1);
    }
    Threads *t = a; a = b; b = t;
    if (begin >= 0 && !a->n) {
      if (end > begin) { count++; *sum = *sum * 31 + (uint64_t)begin * 7 + (uint64_t)end; }
      if (end > begin && end <= at) p = text + end - 1;
      begin = -1;
      a->gen++;
    }
    if (!*p) return count;
  }
}

void setup(void) {
  for (int i = 0; i < 8; i++) {
    Program *g = &programs[i];
    g->p = patterns[i];
    alternation(g);
    emit(g, MATCH, 0, 0, 0);
  }
  static const char *words[] = {"foobar", "barbaz", "alice@example.com", "2022-11-05", "23:59", "Note:", "errors in", "\"quoted text\"",
                                "ababbabb", "lorem", "ipsum", "dolor", "bob@site.org", "error 7", "foofoobaz", "1999-1-1"};
  text = malloc(TEXT + 64);
  uint64_t s = 7;
  char *o = text;
  while (o < text + TEXT) {
    uint64_t v = bench_next(&s);
    const char *w = words[v & 15];
    while (*w) *o++ = *w++;
    *o++ = (v >> 8) % 9 ? ' ' : '\n';
  }
  *o = 0;
}

int64_t run(void) {
  uint64_t sum = 0;
  for (int i = 0; i < 8; i++) sum = sum * 1000003 + (uint64_t)search(&programs[i], &sum);
  return (int64_t)sum;
}
