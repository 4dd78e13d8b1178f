"""Calls in both directions, values and errors."""

import functools
import gc
import math
import weakref

import pytest
import wasmspan
from wasmspan import (
    Caller,
    CompileError,
    Exit,
    Function,
    FuncType,
    LinkError,
    Module,
    Trap,
    WasmError,
)

ECHO = """(module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "v128") (param v128) (result v128) (local.get 0))
    (func (export "extern") (param externref) (result externref) (local.get 0))
    (func (export "func") (param funcref) (result funcref) (local.get 0))
    (func (export "pair") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
    (func (export "none")))"""


def test_values_come_back(make):
    e = make(ECHO).exports
    assert [e.i32(n) for n in (0, -1, 2**31 - 1, -(2**31))] == [0, -1, 2**31 - 1, -(2**31)]
    assert e.i32(2**32 - 1) == -1
    assert e.i64(2**64 - 1) == -1
    assert e.i64(-(2**63)) == -(2**63)
    assert e.i32(True) == 1
    assert e.f32(1.5) == 1.5
    assert e.f32(0.1) != 0.1
    assert e.f64(3) == 3.0
    assert math.isnan(e.f64(math.nan))
    assert e.v128(bytes(range(16))) == bytes(range(16))
    thing = object()
    assert e.extern(thing) is thing
    assert e.extern(None) is None
    assert e.func(None) is None
    assert e.func(e.i32)(7) == 7
    assert e.pair(1, 2.5) == (2.5, 1)
    assert e.none() is None


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("i32", 2**32, OverflowError),
        ("i32", -(2**31) - 1, OverflowError),
        ("i64", 2**64, OverflowError),
        ("i64", -(2**63) - 1, OverflowError),
        ("i32", 1.0, TypeError),
        ("i32", "1", TypeError),
        ("f64", "1", TypeError),
        ("v128", b"short", ValueError),
        ("v128", 5, TypeError),
        ("func", len, TypeError),
    ],
)
def test_wrong_values_are_refused(make, name, value, error):
    exports = make(ECHO).exports
    with pytest.raises(error):
        exports[name](value)
    with pytest.raises(TypeError, match="given"):
        exports[name]()
    with pytest.raises(TypeError, match="keywords"):
        exports[name](value, nonsense=1)


def test_many_parameters(make):
    names = " ".join(["i32"] * 40)
    text = f'(module (func (export "last") (param {names}) (result i32) (local.get 39)))'
    assert make(text).exports.last(*range(40)) == 39


def test_host_functions(make):
    seen = []
    text = """(module
        (import "env" "sum" (func $sum (param i32 i64 f64) (result f64)))
        (import "env" "log" (func $log (param i32)))
        (import "env" "two" (func $two (result i32 i64)))
        (import "env" "keep" (func $keep (param externref) (result externref)))
        (func (export "sum") (result f64)
            (call $sum (i32.const -1) (i64.const 5000000000) (f64.const 0.5)))
        (func (export "log") (call $log (i32.const 7)))
        (func (export "two") (result i32 i64) (call $two))
        (func (export "keep") (param externref) (result externref) (call $keep (local.get 0))))"""
    given = {"sum": lambda a, b, c: a + b + c, "log": seen.append, "two": lambda: (1, -2)}
    exports = make(text, {"env": {**given, "keep": lambda o: [o]}}).exports
    assert exports.sum() == 4999999999.5
    assert exports.log() is None
    assert seen == [7]
    assert exports.two() == (1, -2)
    assert exports.keep("x") == ["x"]


CALL = """(module (import "env" "f" (func $f (param i32) (result i32)))
    (memory 1)
    (func $deep (param i32) (result i32) (call $f (local.get 0)))
    (func (export "call") (param i32) (result i32) (call $deep (local.get 0))))"""


class Stop(BaseException):
    pass


@pytest.mark.parametrize("raised", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), Stop()])
def test_exceptions_come_out_as_they_went_in(make, raised):
    def fail(n):
        raise raised

    exports = make(CALL, {"env": {"f": fail}}).exports
    with pytest.raises(type(raised)) as caught:
        exports.call(1)
    assert caught.value is raised
    assert isinstance(raised.__context__, Trap)
    assert [frame.function for frame in raised.__context__.frames] == ["deep", "call"]
    raised.__traceback__ = raised.__context__ = None


def test_wrong_results_of_host_functions(make):
    with pytest.raises(TypeError):
        make(CALL, {"env": {"f": lambda n: "text"}}).exports.call(1)
    with pytest.raises(OverflowError):
        make(CALL, {"env": {"f": lambda n: 2**40}}).exports.call(1)


