"""Limits, statistics, pools, calls on threads, and the stages of the VM each for itself."""

import asyncio
import contextlib
import gc
import json
import threading
import time
import weakref

import pytest
import wasmspan
from wasmspan import (
    VM,
    Busy,
    CompileError,
    Compiler,
    Config,
    Executor,
    Function,
    FuncType,
    Instance,
    Interrupted,
    Limits,
    LinkError,
    Loader,
    MemoryLimit,
    Module,
    OutOfFuel,
    Pool,
    Statistics,
    Store,
    Trap,
    Validator,
    Wasi,
    WasmError,
    WasmTimeout,
    _native,
)

WORK = """(module (memory (export "memory") 1) (table (export "table") 1 funcref)
    (func (export "spin") (loop (br 0)))
    (func (export "count") (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 0))
    (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"""
CALL = """(module (import "env" "f" (func $f (param i32) (result i32)))
    (func (export "call") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "spin") (loop (br 0))))"""


def env(function) -> Instance:
    module = Instance("env")
    module.define("f", Function(FuncType(["i32"], ["i32"]), function))
    return module


def test_limits_are_values():
    limits = Limits(time_ms=250, fuel=1000, memory_pages=2)
    assert limits == Limits(time_ms=250, cost=1000, memory_pages=2)
    assert limits != Limits()
    assert len({limits, Limits.from_json(limits.to_json())}) == 1
    assert json.loads(limits.to_json()) == {"time_ms": 250, "cost": 1000, "memory_pages": 2}
    assert repr(limits) == "Limits(time_ms=250, cost=1000, memory_pages=2)"
    assert limits.table_elements is limits.stack_bytes is limits.instances is None
    every = Limits(open_files=5, output_bytes=6)
    assert (every.open_files, every.output_bytes) == (5, 6)
    with pytest.raises(ValueError, match="same limit"):
        Limits(cost=1, fuel=1)
    with pytest.raises(ValueError, match="limits"):
        Limits.from_json('{"nonsense": 1}')


def test_limits_of_an_instance():
    module = Module.from_wat(WORK)
    with pytest.raises(WasmTimeout, match="20 ms"):
        module.instantiate(limits=Limits(time_ms=20)).exports.spin()
    exports = module.instantiate(limits=Limits(memory_pages=3)).exports
    assert (exports.grow(2), exports.grow(1)) == (1, -1)
    with pytest.raises(MemoryLimit):
        exports.memory.grow(1)
    # Each turn: loop, local.get, i32.const, i32.sub, local.tee, br_if; end, local.get and end after them.
    exact = module.instantiate(limits=Limits(cost=6 * 100 + 3))
    exact.exports.count(100)
    with pytest.raises(OutOfFuel):
        exact.exports.count(100)
    assert exact.statistics.total_cost == 603
    deep = module.instantiate(limits=Limits(stack_bytes=64 << 10)).exports.deep
    assert deep(10) == 10
    with pytest.raises(Trap, match="stack"):
        deep(100_000)
    tight = Config(limits=Limits(cost=10))
    with pytest.raises(OutOfFuel):
        Module.from_wat(WORK, tight).instantiate(limits=Limits(cost=10**9)).exports.count(100)


def test_limits_of_a_wasi_guest(guests):
    module = Module(guests / "hello-c.wasm")
    wasi = Wasi(stdout="capture")
    with contextlib.suppress(WasmError):
        module.instantiate(wasi=wasi, limits=Limits(output_bytes=4)).exports._start()
    assert len(wasi.stdout) <= 4
    assert wasmspan.run(module).stdout.startswith(b"hello from C")


