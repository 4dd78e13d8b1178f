"""Gives a program files that exist in memory only, and a directory that it sees but can't change."""

import tempfile
from pathlib import Path

import wasmspan
from wasmspan import MemoryFs, Module

GUEST = Path(__file__).parents[2] / "tests" / "wasm" / "sqlite-cli.wasm"


def main() -> None:
    sqlite, files = Module(GUEST), MemoryFs()
    for line in ("CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);", "SELECT sum(n) FROM t;"):
        done = wasmspan.run(sqlite, ["/data/app.db"], stdin=line + "\n", dirs={"/data": files})
        done.check()
    assert done.stdout == b"42\n"
    assert files.read("app.db").startswith(b"SQLite format 3")
    # A layer over a directory: the program writes, the directory stays as it is.
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "app.db").write_bytes(files.read("app.db"))
        layer = MemoryFs(over=name)
        drop = "DROP TABLE t;\n"
        wasmspan.run(sqlite, ["/data/app.db"], stdin=drop, dirs={"/data": layer}).check()
        assert (Path(name) / "app.db").read_bytes() == files.read("app.db")
        assert layer.read("app.db") != files.read("app.db")
        print("changed:", *layer.changes())


if __name__ == "__main__":
    main()
