"""Threads, signals, timeouts, event loops, processes."""

import asyncio
import contextlib
import faulthandler
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import wasmspan
from wasmspan import Busy, Interrupted, Module, Trap, WasmTimeout

SPIN = Module.from_wat("""(module (import "env" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "spin") (loop (br 0)))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "call") (param i32) (result i32) (call $f (local.get 0))))""")


def spinner(function=lambda n: n, **settings):
    return SPIN.instantiate({"env": {"f": function}}, **settings)


def test_timeouts_stop_the_guest():
    instance = spinner()
    begin = time.monotonic()
    with pytest.raises(WasmTimeout) as caught:
        instance.exports.spin(timeout=0.05)
    assert time.monotonic() - begin < 5
    assert isinstance(caught.value, TimeoutError)
    assert instance.exports.add(1, 2, timeout=10) == 3
    assert instance.exports.add(1, 2, timeout=None) == 3
    with pytest.raises(ValueError, match="no timeout"):
        instance.exports.add(1, 2, timeout=-1)


def test_interrupts_from_another_thread():
    instance, interrupt = spinner(), wasmspan.Interrupt()
    threading.Timer(0.05, interrupt.interrupt).start()
    with pytest.raises(Interrupted):
        instance.exports.spin(interrupt=interrupt)
    assert instance.exports.add(1, 2) == 3


def test_ctrl_c_stops_the_guest():
    instance = spinner()
    instance.exports.add(1, 2)
    took = []
    for _ in range(3):
        sent = []

        def send(sent=sent):
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        def run(send=send):
            # The signal may come before the guest runs.
            threading.Timer(0.05, send).start()
            instance.exports.spin()

        with pytest.raises(KeyboardInterrupt):
            run()
        took.append(time.monotonic() - sent[0])
        assert instance.exports.add(1, 2) == 3
    # Of several, so that a busy machine doesn't matter.
    assert min(took) < 0.1


def test_ctrl_c_outside_a_call_stops_none():
    instance = spinner()
    instance.exports.add(1, 2)

    def wait():
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
        time.sleep(5)

    for _ in range(20):
        with pytest.raises(KeyboardInterrupt):
            wait()
        assert instance.exports.add(1, 2) == 3


def test_ctrl_c_in_a_host_function_stops_no_later_call():
    def fail(n):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
        return n

    instance, waiting = spinner(fail), spinner(lambda n: time.sleep(n / 1000) or n)
    for _ in range(30):
        with pytest.raises(KeyboardInterrupt):
            instance.exports.call(1)
        assert waiting.exports.call(2) == 2


def test_other_threads_go_on_while_a_guest_runs():
    instance, ticks = spinner(), []
    interrupt = wasmspan.Interrupt()

    def tick():
        for _ in range(20):
            ticks.append(1)
            time.sleep(0.001)
        interrupt.interrupt()

    thread = threading.Thread(target=tick)
    thread.start()
    with pytest.raises(Interrupted):
        instance.exports.spin(interrupt=interrupt)
    thread.join()
    assert len(ticks) == 20


def test_a_busy_instance_raises_or_waits():
    inside, leave = threading.Event(), threading.Event()

    def block(n):
        inside.set()
        leave.wait(10)
        return n

    instance = spinner(block)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(instance.exports.call, 1)
        assert inside.wait(10)
        with pytest.raises(Busy):
            instance.exports.add(1, 2)
        leave.set()
        assert first.result() == 1
    assert instance.exports.add(1, 2) == 3

    inside.clear()
    leave.clear()
    waiting = spinner(block, when_busy="wait")
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(waiting.exports.call, 1)
        assert inside.wait(10)
        others = [pool.submit(waiting.exports.add, n, n) for n in range(4)]
        time.sleep(0.02)
        assert not any(other.done() for other in others)
        leave.set()
        assert [other.result(10) for other in others] == [0, 2, 4, 6]


def test_waiting_for_an_instance_ends():
    """By its timeout, an interrupt, Ctrl-C and cancelling."""
    instance, leave = spinner(when_busy="wait"), wasmspan.Interrupt()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: instance.exports.spin(interrupt=leave))
        time.sleep(0.05)
        begin = time.monotonic()
        with pytest.raises(WasmTimeout):
            instance.exports.add(1, 2, timeout=0.05)
        interrupt = wasmspan.Interrupt()
        threading.Timer(0.05, interrupt.interrupt).start()
        with pytest.raises(Interrupted):
            instance.exports.add(1, 2, interrupt=interrupt)
        assert not interrupt.is_requested
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            instance.exports.add(1, 2)

        async def main():
            task = asyncio.create_task(instance.exports.add.async_(1, 2))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert time.monotonic() - begin < 20
        assert not first.done()
        leave.interrupt()
        with pytest.raises(Interrupted):
            first.result()
    assert instance.exports.add(1, 2) == 3


