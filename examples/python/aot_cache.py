"""Compiles ahead of time, into a file, and lets the disk cache do so by itself."""

import tempfile
from pathlib import Path

import wasmspan
from wasmspan import Compiler, Config, Module

GUEST = Path(__file__).parents[2] / "tests" / "wasm" / "hello-c.wasm"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A compiled file holds machine code, and is trusted like a program; other runtimes can read it, too.
        Compiler().compile(GUEST, folder / "hello.wasm")
        compiled = Module.load_compiled(folder / "hello.wasm")
        assert compiled.is_precompiled
        # With a cache the second process that loads the module, or the second time, finds it compiled.
        config = Config(cache=folder / "cache", compile_time="eager")
        for module in (compiled, Module(GUEST, config), Module(GUEST, config)):
            assert wasmspan.run(module).stdout.startswith(b"hello from C")
        print(f"{sum(f.stat().st_size for f in (folder / 'cache').rglob('*'))} bytes in the cache")


if __name__ == "__main__":
    main()
