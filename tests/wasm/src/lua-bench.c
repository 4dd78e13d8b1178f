// The Lua interpreter running a script: tables, closures, strings, metatables, sorting.
#include <string.h>
#include "bench.h"
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

static const char script[] =
    "local function sieve(n)\n"
    "  local t, c = {}, 0\n"
    "  for i = 2, n do t[i] = true end\n"
    "  for i = 2, n do if t[i] then c = c + i; for j = i * i, n, i do t[j] = false end end end\n"
    "  return c\n"
    "end\n"
    "local Point = {}; Point.__index = Point\n"
    "Point.__add = function(a, b) return setmetatable({x = a.x + b.x, y = a.y + b.y}, Point) end\n"
    "function Point:len2() return self.x * self.x + self.y * self.y end\n"
    "local function points(n)\n"
    "  local p = setmetatable({x = 0, y = 0}, Point)\n"
    "  for i = 1, n do p = p + setmetatable({x = i % 3, y = i % 5}, Point) end\n"
    "  return p:len2()\n"
    "end\n"
    "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
    "local function words(n)\n"
    "  local seed, parts, count = 42, {}, {}\n"
    "  for i = 1, n do\n"
    "    seed = (seed * 1103515245 + 12345) % 2147483648\n"
    "    parts[#parts + 1] = string.format('w%d', seed // 65536 % 300)\n"
    "  end\n"
    "  for w in table.concat(parts, ' '):gmatch('%a%d+') do count[w] = (count[w] or 0) + 1 end\n"
    "  local list = {}\n"
    "  for w, c in pairs(count) do list[#list + 1] = w .. '=' .. c end\n"
    "  table.sort(list, function(a, b) return a > b end)\n"
    "  return list[1] .. list[#list] .. #list\n"
    "end\n"
    "return sieve(150000) .. '/' .. points(60000) .. '/' .. fib(25) .. '/' .. words(15000)\n";

_Noreturn void lua_error_stop(lua_State *L) { (void)L; __builtin_trap(); }

void setup(void) {}

int64_t run(void) {
  lua_State *L = luaL_newstate();
  if (!L) __builtin_trap();
  luaL_requiref(L, "_G", luaopen_base, 1);
  luaL_requiref(L, "table", luaopen_table, 1);
  luaL_requiref(L, "string", luaopen_string, 1);
  luaL_requiref(L, "math", luaopen_math, 1);
  if (luaL_loadbuffer(L, script, sizeof script - 1, "bench") || lua_pcall(L, 0, 1, 0)) __builtin_trap();
  size_t n;
  const char *s = lua_tolstring(L, -1, &n);
  int64_t sum = (int64_t)bench_hash(0, s, n);
  lua_close(L);
  return sum;
}
