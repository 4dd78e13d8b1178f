"""Calls that an event loop awaits: the guest runs on a thread, host functions may be coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from ._errors import Busy, Interrupted, WasmTimeout
from ._native import Async, Function, Instance, Interrupt, Limits, Pool

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02
"""Seconds between two looks for a place in a pool."""

_MOST_THREADS = 512
"""Guests that run at a time. Many may wait, perhaps for one another, so that processors are no measure."""

_lock = threading.Lock()
_executor: ThreadPoolExecutor | None = None


class Waiting:
    """The coroutines that a guest waits for, which end when its call is stopped."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []
        self.why: type[Exception] | None = None

    def stop(self, why: type[Exception]) -> None:
        """Cancels them, and those that come later; the guest's call ends with `why`."""
        self.why = why
        for future in tuple(self.futures):
            future.cancel()

    def result(self, future: Future[T]) -> T:
        """Waits for one."""
        self.futures.append(future)
        if self.why is not None:
            future.cancel()
        try:
            return future.result()
        except CancelledError:
            if self.why is not None:
                raise self.why("execution interrupted while the host was awaited") from None
            raise
        finally:
            self.futures.remove(future)


class _Current(threading.local):
    """What the thread runs for an event loop."""

    loop: asyncio.AbstractEventLoop | None = None
    waiting: Waiting


_current = _Current()


def _threads() -> ThreadPoolExecutor:
    global _executor
    with _lock:
        if _executor is None:
            _executor = ThreadPoolExecutor(_MOST_THREADS, "wasmspan")
        return _executor


def _after_fork() -> None:
    global _executor, _lock
    _lock = threading.Lock()
    _executor = None


os.register_at_fork(after_in_child=_after_fork)


_stops: set[Callable[[], None]] = set()
"""What stops each guest that runs for an event loop now."""

_is_ending = False


def _stop_all() -> None:
    """At the end of the program: whoever awaited these guests is gone, and their threads are waited for."""
    global _is_ending
    _is_ending = True
    for stop in tuple(_stops):
        stop()


# Functions that are registered later are called earlier: these threads' own wait for them comes after.
threading._register_atexit(_stop_all)  # type: ignore[attr-defined]


def enter(loop: asyncio.AbstractEventLoop, waiting: Waiting) -> None:
    """Says which loop runs coroutines for this thread, and where those it waits for are noted."""
    _current.loop, _current.waiting = loop, waiting


async def in_thread(interrupt: Interrupt, work: Callable[[], T], timeout: float | None = None) -> T:
    """Does `work` on a thread; a cancelled task stops it through `interrupt` and waits for its end.

    `work` itself ends after `timeout` seconds; coroutines that it waits for then are cancelled here.
    """
    loop = asyncio.get_running_loop()
    waiting = Waiting()

    def entered() -> T:
        enter(loop, waiting)
        try:
            return work()
        finally:
            _current.loop = None

    def stop() -> None:
        interrupt.interrupt()
        waiting.stop(Interrupted)

    timer = None if timeout is None else loop.call_later(timeout, waiting.stop, WasmTimeout)
    try:
        return await _result(entered, stop)
    finally:
        if timer is not None:
            timer.cancel()


async def _result(work: Callable[[], T], stop: Callable[[], None]) -> T:
    """What `work` returns on a thread. Cancelling the task calls `stop`, and waits for the end."""

    def contained() -> T:
        _stops.add(stop)
        try:
            if _is_ending:
                raise Interrupted("execution interrupted: the program ends")
            return work()
        except StopIteration as raised:
            # A future takes any exception but this one; a coroutine makes the same of it.
            raise RuntimeError("a host function raised StopIteration") from raised
        finally:
            _stops.discard(stop)

    future = asyncio.get_running_loop().run_in_executor(_threads(), contained)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await future
        raise


def call(
    function: Function, *args: Any, timeout: float | None = None, limits: Limits | None = None
) -> Awaitable[Any]:
    """Calls a function on a thread."""
    interrupt = Interrupt()
    return in_thread(
        interrupt,
        lambda: function(*args, timeout=timeout, interrupt=interrupt, limits=limits),
        timeout,
    )


async def finish(call: Async) -> Any:
    """Waits for a call on a thread of the runtime; a cancelled task stops it and waits for its end."""
    return await _result(call.get, call.cancel)


async def get_from_pool(pool: Pool, timeout: float | None = None) -> Instance:
    """Waits for a place without a thread: all threads may run guests that have the others."""
    end = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while (instance := pool.try_get()) is None:
        if end is not None and time.monotonic() >= end:
            raise Busy(f"all {pool.size} instances of the pool are in use")
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return instance


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
        return _current.waiting.result(asyncio.run_coroutine_threadsafe(function(*args), loop))

    return wait
