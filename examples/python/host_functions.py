"""Functions of Python that a guest calls: with values, through its memory, and with errors."""

import wasmspan

GUEST = """
(module
    (import "host" "log" (func $log (param i32 i32)))
    (import "host" "rate" (func $rate (param i32) (result f64)))
    (import "host" "check" (func $check (param i64)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello from the guest")
    (func (export "greet") (call $log (i32.const 16) (i32.const 20)))
    (func (export "convert") (param f64 i32) (result f64)
        (f64.mul (local.get 0) (call $rate (local.get 1))))
    (func (export "withdraw") (param i64) (call $check (local.get 0))))
"""


def log(caller: wasmspan.Caller, address: int, length: int) -> None:
    """Takes text out of the memory of whoever calls."""
    print(caller.memory.read_str(address, length))


def rate(currency: int) -> float:
    return (1, 1.25)[currency]


def check(amount: int) -> None:
    if amount > 100:
        raise ValueError(f"{amount} is more than there is")


def main() -> None:
    module = wasmspan.Module.from_wat(GUEST)
    guest = module.instantiate({"host": {"log": log, "rate": rate, "check": check}}).exports
    guest.greet()
    print(f"converted: {guest.convert(8, 1):g}")
    guest.withdraw(100)
    try:
        guest.withdraw(101)
    except ValueError as error:  # The very error that was raised, through the guest.
        print("refused:", error)


if __name__ == "__main__":
    main()
