"""Types of Rust for arguments of wasmedge-bindgen guests, and places in guests' memories."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A place in a guest's memory.

    >>> Span.from_packed(Span(16, 5).packed)
    Span(address=16, length=5)
    """

    address: int
    length: int

    @property
    def packed(self) -> int:
        """As one number with the address in its upper half, which some guests take and return."""
        return self.address << 32 | self.length

    @staticmethod
    def from_packed(number: int) -> Span:
        """The place that a guest returned as one number, signed or not."""
        return Span(number >> 32 & 0xFFFF_FFFF, number & 0xFFFF_FFFF)


class U8(int):
    """A `u8`."""

    _kind = "u8"


class I8(int):
    """A `i8`."""

    _kind = "i8"


class U16(int):
    """A `u16`."""

    _kind = "u16"


class I16(int):
    """A `i16`."""

    _kind = "i16"


class U32(int):
    """A `u32`."""

    _kind = "u32"


class I32(int):
    """A `i32`."""

    _kind = "i32"


class U64(int):
    """A `u64`."""

    _kind = "u64"


class I64(int):
    """A `i64`."""

    _kind = "i64"


class F32(float):
    """A `f32`."""

    _kind = "f32"


class F64(float):
    """A `f64`."""

    _kind = "f64"


class Char(str):
    """A `char`."""

    _kind = "char"


class U8s(tuple[int, ...]):
    """A `Vec<u8>`."""

    _kind = "Vec<u8>"


class I8s(tuple[int, ...]):
    """A `Vec<i8>`."""

    _kind = "Vec<i8>"


class U16s(tuple[int, ...]):
    """A `Vec<u16>`."""

    _kind = "Vec<u16>"


class I16s(tuple[int, ...]):
    """A `Vec<i16>`."""

    _kind = "Vec<i16>"


class U32s(tuple[int, ...]):
    """A `Vec<u32>`."""

    _kind = "Vec<u32>"


class I32s(tuple[int, ...]):
    """A `Vec<i32>`."""

    _kind = "Vec<i32>"


class U64s(tuple[int, ...]):
    """A `Vec<u64>`."""

    _kind = "Vec<u64>"


class I64s(tuple[int, ...]):
    """A `Vec<i64>`."""

    _kind = "Vec<i64>"
