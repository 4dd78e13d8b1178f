"""Running a module as a process, in the manner of `subprocess.run`."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, ParamSpec, TypeAlias, cast

from . import _native
from ._errors import Exit, OutputTruncated, WasmError
from ._native import Config, Interrupt, Limits, MemoryFs, Module

Text = str | bytes
Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | Module
Directories = Mapping[str, str | os.PathLike[str] | MemoryFs]

if TYPE_CHECKING:
    from socket import socket

    from ._streams import Readable, Writable

    Feed = Text | bytearray | memoryview | int | Callable[[int], Any] | Readable | None
    """Where standard input comes from; the text "inherit" means that of this process."""
    Stream = Literal["capture", "inherit"] | int | Callable[[bytes], Any] | Writable | None
    """Where standard output or error goes."""


class Denial(NamedTuple):
    """Something that a guest asked for and was refused."""

    function: str
    """The function of WASI that it called."""
    wanted: str
    """What it asked for, as a path, an address or words."""
    errno: int
    """The error number that it got."""
    option: str
    """What would allow it, as an option of the command; what else is to be said if nothing would."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a run gave."""

    args: tuple[Text, ...]
    """What the guest was given, the name of the program first."""
    exit_code: int
    """0 if the guest returned, else what it ended itself with."""
    stdout: bytes
    """What it wrote, if that was captured."""
    stderr: bytes
    """What it wrote, if that was captured."""
    truncated: bool
    """Whether it wanted to write more than the limit: then what was captured is not all."""
    duration: float
    """Seconds from the start of its code to its end."""
    cpu_time: float
    """Seconds that the processor worked for it."""
    memory_pages: int
    """Most pages of 64 KiB that its memories had."""
    cost: int
    """What it cost, if `limits` or the configuration say that costs are measured; else 0."""

    denials: tuple[Denial, ...] = ()
    """What it was refused, in order, each once."""

    def check(self) -> None:
        """Raises `OutputTruncated` if output was cut, and `Exit` unless the exit code is zero."""
        raised: WasmError
        if self.truncated:
            raised = OutputTruncated("the guest wanted to write more than its output_limit")
        elif self.exit_code:
            raised = Exit(self.exit_code)
        else:
            return
        for name in ("stdout", "stderr", "denials"):
            setattr(raised, name, getattr(self, name))
        raise raised


def run(
    source: Source,
    args: Iterable[Text] = (),
    *,
    program: Text | None = None,
    imports: Mapping[str, Any] | None = None,
    env: Mapping[str, Text] | None = None,
    dirs: Directories | None = None,
    read_only_dirs: Directories | None = None,
    list_dirs: bool = False,
    stdin: Feed = None,
    stdout: Stream = "capture",
    stderr: Stream = "capture",
    timeout: float | None = None,
    memory: int | None = None,
    output_limit: int | None = None,
    limits: Limits | None = None,
    sockets: bool | Iterable[str] = False,
    listeners: Iterable[socket | int] | None = None,
    seed: int | None = None,
    realtime_clock: int | Callable[[], int] | None = None,
    monotonic_clock: int | Callable[[], int] | None = None,
    max_descriptors: int | None = None,
    check: bool = False,
    config: Config | None = None,
    interrupt: Interrupt | None = None,
) -> Completed:
    """Runs a WASI module from its `_start` to its end.

    `source` is what `Module` takes, or a `Module`, which saves compiling it again. `args` follow the
    name of the program, which is that of the file or module unless `program` says another. The guest gets
    what it is given and nothing else: `imports` are those of `Module.instantiate`, beside WASI; `env`,
    `dirs`, `read_only_dirs`, `list_dirs`, the streams, `sockets`, `listeners`, `seed`, the clocks and
    `max_descriptors` are those of `Wasi`. `"capture"` keeps at most `output_limit` bytes of a stream,
    64 MiB if it isn't given, for the result; a guest that writes more gets an error, and `truncated` says
    so. `memory` is the most pages of 64 KiB that a memory of it may have, and `limits` bounds it further.

    Raises `CompileError` and `LinkError` before anything ran, `Trap` for a trap, `WasmTimeout` for a run
    that takes longer than `timeout` seconds, each with what was captured so far in `stdout` and `stderr`
    and what was refused in `denials`; and what a callable of the host raises. An exit code is no
    exception unless `check` is set; then it is `Exit`, or `OutputTruncated` where output was cut, again
    with these three. May be called from any thread; `interrupt` stops the run from another.

    >>> run(b'(module (memory (export "memory") 1) (func (export "_start")))').exit_code
    0
    """
    module = source if isinstance(source, Module) else Module(source, config)
    if program is None and isinstance(source, (str, os.PathLike)):
        program = os.path.basename(os.fspath(source))
    if program is None:
        program = module.name or "module"
    if isinstance(args, (str, bytes)):
        raise TypeError(f"args: a list is expected, not one {type(args).__name__}")
    completed: Completed = _native.run_command(
        module,
        (program, *args),
        imports=imports,
        stdout=stdout,
        stderr=stderr,
        timeout=timeout,
        interrupt=interrupt,
        memory=memory,
        output_limit=output_limit,
        limits=limits,
        env=env,
        dirs=dirs,
        read_only_dirs=read_only_dirs,
        list_dirs=list_dirs,
        stdin=stdin,
        sockets=sockets,
        listeners=listeners,
        seed=seed,
        realtime_clock=realtime_clock,
        monotonic_clock=monotonic_clock,
        max_descriptors=max_descriptors,
    )
    if check:
        completed.check()
    return completed


P = ParamSpec("P")


def _on_a_thread(run: Callable[P, Completed]) -> Callable[[object], Callable[P, Awaitable[Completed]]]:
    """Gives a coroutine function the parameters of `run`."""

    def of(function: Any) -> Callable[P, Awaitable[Completed]]:
        function.__signature__ = inspect.signature(run)
        return cast("Callable[P, Awaitable[Completed]]", function)

    return of


@_on_a_thread(run)
async def arun(*args: Any, interrupt: Interrupt | None = None, **options: Any) -> Completed:
    """As `run`, on another thread. Cancelling the task stops the guest.

    Host functions and callables behind the streams may be coroutine functions, such as `write` of a web
    server's response or `read` of an `asyncio.StreamReader`: the event loop runs them while the guest waits.
    """
    from ._async_call import in_thread  # Not above: importing asyncio takes longer than all of this.

    stop = interrupt or Interrupt()
    work = functools.partial(run, *args, interrupt=stop, **options)
    return await in_thread(work, stop, options.get("timeout"))
