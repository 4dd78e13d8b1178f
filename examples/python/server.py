"""Serves Fibonacci numbers with asyncio: each request runs a guest with a time limit.

The loop stays free while guests run, and a request that takes too long is answered with an error.
"""

import asyncio

import wasmspan

TEXT = """
(module
    (func $fib (export "fib") (param i32) (result i64)
        (if (result i64) (i32.lt_s (local.get 0) (i32.const 2))
            (then (i64.extend_i32_s (local.get 0)))
            (else (i64.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
"""

MODULE = wasmspan.Module.from_wat(TEXT)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads a number and writes its Fibonacci number."""
    number = int(await reader.readline())
    instance = MODULE.instantiate()
    try:
        result = await instance.exports.fib.async_(number, timeout=0.5)
        writer.write(f"{result}\n".encode())
    except wasmspan.WasmTimeout:
        writer.write(b"too slow\n")
    await writer.drain()
    writer.close()


async def ask(port: int, number: int) -> str:
    """One request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{number}\n".encode())
    reply = await reader.readline()
    writer.close()
    return reply.decode().strip()


async def main() -> None:
    """Starts the server and asks it."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        replies = await asyncio.gather(*(ask(port, number) for number in (10, 20, 90)))
    assert replies == ["55", "6765", "too slow"]
    print(*replies, sep="\n")


if __name__ == "__main__":
    asyncio.run(main())
