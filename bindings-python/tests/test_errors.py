"""Each cause of an error: its class, and the facts that it comes with."""

import copy
import pickle

import pytest
import wasmspan
from wasmspan import (
    CompileError,
    Config,
    Exit,
    Function,
    FuncType,
    Instance,
    Interrupt,
    Interrupted,
    Limits,
    LinkError,
    Memory,
    MemoryLimit,
    MemoryType,
    Module,
    OutOfFuel,
    OutputLimit,
    Trap,
    UserError,
    Wasi,
    WasmError,
    WasmTimeout,
)

GUEST = """(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "env" "f" (func $f))
    (memory (export "memory") 1 4)
    (data (i32.const 8) "some text")
    (func (export "spin") (loop (br 0)))
    (func (export "trap") (unreachable))
    (func $deep (export "deep") (call $deep))
    (func (export "host") (call $f))
    (func (export "exit") (call $exit (i32.const 41)))
    (func (export "write")
        (i32.store (i32.const 0) (i32.const 8))
        (i32.store (i32.const 4) (i32.const 9))
        (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100))) (br 0))))"""


def fail():
    raise UserError(12)


def guest(**limits) -> Instance:
    wasi = Wasi(stdout=None)
    return Module.from_wat(GUEST).instantiate({"env": {"f": fail}}, wasi=wasi, limits=Limits(**limits))


def stopped():
    interrupt = Interrupt()
    interrupt.interrupt()
    return guest()["spin"](interrupt=interrupt)


CAUSES = {
    "time of the instance": (lambda: guest(time_ms=20)["spin"](), WasmTimeout, {"limit": 0.02, "code": 7}),
    "time of the call": (lambda: guest()["spin"](timeout=0.03), WasmTimeout, {"limit": 0.03}),
    "time of a run": (
        lambda: wasmspan.run(b'(module (func (export "_start") (loop (br 0))))', timeout=0.04),
        WasmTimeout,
        {"limit": 0.04, "stdout": b"", "denials": ()},
    ),
    "interrupt": (stopped, Interrupted, {"code": 7}),
    "output": (lambda: guest(output_bytes=100)["write"](), OutputLimit, {"limit": 100}),
    "cost": (lambda: guest(cost=500)["spin"](), OutOfFuel, {"code": 3}),
    "stack": (lambda: guest()["deep"](), Trap, {"kind": "StackOverflow"}),
    "memory": (lambda: Memory(MemoryType(1, 1)).grow(1), MemoryLimit, {}),
    "exit": (lambda: guest()["exit"](), Exit, {"exit_code": 41, "code": 1}),
    "trap": (lambda: guest()["trap"](), Trap, {"kind": "Unreachable"}),
    "number of the host": (lambda: guest()["host"](), UserError, {"code": 12}),
    "proposal": (
        lambda: Module.from_wat(
            "(module (func (drop (v128.const i64x2 0 0))))", Config(without=["SIMD", "RelaxedSIMD"])
        ),
        CompileError,
        {"proposal": "Fixed-width SIMD"},
    ),
    "malformed": (lambda: Module(b"\0asm\1\0\0\0\xff"), CompileError, {"proposal": None}),
    "invalid": (lambda: Module.from_wat("(module (func (result i32)))"), CompileError, {}),
    "use": (lambda: wasmspan.VM().validate(), WasmError, {}),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_causes(cause):
    work, wanted, facts = CAUSES[cause]
    with pytest.raises(Exception) as raised:  # noqa: PT011
        work()
    error = raised.value
    assert type(error) is wanted
    assert {name: getattr(error, name) for name in facts} == facts
    assert "\n    at " not in str(error)
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(other), str(other), vars(other)) == (wanted, str(error), vars(error))


def test_imports_at_fault():
    """Also with names that look like the text of an error."""
    strange = 'env" , function name: "y'
    module = Module.from_wat(f"""(module
        (import "env" "f" (func (param i32)))
        (import {wat_string(strange)} "z" (global i32))
        (import "env" "m" (memory 2)))""")
    function = Function(FuncType(["i64"]), lambda n: None)
    with pytest.raises(LinkError) as raised:
        module.instantiate({"env": {"f": function, "m": Memory(MemoryType(1))}})
    first, second, third = raised.value.missing
    assert (first.module, first.name) == ("env", "f")
    assert (first.wanted, first.found) == (FuncType(["i32"]), FuncType(["i64"]))
    assert (second.module, second.name, second.found) == (strange, "z", None)
    assert (third.wanted, third.found) == (MemoryType(2), MemoryType(1))
    assert all(fault.reason for fault in raised.value.missing)
    with pytest.raises(LinkError) as raised:
        wasmspan.run(module)
    assert len(raised.value.missing) == 3


def wat_string(text: str) -> str:
    return '"' + "".join(f"\\{byte:02x}" for byte in text.encode()) + '"'


def test_limits_hold_however_a_guest_is_called():
    """Through a table, a heap, `_initialize`, a start function, asynchronously and from a host function."""
    limits = Limits(time_ms=40)
    spin = '(func $spin (export "spin") (loop (br 0)))'
    plain = Module.from_wat(f'(module {spin} (table (export "t") 1 funcref) (elem (i32.const 0) $spin))')
    heap = Module.from_wat("""(module (memory (export "memory") 1) (func (export "free") (param i32))
        (func (export "malloc") (param i32) (result i32) (loop (br 0)) (i32.const 0)))""")
    starts = Module.from_wat(f"(module {spin} (start $spin))")
    calls = Module.from_wat('(module (import "env" "f" (func $f)) (func (export "go") (call $f)))')

    def instance() -> Instance:
        return plain.instantiate(limits=limits)

    async def awaited():
        await instance()["spin"].async_()

    ways = [
        lambda: instance()["spin"](),
        lambda: instance()["t"][0](),
        lambda: wasmspan.Executor().invoke(instance()["spin"]),
        lambda: wasmspan.Executor().invoke_async(instance()["spin"]).get(),
        lambda: __import__("asyncio").run(awaited()),
        lambda: wasmspan.Heap(heap.instantiate(limits=limits)).put_string("x"),
        lambda: starts.instantiate(limits=limits),
        lambda: calls.instantiate({"env": {"f": lambda: instance()["spin"]()}})["go"](),
        lambda: wasmspan.Pool(plain, size=1, limits=limits).get()["spin"](),
    ]
    for way in ways:
        with pytest.raises(WasmTimeout) as raised:
            way()
        assert raised.value.limit == 0.04


def test_files_that_can_not_be_written(tmp_path):
    module, missing = Module.from_wat("(module)"), tmp_path / "none" / "x.wasm"
    for write in (module.save_compiled, lambda path: wasmspan.Compiler().compile(b"(module)", path)):
        with pytest.raises(FileNotFoundError) as raised:
            write(missing)
        assert raised.value.filename == str(missing)
        with pytest.raises(OSError, match="Invalid argument"):
            write("a\0b")
