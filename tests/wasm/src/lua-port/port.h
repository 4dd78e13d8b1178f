// Included before every Lua file. Without setjmp an error cannot unwind: the first one, caught by pcall or not, ends the
// program through lua_error_stop. Coroutines cannot yield for the same reason.
#ifndef LUA_PORT_H
#define LUA_PORT_H
struct lua_State;
_Noreturn void lua_error_stop(struct lua_State *L);
#define LUAI_THROW(L, c) lua_error_stop(L)
#define LUAI_TRY(L, c, ...) { __VA_ARGS__ }
#define luai_jmpbuf int
#define luai_makeseed(L) 20221105u
#define l_signalT int
#define LUA_TMPNAMBUFSIZE 32
#define lua_tmpnam(b, e) { (e) = 1; }
#endif
