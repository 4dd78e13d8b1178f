"""Threads that use, replace and close the same objects at random; longer in `make soak`."""

import gc
import os
import random
import threading
import time

import pytest
from wasmspan import (
    VM,
    Config,
    Executor,
    Function,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Interrupt,
    Limits,
    Memory,
    MemoryType,
    Module,
    Pool,
    Store,
    Table,
    TableType,
    Wasi,
    WasmError,
    _native,
)

SECONDS = float(os.environ.get("WASMSPAN_STRESS_SECONDS", "5"))
THREADS = 8
FT = FuncType(["i32"], ["i32"])
TEXT = """(module
    (import "env" "f" (func $f (param i32) (result i32)))
    (import "env" "t" (table $t 8 64 funcref)) (import "env" "x" (table $x 8 64 externref))
    (import "env" "g" (global $g (mut externref)))
    (memory (export "memory") 1 64)
    (table (export "own") 4 16 externref)
    (elem declare func $go)
    (func $go (export "go") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "spin") (loop (br 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "put") (param i32) (table.set $t (local.get 0) (ref.func $go)))
    (func (export "keep") (param i32 externref)
        (table.set $x (local.get 0) (local.get 1)) (global.set $g (local.get 1))
        (table.set 2 (i32.const 1) (local.get 1))
        (table.copy $x $x (i32.const 0) (i32.const 4) (i32.const 4)))
    (func (export "deep") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
            (else (i32.add (i32.const 1)
                (call_indirect $t (param i32) (result i32) (i32.const 3) (i32.const 0))))))
    (func (export "trap") (unreachable)))"""


class World:
    """What all threads share. Each place holds what somebody put there last."""

    def __init__(self):
        self.module = Module.from_wat(TEXT)
        self.table, self.objects = Table(TableType("funcref", 8, 64)), Table(TableType("externref", 8, 64))
        self.cell = Global(GlobalType("externref", True), None)
        self.memory = Memory(MemoryType(1, 64))
        self.env = Instance("env")
        self.env.define("f", Function(FT, self.host))
        for name, item in (("t", self.table), ("x", self.objects), ("g", self.cell)):
            self.env.define(name, item)
        self.interrupt, self.calls = Interrupt(), []
        self.make()

    def host(self, n):
        if n % 7 == 0:
            raise ValueError(n)
        return n + 1

    def imports(self):
        return {"env": {"f": self.host, "t": self.table, "x": self.objects, "g": self.cell}}

    def make(self):
        settings = {"when_busy": random.choice(["raise", "wait"]), "limits": Limits(time_ms=200)}
        self.instance = self.module.instantiate(self.imports(), **settings)
        self.pool = Pool(self.module, self.imports(), size=3)
        self.vm, self.store = VM(Config(limits=Limits(time_ms=200))), Store()
        self.vm.register(self.env)
        self.store.register(self.env)
        self.wasi = Wasi(stdout=lambda data, me=self: None)


def call(world, rng):
    getattr(world.instance.exports, rng.choice(["go", "load", "deep"]))(rng.randrange(100))


def stop(world, rng):
    world.instance.exports.spin(timeout=0.005, interrupt=rng.choice([None, world.interrupt]))


def interrupt(world, rng):
    world.interrupt.interrupt()


def trap(world, rng):
    world.instance.exports.trap()


def grow(world, rng):
    rng.choice([world.instance.exports.grow, lambda: world.memory.grow(1), lambda: world.objects.grow(1)])()


def read(world, rng):
    memory = rng.choice([world.memory, world.instance.exports.memory])
    at = rng.randrange(len(memory))
    memory.write(at, b"x")
    assert len(bytes(memoryview(memory)[at : at + 8])) <= 8
    memory.read(at, 1)


def references(world, rng):
    at = rng.randrange(8)
    rng.choice([world.instance.exports.put, lambda at: world.instance.exports.keep(at, [world])])(at)
    world.objects[at] = rng.choice([None, world, world.instance, object()])
    world.table[at] = rng.choice([None, world.instance.exports.go, Function(FT, world.host)])
    world.cell.value = world.objects[rng.randrange(8)]
    if found := world.table[rng.randrange(8)]:
        found(1)


