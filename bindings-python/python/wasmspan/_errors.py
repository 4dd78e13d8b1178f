"""The exceptions of this package.

They are Python classes because a native class can't be a `TimeoutError` too.
"""

from __future__ import annotations

TYPE_CHECKING = False  # Type checkers take it for true; importing `typing` takes longer than all of this.
if TYPE_CHECKING:
    from ._details import Frame, MissingImport


class WasmError(Exception):
    """Base of everything this package raises by itself.

    Builtin exceptions are raised where Python's own types raise them: `TypeError`, `ValueError` and
    `OverflowError` for arguments, `IndexError` for places outside a memory or table, `KeyError` and
    `AttributeError` for names, `OSError` for files.
    """

    code: int = 0
    """Number in WasmEdge's table of error codes."""
    kind: str = ""
    """Name in that table, such as `"MemoryOutOfBounds"`."""


class CompileError(WasmError):
    """A module is malformed, invalid, or uses what is switched off."""

    offset: int | None = None
    """Byte offset in the module where reading or checking stopped."""
    proposal: str | None = None
    """Name of the proposal that the module needs, where it is switched off or not to be had."""


class LinkError(WasmError):
    """A module's imports are not all given, or do not fit."""

    missing: tuple[MissingImport, ...] = ()
    """Every import at fault, in the module's order."""


class Trap(WasmError):
    """WebAssembly code did what it must not, or was stopped."""

    frames: tuple[Frame, ...] = ()
    """The functions that ran, innermost first."""


class Interrupted(Trap):
    """A call was stopped from outside.

    >>> WasmTimeout().code
    7
    """

    code = 7
    kind = "Interrupted"


class WasmTimeout(Interrupted, TimeoutError):
    """A call took longer than its `timeout`, or than its limits allow."""

    limit: float | None = None
    """That time, in seconds."""


class OutputLimit(Interrupted):
    """A call wanted to write more than its limit `output_bytes`."""

    limit: int | None = None
    """That limit, in bytes."""


class OutOfFuel(Trap):
    """A call cost more than its limit."""


class UserError(Trap):
    """A host function failed with a number of its own, as in WasmEdge; raise it with that number.

    >>> UserError(7).code
    7
    """

    def __init__(self, code: int | str = 0) -> None:
        super().__init__(code if isinstance(code, str) else f"user defined error code 0x{code:02x}")
        if isinstance(code, int):
            self.code = code
        self.kind = "UserDefError"


class MemoryLimit(WasmError):
    """A memory or table can't become that large."""


class Busy(WasmError):
    """Another thread is running the instance."""


class Exit(WasmError):
    """The guest ended itself.

    >>> str(Exit(3))
    'the guest exited with status 3'
    """

    code = 1
    kind = "Terminated"

    def __init__(self, exit_code: int = 0) -> None:
        super().__init__(f"the guest exited with status {exit_code}")
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[Exit], tuple[int], dict[str, object]]:
        return type(self), (self.exit_code,), self.__dict__


class OutputTruncated(WasmError):
    """A run wanted to write more than its `output_limit`: what was captured is not all."""


class GuestError(WasmError):
    """A function of a wasmedge-bindgen guest returned `Err` with this message."""


class InternalError(WasmError):
    """A fault of this package itself, such as a panic of the runtime; please report it.

    What was called can still be used, as after a trap.
    """
