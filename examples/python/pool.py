"""Many requests at once, each with an instance of its own that begins in the module's first state."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import wasmspan

GUEST = """
(module
    (import "host" "fetch" (func $fetch (param i32) (result i32)))
    (global $seen (mut i32) (i32.const 0))
    (func (export "handle") (param i32) (result i32)
        (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
        (i32.add (i32.mul (call $fetch (local.get 0)) (i32.const 1000)) (global.get $seen))))
"""
lock, running, most = Lock(), 0, 0


def fetch(number: int) -> int:
    global running, most
    with lock:
        running += 1
        most = max(most, running)
    time.sleep(0.020)
    with lock:
        running -= 1
    return number


def main() -> None:
    pool = wasmspan.Pool(wasmspan.Module.from_wat(GUEST), {"host": {"fetch": fetch}}, size=4)

    def request(number: int) -> int:
        with pool.get(timeout=5) as instance:
            return instance.exports.handle(number)

    with ThreadPoolExecutor(12) as threads:
        print("answers:", *threads.map(request, range(12)))
    print("at once, at most 4:", str(1 < most <= 4).lower())
    print("in use:", pool.in_use, "of", pool.size)


if __name__ == "__main__":
    main()