def replace(world, rng):
    world.make()


def compile_(world, rng):
    text = f'(module (func (export "f{rng.random()}") (result i32) (i32.const {rng.randrange(9)})))'
    world.module = Module.from_wat(TEXT) if rng.random() < 0.1 else world.module
    next(iter(Module.from_wat(text).instantiate().exports.values()))()


def pooled(world, rng):
    with world.pool.get(timeout=0.01) as instance:
        exports = instance.exports
        exports.go(1)
    # Its place is another's; it works all the same.
    exports.load(0)


def vm(world, rng):
    machine = world.vm
    step = rng.randrange(6)
    if step == 0:
        machine.load(world.module)
        machine.validate()
        machine.instantiate()
    elif step == 1:
        machine.run(world.module, "go", 1)
    elif step == 2:
        machine.execute("go", 1)
    elif step == 3:
        with machine:
            machine.register(world.env)
    elif step == 4:
        machine.interrupt()
    elif machine.active_module:
        machine.active_module["load"](0)


def asynchronous(world, rng):
    made = rng.choice(
        [
            lambda: world.vm.execute_async("spin"),
            lambda: world.vm.run_async(world.module, "go", 1),
            lambda: Executor().invoke_async(world.instance["go"], rng.randrange(9)),
        ]
    )()
    world.calls.append(made)
    if len(world.calls) > 4:
        world.calls.pop(0).cancel()
    if rng.random() < 0.5:
        made.wait(0.002)
        made.cancel()
        made.get(timeout=20)


def store(world, rng):
    shared = world.store
    rng.choice([shared.register, shared.unregister])(world.env)
    made = Executor().instantiate(shared, world.module)
    shared.register(made, str(rng.random()))
    made["go"](1)


def collect(world, rng):
    gc.collect()


STEPS = [call] * 6 + [read] * 3 + [references] * 3 + [pooled] * 2 + [vm] * 2 + [compile_, store, grow, trap]
STEPS += [stop, interrupt, asynchronous, replace, collect]


def test_threads_that_share_everything():
    gc.collect()
    before, failures, done = _native.live_objects(), [], []
    seed = random.randrange(1 << 30)

    def run(number, world, end):
        rng, steps = random.Random(seed + number), 0
        while time.monotonic() < end and not failures:
            step = rng.choice(STEPS)
            try:
                step(world, rng)
            except (WasmError, ValueError, TimeoutError, IndexError):
                pass
            except BaseException as failure:
                failures.append((step.__name__, repr(failure)))
            steps += 1
        done.append(steps)

    def all_of_them():
        world = World()
        end = time.monotonic() + SECONDS
        threads = [threading.Thread(target=run, args=(n, world, end)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 60)
        assert not any(thread.is_alive() for thread in threads), f"seed {seed}: a thread hangs"

    all_of_them()
    assert not failures, f"seed {seed}: {failures}"
    assert len(done) == THREADS
    assert min(done) > 0
    # Calls that nobody waits for end by their limit of time.
    end = time.monotonic() + 20
    while _native.live_objects() > before and time.monotonic() < end:
        gc.collect()
        time.sleep(0.1)
    assert _native.live_objects() <= before, f"seed {seed}"


@pytest.mark.parametrize("when_busy", ["raise", "wait"])
def test_closing_while_others_call(when_busy):
    """A call that has begun keeps what it uses."""
    module, begun, failures = Module.from_wat(TEXT), threading.Event(), []
    world = World()
    world.instance = module.instantiate(world.imports(), when_busy=when_busy)
    world.pool = Pool(module, world.imports(), size=2)

    def work(instance):
        exports = instance.exports
        del instance
        begun.set()
        for _ in range(3000):
            try:
                assert exports.go(1) == 2
            except WasmError:
                pass
            except BaseException as failure:
                failures.append(failure)

    with world.pool.get() as pooled, world.vm:
        threads = [threading.Thread(target=work, args=(part,)) for part in (world.instance, pooled)]
        for thread in threads:
            thread.start()
        begun.wait(10)
    del pooled
    world.vm = world.pool = world.instance = None
    gc.collect()
    for thread in threads:
        thread.join(60)
    assert not failures
