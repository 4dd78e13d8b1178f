"""WebAssembly for Python.

>>> import wasmspan
>>> module = wasmspan.Module.from_wat('''
...     (module (func (export "add") (param i32 i32) (result i32)
...         (i32.add (local.get 0) (local.get 1))))''')
>>> module.instantiate().exports.add(2, 3)
5
"""

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
    Caller,
    Config,
    Function,
    Global,
    Instance,
    Memory,
    Module,
    Table,
    Wasi,
    __version__,
    ensure_signal_handlers,
)
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

ModuleInstance = Instance
"""WasmEdge's name of an instance."""

__all__ = [
    "Busy",
    "Caller",
    "CompileError",
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
    "Interrupted",
    "LinkError",
    "Memory",
    "MemoryLimit",
    "MemoryType",
    "MissingImport",
    "Module",
    "ModuleInstance",
    "OutOfFuel",
    "Table",
    "TableType",
    "Trap",
    "ValType",
    "Wasi",
    "WasmError",
    "WasmTimeout",
    "__version__",
    "ensure_signal_handlers",
]
