"""Gives a guest functions of the host: callables, one that sees who calls, and one that fails."""

import wasmspan

GUEST = """
(module
    (import "env" "add" (func $add (param i32 i32) (result i32)))
    (import "env" "log" (func $log (param i32 i32)))
    (import "env" "fail" (func $fail))
    (memory (export "memory") 1)
    (data (i32.const 8) "hello from the guest")
    (func (export "run") (result i32)
        (call $log (i32.const 8) (i32.const 20))
        (call $add (i32.const 2) (i32.const 3)))
    (func (export "crash") (call $fail)))
"""
lines: list[str] = []


def log(caller: wasmspan.Caller, address: int, length: int) -> None:
    """Takes text out of the memory of whoever calls."""
    lines.append(caller.memory.read_str(address, length))


def fail() -> None:
    raise LookupError("no such user")


def main() -> None:
    module = wasmspan.Module.from_wat(GUEST)
    guest = module.instantiate({"env": {"add": lambda a, b: a + b, "log": log, "fail": fail}}).exports
    assert guest.run() == 5
    assert lines == ["hello from the guest"]
    try:
        guest.crash()
    except LookupError as error:  # What the host function raised, as it was.
        print(f"{error}, called by {error.__context__}")
    else:
        raise AssertionError


if __name__ == "__main__":
    main()
