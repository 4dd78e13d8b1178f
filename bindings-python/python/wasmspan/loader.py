"""Makes `import app` find `app.wasm` on `sys.path`; importing this module switches it on.

The module's exports are the attributes. What it imports is looked up among Python modules of the same
name: a WebAssembly import `env.log` becomes `env.log` of the Python module `env`. WASI modules get a
system interface that writes to this process's streams and has nothing else.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from ._native import Module, Wasi

__all__ = ["WasmFinder", "WasmLoader"]

_WASI = "wasi_snapshot_preview1"


class WasmLoader(Loader):
    """Instantiates a file as a Python module."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exec_module(self, module: ModuleType) -> None:
        """Fills the module with the exports."""
        wasm = Module(self.path)
        imports: dict[str, dict[str, Any]] = {}
        wasi = None
        for wanted in wasm.imports:
            if wanted.module == _WASI:
                wasi = wasi or Wasi()
                continue
            source = importlib.import_module(wanted.module)
            if hasattr(source, wanted.name):
                item = getattr(source, wanted.name)
                imports.setdefault(wanted.module, {})[wanted.name] = item
        instance = wasm.instantiate(imports, wasi=wasi)
        module.__dict__.update(instance.exports)
        module.__dict__["__wasm__"] = instance


class WasmFinder(MetaPathFinder):
    """Finds `name.wasm` where Python finds nothing."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The spec of a module that is a WebAssembly file."""
        name = fullname.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            file = Path(folder or ".") / f"{name}.wasm"
            if file.is_file():
                spec = ModuleSpec(fullname, WasmLoader(file), origin=str(file))
                spec.has_location = True
                return spec
        return None


sys.meta_path.append(WasmFinder())
