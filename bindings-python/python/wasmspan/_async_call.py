"""Calls that an event loop awaits: the guest runs on a thread, host functions may be coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from . import _native
from ._errors import Busy, WasmTimeout
from ._host_function import Context
from ._native import Async, Function, Instance, Interrupt, Limits, Pool

T = TypeVar("T")


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


def enter(loop: asyncio.AbstractEventLoop, waiting: Waiting) -> None:
    """Says which loop runs coroutines for this thread, and where those it waits for are noted."""
    _current.loop, _current.waiting = loop, waiting


def _waker(loop: asyncio.AbstractEventLoop, woken: asyncio.Future[None]) -> Callable[[], bool]:
    """What ends `woken` from any thread; false if the loop is closed."""

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    def wake_soon() -> bool:
        try:
            loop.call_soon_threadsafe(wake)
        except RuntimeError:
            return False
        return True

    return wake_soon


async def in_thread(work: Callable[[], T], interrupt: Interrupt, timeout: float | None = None) -> T:
    """Does `work` on a thread; a cancelled task stops it, also through `interrupt`, and waits for its end.

    `work` itself ends after `timeout` seconds; coroutines that it waits for then are cancelled here.
    """
    context = Context(interrupt)
    timer = None
    if timeout is not None and context.waiting is not None:
        timer = asyncio.get_running_loop().call_later(timeout, context.waiting.stop, WasmTimeout)
    try:
        ended = asyncio.get_running_loop().create_future()
        wake = _waker(asyncio.get_running_loop(), ended)
        result: T = await _result(_native.in_thread(work, context, wake), ended)
    finally:
        if timer is not None:
            timer.cancel()
    return result


def call(
    function: Function, *args: Any, timeout: float | None = None, limits: Limits | None = None
) -> Awaitable[Any]:
    """Calls a function on a thread."""
    interrupt = Interrupt()
    return in_thread(
        lambda: function(*args, timeout=timeout, interrupt=interrupt, limits=limits),
        interrupt,
        timeout,
    )


async def finish(call: Async) -> Any:
    """Waits for a call on a thread of the runtime; a cancelled task stops it and waits for its end."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    call.on_finish(_waker(loop, ended))
    return await _result(call, ended)


async def _result(call: Async, ended: asyncio.Future[None]) -> Any:
    try:
        await asyncio.shield(ended)
    except asyncio.CancelledError:
        call.cancel()
        # One that had not begun has ended without a word.
        if not call.is_finished:
            with contextlib.suppress(asyncio.CancelledError):
                await ended
        raise
    try:
        return call.get()
    except CancelledError as cancelled:
        # That of a coroutine which the guest waited for: two classes, one meaning.
        raise asyncio.CancelledError(*cancelled.args) from None


async def get_from_pool(pool: Pool, timeout: float | None = None) -> Instance:
    """Waits for a place without a thread: all threads may run guests that have the others."""
    if (instance := pool.try_get()) is not None:
        return instance
    loop = asyncio.get_running_loop()
    end = None if timeout is None else loop.time() + timeout
    while True:
        ready = loop.create_future()
        turn = _native.reserve(pool, _waker(loop, ready))
        try:
            try:
                async with asyncio.timeout_at(end):
                    await ready
            except TimeoutError:
                raise Busy(f"all {pool.size} instances of the pool are in use") from None
            if (instance := turn.take()) is not None:
                return instance
        finally:
            turn.leave()


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
