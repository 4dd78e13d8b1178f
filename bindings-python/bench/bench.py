"""The package beside wasmtime-py and pywasm3, as ratios in one run.

Each row alternates between ours and the peer's and gives the median of the ratios with its 95 % interval.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import wasm3
import wasmspan
import wasmtime

ROUNDS = 15

TEXT = """(module
    (import "env" "f" (func $f (param i32 i32) (result i32)))
    (memory (export "memory") 4)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "callbacks") (param i32)
        (loop
            (drop (call $f (i32.const 1) (i32.const 2)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"""


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def repeat(count: int, call: Callable[..., object], *args: object) -> Callable[[], None]:
    def work() -> None:
        function = call
        for _ in range(count):
            function(*args)

    return work


def compare(name: str, bar: str, ours: tuple[int, Callable], peer: tuple[int, Callable]) -> None:
    """One row: each of the two is (how many things the work does, the work)."""
    ours[1](), peer[1]()
    ratios, times = [], []
    for _ in range(ROUNDS):
        a, b = seconds(ours[1]) / ours[0], seconds(peer[1]) / peer[0]
        ratios.append(a / b)
        times.append((a, b))
    ratios.sort()
    low, high = ratios[ROUNDS // 2 - 4], ratios[ROUNDS // 2 + 4]
    a, b = (statistics.median(t) for t in zip(*times, strict=True))
    print(
        f"{name:34} {a * 1e9:12.0f} ns {b * 1e9:12.0f} ns   {statistics.median(ratios):8.4f}"
        f"   [{low:.4f}, {high:.4f}]   {bar}"
    )


def host(a: int, b: int) -> int:
    return a + b


def bindgen() -> None:
    """Strings and bytes of a wasmedge-bindgen guest, beside the same steps by hand and beside copies."""
    file = Path(__file__).parents[2] / "tests" / "wasm" / "bindgen-rust.wasm"
    instance = wasmspan.Module(file).instantiate(wasi=wasmspan.Wasi())
    guest, exports = wasmspan.Bindgen(instance), instance.exports
    allocate, deallocate, echo, memory = (
        exports.allocate,
        exports.deallocate,
        exports.echo_string,
        exports.memory,
    )
    text, few = "x" * 100, 2000

    def by_hand() -> None:
        for _ in range(few):
            data = text.encode()
            frame, place = allocate(8), allocate(100)
            memory.write(place, data)
            memory.pack("<II", frame, place, 100)
            record = echo(frame, 1)
            _, table, _ = memory.unpack("<BII", record)
            address, _, size = memory.unpack("<III", table)
            memory.read_str(address, size)
            for at, length in ((address, size), (table, 12), (record, 9), (frame, 8)):
                deallocate(at, length)

    def called() -> None:
        for _ in range(few):
            guest.call("echo_string", text)

    compare("bindgen, 100 bytes; by hand", "raw + 1 µs", (few, called), (few, by_hand))
    large, copy = bytes(10 << 20), bytearray(10 << 20)

    def copy_in() -> None:
        copy[:] = large

    size = wasmspan.U32(10 << 20)
    compare("bindgen, 10 MB in; a copy", "1.2", (1, lambda: guest.take_bytes(large)), (1, copy_in))
    compare("bindgen, 10 MB out; a copy", "1.2", (1, lambda: guest.make_bytes(size)), (1, copy.copy))


def main() -> None:
    wasm = bytes(wasmtime.wat2wasm(TEXT))
    module = wasmspan.Module(wasm)
    ours = module.instantiate({"env": {"f": host}})

    store = wasmtime.Store()
    theirs = wasmtime.Module(store.engine, wasm)
    i32 = wasmtime.ValType.i32()
    function = wasmtime.Func(store, wasmtime.FuncType([i32, i32], [i32]), host)
    instance = wasmtime.Instance(store, theirs, [function])
    exports = instance.exports(store)

    environment = wasm3.Environment()
    runtime = environment.new_runtime(65536)
    third = environment.parse_module(wasm)
    runtime.load(third)
    third.link_function("env", "f", "i(ii)", host)

    print(f"{'':34} {'ours':>15} {'peer':>15}   {'ratio':>8}   95 % interval, bar")
    add, callbacks = ours.exports.add, ours.exports.callbacks
    n, few = 20_000, 500
    compare(
        "call, pywasm3",
        "1.0",
        (n, repeat(n, add, 1, 2)),
        (n, repeat(n, runtime.find_function("add"), 1, 2)),
    )
    compare(
        "call, wasmtime-py",
        "0.01",
        (n, repeat(n, add, 1, 2)),
        (few, repeat(few, exports["add"], store, 1, 2)),
    )
    third_callbacks, their_callbacks = runtime.find_function("callbacks"), exports["callbacks"]
    compare("callback, pywasm3", "1.0", (n, lambda: callbacks(n)), (n, lambda: third_callbacks(n)))
    compare(
        "callback, wasmtime-py",
        "0.05",
        (n, lambda: callbacks(n)),
        (few, lambda: their_callbacks(store, few)),
    )

    memory, size = ours.exports.memory, 65536
    data, buffer = bytes(size), bytearray(4 * size)

    def write_ours() -> None:
        for _ in range(500):
            memory[0:65536] = data

    def write_python() -> None:
        for _ in range(500):
            buffer[0:65536] = data

    def read_ours() -> None:
        for _ in range(500):
            memory[0:65536]

    def read_python() -> None:
        for _ in range(500):
            bytes(memoryview(buffer)[0:65536])

    compare("write 64 KiB, bytearray", "1.1", (500, write_ours), (500, write_python))
    compare("read 64 KiB, bytearray", "1.1", (500, read_ours), (500, read_python))

    imports = {"env": {"f": host}}

    def make_theirs() -> None:
        for _ in range(100):
            fresh = wasmtime.Store(store.engine)
            found = wasmtime.Func(fresh, wasmtime.FuncType([i32, i32], [i32]), host)
            wasmtime.Instance(fresh, theirs, [found])

    make = repeat(100, module.instantiate, imports)
    compare("instantiate, wasmtime-py", "0.5", (100, make), (100, make_theirs))
    fib, their_fib = ours.exports.fib, exports["fib"]
    compare(
        "compute fib(27), wasmtime-py",
        "1.0",
        (1, lambda: fib(27)),
        (1, lambda: their_fib(store, 27)),
    )

    bindgen()

    code = "import time; t = time.perf_counter(); import wasmspan; print(time.perf_counter() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(9)]
    print(f"import: {min(times) * 1e3:.1f} to {max(times) * 1e3:.1f} ms (bar 30 ms)")


if __name__ == "__main__":
    main()
