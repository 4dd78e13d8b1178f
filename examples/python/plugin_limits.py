"""A plug-in that nobody has read: so much time, memory and stack, and no way out but what it is given."""

import wasmspan
from wasmspan import Limits

PLUGIN = """
(module
    (memory (export "memory") 1)
    (func (export "price") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "hang") (loop (br 0)))
    (func (export "hoard") (result i32)
        (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
    (func $deep (export "deep") (call $deep)))
"""


def main() -> None:
    limits = Limits(time_ms=500, memory_pages=4, stack_bytes=256 << 10)  # the time is that of each call
    plugin = wasmspan.Module.from_wat(PLUGIN).instantiate(limits=limits).exports
    print("price:", plugin.price(14))
    print("pages that it got:", plugin.hoard())
    for name in ("hang", "deep"):
        try:
            plugin[name]()
        except wasmspan.WasmTimeout:
            print(name, "was stopped: it ran out of time")
        except wasmspan.Trap as trap:
            print(name, "was stopped:", str(trap).partition(":")[0])
    # Stopped is not broken.
    print("price:", plugin.price(2))


if __name__ == "__main__":
    main()
