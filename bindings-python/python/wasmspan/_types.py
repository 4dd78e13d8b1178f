"""The types of WebAssembly as plain values."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class ValType(enum.StrEnum):
    """The type of a value; each member equals its name in the text format.

    >>> ValType.I32 == "i32"
    True
    """

    I32 = "i32"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"
    V128 = "v128"
    FUNCREF = "funcref"
    EXTERNREF = "externref"


@dataclass(frozen=True, slots=True, repr=False)
class FuncType:
    """Parameters and results of a function.

    >>> FuncType(["i32", "i32"], ["i32"])
    FuncType((i32, i32) -> (i32))
    """

    params: tuple[ValType, ...]
    results: tuple[ValType, ...]

    def __init__(self, params: Iterable[str] = (), results: Iterable[str] = ()) -> None:
        object.__setattr__(self, "params", tuple(map(ValType, params)))
        object.__setattr__(self, "results", tuple(map(ValType, results)))

    def __str__(self) -> str:
        return f"({', '.join(self.params)}) -> ({', '.join(self.results)})"

    def __repr__(self) -> str:
        return f"FuncType({self})"


@dataclass(frozen=True, slots=True)
class MemoryType:
    """Size range of a memory in pages of 64 KiB, and its kind."""

    minimum: int
    maximum: int | None = None
    shared: bool = False
    memory64: bool = False


@dataclass(frozen=True, slots=True)
class TableType:
    """What a table holds, and its size range in elements."""

    element: ValType
    minimum: int
    maximum: int | None = None
    table64: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "element", ValType(self.element))


@dataclass(frozen=True, slots=True)
class GlobalType:
    """Type of a global's value, and whether it may be written."""

    content: ValType
    mutable: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", ValType(self.content))


ExternType = FuncType | MemoryType | TableType | GlobalType
"""The type of an import or export."""


@dataclass(frozen=True, slots=True)
class ImportType:
    """One import of a module."""

    module: str
    name: str
    type: ExternType


@dataclass(frozen=True, slots=True)
class ExportType:
    """One export of a module."""

    name: str
    type: ExternType
