"""What is said about wrong arguments: which one, and what was wanted."""

import pickle
import sys

import pytest
import wasmspan
from wasmspan import (
    VM,
    Bindgen,
    Compiler,
    Config,
    Executor,
    Exit,
    Function,
    FuncType,
    Global,
    GlobalType,
    Heap,
    Instance,
    Limits,
    LinkError,
    Loader,
    Memory,
    MemoryFs,
    MemoryLimit,
    MemoryType,
    Module,
    Pool,
    Statistics,
    Store,
    Table,
    TableType,
    Validator,
    Wasi,
    WasmError,
)

MODULE = Module.from_wat("""(module
    (import "env" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1) (table (export "t") 2 externref)
    (global (export "g") (mut i32) (i32.const 0))
    (func (export "i32") (param i32 i32) (result i32) (local.get 0))
    (func (export "i64") (param i64)) (func (export "f32") (param f32)) (func (export "f64") (param f64))
    (func (export "v128") (param v128)) (func (export "funcref") (param funcref))
    (func (export "call") (result i32) (call $f (i32.const 1))))""")
EMPTY = Module.from_wat("(module)")


def made(f=lambda n: n):
    return MODULE.instantiate({"env": {"f": f}})


E = None  # The exports of an instance, in what follows.


class Fails:
    def __index__(self):
        raise ZeroDivisionError