def test_host_functions_with_wrong_arity_are_refused_when_linked(make):
    with pytest.raises(TypeError, match="called with 1 arguments"):
        make(CALL, {"env": {"f": lambda: 1}})
    with pytest.raises(TypeError):
        make(CALL, {"env": {"f": 5}})


def test_annotations_of_host_functions_are_checked(make):
    text = """(module (import "env" "f" (func $f (param i32 f64) (result i64)))
        (func (export "call") (result i64) (call $f (i32.const 1) (f64.const 2))))"""

    def fits(a: int, b: float) -> int:
        return a + int(b)

    def fits_too(caller: wasmspan.Caller, a: "int", b: "Unknown", *rest) -> bool:  # noqa: F821
        return True

    def parameter(a: str, b: float) -> int:
        return 0

    def nothing(a: int, b: float) -> None: ...

    def result(a: int, b: float) -> "float":
        return 0.0

    class Host:
        def method(self, a: int, b: float) -> int:
            return a + 1

        def wrong(self, a: bytes, b: float) -> int:
            return 0

    @functools.wraps(fits)
    def wrapped(*args):
        return fits(*args)

    assert make(text, {"env": {"f": fits}}).exports.call() == 3
    assert make(text, {"env": {"f": wrapped}}).exports.call() == 3
    assert make(text, {"env": {"f": Host().method}}).exports.call() == 2
    with pytest.raises(TypeError, match=r"parameter a .* bytes"):
        make(text, {"env": {"f": Host().wrong}})
    assert make(text, {"env": {"f": fits_too}}).exports.call() == 1
    for wrong, what in (
        (parameter, "parameter a .* str"),
        (nothing, "result .* None"),
        (result, "result .* float"),
    ):
        with pytest.raises(TypeError, match=what):
            make(text, {"env": {"f": wrong}})


def test_methods_and_callers(make):
    class Host:
        def call(self, caller: Caller, n):
            self.seen = caller
            caller.memory.store("i32", 0, n)
            return caller["call_back"](n) if n else 5

    text = CALL[:-1] + ' (func (export "call_back") (param i32) (result i32) (i32.const 9)))'
    host = Host()
    instance = make(text, {"env": {"f": host.call}})
    assert instance.exports.call(1) == 9
    assert instance.exports.call(0) == 5
    assert host.seen.instance.exports.call_back(0) == 9


def test_calls_back_and_forth(make):
    def down(n):
        return 0 if n == 0 else instance.exports.call(n - 1) + 1

    instance = make(CALL, {"env": {"f": down}})
    assert instance.exports.call(50) == 50


def test_deep_recursion_is_an_exception(make):
    def forever(n):
        return instance.exports.call(n)

    instance = make(CALL, {"env": {"f": forever}})
    with pytest.raises((RecursionError, Trap)):
        instance.exports.call(1)
    assert make('(module (func (export "one") (result i32) i32.const 1))').exports.one() == 1


def test_traps_say_what_and_where(make):
    exports = make("""(module (memory 1)
        (func $inner (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "outer") (param i32) (result i32) (call $inner (local.get 0)))
        (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
        (func (export "recurse") (call 3)))""").exports
    with pytest.raises(Trap, match="out of bounds memory access") as caught:
        exports.outer(-4)
    assert caught.value.kind == "MemoryOutOfBounds"
    assert caught.value.code == 0x88
    assert [frame.function for frame in caught.value.frames] == ["inner", "outer"]
    assert any("inner" in note for note in caught.value.__notes__)
    with pytest.raises(Trap, match="divide by zero"):
        exports.divide(0)
    with pytest.raises(Trap, match="call stack exhausted"):
        exports.recurse()
    assert exports.divide(1) == 1


def test_modules_that_are_none():
    for bad in (b"", b"\0asm", b"\0asm\2\0\0\0", b"(modul)", b"\xff" * 20):
        with pytest.raises(CompileError):
            Module(bad)
    with pytest.raises(CompileError, match="type mismatch"):
        Module.from_wat("(module (func (result i32) i64.const 1))")
    with pytest.raises(FileNotFoundError) as caught:
        Module("/does/not/exist.wasm")
    assert caught.value.filename == "/does/not/exist.wasm"
    with pytest.raises(TypeError):
        Module(5)


