"""What native code asks of the callables that become host functions."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._errors import Interrupted
from ._native import Caller

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from ._async_call import Waiting
    from ._native import Interrupt


class Context:
    """The event loop that a call on a thread of the runtime belongs to, if one runs where it is made."""

    def __init__(self, interrupt: Interrupt | None = None) -> None:
        self.interrupt = interrupt
        # Without asyncio there is no loop, and importing it takes long.
        asyncio = sys.modules.get("asyncio")
        self.loop: AbstractEventLoop | None = asyncio._get_running_loop() if asyncio else None
        self.waiting: Waiting | None = None
        if self.loop is not None:
            from ._async_call import Waiting

            self.waiting = Waiting()

    def enter(self) -> None:
        """Is called on the thread."""
        if self.loop is not None and self.waiting is not None:
            from ._async_call import enter

            enter(self.loop, self.waiting)

    def cancel(self) -> None:
        """Cancels what the call waits for."""
        if self.interrupt is not None:
            self.interrupt.interrupt()
        if self.waiting is not None:
            self.waiting.stop(Interrupted)


_CALLER_NAMES = frozenset({"Caller", "wasmspan.Caller"})


_PLAIN = frozenset(
    {"None", "NoneType", "bool", "bytearray", "bytes", "dict", "float", "int", "list", "set", "str"}
)
_FITTING = {
    "i32": {"int", "bool"},
    "i64": {"int", "bool"},
    "f32": {"float", "int"},
    "f64": {"float", "int"},
    "v128": {"bytes"},
}


def prepare(
    function: Callable[..., Any], params: tuple[str, ...], results: tuple[str, ...]
) -> tuple[Callable[..., Any], bool]:
    """Gives the callable to use, and whether it takes the caller first.

    A callable that can't take such arguments is refused here, not when wasm calls it.
    """
    wants_caller = False
    annotations = getattr(function, "__annotations__", None)
    if annotations:
        first = next(iter(annotations.values()))
        wants_caller = first is Caller or first in _CALLER_NAMES
        names = parameter_names(function)
        if wants_caller:
            wants_caller = names[:1] == list(annotations)[:1]
        for name, ty in zip(names[wants_caller:], params, strict=False):
            if name in annotations:
                check_annotation(function, f"parameter {name}", annotations[name], ty)
        if len(results) == 1 and "return" in annotations:
            check_annotation(function, "result", annotations["return"], results[0])
    check_arity(function, len(params) + wants_caller)
    if inspect.iscoroutinefunction(function):
        from ._async_call import bridge

        return bridge(function), wants_caller
    return function, wants_caller


def parameter_names(function: Callable[..., Any]) -> list[str]:
    """Names of the parameters that can be given by position.

    Those of a plain function or method come from its code: `inspect` takes longer than all else at
    instantiation.
    """
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__"):
        return list(inspect.signature(function).parameters)
    is_bound = getattr(function, "__self__", None) is not None
    return list(code.co_varnames[is_bound : code.co_argcount])


def check_annotation(function: Callable[..., Any], what: str, annotation: object, ty: str) -> None:
    """Raises `TypeError` if a plain type of Python is not that of the WebAssembly type."""
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if ty in _FITTING and name in _PLAIN and name not in _FITTING[ty]:
        called = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"the {what} of the host function {called} is {name}, but {ty} is imported")


def check_arity(function: Callable[..., Any], count: int) -> None:
    """Raises `TypeError` if the callable can't take `count` positional arguments."""
    code = getattr(function, "__code__", None)
    if code is not None:
        is_bound = getattr(function, "__self__", None) is not None
        if code.co_argcount - is_bound == count and not code.co_kwonlyargcount:
            return
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # A callable that says nothing of its parameters.
    try:
        signature.bind(*range(count))
    except TypeError as error:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"the host function {name} is called with {count} arguments: {error}") from None
