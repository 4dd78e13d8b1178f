"""WebAssembly for Python.

>>> import wasmspan
>>> module = wasmspan.Module.from_wat('''
...     (module (func (export "add") (param i32 i32) (result i32)
...         (i32.add (local.get 0) (local.get 1))))''')
>>> module.instantiate().exports.add(2, 3)
5
"""

import atexit
import gc
import os

from . import _faults
from ._details import Frame, MissingImport
from ._errors import (
    Busy,
    CompileError,
    Exit,
    GuestError,
    InternalError,
    Interrupted,
    LinkError,
    MemoryLimit,
    OutOfFuel,
    OutputLimit,
    OutputTruncated,
    Trap,
    UserError,
    WasmError,
    WasmTimeout,
)
from ._exports import Exports
from ._native import (
    VM,
    Async,
    Bindgen,
    Caller,
    Compiler,
    Config,
    Executor,
    Function,
    Global,
    Heap,
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
    at_exit,
    collecting,
    ensure_signal_handlers,
    look_up,
    set_log,
)

TYPE_CHECKING = False  # Type checkers take it for true.
if TYPE_CHECKING:
    from ._bindgen import (
        F32,
        F64,
        I8,
        I16,
        I32,
        I64,
        U8,
        U16,
        U32,
        U64,
        Char,
        I8s,
        I16s,
        I32s,
        I64s,
        Span,
        U8s,
        U16s,
        U32s,
        U64s,
    )
    from ._command import Completed, Denial, arun, run
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
    "_bindgen": (
        "Char",
        "F32",
        "F64",
        "I16",
        "I16s",
        "I32",
        "I32s",
        "I64",
        "I64s",
        "I8",
        "I8s",
        "Span",
        "U16",
        "U16s",
        "U32",
        "U32s",
        "U64",
        "U64s",
        "U8",
        "U8s",
    ),
    "_command": ("Completed", "Denial", "arun", "run"),
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
look_up()
atexit.register(at_exit)
gc.callbacks.append(collecting)
del after_fork, at_exit, atexit, collecting, gc, look_up, os

ModuleInstance = Instance
"""WasmEdge's name of an instance."""

__all__ = [
    "F32",
    "F64",
    "I8",
    "I16",
    "I32",
    "I64",
    "U8",
    "U16",
    "U32",
    "U64",
    "VM",
    "Async",
    "Bindgen",
    "Busy",
    "Caller",
    "Char",
    "CompileError",
    "Compiler",
    "Completed",
    "Config",
    "Denial",
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
    "GuestError",
    "Heap",
    "I8s",
    "I16s",
    "I32s",
    "I64s",
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
    "OutputLimit",
    "OutputTruncated",
    "Pool",
    "Span",
    "Statistics",
    "Store",
    "Table",
    "TableType",
    "Trap",
    "U8s",
    "U16s",
    "U32s",
    "U64s",
    "UserError",
    "ValType",
    "Validator",
    "Wasi",
    "WasmError",
    "WasmTimeout",
    "__version__",
    "arun",
    "ensure_signal_handlers",
    "run",
    "set_log",
]