def test_many_threads_with_instances_of_their_own():
    def work(number):
        instance = spinner(lambda n: n + number)
        for n in range(300):
            assert instance.exports.call(n) == n + number
            with pytest.raises(Trap):
                instance.exports.load(-1)
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == list(range(8))


def test_one_instance_and_many_waiting_threads():
    instance = spinner(when_busy="wait")
    with ThreadPoolExecutor(8) as pool:
        sums = pool.map(lambda n: [instance.exports.add(n, m) for m in range(500)], range(8))
        assert [s[-1] for s in sums] == [n + 499 for n in range(8)]


def test_keeping_the_interpreter():
    assert spinner(release_gil=False).exports.add(1, 2) == 3


def test_awaiting_calls():
    async def host(n):
        await asyncio.sleep(0.001)
        return n * 2

    async def main():
        instance = spinner(host)
        other = spinner()
        assert await instance.exports.call.async_(21) == 42
        many = [spinner(host).exports.call.async_(n) for n in range(10)]
        assert await asyncio.gather(*many) == [2 * n for n in range(10)]
        task = asyncio.create_task(other.exports.spin.async_())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert other.exports.add(1, 2) == 3
        with pytest.raises(WasmTimeout):
            await other.exports.spin.async_(timeout=0.02)
        with pytest.raises(RuntimeError, match="coroutine function"):
            instance.exports.call(1)

    asyncio.run(main())


def test_cancelling_while_a_coroutine_of_the_host_waits():
    async def main():
        async def host(n):
            await asyncio.sleep(30)
            return n

        task = asyncio.create_task(spinner(host).exports.call.async_(1))
        await asyncio.sleep(0.05)
        task.cancel()
        begin = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begin < 5

    asyncio.run(main())


def child(code: str, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=120)


TRAPS = """
import wasmspan
load = wasmspan.Module.from_wat('''(module (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))''')
load = load.instantiate().exports.load
def trap():
    try:
        load(-1)
    except wasmspan.Trap:
        return
    raise SystemExit("no trap")
"""


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["-X", "faulthandler"], TRAPS + "trap()"),
        ([], "import faulthandler; faulthandler.enable()\n" + TRAPS + "trap()"),
        ([], TRAPS + "import faulthandler; faulthandler.enable()\ntrap()\ntrap()"),
        ([], TRAPS + "trap()\nimport faulthandler; faulthandler.enable()\ntrap()"),
        ([], TRAPS + "trap()\nfrom faulthandler import *; enable()\ntrap(); disable(); trap()"),
        (
            ["-X", "faulthandler"],
            TRAPS + "trap()\nimport faulthandler\nfaulthandler.disable()\ntrap()",
        ),
    ],
)
def test_traps_and_faulthandler(options, code):
    done = child(code, *options)
    assert done.returncode == 0, done.stderr


def test_real_faults_are_still_reported():
    code = TRAPS + "trap()\nimport faulthandler, ctypes; faulthandler.enable()\ntrap()\nctypes.string_at(8)"
    done = child(code)
    assert done.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in done.stderr


def test_fork():
    code = (
        TRAPS
        + """
import os, signal, threading
spin = wasmspan.Module.from_wat('(module (func (export "spin") (loop (br 0))))')
spin = spin.instantiate().exports.spin
trap()
pid = os.fork()
trap()
if pid == 0:
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        spin()
    except KeyboardInterrupt:
        os._exit(7)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
trap()
"""
    )
    done = child(code)
    assert done.returncode == 0, done.stderr


def test_everything_works_in_a_forked_child():
    """Threads that compile, watch deadlines and run calls don't come along."""
    code = """
import asyncio, os, signal
from wasmspan import Executor, Module, WasmTimeout
functions = "".join(f'(func (export "f{n}") (result i32) (i32.const {n}))' for n in range(100))
def use(text):
    instance = Module.from_wat(text).instantiate()
    assert instance.exports.f7() == 7
    assert Executor().invoke_async(instance["f7"]).get() == 7
    async def main():
        return await instance.exports.f7.async_()
    assert asyncio.run(main()) == 7
    try:
        instance.exports.spin(timeout=0.02)
    except WasmTimeout:
        return
    raise SystemExit("no timeout")
use(f'(module {functions} (func (export "spin") (loop (br 0))))')
pid = os.fork()
signal.alarm(60)
use(f'(module {functions} (func (export "spin") (loop (br 0))) (memory 1))')
if pid == 0:
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
"""
    done = child(code)
    assert done.returncode == 0, done.stderr


