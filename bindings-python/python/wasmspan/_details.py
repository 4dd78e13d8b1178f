"""What exceptions tell in detail."""

from __future__ import annotations

from typing import NamedTuple

from ._types import ExternType


class Frame(NamedTuple):
    """One WebAssembly function on the stack of a trap."""

    module: str | None
    """Name of the module in its name section."""
    function: str | None
    """Name of the function: from the name section, else the name it is exported under."""
    function_index: int
    """Number of the function in its module."""
    offset: int | None
    """Byte offset of the instruction in the module."""
    file: str | None
    """Source file, where the module has debug information."""
    line: int | None
    """Line in the source file."""


class MissingImport(NamedTuple):
    """An import that could not be linked."""

    module: str
    name: str
    wanted: ExternType
    reason: str
