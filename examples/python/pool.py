"""Serves requests on many threads from a pool: each gets a fresh instance, never more than four exist."""

from concurrent.futures import ThreadPoolExecutor

import wasmspan

GUEST = """
(module
    (global $count (mut i32) (i32.const 0))
    (func (export "visit") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (global.get $count)))
"""


def main() -> None:
    pool = wasmspan.Pool(wasmspan.Module.from_wat(GUEST), size=4)

    def request(_number: int) -> int:
        with pool.get(timeout=10) as instance:
            return instance.exports.visit()

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(request, range(1000)))
    assert answers == [1] * 1000  # Nobody sees what another did.
    assert pool.in_use == 0
    print(f"{len(answers)} requests, {pool.size} instances at a time")


if __name__ == "__main__":
    main()