def test_limits_of_one_call():
    exports = Module.from_wat(WORK, Config(cost_measuring=True)).instantiate().exports
    with pytest.raises(OutOfFuel):
        exports.count(100, limits=Limits(cost=602))
    assert exports.count(100, limits=Limits(cost=603)) == 0
    with pytest.raises(WasmTimeout):
        exports.spin(limits=Limits(time_ms=20))
    with pytest.raises(WasmError, match="memory_pages"):
        exports.count(1, limits=Limits(memory_pages=1))
    unmetered = Module.from_wat(WORK).instantiate().exports
    with pytest.raises(WasmError, match="measures no costs"):
        unmetered.count(1, limits=Limits(cost=10))
    with pytest.raises(TypeError, match="limits"):
        unmetered.count(1, fuel=3)


def test_limits_of_runs():
    spin = b'(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))'
    with pytest.raises(OutOfFuel):
        wasmspan.run(spin, limits=Limits(fuel=10_000))
    with pytest.raises(WasmTimeout):
        wasmspan.run(spin, limits=Limits(time_ms=20))
    done = wasmspan.run(b'(module (func (export "_start") nop))', limits=Limits(fuel=10))
    assert done.cost == 2
    assert wasmspan.run(b'(module (func (export "_start") nop))').cost == 0


def test_statistics():
    figures = Statistics()
    config = Config(instruction_counting=True, cost_measuring=True, time_measuring=True)
    vms = [VM(config, statistics=figures) for _ in range(2)]
    for vm in vms:
        assert vm.run(WORK.encode(), "count", 10) == 0
    assert figures == vms[0].statistics
    assert figures.instruction_count == figures.total_cost == 2 * 63
    assert figures.total_time >= figures.wasm_time > 0
    assert figures.host_time >= 0
    assert figures.instructions_per_second > 0
    figures.set_cost_table([0] * 0x0D + [7])
    assert (figures.cost_of(0x0D), figures.cost_of(0x20)) == (7, 0)
    figures.clear()
    vms[0].run(WORK.encode(), "count", 10)
    assert figures.total_cost == 70
    assert figures.cost_limit is None
    figures.cost_limit = 75
    with pytest.raises(OutOfFuel):
        vms[1].run(WORK.encode(), "count", 10)


def test_statistics_of_many_threads():
    instance = Module.from_wat(WORK, Config(instruction_counting=True)).instantiate(when_busy="wait")

    def work():
        for _ in range(100):
            instance.exports.count(10)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert instance.statistics.instruction_count == 800 * 63


def test_stages():
    module = Loader().load(CALL.encode())
    executor, store = Executor(Config(instruction_counting=True)), Store()
    with pytest.raises(WasmError, match="validat"):
        executor.instantiate(store, module)
    Validator().validate(module)
    with pytest.raises(CompileError):
        Validator().validate(Loader().load(b"(module (func (result i32)))"))
    with pytest.raises(LinkError) as caught:
        executor.instantiate(store, module)
    assert caught.value.missing[0].name == "f"
    host = env(lambda n: n + 1)
    store.register(host)
    with pytest.raises(WasmError, match="registered"):
        store.register(host)
    instance = executor.register(store, module, "main")
    assert store.names == ["env", "main"]
    assert store.find("env") is host
    assert store.find("main") is instance
    assert store.find("nothing") is None
    call = instance["call"]
    assert (call(1), executor.invoke(call, 2)) == (2, 3)
    assert executor.statistics.instruction_count == 2 * 3
    with pytest.raises(TypeError, match="Function objects"):
        executor.invoke(lambda: 1)
    with pytest.raises(TypeError, match="0 arguments"):
        executor.invoke(call)
    with pytest.raises(WasmTimeout):
        executor.invoke(instance["spin"], limits=Limits(time_ms=20))
    assert store.unregister(host)
    assert not store.unregister(host)


def test_compiler(tmp_path):
    source = tmp_path / "work.wat"
    source.write_text(WORK)
    for compiler, name in (
        (Compiler(), "work.wasm"),
        (Compiler(), "work.so"),
        (Compiler(Config(output_format="native", optimize="none", generic_code=True)), "work.bin"),
    ):
        compiler.compile(source, tmp_path / name)
        module = Module.load_compiled(tmp_path / name)
        assert module.is_precompiled
        assert module.instantiate().exports.count(3) == 0
    assert not Module(tmp_path / "work.wasm").is_precompiled
    assert not Module(
        tmp_path / "work.wasm", Config(load_compiled=True, force_interpreter=True)
    ).is_precompiled
    compiled = Compiler().compile_to_bytes(Module.from_wat(WORK))
    assert Loader(Config(load_compiled=True)).load(compiled).is_precompiled
    with pytest.raises(CompileError):
        Compiler().compile(b"(module (func (result i32)))", tmp_path / "none.wasm")
    assert not (tmp_path / "none.wasm").exists()


