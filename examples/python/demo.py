"""The lines of Python in the demonstration. `make demo` runs the same program in five languages."""

import sys
from pathlib import Path
from time import perf_counter

import wasmspan
from wasmspan import Bindgen, Module, Wasi

ROOT = Path(__file__).parents[2]


def line(what: str, expected: str, got: str, start: float) -> bool:
    """Prints a line: what ran, what was expected, what came out, and how long it took."""
    time = f"{(perf_counter() - start) * 1e3:.2f} ms"
    verdict = "ok" if got == expected else "WRONG"
    print(f"{'Python':<8} {what:<34} {expected:>22} {got:>22} {time:>11} {verdict}")
    return got == expected


def main() -> bool:
    good = True

    # A guest of wasmedge-bindgen: its functions take and return texts and bytes.
    start = perf_counter()
    guest = Bindgen(Module(ROOT / "tests/wasm/bindgen-rust.wasm").instantiate(wasi=Wasi()))
    good &= line("load a guest, pass it a text", "hello demo", guest.say("demo"), start)

    start = perf_counter()
    created = guest.create_line('{"x":0,"y":0}', '{"x":3,"y":4}', "a line")
    digest = guest.sha3_digest(created.encode())
    good &= line("create_line, digest of its text", "b9b5c1698ab7b6ec", digest[:8].hex(), start)

    data = bytes(at % 251 for at in range(256 << 10))
    start = perf_counter()
    digest = guest.sha3_digest(data)
    good &= line("sha3_digest of 256 KiB", "2ae120f51b9b63e9", digest[:8].hex(), start)

    # A guest that calls a function of its host.
    module = Module(ROOT / "examples/demo.wat")
    guest = module.instantiate({"env": {"double": lambda n: n * 2}}).exports
    start = perf_counter()
    total = guest.sum_of_doubles(10_000)
    good &= line("10000 calls of a host function", "100010000", str(total), start)

    # Errors of the guest, after which it can be called again.
    start = perf_counter()
    try:
        got = str(guest.divide(1, 0))
    except wasmspan.Trap as trap:
        got = str(trap)
    good &= line("a trap, caught", "integer divide by zero", got, start)

    start = perf_counter()
    try:
        guest.forever(timeout=0.020)
        got = "not stopped"
    except wasmspan.WasmTimeout:
        got = "stopped"
    good &= line("an endless loop, stopped at 20 ms", "stopped", got, start)
    return good


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
