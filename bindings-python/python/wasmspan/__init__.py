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
    Frame,
    InternalError,
    Interrupted,
    LinkError,
    MemoryLimit,
    MissingImport,
    OutOfFuel,
    Trap,
    WasmError,
    WasmTimeout,
)
from ._exports import Exports
from ._native import (
    VM,
    Caller,
    Config,
    Function,
    Global,
    Instance,
    Interrupt,
    Memory,
    MemoryFs,
    Module,
    Store,
    Table,
    Wasi,
    __version__,
    after_fork,
    ensure_signal_handlers,
)
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

os.register_at_fork(after_in_child=after_fork)
_faults.watch()
del after_fork, os

ModuleInstance = Instance
"""WasmEdge's name of an instance."""

__all__ = [
    "VM",
    "Busy",
    "Caller",
    "CompileError",
    "Completed",
    "Config",
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
    "LinkError",
    "Memory",
    "MemoryFs",
    "MemoryLimit",
    "MemoryType",
    "MissingImport",
    "Module",
    "ModuleInstance",
    "OutOfFuel",
    "Store",
    "Table",
    "TableType",
    "Trap",
    "ValType",
    "Wasi",
    "WasmError",
    "WasmTimeout",
    "__version__",
    "arun",
    "ensure_signal_handlers",
    "run",
]