def test_disk_cache(guests, tmp_path):
    folder = tmp_path / "cache"
    config = Config(cache=folder, cache_max_bytes=1 << 26, compile_time="eager")
    guest = guests / "regex.wasm"

    def entries():
        return {file: file.stat().st_size for file in folder.rglob("*") if file.is_file()}

    Module(guest, config)
    kept = entries()
    assert sum(kept.values()) > guest.stat().st_size
    Module(guest, config)
    assert entries() == kept
    Module(guest)
    assert entries() == kept
    with pytest.raises(ValueError, match="compile_time"):
        Config(compile_time="never")


def test_calls_on_threads():
    vm = VM()
    vm.register(env(lambda n: n + 1))
    task = vm.run_async(CALL.encode(), "call", 1)
    assert task.wait()
    assert (task.get(), task.get(), task.is_finished) == (2, 2, True)
    vm.run(CALL.encode(), "call", 1)
    assert vm.execute_async("call", 5).get(10) == 6
    assert vm.execute_registered_async("env", "f", 6).get() == 7
    spin = vm.execute_async("spin")
    assert not spin.wait(0.01)
    with pytest.raises(TimeoutError):
        spin.get(0.01)
    spin.cancel()
    with pytest.raises(Interrupted):
        spin.get()
    assert repr(spin) == "<wasmspan.Async: finished>"
    dropped = vm.execute_async("spin")
    del dropped  # Stops it and waits.
    executor = Executor()
    instance = executor.instantiate(Store(), Module.from_wat(WORK))
    assert executor.invoke_async(instance["count"], 4).get() == 0


def test_exceptions_of_calls_on_threads():
    def fail(n):
        raise KeyError(n)

    vm = VM()
    vm.register(env(fail))
    with pytest.raises(KeyError):
        vm.run_async(CALL.encode(), "call", 1).get()


def test_awaiting_calls_on_threads():
    started = []

    async def host(n):
        started.append(n)
        await asyncio.sleep(n)
        return n + 1

    async def main():
        vm = VM()
        vm.register(env(host))
        vm.load(CALL.encode())
        vm.validate()
        vm.instantiate()
        assert await vm.execute_async("call", 0) == 1
        for name, args in (("spin", ()), ("call", (60,))):
            task = asyncio.ensure_future(wait_for(vm.execute_async(name, *args)))
            await asyncio.sleep(0.05)
            begin = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - begin < 5
        assert started == [0, 60]
        vm.cleanup()

    async def wait_for(call):
        return await call

    asyncio.run(main())


def test_timeouts_reach_coroutines_of_the_host():
    async def host(n):
        await asyncio.sleep(60)
        return n

    async def main():
        exports = Module.from_wat(CALL).instantiate({"env": {"f": host}}).exports
        begin = time.monotonic()
        with pytest.raises((WasmTimeout, asyncio.CancelledError)):
            await exports.call.async_(1, timeout=0.05)
        assert time.monotonic() - begin < 10
        with pytest.raises(WasmTimeout):
            await exports.spin.async_(limits=Limits(time_ms=20))

    asyncio.run(main())


