"""What refers to itself through the engine is freed, and only that."""

import asyncio
import contextlib
import gc
import io
import os
import resource
import subprocess
import sys
import textwrap
import weakref

import pytest
import wasmspan
from wasmspan import (
    VM,
    Bindgen,
    Executor,
    Function,
    FuncType,
    Global,
    GlobalType,
    Heap,
    Instance,
    Module,
    Pool,
    Store,
    Table,
    TableType,
    Wasi,
    _native,
)

FT = FuncType(["i32"], ["i32"])
MODULE = Module.from_wat("""(module
    (import "e" "f" (func $f (param i32) (result i32)))
    (import "e" "x" (func $x (param externref) (result externref)))
    (memory (export "memory") 1)
    (table (export "t") 4 externref) (table (export "ft") 4 funcref)
    (global (export "g") (mut externref) (ref.null extern))
    (global (export "fg") (mut funcref) (ref.null func))
    (elem declare func $go $f)
    (func $go (export "go") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "id") (param externref) (result externref) (call $x (local.get 0)))
    (func (export "keep") (param externref)
        (table.set 0 (i32.const 0) (local.get 0)) (table.set 0 (i32.const 1) (local.get 0))
        (global.set 0 (local.get 0)))
    (func (export "put") (table.set 1 (i32.const 1) (ref.func $go)) (table.set 1 (i32.const 2) (ref.func $f))
        (global.set 1 (ref.func $go))))""")
SHARED = Module.from_wat("""(module
    (import "e" "f" (func $f (param i32) (result i32)))
    (import "e" "t" (table 4 funcref)) (import "e" "g" (global (mut externref)))
    (elem (i32.const 0) func $go $f)
    (func $go (export "go") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "keep") (param externref) (global.set 0 (local.get 0))))""")
HEAP = Module.from_wat("""(module
    (import "e" "f" (func (param i32) (result i32))) (memory (export "memory") 1)
    (func (export "malloc") (param i32) (result i32) (i32.const 16)) (func (export "free") (param i32)))""")


class Thing:
    """What the engine refers to, and what refers to that."""

    def method(self, n):
        return n + 1

    def imports(self):
        return {"e": {"f": self.method, "x": lambda value, me=self: value}}

    def make(self):
        self.instance = MODULE.instantiate(self.imports())
        return self.instance


def shape_closure(me):
    me.make().exports.go(1)


def shape_function(me):
    me.function = Function(FT, me.method)
    me.function(1)


def shape_function_imported(me):
    me.function = Function(FT, me.method)
    me.instance = MODULE.instantiate({"e": {"f": me.function, "x": lambda value: value}})


def shape_table(me):
    me.table = Table(TableType("externref", 2))
    me.table[0] = me


def shape_table_twice(me):
    me.table, other = Table(TableType("externref", 2)), Table(TableType("externref", 2))
    me.table[0], me.table[1], other[0] = me, me.table, me
    me.table.grow(2, other)


def shape_global(me):
    me.cell = Global(GlobalType("externref", True), me)


def shape_global_of_function(me):
    me.cell = Global(GlobalType("funcref", True), Function(FT, me.method))


def shape_funcref_table(me):
    me.table = Table(TableType("funcref", 2))
    me.table[0] = Function(FT, me.method)


def shape_export_in_a_table(me):
    me.table = Table(TableType("funcref", 2))
    me.table[0] = me.make().exports.go


def shape_tables_of_one_another(me):
    me.tables = [Table(TableType("funcref", 2)) for _ in range(2)]
    other = MODULE.instantiate(me.imports())
    me.tables[0][0] = me.make().exports.go
    me.tables[1][0] = me.instance.exports.go
    me.tables[1][1], me.tables[0][1] = other.exports.go, Function(FT, me.method)


def shape_own_table(me):
    me.make().exports.t[0] = me


def shape_own_global(me):
    me.make().exports.g.value = me


def shape_kept_by_wasm(me):
    me.make().exports.keep(me)


def shape_own_functions(me):
    me.make().exports.put()
    me.found, me.other = me.instance.exports.ft[1], me.instance.exports.ft[2]
    me.last = me.instance.exports.fg.value


def shape_argument_and_result(me):
    assert me.make().exports.id(me) is me


def shape_shared_table(me):
    imports = {"e": {"f": me.method, "t": Table(TableType("funcref", 4)), "g": None}}
    imports["e"]["g"] = me.cell = Global(GlobalType("externref", True), None)
    me.instances = [SHARED.instantiate(imports) for _ in range(3)]
    me.instances[1].exports.keep(me)
    me.go = imports["e"]["t"][0]


