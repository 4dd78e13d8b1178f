"""Files that are only in memory, and a directory that a guest may change without changing it."""

import tempfile
from pathlib import Path

import wasmspan
from wasmspan import MemoryFs, Module

SQLITE = Module(Path(__file__).parents[2] / "tests" / "wasm" / "sqlite-cli.wasm")


def sql(files: MemoryFs, statements: str) -> str:
    """Runs SQLite, which was written in C, on the file `app.db` in `files`; gives what it prints."""
    done = wasmspan.run(SQLITE, ["/data/app.db"], stdin=statements, dirs={"/data": files}, check=True)
    return done.stdout.decode()


def main() -> None:
    files = MemoryFs()
    sql(files, "CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);\n")
    print("sum:", sql(files, "SELECT sum(n) FROM t;\n"), end="")
    print("files:", *files.list())

    # Over a directory of this machine: the guest sees what is there, and only the memory changes.
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "app.db"
        database.write_bytes(files.read("app.db"))
        over = MemoryFs(over=folder)
        sql(over, "DELETE FROM t;\n")
        for path, kind in over.changes():
            print("changes:", kind, path)
        same = database.read_bytes() == files.read("app.db")
        print("on disk:", "as it was" if same else "changed")


if __name__ == "__main__":
    main()
