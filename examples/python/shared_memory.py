"""Data that guest and host share without copying it."""

import wasmspan
from wasmspan import Memory, MemoryType

GUEST = """
(module (import "host" "memory" (memory 16 256))
    (func (export "invert") (param $at i32) (param $length i32)
        (loop $next
            (i32.store (local.get $at) (i32.xor (i32.load (local.get $at)) (i32.const -1)))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 4)))))))
"""
AT, LENGTH = 65536, 640 * 480


def main() -> None:
    memory = Memory(MemoryType(16, 256))
    guest = wasmspan.Module.from_wat(GUEST).instantiate({"host": {"memory": memory}}).exports

    # A view of the guest's own memory: what one writes, the other reads.
    pixels = memoryview(memory)[AT : AT + LENGTH]
    pixels[:] = bytes([200]) * LENGTH
    guest.invert(AT, LENGTH)
    print("inverted:", pixels[0], pixels[-1])

    # A memory never moves, so the view stays good when it grows.
    before = len(memory)
    memory.grow(1)
    print("grown:", len(memory) - before, "bytes more,", pixels[0], pixels[-1])

    # Copies where those are wanted, with checked bounds.
    memory.write(0, b"text")
    print("copied:", memory.read_str(0, 4))


if __name__ == "__main__":
    main()