def shape_host_module(me):
    env = Instance("e")
    env.define("f", Function(FT, me.method))
    env.define("x", Function(FuncType(["externref"], ["externref"]), lambda value, me=me: value))
    me.env, me.instance = env, MODULE.instantiate({"e": env})


def shape_store(me):
    shape_host_module(me)
    me.store = Store()
    me.store.register(me.env)
    me.made = Executor().instantiate(me.store, MODULE)
    me.again = Executor().register(me.store, MODULE, "again")


def shape_vm(me):
    me.vm = VM()
    env = Instance("e")
    env.define("f", Function(FT, me.method))
    env.define("x", Function(FuncType(["externref"], ["externref"]), lambda value, me=me: value))
    me.vm.register(env)
    assert me.vm.run(MODULE, "go", 1) == 2
    me.active = me.vm.active_module
    me.active.exports.keep(me)


def shape_vm_alone(me):
    me.vm = VM()
    env = Instance("e")
    env.define("f", Function(FT, me.method))
    env.define("x", Function(FuncType(["externref"], ["externref"]), lambda value: value))
    me.vm.register(env)
    me.vm.register(MODULE, "other")
    me.vm.load(MODULE)
    me.vm.validate()
    me.vm.instantiate()


def shape_vm_call(me):
    shape_vm(me)
    me.call = me.vm.execute_async("go", 1)
    assert me.call.get() == 2


def shape_failed_call(me):
    def fail(n):
        raise ValueError(me)

    me.instance = MODULE.instantiate({"e": {"f": fail, "x": lambda value: value}})
    me.call = Executor().invoke_async(me.instance["go"], 1)
    me.other = Executor().invoke_async(me.instance["id"], [me])
    me.call.wait()
    assert me.other.get() == [me]


def shape_pool(me):
    me.pool = Pool(MODULE, me.imports(), size=2)
    me.pooled = me.pool.get()
    me.pooled.exports.keep(me)


def shape_pool_alone(me):
    me.pool = Pool(MODULE, me.imports(), size=2)
    with me.pool.get() as instance:
        instance.exports.go(1)


def shape_heap(me):
    me.heap = Heap(HEAP.instantiate(me.imports()))


def shape_bindgen(me):
    me.guest = Bindgen.attach(
        Module.from_wat("""(module (import "e" "f" (func (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "allocate") (param i32) (result i32) (i32.const 0))
            (func (export "deallocate") (param i32 i32)))""").instantiate(me.imports())
    )


class Sink(Thing, io.RawIOBase):
    def write(self, data):
        return len(data)


WASI = Module.from_wat("""(module
    (import "wasi_snapshot_preview1" "sched_yield" (func $y (result i32)))
    (memory (export "memory") 1) (func (export "go") (result i32) (call $y)))""")


def shape_wasi(me):
    me.wasi = Wasi(stdout=lambda data, me=me: None)


def shape_wasi_instance(me):
    me.instance = WASI.instantiate(wasi=Wasi(stdout=lambda data, me=me: None))
    me.go = me.instance.exports.go


def shape_wasi_store(me):
    me.store = Store()
    me.store.register(Wasi(stderr=lambda data, me=me: None).instance)
    me.instance = Executor().instantiate(me.store, WASI)


def shape_wasi_vm(me):
    me.vm = VM(wasi=Wasi(stdin=lambda size, me=me: b""))
    me.vm.run(WASI, "go")


def shape_wasi_pool(me):
    me.pool = Pool(WASI, size=1, wasi=Wasi(stdout=lambda data, me=me: None))
    me.pool.get().exports.go()


def shape_awaited(me):
    asyncio.run(me.make().exports.go.async_(1))


def shape_caller(me):
    def host(caller: wasmspan.Caller, n, me=me):
        me.caller_instance, me.caller_memory = caller.instance, caller.memory
        return n

    me.instance = MODULE.instantiate({"e": {"f": host, "x": lambda value: value}})
    me.instance.exports.go(1)


def shape_exception(me):
    def fail(n):
        raise ValueError(me)

    me.instance = MODULE.instantiate({"e": {"f": fail, "x": lambda value: value}})
    try:
        me.instance.exports.go(1)
    except ValueError as raised:
        me.raised = raised


SHAPES = {
    name.removeprefix("shape_"): shape for name, shape in globals().items() if name.startswith("shape_")
}
ROUNDS = int(os.environ.get("WASMSPAN_CYCLES", "300"))