def test_pools():
    text = """(module (import "env" "f" (func $f (param i32) (result i32)))
        (global $n (mut i32) (i32.const 0))
        (func (export "next") (result i32)
            (global.set $n (call $f (global.get $n))) (global.get $n)))"""
    pool = Pool(Module.from_wat(text), {"env": {"f": lambda n: n + 1}}, size=2, limits=Limits(cost=10**6))
    for _ in range(3):
        with pool.get() as instance:
            assert (instance.exports.next(), instance.exports.next()) == (1, 2)
    first, second = pool.get(), pool.get(timeout=1)
    assert (pool.size, pool.in_use, pool.try_get()) == (2, 2, None)
    with pytest.raises(Busy, match="all 2"):
        pool.get(timeout=0.01)
    threading.Timer(0.05, first.__exit__, (None, None, None)).start()
    assert pool.get().exports.next() == 1
    del first, second
    gc.collect()
    assert pool.in_use == 0
    assert pool.statistics.total_cost > 0
    with pytest.raises(ValueError, match="at least 1"):
        Pool(Module.from_wat("(module)"), size=0)
    with pytest.raises(LinkError):
        Pool(Module.from_wat(CALL), size=1)


def test_pools_and_event_loops():
    async def main():
        pool = Pool(Module.from_wat(WORK), size=2)
        most = 0

        async def request():
            nonlocal most
            with await pool.get_async() as instance:
                most = max(most, pool.in_use)
                return await instance.exports.count.async_(1000)

        assert await asyncio.gather(*(request() for _ in range(40))) == [0] * 40
        assert (most, pool.in_use) == (2, 0)
        with pool.get(), pool.get(), pytest.raises(Busy):
            await pool.get_async(timeout=0.01)

    asyncio.run(main())


class Thing:
    """Something that a host function refers to."""


@pytest.mark.parametrize("how", ["pool", "pooled", "executor", "vm"])
def test_cycles_are_collected(how):
    """A host function that refers to what holds it goes with it."""
    gc.collect()
    before, thing = _native.live_objects(), Thing()
    gone, module = weakref.ref(thing), Module.from_wat(CALL)

    def host(n, thing=thing):
        return n + len(vars(thing))

    if how == "vm":
        with VM() as thing.vm:
            thing.vm.register(env(host))
            assert thing.vm.run(module, "call", 1) == 2
    elif how == "executor":
        thing.store = Store()
        thing.store.register(env(host))
        thing.instance = Executor().instantiate(thing.store, module)
        assert thing.instance.exports.call(1) == 3
    else:
        thing.pool = Pool(module, {"env": {"f": host}}, size=2)
        with thing.pool.get() as instance:
            assert instance.exports.call(1) == 2
        if how == "pooled":
            thing.instance = thing.pool.get()
        del instance
    del thing, host
    gc.collect()
    assert gone() is None
    assert _native.live_objects() <= before


def test_what_a_pooled_instance_needs_stays():
    pool = Pool(Module.from_wat(CALL), {"env": {"f": lambda n: n + 1}}, size=1)
    call = pool.get().exports.call
    del pool
    gc.collect()
    assert call(1) == 2


def test_the_log(capfd):
    vm = VM(Config(instruction_counting=True))
    vm.run(WORK.encode(), "count", 1)
    with pytest.raises(CompileError):
        vm.load(b"nonsense")
    assert capfd.readouterr() == ("", "")
    lines = []
    wasmspan.set_log("info", lambda level, line: lines.append((level, line)))
    try:
        vm.run(WORK.encode(), "count", 1)
        assert any(level == "info" and "instructions count" in line for level, line in lines)
        with pytest.raises(ValueError, match="no level"):
            wasmspan.set_log("loud")
        wasmspan.set_log("error")
        with pytest.raises(CompileError):
            vm.load(b"nonsense")
        assert "loading failed" in capfd.readouterr().out
    finally:
        wasmspan.set_log("off")


def test_modules_that_are_not_valid_are_listed_or_refused():
    # It exports function 0, which it doesn't have.
    module = wasmspan.Loader().load(bytes.fromhex("0061736d0100000007050101610000"))
    with pytest.raises(wasmspan.WasmError, match="unknown function"):
        _ = module.exports
    assert module.imports == ()
    with pytest.raises(wasmspan.CompileError, match="unknown function"):
        wasmspan.Validator().validate(module)
