"""A web server (aiohttp) that runs untrusted handlers: each request gets a fresh instance, time and memory.

    python server_deadline.py [PORT [DEADLINE]]      then: curl localhost:8080/double/21, /spin, /grow, /trap

The event loop stays free while guests run. A request whose client goes away stops its guest, too.
"""

import asyncio
import sys

import wasmspan
from aiohttp import web

# What users uploaded. Compiled once; instances share the code and nothing else.
HANDLERS = """
(module
    (import "host" "lookup" (func $lookup (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "double") (param i32) (result i32) (i32.mul (call $lookup (local.get 0)) (i32.const 2)))
    (func (export "spin") (param i32) (result i32) (loop (br 0)) (unreachable))
    (func (export "grow") (param i32) (result i32)
        (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
    (func (export "trap") (param i32) (result i32) (unreachable)))
"""


def application(deadline: float) -> web.Application:
    """The server, for `aiohttp` to run; the deadline is in seconds."""
    limits = wasmspan.Limits(memory_pages=16)
    imports = {"host": {"lookup": lambda key: key}}
    pool = wasmspan.Pool(wasmspan.Module.from_wat(HANDLERS), imports, size=100, limits=limits)

    async def handle(request: web.Request) -> web.Response:
        name, _, argument = request.path.strip("/").partition("/")
        try:
            with await pool.get_async(timeout=5) as instance:
                if name not in instance or name == "memory":
                    return web.Response(status=404, text="no such handler\n")
                result = await instance[name].async_(int(argument or 0), timeout=deadline)
        except wasmspan.WasmTimeout:
            return web.Response(status=504, text="the handler ran out of time\n")
        except wasmspan.Busy:
            return web.Response(status=503, text="too many requests\n")
        except (wasmspan.Trap, ValueError) as error:
            return web.Response(status=500, text=f"{error}\n")
        return web.Response(text=f"{result}\n")

    server = web.Application()
    server.router.add_get("/{path:.*}", handle)
    return server


async def main(port: int = 8080, deadline: int = 100) -> None:
    runner = web.AppRunner(application(deadline / 1000))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("listening on", runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