MISTAKES = [
    # Calls.
    (lambda e: e.i32("1", 2), TypeError, r"argument 1 of i32\(\): an integer \(i32\) is expected, not str"),
    (lambda e: e.i32(1, 2.0), TypeError, r"argument 2 of i32\(\): an integer \(i32\) .* not float"),
    (lambda e: e.i32(1, None), TypeError, r"argument 2 of i32\(\): .* not NoneType"),
    (lambda e: e.i32(1), TypeError, r"i32\(\) takes 2 arguments: i32, i32 \(1 given\)"),
    (lambda e: e.i32(1, 2, 3), TypeError, r"\(3 given\)"),
    (lambda e: e.i32(1, y=2), TypeError, "timeout, interrupt and limits, not y"),
    (lambda e: e.i32(2**32, 1), OverflowError, r"argument 1 of i32\(\): 4294967296 is outside .* i32"),
    (lambda e: e.i32(1, -(2**31) - 1), OverflowError, r"argument 2 of i32\(\)"),
    (lambda e: e.i32(Fails(), 1), ZeroDivisionError, ""),
    (lambda e: e.i64(2**64), OverflowError, r"argument 1 of i64\(\): .* i64"),
    (lambda e: e.i64([]), TypeError, r"an integer \(i64\) is expected, not list"),
    (lambda e: e.f32(1e39), OverflowError, r"argument 1 of f32\(\): 1e39 is too large for f32"),
    (lambda e: e.f32(-1e300), OverflowError, "too large for f32"),
    (lambda e: e.f32("1"), TypeError, r"argument 1 of f32\(\): a number \(f32\) is expected, not str"),
    (lambda e: e.f64(b"1"), TypeError, r"a number \(f64\) is expected, not bytes"),
    (lambda e: e.v128(b"1"), ValueError, r"argument 1 of v128\(\): a v128 is 16 bytes, not 1"),
    (lambda e: e.v128(1), TypeError, r"16 bytes \(v128\) is expected, not int"),
    (lambda e: e.funcref(print), TypeError, r"a Function or None \(funcref\) is expected"),
    (lambda e: e.i32(1, 2, timeout="x"), TypeError, "timeout"),
    (lambda e: e.i32(1, 2, timeout=-1), ValueError, "timeout"),
    (lambda e: e.i32(1, 2, timeout=float("nan")), ValueError, "timeout"),
    (lambda e: e.i32(1, 2, interrupt=1), TypeError, "interrupt"),
    (lambda e: e.i32(1, 2, limits=1), TypeError, "limits"),
    (lambda e: e.nothing, AttributeError, "exports no 'nothing'; it exports memory"),
    # Imports.
    (lambda e: MODULE.instantiate(), LinkError, ""),
    (lambda e: MODULE.instantiate({"env": {"F": print}}), LinkError, '"env" exports no "f".* it exports "F"'),
    (lambda e: MODULE.instantiate([1]), TypeError, "imports is a mapping"),
    (lambda e: MODULE.instantiate(print), TypeError, "imports is a mapping"),
    (lambda e: MODULE.instantiate({"env": Store}), TypeError, r'imports\["env"\] is a mapping .* vars'),
    (lambda e: MODULE.instantiate({"env": sys}), TypeError, r'imports\["env"\] is a mapping .* vars'),
    (lambda e: MODULE.instantiate({"env": print}), TypeError, r'imports\["env"\] .* \{"name": …\}'),
    (lambda e: MODULE.instantiate({"env": 1}), TypeError, r'imports\["env"\] is a mapping .* not 1'),
    (lambda e: MODULE.instantiate({"env": {"f": 1}}), TypeError, r"env\.f is to be"),
    (lambda e: MODULE.instantiate({"env": {"f": e.memory}}), LinkError, ""),
    (
        lambda e: MODULE.instantiate(wasi={"args": []}),
        TypeError,
        r"wasi is an object such as Wasi\(.* not dict",
    ),
    (lambda e: MODULE.instantiate(wasi=True), TypeError, r"wasi is an object such as Wasi\(.* not bool"),
    (lambda e: EMPTY.instantiate(limits=3), TypeError, "limits"),
    (lambda e: EMPTY.instantiate(when_busy="x"), ValueError, "when_busy"),
    # Modules.
    (lambda e: Module("nothing.wasm"), FileNotFoundError, "nothing.wasm"),
    (lambda e: Module("/"), IsADirectoryError, "/"),
    (lambda e: Module(1), TypeError, "path or bytes, not int"),
    (lambda e: Module("nul\0"), ValueError, "NUL"),
    (lambda e: Module(b"(module)", config={}), TypeError, "config"),
    (lambda e: Module.load_compiled("nothing.so"), FileNotFoundError, "nothing.so"),
    (lambda e: EMPTY.save_compiled("/nowhere/x.wasm"), (OSError, WasmError), ""),
    (lambda e: Loader().load("nothing.wasm"), FileNotFoundError, "nothing.wasm"),
    (lambda e: Loader().load("/"), IsADirectoryError, ""),
    (lambda e: Loader().load(None), TypeError, "path or bytes, not NoneType"),
    (lambda e: Validator().validate(b""), TypeError, "module"),
    (lambda e: Compiler().compile("nothing.wasm", "x"), FileNotFoundError, "nothing.wasm"),
    (lambda e: Compiler().compile_to_bytes(1), TypeError, "not int"),
    # Settings.
    (
        lambda e: Config(with_=["simd!"]).proposals and Config(with_=["x"]),
        ValueError,
        "'x' is no proposal: Imp|\"x\" is no proposal",
    ),
    (lambda e: Config(with_=["Annotations"]), ValueError, 'with_: "Annotations" can\'t be had yet'),
    (lambda e: Config(with_="SIMD"), TypeError, "with_|a list is expected"),
    (lambda e: Config(optimize="fast"), ValueError, "optimize is one of"),
    (lambda e: Config(compile_time="x"), ValueError, "compile_time is one of"),
    (lambda e: Config(limits={}), TypeError, "limits"),
    (lambda e: Config(cache=1.5), TypeError, "cache"),
    (lambda e: Limits(time_ms="1"), TypeError, "time_ms is an integer, not str"),
    (lambda e: Limits(time_ms=-1), ValueError, "time_ms is from 0 to"),
    (
        lambda e: Limits(memory_pages=2**40),
        ValueError,
        "memory_pages is from 0 to 4294967295, not 1099511627776",
    ),
    (lambda e: Limits(cost=1, fuel=1), ValueError, "cost and fuel"),
    (lambda e: Limits.from_json("["), ValueError, ""),
    # Memories, tables, globals.
    (lambda e: Memory(MemoryType(1, 2**32)), ValueError, "maximum is from 0 to 65536, not 4294967296"),
    (lambda e: Memory(MemoryType(-1)), ValueError, "minimum is from 0 to 65536, not -1"),
    (lambda e: Memory(MemoryType("1")), TypeError, "minimum is an integer, not str"),
    (lambda e: Memory(MemoryType(2, 1)), WasmError, ""),
    (lambda e: Memory(1), TypeError, "a MemoryType is expected, not int"),
    (lambda e: Memory(MemoryType(1, 2)).grow(5), MemoryLimit, ""),
    (lambda e: e.memory.grow(-1), ValueError, "pages is from 0 to"),
    (lambda e: e.t.grow(-1), ValueError, "delta is from 0 to"),
    (lambda e: Executor().invoke_async(e.call).on_finish(3), TypeError, "callback is a callable, not int"),
    (lambda e: e.memory.grow("1"), TypeError, "pages"),
    (lambda e: e.memory.read(1 << 20, 1), IndexError, "outside the memory"),
    (lambda e: e.memory.write(0, "text"), TypeError, "bytes"),
    (lambda e: e.memory.load("u7", 0), ValueError, "u8 to u64"),
    (lambda e: e.memory.store("f32", 0, 1e39), OverflowError, "too large for f32"),
    (lambda e: e.memory.store("u8", 0, 256), OverflowError, ""),
    (lambda e: Table(TableType("i32", 1)), ValueError, "no reference type"),
    (lambda e: Table(TableType("externref", 2**33)), ValueError, "minimum is from 0 to 4294967295"),
    (lambda e: Table(TableType("text", 1)), ValueError, "text"),
    (lambda e: e.t[2], IndexError, ""),
    (lambda e: Global(GlobalType("i32"), "1"), TypeError, r"an integer \(i32\) is expected, not str"),
    (lambda e: setattr(Global(GlobalType("i32"), 1), "value", 2), AttributeError, "immutable"),
    (lambda e: setattr(e.g, "value", None), TypeError, r"an integer \(i32\)"),
    (lambda e: Function(1, print), TypeError, "a FuncType is expected, not int"),
    (lambda e: Function(FuncType([], []), 1), TypeError, "callable|not int|'int'"),
    (lambda e: Function(FuncType(["i33"])), ValueError, "i33"),
    (lambda e: Instance("x").define("y", print), TypeError, "Function, Memory, Table and Global"),
    # Stores, VMs, pools.
    (lambda e: Store().register(1), TypeError, "instance"),
    (lambda e: VM().run("nothing.wasm", "f"), FileNotFoundError, "nothing.wasm"),
    (lambda e: VM().load("nothing.wasm"), FileNotFoundError, "nothing.wasm"),
    (lambda e: VM().register("nothing.wasm", "x"), FileNotFoundError, "nothing.wasm"),
    (lambda e: VM().run(EMPTY, "f"), WasmError, ""),
    (lambda e: VM(wasi=3), TypeError, r"wasi is an object such as Wasi\(.* not int"),
    (lambda e: VM(store=1), TypeError, "store"),
    (lambda e: VM().execute("f"), WasmError, ""),
    (lambda e: Executor().invoke(print), TypeError, "Function objects"),
    (lambda e: Executor().invoke(made()["i32"], 1), TypeError, "1 arguments are given"),
    (lambda e: Executor().invoke(made()["i32"], 1, "2"), TypeError, r"argument 2: an integer \(i32\)"),
    (lambda e: Executor().instantiate(1, EMPTY), TypeError, "store"),
    (lambda e: Pool(EMPTY, size=0), ValueError, "size is at least 1, not 0"),
    (lambda e: Pool(EMPTY, size=-1), ValueError, "size is from 0 to .*, not -1"),
    (lambda e: Pool(EMPTY, size="2"), TypeError, "size is an integer, not str"),
    (lambda e: Pool(EMPTY, size=1, wasi={}), TypeError, r"wasi is an object such as Wasi\("),
    (lambda e: Pool(EMPTY, size=1).get(timeout=-1), ValueError, "timeout"),
    (lambda e: Statistics().set_cost_table(1), TypeError, ""),
    (lambda e: Bindgen(1), TypeError, "instance"),
    (lambda e: Heap(made()), WasmError, ""),
    # WASI and runs.
    (lambda e: Wasi(args="tool"), TypeError, "args: a list is expected, not one str"),
    (lambda e: Wasi(args=[1]), TypeError, "args: str or bytes are expected, not int"),
    (lambda e: Wasi(args=["a\0b"]), ValueError, "zero byte"),
    (lambda e: Wasi(args=1), TypeError, "args"),
    (lambda e: Wasi(env=["A=1"]), TypeError, "env: a mapping is expected, not list"),
    (lambda e: Wasi(env={"A": 1}), TypeError, "env: str or bytes are expected, not int"),
    (lambda e: Wasi(env={"A=B": "1"}), ValueError, "equals sign"),
    (lambda e: Wasi(env={"A": "1\0"}), ValueError, "zero byte"),
    (lambda e: Wasi(dirs={"/": "/nowhere"}), FileNotFoundError, "/nowhere"),
    (lambda e: Wasi(dirs={"/": __file__}), NotADirectoryError, "test_mistakes"),
    (lambda e: Wasi(dirs={"/": 1}), TypeError, "dirs: a path or a MemoryFs is expected, not int"),
    (lambda e: Wasi(dirs=["/"]), TypeError, "dirs: a mapping is expected, not list"),
    (lambda e: Wasi(read_only_dirs={"/": "/nowhere"}), FileNotFoundError, "/nowhere"),
    (lambda e: Wasi(sockets=["not an address:x:y"]), ValueError, "address"),
    (lambda e: Wasi(sockets=1), TypeError, "sockets"),
    (lambda e: Wasi(seed="x"), TypeError, "seed: "),
    (lambda e: Wasi(seed=-1), ValueError, "seed: "),
    (lambda e: Wasi(stdout="x"), ValueError, "stdout"),
    (lambda e: Wasi(stdin=1.5), TypeError, "stdin"),
    (lambda e: MemoryFs("/nowhere"), FileNotFoundError, "/nowhere"),
    (lambda e: MemoryFs().read("x"), FileNotFoundError, "x"),
    (lambda e: MemoryFs().read("../x"), PermissionError, "x"),
    (lambda e: MemoryFs().list("x"), FileNotFoundError, "x"),
    (lambda e: MemoryFs(capacity=10).write("x", b"1" * 100), OSError, "x"),
    (lambda e: wasmspan.run("nothing.wasm"), FileNotFoundError, "nothing.wasm"),
    (lambda e: wasmspan.run(EMPTY, "args"), TypeError, "args: a list is expected, not one str"),
    (lambda e: wasmspan.run(EMPTY, [1]), TypeError, "args: str or bytes are expected, not int"),
    (lambda e: wasmspan.run(EMPTY, ["\0"]), ValueError, "zero byte"),
    (lambda e: wasmspan.run(EMPTY, env={"": 1}), TypeError, "env: "),
    (lambda e: wasmspan.run(EMPTY, dirs={"/": "/nowhere"}), FileNotFoundError, "/nowhere"),
    (lambda e: wasmspan.run(EMPTY, timeout="1"), TypeError, "timeout"),
    (lambda e: wasmspan.run(EMPTY, memory="1"), TypeError, "memory"),
    (lambda e: wasmspan.run(EMPTY, stdout=1.5), TypeError, "stdout"),
    (lambda e: wasmspan.run(EMPTY, config=1), (TypeError, WasmError), ""),
    (lambda e: wasmspan.set_log("x"), ValueError, "level"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[str(n) for n in range(len(MISTAKES))])
def test_mistakes_are_named(mistake):
    call, wanted, text = mistake
    with pytest.raises(wanted, match=text or None) as raised:
        call(made().exports)
    assert "host function failed" not in str(raised.value)


@pytest.mark.parametrize("name", ["SIMD", "simd", "Simd"])
def test_names_of_proposals_in_any_case(name):
    assert "SIMD" in Config(with_=[name]).proposals
    assert "SIMD" not in Config(without=[name]).proposals
    assert "TailCall" not in Config(without=["tail-call"]).proposals


ECHO = Module.from_wat("""(module
    (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $get (i32.const 64) (i32.const 1024)))
        (i32.store (i32.const 8) (i32.const 1024))
        (i32.store (i32.const 12) (i32.load (i32.const 4)))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))""")


def test_arguments_that_are_no_text():
    """What `sys.argv` and `os.listdir` give for bytes that are no text goes to the guest as it was."""
    args = ["ä", b"\xff\0".decode("utf-8", "surrogateescape")[:1], b"\xfe"]
    assert wasmspan.run(ECHO, args, program="p").stdout == b"p\0\xc3\xa4\0\xff\0\xfe\0"


def test_exit_in_a_pickle():
    gone = pickle.loads(pickle.dumps(Exit(3)))
    assert (str(gone), gone.exit_code) == ("the guest exited with status 3", 3)
    trap = pickle.loads(pickle.dumps(wasmspan.Frame("m", "f", 1, None, None, None)))
    assert (trap.function, trap) == ("f", ("m", "f", 1, None, None, None))


def test_a_start_function_that_is_imported_has_a_caller():
    seen = []

    def start(caller: wasmspan.Caller):
        seen.append((bytes(caller.memory[:2]), caller.instance["x"].value))

    Module.from_wat("""(module (import "e" "s" (func $s)) (memory 1) (data (i32.const 0) "ab")
        (global (export "x") i32 (i32.const 7)) (start $s))""").instantiate({"e": {"s": start}})
    assert seen == [(b"ab", 7)]
