"""Calls that an event loop awaits: the guest runs on a thread, host functions may be coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from ._native import Function, Interrupt

T = TypeVar("T")

_lock = threading.Lock()
_executor: ThreadPoolExecutor | None = None


class _Current(threading.local):
    """What the thread runs for an event loop."""

    loop: asyncio.AbstractEventLoop | None = None
    pending: list[Future[Any]]


_current = _Current()


def _threads() -> ThreadPoolExecutor:
    global _executor
    with _lock:
        if _executor is None:
            _executor = ThreadPoolExecutor((os.cpu_count() or 1) + 4, "wasmspan")
        return _executor


def _after_fork() -> None:
    global _executor, _lock
    _lock = threading.Lock()
    _executor = None


os.register_at_fork(after_in_child=_after_fork)


async def in_thread(interrupt: Interrupt, work: Callable[[], T]) -> T:
    """Does `work` on a thread; a cancelled task stops it through `interrupt` and waits for its end."""
    loop = asyncio.get_running_loop()
    pending: list[Future[Any]] = []

    def enter() -> T:
        _current.loop, _current.pending = loop, pending
        try:
            return work()
        finally:
            _current.loop = None

    future = loop.run_in_executor(_threads(), enter)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        interrupt.interrupt()
        for waited_for in pending:
            waited_for.cancel()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await future
        raise


def call(function: Function, *args: Any, timeout: float | None = None) -> Awaitable[Any]:
    """Calls a function on a thread."""
    interrupt = Interrupt()
    return in_thread(interrupt, lambda: function(*args, timeout=timeout, interrupt=interrupt))


def bridge(function: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., T]:
    """Makes a host function of a coroutine function: the guest waits while the loop runs it."""

    @functools.wraps(function)
    def wait(*args: Any) -> T:
        loop = _current.loop
        if loop is None:
            raise RuntimeError(
                f"{function.__qualname__} is a coroutine function: call the guest with "
                "`await instance.exports.name.async_(…)`"
            )
        future = asyncio.run_coroutine_threadsafe(function(*args), loop)
        _current.pending.append(future)
        try:
            return future.result()
        finally:
            _current.pending.remove(future)

    return wait
