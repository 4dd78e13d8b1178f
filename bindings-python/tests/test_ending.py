"""How programs end while guests run: at once, with their own code, and without a word."""

import asyncio
import subprocess
import sys
import time

import pytest
from wasmspan import Executor, Module

PROGRAM = """
import asyncio, os, signal, sys, threading, time
import wasmspan
from wasmspan import VM, Executor, Module, Wasi
guest = Module.from_wat('''(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "env" "f" (func $f))
    (memory (export "memory") 1 1 shared)
    (func (export "spin") (loop (br 0)))
    (func (export "sleep")
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))
    (func (export "wait")
        (drop (memory.atomic.wait32 (i32.const 256) (i32.const 0) (i64.const -1))))
    (func (export "call") (loop (call $f) (br 0)))
    (func (export "host") (call $f)))''')
def instance(f=lambda: None):
    return guest.instantiate({"env": {"f": f}}, wasi=Wasi())
def vm():
    made = VM()
    made.load(b'(module (func (export "spin") (loop (br 0))))')
    made.validate()
    made.instantiate()
    return made
def settle():
    time.sleep(0.1)
"""


def ends(code: str, status: int = 0, out: str = "", err: str = "") -> None:
    begin = time.monotonic()
    run = [sys.executable, "-X", "faulthandler", "-c", PROGRAM + code]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (status, out), done.stderr
    assert err in done.stderr if err else not done.stderr
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize(
    "start", ["vm().execute_async('spin')", "Executor().invoke_async(instance()['spin'])"]
)
@pytest.mark.parametrize(
    ("then", "status", "err"),
    [
        ("", 0, ""),
        ("call.cancel()", 0, ""),
        ("call.cancel()\ntry: call.get()\nexcept wasmspan.Interrupted: pass", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("raise KeyError", 1, "KeyError"),
        ("def keep(): yield call\nkept = keep(); next(kept); del call", 0, ""),
        ("sys.keep = call; del call", 0, ""),
        ("os.kill(os.getpid(), signal.SIGTERM)", -15, ""),
    ],
)
def test_calls_on_other_threads(start, then, status, err):
    ends(f"call = {start}\nsettle()\n{then}", status, "", err)


@pytest.mark.parametrize("what", ["spin", "sleep", "wait", "call"])
def test_threads_that_nobody_waits_for(what):
    ends(
        f"threading.Thread(target=instance()[{what!r}], daemon=True).start()\nsettle()\nsys.exit(4)",
        4,
    )


def test_a_host_function_that_waits():
    ends(
        """
threading.Thread(target=instance(lambda: time.sleep(3600))["host"], daemon=True).start()
settle()
sys.exit(4)""",
        4,
    )


@pytest.mark.parametrize("what", ["spin", "sleep", "wait", "call"])
def test_event_loops_that_are_left(what):
    ends(
        f"""
loop = asyncio.new_event_loop()
async def start():
    loop.task = asyncio.ensure_future(instance()[{what!r}].async_())
    loop.other = asyncio.ensure_future(wait(Executor().invoke_async(instance()[{what!r}])))
    await asyncio.sleep(0.1)
async def wait(call):
    await call
asyncio.set_event_loop(loop)
loop.set_exception_handler(lambda *_: None)
loop.run_until_complete(start())
loop.task._log_destroy_pending = loop.other._log_destroy_pending = False
sys.exit(5)""",
        5,
    )


def test_coroutines_of_an_event_loop_that_is_left():
    ends(
        """
async def forever():
    await asyncio.sleep(3600)
async def start():
    loop.task = asyncio.ensure_future(instance(forever)["host"].async_())
    await asyncio.sleep(0.1)
loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda *_: None)
loop.run_until_complete(start())
loop.task._log_destroy_pending = False
sys.exit(5)""",
        5,
    )


@pytest.mark.parametrize("raised", ["SystemExit(6)", "KeyboardInterrupt", "ValueError"])
def test_an_event_loop_that_fails(raised):
    ends(
        f"""
async def main():
    asyncio.ensure_future(instance()["spin"].async_())
    await asyncio.sleep(0.1)
    raise {raised}
try: asyncio.run(main())
except ValueError: sys.exit(6)
except KeyboardInterrupt: sys.exit(6)""",
        6,
    )


def test_destructors_at_the_end():
    """They can use what was never used before."""
    ends(
        """
class Last:
    def __init__(self, made): self.made = made
    def __del__(self):
        try: print("exports", self.made.exports.host(), self.made.exports.memory.pages)
        except wasmspan.Trap as trap: print(type(trap).__name__, trap.frames[0].function_index)
last = Last(instance())
bad = Last(instance())
bad.made = Module.from_wat('''(module (memory (export "memory") 1)
    (func (export "host") (unreachable)))''').instantiate()
""",
        0,
        "exports None 1\nTrap 0\n",
    )


def test_children():
    """Of `multiprocessing`, made by forking and anew; and forks that come back."""
    ends(
        """
import multiprocessing
def work(n):
    kept.append(vm().execute_async("spin"))
    threading.Thread(target=instance()["spin"], daemon=True).start()
    time.sleep(0.05)
    sys.exit(n)
kept = [vm().execute_async("spin")]
threading.Thread(target=instance()["spin"], daemon=True).start()
settle()
for n in range(3):
    child = multiprocessing.get_context("fork").Process(target=work, args=(n,))
    child.start()
    child.join(30)
    assert child.exitcode == n, child.exitcode
""",
    )


@pytest.mark.parametrize("leave", ["sys.exit(7)", "os._exit(7)", "raise SystemExit(7)"])
@pytest.mark.parametrize("what", ["spin", "sleep", "wait", "call"])
def test_forks(leave, what):
    ends(
        f"""
shared = instance()
calls = [vm().execute_async("spin"), Executor().invoke_async(instance()[{what!r}])]
threading.Thread(target=shared[{what!r}], daemon=True).start()
settle()
pid = os.fork()
if pid == 0:
    signal.alarm(30)
    assert shared.exports.host() is None  # Nobody is inside any more.
    for call in calls:
        try: call.get()
        except wasmspan.Interrupted as stopped: assert "forked" in str(stopped)
    {leave}
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
assert not calls[0].is_finished
sys.exit(8)
""",
        8,
    )


def test_a_fork_in_a_host_function():
    ends(
        """
def fork():
    global pid
    pid = os.fork()
    if pid == 0: sys.exit(7)
instance(fork).exports.host()
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
""",
    )


CALL = Module.from_wat(
    '(module (import "env" "f" (func $f (result i32))) (func (export "go") (result i32) (call $f)))'
)


@pytest.mark.parametrize(
    ("raised", "wanted"),
    [
        (StopIteration("x"), RuntimeError),
        (StopAsyncIteration("x"), StopAsyncIteration),
        (asyncio.CancelledError("x"), asyncio.CancelledError),
        (asyncio.InvalidStateError("x"), asyncio.InvalidStateError),
        (TimeoutError("x"), TimeoutError),
        (GeneratorExit("x"), GeneratorExit),
        (BaseException("x"), BaseException),
        (KeyboardInterrupt("x"), KeyboardInterrupt),
        (SystemExit("x"), SystemExit),
    ],
)
@pytest.mark.parametrize("how", ["function", "coroutine", "task"])
def test_exceptions_that_event_loops_treat_specially(raised, wanted, how):
    def fail():
        raise raised

    async def fail_later():
        raise raised

    instance = CALL.instantiate({"env": {"f": fail_later if how == "coroutine" else fail}})

    async def call():
        if how == "task":
            return await Executor().invoke_async(instance["go"])
        return await instance["go"].async_(timeout=20)

    async def main():
        return await asyncio.wait_for(call(), 30)

    begin = time.monotonic()
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        asyncio.run(main())
    assert type(caught.value) is wanted
    assert time.monotonic() - begin < 10
