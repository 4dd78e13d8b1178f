"""Inverts an image that NumPy and the guest share: nothing is copied."""

import numpy
import wasmspan

TEXT = """
(module
    (memory (export "memory") 4)
    (func (export "invert") (param $at i32) (param $end i32)
        (loop
            (v128.store (local.get $at) (v128.not (v128.load (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br_if 0 (i32.lt_u (local.get $at) (local.get $end))))))
"""


def main() -> None:
    instance = wasmspan.Module.from_wat(TEXT).instantiate()
    pixels = numpy.frombuffer(instance.exports.memory, dtype=numpy.uint8)
    image = pixels[: 256 * 256 * 3].reshape(256, 256, 3)
    image[:, :, 0] = numpy.arange(256)
    instance.exports.invert(0, image.size)
    assert image[0, 255, 0] == 0
    assert image[5, 5, 1] == 255
    print(f"inverted {image.size} bytes")


if __name__ == "__main__":
    main()
