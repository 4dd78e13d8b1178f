"""Functions of the module bindgen-rust, made by `wasmspan bindgen`."""

from collections.abc import Iterable
from typing import cast

from wasmspan import (
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bindgen,
    Char,
    I8s,
    I16s,
    I32s,
    I64s,
    Instance,
    U16s,
    U32s,
    U64s,
)


class BindgenRust:
    """An instance of the module."""

    def __init__(self, instance: Instance) -> None:
        """Prepares calls of a new instance, whose `_initialize` is called."""
        self._guest = Bindgen(instance)

    def bool_to_u8(self, value: bool) -> int:
        """Calls `bool_to_u8`."""
        return cast("int", self._guest.call("bool_to_u8", value))

    def char_to_u32(self, value: str) -> int:
        """Calls `char_to_u32`."""
        return cast("int", self._guest.call("char_to_u32", Char(value)))

    def create_line(self, from_: str, to: str, desc: str) -> str:
        """Makes a line of two points, as JSON.

        Points are JSON, too: `{"x": 1.5, "y": 3.8}`.
        """
        return cast("str", self._guest.call("create_line", from_, to, desc))

    def describe(
        self,
        a: int,
        b: int,
        c: int,
        d: int,
        e: int,
        f: int,
        g: int,
        h: int,
        i: float,
        j: float,
        k: bool,
        l_: str,
        m: str,
        n: Iterable[int],
    ) -> str:
        """All scalar types at once, as text."""
        return cast(
            "str",
            self._guest.call(
                "describe",
                U8(a),
                I8(b),
                U16(c),
                I16(d),
                U32(e),
                I32(f),
                U64(g),
                I64(h),
                F32(i),
                F64(j),
                k,
                Char(l_),
                m,
                I16s(n),
            ),
        )

    def divide(self, a: int, b: int) -> int:
        """Divides; by zero it fails."""
        return cast("int", self._guest.call("divide", I32(a), I32(b)))

    def echo_f32(self, value: float) -> float:
        """Calls `echo_f32`."""
        return cast("float", self._guest.call("echo_f32", F32(value)))

    def echo_f64(self, value: float) -> float:
        """Calls `echo_f64`."""
        return cast("float", self._guest.call("echo_f64", F64(value)))

    def echo_i16(self, value: int) -> int:
        """Calls `echo_i16`."""
        return cast("int", self._guest.call("echo_i16", I16(value)))

    def echo_i16s(self, value: Iterable[int]) -> list[int]:
        """Calls `echo_i16s`."""
        return cast("list[int]", self._guest.call("echo_i16s", I16s(value)))

    def echo_i32(self, value: int) -> int:
        """Calls `echo_i32`."""
        return cast("int", self._guest.call("echo_i32", I32(value)))

    def echo_i32s(self, value: Iterable[int]) -> list[int]:
        """Calls `echo_i32s`."""
        return cast("list[int]", self._guest.call("echo_i32s", I32s(value)))

    def echo_i64(self, value: int) -> int:
        """Calls `echo_i64`."""
        return cast("int", self._guest.call("echo_i64", I64(value)))

    def echo_i64s(self, value: Iterable[int]) -> list[int]:
        """Calls `echo_i64s`."""
        return cast("list[int]", self._guest.call("echo_i64s", I64s(value)))

    def echo_i8(self, value: int) -> int:
        """Calls `echo_i8`."""
        return cast("int", self._guest.call("echo_i8", I8(value)))

    def echo_i8s(self, value: Iterable[int]) -> list[int]:
        """Calls `echo_i8s`."""
        return cast("list[int]", self._guest.call("echo_i8s", I8s(value)))

    def echo_string(self, value: str) -> str:
        """Calls `echo_string`."""
        return cast("str", self._guest.call("echo_string", value))

    def echo_u16(self, value: int) -> int:
        """Calls `echo_u16`."""
        return cast("int", self._guest.call("echo_u16", U16(value)))

    def echo_u16s(self, value: Iterable[int]) -> list[int]:
        """Calls `echo_u16s`."""
        return cast("list[int]", self._guest.call("echo_u16s", U16s(value)))

    def echo_u32(self, value: int) -> int:
        """Calls `echo_u32`."""
        return cast("int", self._guest.call("echo_u32", U32(value)))

    def echo_u32s(self, value: Iterable[int]) -> list[int]:
        """Calls `echo_u32s`."""
        return cast("list[int]", self._guest.call("echo_u32s", U32s(value)))

    def echo_u64(self, value: int) -> int:
        """Calls `echo_u64`."""
        return cast("int", self._guest.call("echo_u64", U64(value)))

    def echo_u64s(self, value: Iterable[int]) -> list[int]:
        """Calls `echo_u64s`."""
        return cast("list[int]", self._guest.call("echo_u64s", U64s(value)))

    def echo_u8(self, value: int) -> int:
        """Calls `echo_u8`."""
        return cast("int", self._guest.call("echo_u8", U8(value)))

    def echo_u8s(self, value: bytes) -> bytes:
        """Calls `echo_u8s`."""
        return cast("bytes", self._guest.call("echo_u8s", value))

    def exits(self, code: int) -> int:
        """Calls `exits`."""
        return cast("int", self._guest.call("exits", I32(code)))

    def fail_empty(self) -> int:
        """Calls `fail_empty`."""
        return cast("int", self._guest.call("fail_empty"))

    def keccak_digest(self, data: bytes) -> bytes:
        """Keccak-256 of bytes."""
        return cast("bytes", self._guest.call("keccak_digest", data))

    def lowest_common_multiple(self, a: int, b: int) -> int:
        """The least number that both divide."""
        return cast("int", self._guest.call("lowest_common_multiple", I32(a), I32(b)))

    def make_bytes(self, len: int) -> bytes:
        """Calls `make_bytes`."""
        return cast("bytes", self._guest.call("make_bytes", U32(len)))

    def nothing(self) -> None:
        """Calls `nothing`."""
        self._guest.call("nothing")

    def obfusticate(self, text: str) -> str:
        """Turns letters by 13 places."""
        return cast("str", self._guest.call("obfusticate", text))

    def panics(self, message: str) -> int:
        """Calls `panics`."""
        return cast("int", self._guest.call("panics", message))

    def prints(self, text: str) -> None:
        """Calls `prints`."""
        self._guest.call("prints", text)

    def say(self, name: str) -> str:
        """Greets somebody."""
        return cast("str", self._guest.call("say", name))

    def sha3_digest(self, data: bytes) -> bytes:
        """SHA3-256 of bytes."""
        return cast("bytes", self._guest.call("sha3_digest", data))

    def split(self, text: str, separator: str) -> tuple[str, str]:
        """Divides a text where the separator first is; fails where it isn't."""
        return cast("tuple[str, str]", self._guest.call("split", text, separator))

    def swap(self, a: int, b: str) -> tuple[str, int]:
        """Gives both back, in the other order."""
        return cast("tuple[str, int]", self._guest.call("swap", I32(a), b))

    def take_bytes(self, data: bytes) -> int:
        """Calls `take_bytes`."""
        return cast("int", self._guest.call("take_bytes", data))
