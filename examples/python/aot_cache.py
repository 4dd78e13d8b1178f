"""Compiled ahead of time into a file, and kept in a cache from one process to the next."""

import tempfile
from pathlib import Path

from wasmspan import Compiler, Config, Module

SOURCE = Path(__file__).parents[2] / "tests" / "wasm" / "fibonacci.wasm"


def show(what: str, module: Module) -> None:
    print(f"{what}:", str(module.is_precompiled).lower())
    print("fib(10):", module.instantiate().exports.fib(10))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        # One file for every runtime: the code lies in a section that others ignore.
        file = Path(name) / "fibonacci.wasm"
        Compiler().compile(SOURCE, file)
        show("the file has its code", Module.load_compiled(file))
        # Code in a file is only run for those who trust the file; for others it is a module like any.
        show("without trust", Module(file))

        # Or let the runtime remember: the second time nothing is compiled, in other processes too.
        config = Config(cache=Path(name) / "cache", cache_max_bytes=64 << 20)
        for turn in ("first", "second"):
            print(turn, "time:", Module(SOURCE, config).instantiate().exports.fib(20))


if __name__ == "__main__":
    main()