def settle():
    for _ in range(2):
        gc.collect()


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_freed(name):
    def one():
        thing = Thing()
        SHAPES[name](thing)
        return weakref.ref(thing)

    settle()
    before = _native.live_objects()
    gone = [one() for _ in range(5)]
    settle()
    assert [ref() for ref in gone] == [None] * 5
    assert _native.live_objects() <= before


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_is_freed_while_something_refers_to_it(name):
    """Whatever of it is kept, the rest works."""
    for kept in ("instance", "function", "table", "tables", "cell", "vm", "store", "pool", "active", "found"):
        thing = Thing()
        SHAPES[name](thing)
        gone, keep = weakref.ref(thing), vars(thing).get(kept)
        if keep is None:
            continue
        del thing
        settle()
        assert gone() is not None, kept
        gone().method(1)
        parts = {"exports": getattr(keep, "exports", {})}
        if "go" in parts["exports"]:
            with contextlib.suppress(ValueError):
                parts["exports"].go(*[1] * len(parts["exports"].go.type.params))
        del keep, parts
        settle()
        assert gone() is None, kept


def test_a_function_in_a_table_that_others_use():
    """The table is alive in another instance, which nothing in Python names."""
    table, thing = Table(TableType("funcref", 4)), Thing()
    user = Module.from_wat("""(module
        (type $t (func (param i32) (result i32))) (import "e" "t" (table 4 funcref))
        (func (export "go") (param i32) (result i32)
            (call_indirect (type $t) (local.get 0) (i32.const 0))))""")
    call = user.instantiate({"e": {"t": table}}).exports.go
    thing.function = Function(FT, thing.method)
    table[0] = thing.function
    gone = weakref.ref(thing)
    del table, thing
    settle()
    assert call(1) == 2
    assert gone() is not None
    del call
    settle()
    assert gone() is None


def test_what_a_running_call_uses_stays():
    """The guest is in the host's hands while a collection finds its instance."""
    seen = []

    def host(n):
        settle()
        seen.append(gone() is not None)
        return n

    thing = Thing()
    gone = weakref.ref(thing)
    thing.instance = MODULE.instantiate({"e": {"f": lambda n, me=thing: host(n), "x": lambda value: value}})
    call = thing.instance.exports.go
    del thing
    assert call(3) == 3
    assert seen == [True]
    del call
    settle()
    assert gone() is None


def test_arguments_do_not_stay():
    """Nor results, when the call has ended."""
    instance = Thing().make()
    for call in (instance.exports.id, lambda thing: Executor().invoke(instance["id"], thing)):
        thing = Thing()
        gone = weakref.ref(thing)
        call(thing)
        del thing
        assert gone() is None


def test_destructors_of_cycles_use_the_engine():
    """They run before anything is taken apart, and may keep what they find."""
    kept = []

    class Last(Thing):
        def __del__(self):
            kept.append((self.instance.exports.go(1), self.instance.exports.t[0]))

    last = Last()
    last.make().exports.t[0] = last
    del last
    settle()
    assert kept[0][0] == 2
    assert kept[0][1].instance.exports.go(1) == 2
    gone = weakref.ref(kept[0][1])
    kept.clear()
    settle()
    assert gone() is None


@pytest.mark.parametrize("name", ["closure", "table", "shared_table", "own_functions", "pool", "vm"])
def test_memory_of_cycles_stays_flat(name):
    """10^5 rounds in `make soak`."""

    def some(rounds):
        for n in range(rounds):
            SHAPES[name](Thing())
            if n % 100 == 99:
                gc.collect()

    some(100)
    settle()
    objects, memory = _native.live_objects(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    some(ROUNDS)
    settle()
    assert _native.live_objects() <= objects
    # Of an interpreter's heap some stays, but not what each round takes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 48 << 10


def test_the_collector_is_called_when_memory_fills():
    """Nobody calls it here; each round takes 2 MB."""
    code = textwrap.dedent("""
        import gc, resource, sys
        from wasmspan import Memory, MemoryType, Module, _native
        gc.disable()
        module = Module.from_wat('''(module (import "e" "f" (func)) (memory (export "m") 32)
            (func (export "use") (memory.fill (i32.const 0) (i32.const 1) (i32.const 2097152))))''')
        class Thing: pass
        for _ in range(int(sys.argv[1])):
            thing = Thing()
            thing.instance = module.instantiate({"e": {"f": lambda thing=thing: None}})
            thing.instance.exports.use()
            thing.memory, thing.me = Memory(MemoryType(32)), thing
        assert _native.live_objects() < 500, _native.live_objects()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
    """)
    run = [sys.executable, "-c", code, str(ROUNDS)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400


def test_a_collection_makes_room():
    """Where the system refuses a memory, cycles that nobody uses go first."""
    code = textwrap.dedent("""
        import gc, resource
        from wasmspan import Memory, MemoryType
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        gc.disable()
        class Thing: pass
        for _ in range(40):
            thing = Thing()
            thing.memory, thing.me = Memory(MemoryType(4096, 4096)), thing
    """)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
