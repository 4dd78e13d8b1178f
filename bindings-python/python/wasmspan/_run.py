"""Running a module as a process, in the manner of `subprocess.run`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import _native
from ._errors import Exit, Interrupted, OutputTruncated, WasmError, WasmTimeout
from ._native import Config, Interrupt, Limits, MemoryFs, Module

Text = str | bytes
Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Module
Directories = Mapping[str, str | os.PathLike[str] | MemoryFs]

if TYPE_CHECKING:
    from ._streams import Readable, Writable

    Feed = Text | bytearray | memoryview | int | Callable[[int], Any] | Readable | None
    """Where standard input comes from; the text "inherit" means that of this process."""
    Stream = Literal["capture", "inherit"] | int | Callable[[bytes], Any] | Writable | None
    """Where standard output or error goes."""


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

    def check(self) -> None:
        """Raises `OutputTruncated` if output was cut, and `Exit` unless the exit code is zero."""
        raised: WasmError
        if self.truncated:
            raised = OutputTruncated("the guest wanted to write more than its output_limit")
        elif self.exit_code:
            raised = Exit(self.exit_code)
        else:
            return
        raise _with_output(raised, self.stdout, self.stderr)


def _with_output(raised: BaseException, stdout: bytes, stderr: bytes) -> BaseException:
    """An exception with what the guest had written, if it is one of this package."""
    if isinstance(raised, WasmError):
        raised.stdout, raised.stderr = stdout, stderr  # type: ignore[attr-defined]
    return raised


def run(
    source: Source,
    args: Iterable[Text] = (),
    *,
    program: Text | None = None,
    env: Mapping[str, Text] | None = None,
    dirs: Directories | None = None,
    read_only_dirs: Directories | None = None,
    stdin: Feed = None,
    stdout: Stream = "capture",
    stderr: Stream = "capture",
    timeout: float | None = None,
    memory: int | None = None,
    output_limit: int | None = None,
    limits: Limits | None = None,
    sockets: bool | Iterable[str] = False,
    seed: int | None = None,
    check: bool = False,
    config: Config | None = None,
    interrupt: Interrupt | None = None,
) -> Completed:
    """Runs a WASI module from its `_start` to its end.

    `source` is what `Module` takes, or a `Module`, which saves compiling it again. `args` follow the
    name of the program, which is that of the file or module unless `program` says another. The guest gets
    what it is given and nothing else: `env`, `dirs`, `read_only_dirs`, the streams, `sockets` and `seed`
    are those of `Wasi`. `"capture"` keeps at most `output_limit` bytes of a stream, 64 MiB if it isn't
    given, for the result; a guest that writes more gets an error, and `truncated` says so. `memory` is
    the most pages of 64 KiB that a memory of it may have, and `limits` bounds it further.

    Raises `CompileError` and `LinkError` before anything ran, `Trap` for a trap, `WasmTimeout` for a run
    that takes longer than `timeout` seconds, each with what was captured so far in `stdout` and `stderr`,
    and what a stream's callable raises. An exit code is no exception unless `check` is set; then it is
    `Exit`, or `OutputTruncated` where output was cut, again with `stdout` and `stderr`. May be called
    from any thread; `interrupt` stops the run from another.

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
    argv = (program, *args)
    given = {
        "args": argv,
        "env": env or {},
        "dirs": dirs or {},
        "read_only_dirs": read_only_dirs or {},
        "stdin": stdin,
        "sockets": sockets,
        "seed": seed,
    }
    how, code, raised, out, err, truncated, duration, cpu_time, pages, cost = _native.run_command(
        module, given, stdout, stderr, timeout, interrupt, memory, output_limit, limits
    )
    if how == "timed out":
        raised = WasmTimeout("execution interrupted: the run took longer than its time limit")
    elif how == "interrupted":
        raised = Interrupted("execution interrupted")
    if raised is not None:
        raise _with_output(raised, out, err)
    completed = Completed(argv, code, out, err, truncated, duration, cpu_time, pages, cost)
    if check:
        completed.check()
    return completed


async def arun(
    source: Source,
    args: Iterable[Text] = (),
    *,
    program: Text | None = None,
    env: Mapping[str, Text] | None = None,
    dirs: Directories | None = None,
    read_only_dirs: Directories | None = None,
    stdin: Feed = None,
    stdout: Stream = "capture",
    stderr: Stream = "capture",
    timeout: float | None = None,
    memory: int | None = None,
    output_limit: int | None = None,
    limits: Limits | None = None,
    sockets: bool | Iterable[str] = False,
    seed: int | None = None,
    check: bool = False,
    config: Config | None = None,
) -> Completed:
    """As `run`, on another thread. Cancelling the task stops the guest.

    Callables behind the streams may be coroutine functions, such as `write` of a web server's response or
    `read` of an `asyncio.StreamReader`: the event loop runs them while the guest waits.
    """
    from ._aio import in_thread  # Not above: importing asyncio takes longer than all of this.

    interrupt = Interrupt()
    return await in_thread(
        interrupt,
        lambda: run(
            source,
            args,
            program=program,
            env=env,
            dirs=dirs,
            read_only_dirs=read_only_dirs,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            timeout=timeout,
            memory=memory,
            output_limit=output_limit,
            limits=limits,
            sockets=sockets,
            seed=seed,
            check=check,
            config=config,
            interrupt=interrupt,
        ),
        timeout,
    )
