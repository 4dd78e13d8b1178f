"""Callables and objects like files as a guest's standard streams."""

from __future__ import annotations

import codecs
import inspect
import io
from collections.abc import Callable
from typing import Any, Protocol


class Readable(Protocol):
    """An object like a file, whose `read` (or `read1`) gives bytes or text, or something to await."""

    def read(self, size: int, /) -> Any: ...


class Writable(Protocol):
    """An object like a file, whose `write` takes bytes, or text in the case of `io.TextIOBase`."""

    def write(self, data: Any, /) -> Any: ...


def reader(source: Any) -> Callable[[int], bytes]:
    """A function that gives up to as many bytes as it is asked for, and none at the end."""
    if isinstance(source, io.TextIOBase):
        # What a terminal gives ends with the line; `read` would wait for more.
        read: Callable[[int], Any] = source.readline
    else:
        read = getattr(source, "read1", None) or getattr(source, "read", None) or source
    if not callable(read):
        raise TypeError(
            'stdin is bytes, text, "inherit", None, a descriptor, a callable or a file, '
            f"not {type(source).__qualname__}"
        )
    read, rest = awaited(read), b""

    def give(size: int) -> bytes:
        nonlocal rest
        if not rest:
            given = read(size) or b""
            rest = given.encode() if isinstance(given, str) else bytes(memoryview(given))
        now, rest = rest[:size], rest[size:]
        return now

    return give


def writer(what: str, sink: Any) -> Callable[[bytes], Any]:
    """A function that takes all bytes that it is given."""
    write = getattr(sink, "write", None) or sink
    if not callable(write):
        raise TypeError(
            f'{what} is "inherit", "capture", None, a descriptor, a callable or a file, '
            f"not {type(sink).__qualname__}"
        )
    if isinstance(sink, io.TextIOBase):
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        return lambda data: write(decode(data))
    if isinstance(sink, io.RawIOBase):
        return lambda data: write_all(write, data)
    return awaited(write)


def write_all(write: Callable[[bytes], int | None], data: bytes) -> None:
    """Writes to a file that may take less than it is given."""
    while data:
        taken = write(data)
        if taken is None:
            raise BlockingIOError("the file takes no more now; a guest needs one that waits")
        data = data[taken:]


def awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, or, for a coroutine function, one that waits for the event loop."""
    if inspect.iscoroutinefunction(function):
        from ._async_call import bridge

        return bridge(function)
    return function