def test_leaving_the_interpreter_while_a_guest_runs():
    code = (
        TRAPS
        + """
import threading, time
spin = wasmspan.Module.from_wat('(module (func (export "spin") (loop (br 0))))')
threading.Thread(target=spin.instantiate().exports.spin, daemon=True).start()
time.sleep(0.05)
"""
    )
    assert child(code).returncode == 0


def test_sub_interpreters_are_refused_cleanly():
    code = """
try:
    import _xxsubinterpreters as sub
except ImportError:
    import _interpreters as sub
import wasmspan
made = sub.create()
try:
    failed = sub.run_string(made, "import wasmspan")
except Exception as error:
    failed = error
assert failed is not None
"""
    done = child(code)
    assert done.returncode == 0, done.stderr


def test_memory_stays_flat():
    """Calls, callbacks and exceptions; a hundredth of what `make soak` does."""
    import resource

    rounds = int(os.environ.get("WASMSPAN_CALLS", "10000"))

    def fail(n):
        raise ValueError

    instance, failing = spinner(), spinner(fail)

    def some(count):
        add, call, bad = instance.exports.add, instance.exports.call, failing.exports.call
        for n in range(count):
            add(n, 1)
            call(n)
            with contextlib.suppress(ValueError):
                bad(n)

    some(2000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    some(rounds)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2048


def test_faulthandler_is_on_in_this_process():
    assert faulthandler.is_enabled()


def test_a_fault_of_the_package_says_so_and_is_counted():
    before = wasmspan._native.faults()
    with pytest.raises(wasmspan.InternalError) as raised:
        wasmspan._native.provoke_fault("out of sorts")
    for part in ("please report it", "out of sorts", "lib.rs:"):
        assert part in str(raised.value)
    assert wasmspan._native.faults() == before + 1


@pytest.mark.parametrize("of_call", [True, False])
def test_limits_of_time_end_waiting_for_an_instance(of_call):
    inside, leave = threading.Event(), threading.Event()
    limits = wasmspan.Limits(time_ms=50)

    def block(n):
        inside.set()
        leave.wait(30)
        return n

    instance = spinner(block, when_busy="wait", limits=None if of_call else limits)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: instance.exports.call(1))
        assert inside.wait(10)
        with pytest.raises(WasmTimeout, match="the time limit is 50 ms") as raised:
            instance.exports.add(1, 2, **({"limits": limits} if of_call else {}))
        assert raised.value.limit == 0.05
        leave.set()
        # Its own limit may be over by now.
        with contextlib.suppress(WasmTimeout):
            assert first.result(30) == 1


@pytest.mark.parametrize(
    "config",
    ["", "traps='checks', interrupts='poll'"],
)
def test_a_signal_that_comes_while_code_is_compiled_stops_nothing(config):
    """Also before anything has run, when the runtime has installed no handlers of its own."""
    done = child(f"""
import signal, time, wasmspan
hits = []
signal.signal(signal.SIGALRM, lambda *_: hits.append(time.monotonic()))
body = "(local.set 0 (i32.mul (local.get 0) (i32.add (local.get 0) (i32.const 3))))" * 400
function = f"(func (param i32) (result i32) {{body}} (local.get 0))"
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.02)
config = wasmspan.Config(compile_time="eager", {config})
wasmspan.Module.from_wat(f"(module {{function * 60}})", config)
signal.setitimer(signal.ITIMER_REAL, 0)
assert len(hits) > 2, hits
""")
    assert done.returncode == 0, done.stderr


def test_many_calls_that_are_awaited_at_the_end():
    """Threads that can't have the interpreter any more end nothing but themselves."""
    done = child("""
import asyncio, wasmspan
spin = wasmspan.Module.from_wat('(module (func (export "spin") (loop (br 0))))')
async def main():
    for _ in range(20):
        asyncio.ensure_future(spin.instantiate().exports.spin.async_())
    await asyncio.sleep(0.2)
asyncio.run(main())
""")
    assert (done.returncode, done.stderr) == (0, "")
