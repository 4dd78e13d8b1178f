"""Runs a WASI program as `subprocess.run` runs a process, and takes its output."""

from pathlib import Path

import wasmspan

GUESTS = Path(__file__).parents[2] / "tests" / "wasm"


def main() -> None:
    done = wasmspan.run(GUESTS / "hello-c.wasm", ["one", "two"], env={"GREETING": "hi"}, timeout=10)
    done.check()
    print(done.stdout.decode(), end="")
    # A module is compiled once and can run often; each run gets its own input.
    sqlite = wasmspan.Module(GUESTS / "sqlite-cli.wasm")
    for sum_, text in (("6 * 7", "42\n"), ("1 + 1", "2\n")):
        done = wasmspan.run(sqlite, stdin=f"SELECT {sum_};\n", timeout=30)
        assert (done.exit_code, done.stdout.decode()) == (0, text)


if __name__ == "__main__":
    main()
