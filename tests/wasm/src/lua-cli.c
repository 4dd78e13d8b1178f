// Runs a Lua script from standard input; the program's arguments are in the table `arg`.
// An error ends the program with status 1 (this build has no setjmp, so pcall cannot catch one).
#include <stdio.h>
#include <stdlib.h>
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

_Noreturn void lua_error_stop(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  fflush(stdout);
  fprintf(stderr, "lua: %s\n", message ? message : "error without a message");
  exit(1);
}

int main(int argc, char **argv) {
  size_t len = 0, cap = 1 << 16, got;
  char *text = malloc(cap);
  while (text && (got = fread(text + len, 1, cap - len, stdin)) > 0)
    if ((len += got) == cap) text = realloc(text, cap *= 2);
  lua_State *L = luaL_newstate();
  if (!text || !L) { fputs("lua: out of memory\n", stderr); return 1; }
  luaL_requiref(L, "_G", luaopen_base, 1);
  luaL_requiref(L, "table", luaopen_table, 1);
  luaL_requiref(L, "string", luaopen_string, 1);
  luaL_requiref(L, "math", luaopen_math, 1);
  luaL_requiref(L, "utf8", luaopen_utf8, 1);
  lua_settop(L, 0);
  lua_newtable(L);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
  lua_setglobal(L, "arg");
  if (luaL_loadbuffer(L, text, len, "=stdin") || lua_pcall(L, 0, 0, 0)) lua_error_stop(L);
  lua_close(L);
  return 0;
}
