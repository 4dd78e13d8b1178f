"""Running a module as a process, in the manner of `subprocess.run`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from . import _native
from ._errors import Exit, Interrupted, WasmTimeout
from ._native import Config, Interrupt, Limits, MemoryFs, Module

Text = str | bytes
Stream = Literal["capture", "inherit"] | None
Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Module
Directories = Mapping[str, str | os.PathLike[str] | MemoryFs]


@dataclass(frozen=True, slots=True)
class Completed:
    """What a run gave."""

    args: tuple[Text, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    truncated: bool
    """Whether it wanted to write more than the limit."""
    duration: float
    """Seconds from the start of its code to its end."""
    cpu_time: float
    """Seconds that the processor worked for it."""
    memory_pages: int
    """Most pages of 64 KiB that its memories had."""
    cost: int
    """What it cost, if `limits` or the configuration say that costs are measured; else 0."""

    def check(self) -> None:
        """Raises `Exit` unless the exit code is zero."""
        if self.exit_code:
            raise Exit(self.exit_code)


def run(
    source: Source,
    args: Iterable[Text] = (),
    *,
    program: Text | None = None,
    env: Mapping[str, Text] | None = None,
    dirs: Directories | None = None,
    read_only_dirs: Directories | None = None,
    stdin: Text | None = None,
    stdout: Stream = "capture",
    stderr: Stream = "capture",
    timeout: float | None = None,
    memory: int | None = None,
    output_limit: int | None = None,
    limits: Limits | None = None,
    seed: int | None = None,
    check: bool = False,
    config: Config | None = None,
    interrupt: Interrupt | None = None,
) -> Completed:
    """Runs a WASI module from its `_start` to its end.

    `source` is what `Module` takes, or a `Module`, which saves compiling it again. `args` follow the
    name of the program, which is that of the file or module unless `program` says another. The guest gets
    what it is given and nothing else; `memory` is the most pages of 64 KiB that a memory of it may have,
    and `limits` bounds it further. A trap comes out as `Trap`, and a run that takes longer than `timeout`
    seconds as `WasmTimeout`, with what was written so far in `stdout` and `stderr`.

    >>> run(b'(module (memory (export "memory") 1) (func (export "_start")))').exit_code
    0
    """
    module = source if isinstance(source, Module) else Module(source, config)
    if program is None and isinstance(source, (str, os.PathLike)):
        program = os.path.basename(os.fspath(source))
    if program is None:
        program = module.name or "module"
    argv = (program, *args)
    given = {
        "args": argv,
        "env": env or {},
        "dirs": dirs or {},
        "read_only_dirs": read_only_dirs or {},
        "stdin": stdin,
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
        raised.stdout, raised.stderr = out, err  # type: ignore[attr-defined]
        raise raised
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
    stdin: Text | None = None,
    stdout: Stream = "capture",
    stderr: Stream = "capture",
    timeout: float | None = None,
    memory: int | None = None,
    output_limit: int | None = None,
    limits: Limits | None = None,
    seed: int | None = None,
    check: bool = False,
    config: Config | None = None,
) -> Completed:
    """As `run`, on another thread. Cancelling the task stops the guest."""
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
            seed=seed,
            check=check,
            config=config,
            interrupt=interrupt,
        ),
    )
