"""Python's signal handlers run while the main thread runs a guest, which then goes on."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from wasmspan import Config, Executor, Limits, Module, Store, Wasi, WasmTimeout

TEXT = """(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "env" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1 1 shared)
    (global $stop (export "stop") (mut i32) (i32.const 0))
    (func (export "spin") (loop (br_if 0 (i32.eqz (global.get $stop)))))
    (func (export "sleep") (param i64) (result i32)
        (i64.store (i32.const 24) (local.get 0))
        (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
    (func (export "read") (result i32)
        (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 8))
        (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func (export "wait") (param i64) (result i32)
        (memory.atomic.wait32 (i32.const 256) (i32.const 0) (local.get 0)))
    (func (export "call") (result i32)
        (loop (br_if 0 (i32.eqz (call $f (i32.const 1))))) (i32.const 7))
    (func (export "host") (param i32) (result i32) (call $f (local.get 0)))
    ;; Integers, floats and vectors in registers, and calls with a frame.
    (func $step (param i64 f64 v128) (result i64 f64 v128)
        (i64.add (i64.mul (local.get 0) (i64.const 6364136223846793005)) (i64.const 1442695040888963407))
        (f64.add (f64.mul (local.get 1) (f64.const 0.999)) (f64.const 0.5))
        (i32x4.add (i32x4.mul (local.get 2) (i32x4.splat (i32.const 1664525))) (v128.const i32x4 1 2 3 4)))
    (func (export "work") (param $n i32) (result i64 f64 v128)
        (local $a i64) (local $b f64) (local $c v128)
        (loop
            (call $step (local.get $a) (local.get $b) (local.get $c))
            (local.set $c) (local.set $b) (local.set $a)
            (local.set $a (i64.xor (local.get $a) (i64.extend_i32_u (local.get $n))))
            (local.set $b (f64.add (local.get $b) (f64.convert_i32_s (local.get $n))))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $a) (local.get $b) (local.get $c)))"""
GUEST = Module.from_wat(TEXT)


def guest(f=lambda n: n, module=GUEST, **settings):
    settings.setdefault("wasi", Wasi())
    return module.instantiate({"env": {"f": f}}, **settings)


@contextlib.contextmanager
def handled(number, handler):
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(number, before)


def send(number, count=1, pause=0.05):
    def run():
        for _ in range(count):
            time.sleep(pause)
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("number", [signal.SIGALRM, signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_handlers_run_and_a_guest_that_computes_goes_on(number):
    instance, seen = guest(), []

    def handler(*_):
        seen.append(threading.current_thread() is threading.main_thread())
        if len(seen) == 3:
            instance.exports.stop.value = 1

    def send_each_when_the_last_was_handled():
        # Two that come before either is handled are one.
        for count in range(3):
            while len(seen) < count:
                time.sleep(0.001)
            time.sleep(0.02)
            os.kill(os.getpid(), number)

    with handled(number, handler):
        thread = threading.Thread(target=send_each_when_the_last_was_handled)
        thread.start()
        instance.exports.spin()
        thread.join()
    assert seen == [True] * 3


def test_a_guest_that_sleeps_goes_on_sleeping():
    instance, seen = guest(), []
    with handled(signal.SIGALRM, lambda *_: seen.append(time.monotonic())):
        for sleep, wanted in ((instance.exports.sleep, 0), (instance.exports.wait, 2)):
            seen.clear()
            begin = time.monotonic()
            signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
            assert sleep(500_000_000) == wanted
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert 0.45 < time.monotonic() - begin < 5
            assert len(seen) >= 4
            assert seen[0] - begin < 0.4


def test_a_guest_that_reads_goes_on_reading():
    reader, writer = os.pipe()
    instance, seen = guest(wasi=Wasi(stdin=reader)), []

    def handler(*_):
        seen.append(1)
        if len(seen) == 3:
            os.write(writer, b"abc")

    with handled(signal.SIGUSR1, handler):
        thread = send(signal.SIGUSR1, 3)
        assert instance.exports.read() == 0
        thread.join()
    assert instance.exports.memory[16:19] == b"abc"
    assert len(seen) == 3
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("what", ["spin", "sleep", "wait", "read", "call"])
@pytest.mark.parametrize("timeout", [None, 30])
def test_what_a_handler_raises_comes_out_of_the_call(what, timeout):
    reader, writer = os.pipe()
    instance = guest(lambda n: 0, wasi=Wasi(stdin=reader))
    args = [1 << 60] if what in ("sleep", "wait") else []

    class Stop(Exception):
        pass

    def handler(*_):
        raise Stop

    begin = time.monotonic()
    with handled(signal.SIGALRM, handler):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Stop):
            instance[what](*args, timeout=timeout)
    assert time.monotonic() - begin < 5
    assert instance.exports.work(1)[1] == 1.5
    os.close(reader)
    os.close(writer)


def test_every_register_is_as_it_was():
    """Hundreds of handlers between any two instructions; one runs another guest, one traps in it."""
    count = int(os.environ.get("WASMSPAN_STEPS", "30000000"))
    instance, seen = guest(), []
    other = guest(lambda n: 1 // n)
    wanted, small = instance.exports.work(count), other.exports.work(1000)

    def handler(*_):
        seen.append(1)
        assert other.exports.work(1000) == small
        with pytest.raises(ZeroDivisionError):
            other.exports.host(0)

    with handled(signal.SIGALRM, handler):
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0003)
        assert instance.exports.work(count) == wanted
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert len(seen) > 3


def test_what_is_counted_stays_right():
    config = Config(limits=Limits(cost=1 << 60), instruction_counting=True)
    module, costs = Module.from_wat(TEXT, config), []
    other = guest(module=Module.from_wat(TEXT, config))
    with handled(signal.SIGALRM, lambda *_: other.exports.work(100)):
        for interval in (0, 0.002):
            instance = guest(module=module)
            signal.setitimer(signal.ITIMER_REAL, interval, interval)
            instance.exports.work(3_000_000)
            signal.setitimer(signal.ITIMER_REAL, 0)
            statistics = instance.statistics
            costs.append((statistics.instruction_count, statistics.total_cost))
    assert costs[0] == costs[1]


def test_handlers_between_calls_of_calls():
    """An exception goes through host functions, which may catch it."""
    caught = []

    class Stop(Exception):
        pass

    def handler(*_):
        raise Stop

    inner = guest()

    def host(n):
        try:
            inner.exports.spin()
        except Stop as stop:
            caught.append(stop)
        return n

    with handled(signal.SIGALRM, handler):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert guest(host).exports.host(3) == 3
    assert len(caught) == 1
    assert inner.exports.work(1)[1] == 1.5


def test_timeouts_and_limits_hold_beside_handlers():
    instance = guest()
    with handled(signal.SIGALRM, lambda *_: None):
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        with pytest.raises(WasmTimeout):
            instance.exports.spin(timeout=0.2)
        with pytest.raises(WasmTimeout):
            instance.exports.spin(limits=Limits(time_ms=200))
        with pytest.raises(WasmTimeout):
            instance.exports.sleep(1 << 60, timeout=0.2)
    made = Executor().instantiate(Store(), Module.from_wat('(module (func (export "spin") (loop (br 0))))'))
    with handled(signal.SIGALRM, lambda *_: 1 // 0):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(ZeroDivisionError):
            Executor().invoke(made["spin"])


def test_guests_that_poll():
    instance, seen = guest(module=Module.from_wat(TEXT, Config(interrupts="poll"))), []

    def handler(*_):
        seen.append(1)
        instance.exports.stop.value = int(len(seen) == 3)

    with handled(signal.SIGALRM, handler):
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        instance.exports.spin()
    assert len(seen) >= 3
    instance.exports.stop.value = 0
    with handled(signal.SIGALRM, lambda *_: 1 // 0):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(ZeroDivisionError):
            instance.exports.spin()
    assert instance.exports.work(1)[1] == 1.5


def test_without_signals_of_our_own_the_call_ends():
    """What is raised comes out all the same."""
    code = textwrap.dedent("""
        import signal
        from wasmspan import Config, Interrupted, Module
        config = Config(traps="checks", interrupts="poll")
        spin = Module.from_wat('(module (func (export "spin") (loop (br 0))))', config).instantiate()["spin"]
        for handler, wanted in ((lambda *_: None, Interrupted), (lambda *_: 1 // 0, ZeroDivisionError)):
            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            try:
                spin()
            except wanted:
                continue
            raise SystemExit("nothing raised")
    """)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", ["spin()", "sleep(1 << 60)", "wait(1 << 60)"])
def test_a_program_that_is_told_to_end(what):
    code = textwrap.dedent(f"""
        import signal, sys, test_signals
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
        print(flush=True)
        test_signals.guest().exports.{what}
    """)
    run = [sys.executable, "-c", code]
    folder = os.path.dirname(__file__)
    with subprocess.Popen(run, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        time.sleep(0.2)
        process.terminate()
        assert process.wait(30) == 9
        assert not process.stderr.read()


def test_waiting_and_awaiting_calls():
    seen, instance = [], guest()
    with handled(signal.SIGALRM, lambda *_: seen.append(1)):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        call = Executor().invoke_async(instance["sleep"], 300_000_000)
        assert call.get() == 0
    assert seen == [1]
