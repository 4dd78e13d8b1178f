"""Runs a plug-in that nobody has checked: with little time, fuel and memory, and nothing of this machine."""

import wasmspan
from wasmspan import Limits

PLUGIN = """
(module
    (memory (export "memory") 1)
    (func (export "score") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "hang") (loop (br 0)))
    (func (export "eat") (result i32) (memory.grow (i32.const 1000))))
"""


def main() -> None:
    limits = Limits(time_ms=50, fuel=10_000_000_000, memory_pages=16)
    plugin = wasmspan.Module.from_wat(PLUGIN).instantiate(limits=limits).exports
    assert plugin.score(14) == 42
    assert plugin.eat() == -1  # The guest is told that there is no more memory.
    try:
        plugin.hang()
    except (wasmspan.WasmTimeout, wasmspan.OutOfFuel) as stopped:
        print(f"stopped: {stopped}")
    assert plugin.score(2) == 6  # It can still be used.


if __name__ == "__main__":
    main()
