"""WebAssembly for Python.

>>> import wasmspan
>>> module = wasmspan.Module.from_wat('''
...     (module (func (export "add") (param i32 i32) (result i32)
...         (i32.add (local.get 0) (local.get 1))))''')
>>> module.instantiate().exports.add(2, 3)
5
"""

import os

from . import _faults
from ._errors import (
    Busy,
    CompileError,
    Exit,
    InternalError,
    Interrupted,
    LinkError,
    MemoryLimit,
    OutOfFuel,
    Trap,
    WasmError,
    WasmTimeout,
)
from ._exports import Exports
from ._native import (
    VM,
    Async,
    Caller,
    Compiler,
    Config,
    Executor,
    Function,
    Global,
    Instance,
    Interrupt,
    Limits,
    Loader,
    Memory,
    MemoryFs,
    Module,
    Pool,
    Statistics,
    Store,
    Table,
    Validator,
    Wasi,
    __version__,
    after_fork,
    ensure_signal_handlers,
)

TYPE_CHECKING = False  # Type checkers take it for true.
if TYPE_CHECKING:
    from ._details import Frame, MissingImport
    from ._run import Completed, arun, run
    from ._types import (
        ExportType,
        ExternType,
        FuncType,
        GlobalType,
        ImportType,
        MemoryType,
        TableType,
        ValType,
    )

# What takes long to import is imported when it is first asked for.
_LATER = {
    "_details": ("Frame", "MissingImport"),
    "_run": ("Completed", "arun", "run"),
    "_types": (
        "ExportType",
        "ExternType",
        "FuncType",
        "GlobalType",
        "ImportType",
        "MemoryType",
        "TableType",
        "ValType",
    ),
}


def __getattr__(name: str) -> object:
    for module, names in _LATER.items():
        if name in names:
            # As `from .module import name` does.
            found: object = getattr(__import__(module, globals(), None, (name,), 1), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


os.register_at_fork(after_in_child=after_fork)
_faults.watch()
del after_fork, os

ModuleInstance = Instance
"""WasmEdge's name of an instance."""

__all__ = [
    "VM",
    "Async",
    "Busy",
    "Caller",
    "CompileError",
    "Compiler",
    "Completed",
    "Config",
    "Executor",
    "Exit",
    "ExportType",
    "Exports",
    "ExternType",
    "Frame",
    "FuncType",
    "Function",
    "Global",
    "GlobalType",
    "ImportType",
    "Instance",
    "InternalError",
    "Interrupt",
    "Interrupted",
    "Limits",
    "LinkError",
    "Loader",
    "Memory",
    "MemoryFs",
    "MemoryLimit",
    "MemoryType",
    "MissingImport",
    "Module",
    "ModuleInstance",
    "OutOfFuel",
    "Pool",
    "Statistics",
    "Store",
    "Table",
    "TableType",
    "Trap",
    "ValType",
    "Validator",
    "Wasi",
    "WasmError",
    "WasmTimeout",
    "__version__",
    "arun",
    "ensure_signal_handlers",
    "run",
]
