"""A command-line program for WASI with arguments and input; output, exit code and usage come back."""

from pathlib import Path

import wasmspan

# A Lua interpreter that was written in C, which reads a script from its standard input.
PROGRAM = Path(__file__).parents[2] / "tests" / "wasm" / "lua-cli.wasm"
SCRIPT = """local sum = 0
for at = 1, #arg do sum = sum + tonumber(arg[at]) end
print("sum", sum)
error("nothing left to do")"""


def main() -> None:
    done = wasmspan.run(PROGRAM, ["19", "23"], stdin=SCRIPT, timeout=10)
    print("exit code:", done.exit_code)
    print("output:", done.stdout.decode(), end="")
    print("errors:", done.stderr.decode(), end="")
    print("pages of memory:", done.memory_pages)


if __name__ == "__main__":
    main()
