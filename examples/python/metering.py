"""What a guest costs: instructions counted exactly, a price for each, and an end when the budget is spent."""

import wasmspan
from wasmspan import Config, Limits

GUEST = """
(module (func (export "count") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
"""


def main() -> None:
    config = Config(instruction_counting=True, cost_measuring=True)
    instance = wasmspan.Module.from_wat(GUEST, config).instantiate(limits=Limits(cost=100_000))
    count, statistics = instance.exports.count, instance.statistics
    assert statistics
    count(100)
    print("instructions:", statistics.instruction_count)
    count(100)
    print("the same again:", statistics.instruction_count)

    # A budget for one call, within what all calls together may cost.
    def attempt(turns: int, cost: int | None = None) -> str:
        try:
            count(turns, limits=Limits(cost=cost))
        except wasmspan.OutOfFuel as spent:
            return str(spent).partition(":")[0]
        return "done"

    print("100 turns for 1000:", attempt(100, 1000))
    print("1000 turns for 1000:", attempt(1000, 1000))
    print("a million turns:", attempt(1_000_000))
    print("cost of all calls:", statistics.total_cost)


if __name__ == "__main__":
    main()
