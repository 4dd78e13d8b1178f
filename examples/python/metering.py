"""Counts what a guest executes, sets prices for instructions, and sells a budget."""

import wasmspan
from wasmspan import Config, Limits, Statistics

GUEST = """
(module
    (func $fib (export "fib") (param i32) (result i32)
        (if (i32.lt_s (local.get 0) (i32.const 2)) (then (return (i32.const 1))))
        (i32.add
            (call $fib (i32.sub (local.get 0) (i32.const 2)))
            (call $fib (i32.sub (local.get 0) (i32.const 1))))))
"""
CALL = 0x10


def main() -> None:
    figures = Statistics()
    vm = wasmspan.VM(Config(instruction_counting=True, cost_measuring=True), statistics=figures)
    assert vm.run(GUEST.encode(), "fib", 10) == 89
    assert (figures.instruction_count, figures.total_cost) == (1854, 1854)
    # Only calls have a price from here on.
    figures.clear()
    figures.set_cost_table([0] * CALL + [5])
    vm.execute("fib", 10)
    assert figures.total_cost == 5 * 176
    try:
        vm.execute("fib", 30, limits=Limits(cost=1000))
    except wasmspan.OutOfFuel as spent:
        print(spent)
    else:
        raise AssertionError


if __name__ == "__main__":
    main()