def test_every_missing_import_is_named(make):
    text = """(module (import "env" "f" (func (param i32)))
        (import "env" "m" (memory 1)) (import "other" "g" (global i64)))"""
    with pytest.raises(LinkError) as caught:
        make(text, {"env": {"m": wasmspan.Memory(wasmspan.MemoryType(0))}})
    missing = caught.value.missing
    assert [(item.module, item.name) for item in missing] == [
        ("env", "f"),
        ("env", "m"),
        ("other", "g"),
    ]
    assert missing[0].wanted == FuncType(["i32"])


def test_instances_and_items_as_imports(make):
    library = make('(module (func (export "one") (result i32) i32.const 1))')
    text = """(module (import "lib" "one" (func $one (result i32)))
        (func (export "two") (result i32) (i32.add (call $one) (call $one))))"""
    assert make(text, {"lib": library}).exports.two() == 2
    assert make(text, {"lib": {"one": library.exports.one}}).exports.two() == 2
    host = wasmspan.Instance("lib")
    host.define("one", Function(FuncType([], ["i32"]), lambda: 10))
    assert make(text, {"lib": host}).exports.two() == 20
    two = Module.from_wat('(module (import "env" "f" (func)) (import "env" "g" (func)))')
    with pytest.raises(
        LinkError, match=r'"env" exports no "f" \(wanted: \(\) -> \(\)\); it exports "F", "g";'
    ) as caught:
        two.instantiate({"env": {"F": print, "g": print, 3: print}})
    assert [item.name for item in caught.value.missing] == ["f"]
    with pytest.raises(LinkError, match="it exports nothing"):
        two.instantiate({"env": {}})
    with pytest.raises(LinkError, match=r"mismatched function: expected \(.*\) -> .*, got"):
        make(text, {"lib": {"one": Function(FuncType(), lambda: None)}})


def test_exports_are_attributes_and_a_mapping(make):
    instance = make('(module (func (export "get") (result i32) i32.const 4) (func (export "a b")))')
    assert instance.exports.get() == 4
    assert list(instance.exports) == ["get", "a b"] == list(instance)
    assert instance["a b"]() is None
    assert "get" in instance
    assert len(instance) == 2
    with pytest.raises(AttributeError, match="exports no 'nope'"):
        _ = instance.exports.nope
    with pytest.raises(AttributeError):
        instance.exports.get = 5
    with pytest.raises(KeyError):
        instance["nope"]
    assert "get" in repr(instance)


def test_guests_that_end_themselves(make):
    text = """(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const 42))))"""
    with pytest.raises(Exit) as caught:
        make(text, wasi=wasmspan.Wasi()).exports._start()
    assert caught.value.exit_code == 42


def test_types_are_values():
    module = Module.from_wat("""(module (import "m" "f" (func (param i32) (result f64)))
        (memory (export "mem") 1 5) (table (export "tab") 2 externref)
        (global (export "g") (mut i64) (i64.const 1)))""")
    assert module.imports[0].type == FuncType(["i32"], ["f64"])
    assert module.exports[0].type == wasmspan.MemoryType(1, 5)
    assert module.exports[1].type == wasmspan.TableType("externref", 2)
    assert module.exports[2].type == wasmspan.GlobalType("i64", mutable=True)


def test_all_errors_have_one_base():
    for name in wasmspan.__all__:
        thing = getattr(wasmspan, name)
        if isinstance(thing, type) and issubclass(thing, Exception):
            assert issubclass(thing, WasmError)
    assert issubclass(wasmspan.WasmTimeout, TimeoutError)


def test_cycles_through_host_functions_are_collected(make):
    class Host:
        def call(self, n):
            return n

    gc.collect()
    before = wasmspan._native.live_objects()
    gone = []
    for _ in range(20):
        host = Host()
        host.instance = make(CALL, {"env": {"f": host.call}})
        host.exports = host.instance.exports
        host.other = make(CALL, {"env": {"f": host.exports.call}})
        host.function = Function(FuncType(["i32"], ["i32"]), host.call)
        host.third = make(CALL, {"env": {"f": host.function}})
        assert host.other.exports.call(3) == 3
        gone.append(weakref.ref(host))
    del host
    gc.collect()
    assert [ref() for ref in gone] == [None] * 20
    assert wasmspan._native.live_objects() == before


def test_what_is_still_reachable_is_not_collected(make):
    class Host:
        def call(self, n):
            return n + self.add

    host = Host()
    host.add = 5
    host.instance = make(CALL, {"env": {"f": host.call}})
    call = host.instance.exports.call
    table = wasmspan.Table(wasmspan.TableType("funcref", 1))
    table[0] = call
    del host, call
    for _ in range(3):
        gc.collect()
    assert table[0](1) == 6
