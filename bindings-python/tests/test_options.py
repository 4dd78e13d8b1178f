"""What a guest of WASI is given: each option, for `Wasi` and for `run`."""

import asyncio
import socket

import pytest
import wasmspan
from wasmspan import Caller, Module, Wasi

CALLS = Module.from_wat("""(module
    (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "../secret")
    (func (export "time") (param i32) (result i64)
        (drop (call $time (local.get 0) (i64.const 0) (i32.const 8)))
        (i64.load (i32.const 8)))
    (func (export "open") (result i32)
        (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 9)
            (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
    (func (export "accept") (param i32) (result i32)
        (call $accept (local.get 0) (i32.const 0) (i32.const 16)))
    (func (export "name") (param i32) (result i32)
        (call $name (local.get 0) (i32.const 16) (i32.const 1))))""")


def guest(**given):
    wasi = Wasi(**given)
    return wasi, CALLS.instantiate(wasi=wasi).exports


def test_clocks():
    times = iter([5, 2**63 - 1])
    _, exports = guest(realtime_clock=1_000, monotonic_clock=lambda: next(times))
    assert [exports.time(0), exports.time(0), exports.time(1), exports.time(1)] == [1000, 1000, 5, 2**63 - 1]


def test_a_clock_that_fails_is_told_of(monkeypatch):
    told = []
    monkeypatch.setattr("sys.unraisablehook", lambda what: told.append(what.exc_type))
    _, exports = guest(realtime_clock=lambda: 1 // 0, monotonic_clock=lambda: "noon")
    assert (exports.time(0), exports.time(1)) == (0, 0)
    assert told == [ZeroDivisionError, TypeError]


def test_denials(tmp_path):
    wasi, exports = guest(dirs={"/data": tmp_path})
    assert wasi.denials == ()
    assert exports.open() > 0
    exports.open()
    (denial,) = wasi.denials
    assert (denial.function, denial.errno) == ("path_open", exports.open())
    assert "secret" in denial.wanted
    assert denial.option


def test_denials_of_a_run(tmp_path):
    text = """(module
        (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 100) "../secret")
        (func (export "_start")
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 9)
                (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))) %s))"""
    done = wasmspan.run((text % "").encode(), dirs={"/data": tmp_path})
    assert [denial.function for denial in done.denials] == ["path_open"]
    with pytest.raises(wasmspan.Trap) as raised:
        wasmspan.run((text % "unreachable").encode(), dirs={"/data": tmp_path})
    assert len(raised.value.denials) == 1


@pytest.mark.parametrize("as_number", [False, True])
def test_listeners(as_number):
    with socket.create_server(("127.0.0.1", 0)) as server:
        _, exports = guest(listeners=[server.fileno() if as_number else server])
        address = server.getsockname()
    # The guest has a copy.
    with socket.create_connection(address):
        assert exports.accept(3) == 0
    with pytest.raises(ValueError, match="listens"), socket.socket() as plain:
        Wasi(listeners=[plain])
    with pytest.raises(ValueError, match="closed"):
        Wasi(listeners=[server])
    with pytest.raises(OSError, match="descriptor"):
        Wasi(listeners=[9999])


def test_directories_are_listed(tmp_path):
    assert guest(dirs={"/data": tmp_path})[1].name(4) != 0
    assert guest(dirs={"/data": tmp_path}, list_dirs=True)[1].name(4) == 0


def test_descriptors_are_limited(tmp_path):
    guest(dirs={"/data": tmp_path}, max_descriptors=4)
    with pytest.raises(ValueError, match="too many"):
        guest(dirs={"/data": tmp_path}, max_descriptors=3)
    with pytest.raises(ValueError, match="max_descriptors: "):
        guest(max_descriptors=2**40)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="colour"):
        Wasi(colour=1)
    with pytest.raises(TypeError, match="colour"):
        wasmspan.run(b"(module)", colour=1)


HOSTED = b"""(module
    (import "env" "twice" (func $twice (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (call $twice (i32.const 21)))))"""


def test_runs_import_from_the_host():
    def twice(caller: Caller, n: int) -> int:
        assert caller.memory.pages == 1
        return 2 * n

    assert wasmspan.run(HOSTED, imports={"env": {"twice": twice}}).exit_code == 42
    env = wasmspan.Instance("env")
    env.define("twice", wasmspan.Function(wasmspan.FuncType(["i32"], ["i32"]), lambda n: n))
    assert wasmspan.run(HOSTED, imports={"env": env}).exit_code == 21
    with pytest.raises(ZeroDivisionError):
        wasmspan.run(HOSTED, imports={"env": {"twice": lambda n: n // 0}})
    with pytest.raises(wasmspan.LinkError):
        wasmspan.run(HOSTED)


def test_runs_that_are_awaited_import_coroutines():
    async def twice(n):
        await asyncio.sleep(0.001)
        return 2 * n

    async def main():
        runs = [wasmspan.arun(HOSTED, imports={"env": {"twice": twice}}) for _ in range(20)]
        return {done.exit_code for done in await asyncio.gather(*runs)}

    assert asyncio.run(main()) == {42}


def test_a_pool_is_given_in_order_of_arrival():
    pool = wasmspan.Pool(Module.from_wat("(module)"), size=1)
    order = []

    async def use(n):
        with await pool.get_async():
            order.append(n)

    async def main():
        first = pool.get()
        tasks = [asyncio.create_task(use(n)) for n in range(10)]
        await asyncio.sleep(0.02)
        tasks[3].cancel()
        tasks[7].cancel()
        with first:
            pass
        await asyncio.gather(*tasks, return_exceptions=True)
        with pool.get():
            with pytest.raises(wasmspan.Busy):
                await pool.get_async(0.02)
            kept = asyncio.create_task(use(10))
            await asyncio.sleep(0.02)
            kept.cancel()

    asyncio.run(main())
    assert order == [0, 1, 2, 4, 5, 6, 8, 9]
    assert pool.in_use == 0
