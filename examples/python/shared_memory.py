"""Shares one memory between two guests and the host: views and slices see the same bytes, without copies."""

import wasmspan
from wasmspan import Memory, MemoryType

WRITER = """
(module (import "env" "memory" (memory 1))
    (func (export "fill") (param i32 i32 i32)
        (memory.fill (local.get 0) (local.get 1) (local.get 2))))
"""
READER = """
(module (import "env" "memory" (memory 1))
    (func (export "sum") (param $at i32) (param $end i32) (result i32) (local $sum i32)
        (loop (result i32)
            (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $at) (local.get $end)))
            (local.get $sum))))
"""


def main() -> None:
    memory = Memory(MemoryType(1, 4))
    imports = {"env": {"memory": memory}}
    fill = wasmspan.Module.from_wat(WRITER).instantiate(imports).exports.fill
    total = wasmspan.Module.from_wat(READER).instantiate(imports).exports.sum
    view = memoryview(memory)
    fill(0, 7, 100)
    assert view[99] == 7
    view[0:3] = b"\x01\x02\x03"
    assert total(0, 100) == 6 + 97 * 7
    memory.grow(1)  # The view stays good, it is only shorter than the memory now.
    fill(10, 0, 90)
    assert view[10] == 0
    assert len(memory) == 2 * len(view)
    print("two guests and a view of one memory")


if __name__ == "__main__":
    main()
