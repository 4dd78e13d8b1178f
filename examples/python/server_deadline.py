"""Answers web requests with a guest (aiohttp): each has a deadline, and at most eight run at a time.

The event loop stays free while guests run. A request that takes too long stops its guest and gets status
504; so does one whose client goes away.
"""

import asyncio

import aiohttp
import wasmspan
from aiohttp import web

TEXT = """
(module
    (func $fib (export "fib") (param i32) (result i64)
        (if (result i64) (i32.lt_s (local.get 0) (i32.const 2))
            (then (i64.extend_i32_s (local.get 0)))
            (else (i64.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
"""
POOL = wasmspan.Pool(wasmspan.Module.from_wat(TEXT), size=8)


async def fibonacci(request: web.Request) -> web.Response:
    """Handles `/fib/N`."""
    number = int(request.match_info["number"])
    try:
        with await POOL.get_async(timeout=5) as instance:
            result = await instance.exports.fib.async_(number, timeout=0.5)
    except wasmspan.WasmTimeout:
        return web.Response(status=504, text="too slow")
    except wasmspan.Busy:
        return web.Response(status=503, text="too many requests")
    return web.Response(text=str(result))


def application() -> web.Application:
    """The server, for `aiohttp` to run."""
    app = web.Application()
    app.router.add_get(r"/fib/{number:\d+}", fibonacci)
    return app


async def main() -> None:
    """Starts the server and asks it; a server of your own ends with `web.run_app(application())`."""
    runner = web.AppRunner(application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]

    async def ask(number: int) -> tuple[int, str]:
        async with session.get(f"http://{host}:{port}/fib/{number}") as response:
            return response.status, await response.text()

    async with aiohttp.ClientSession() as session:
        replies = await asyncio.gather(*map(ask, (10, 20, 90)))
    await runner.cleanup()
    assert replies == [(200, "55"), (200, "6765"), (504, "too slow")]
    assert POOL.in_use == 0
    print(*replies, sep="\n")


if __name__ == "__main__":
    asyncio.run(main())
