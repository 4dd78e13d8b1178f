"""Guests of wasmedge-bindgen, and strings of AssemblyScript's and C's guests."""

import gc
import threading

import pytest
import wasmspan
from wasmspan import (
    F32,
    I8,
    I16,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bindgen,
    Busy,
    Char,
    Exit,
    GuestError,
    Heap,
    I8s,
    I16s,
    I32s,
    I64s,
    Module,
    Span,
    Trap,
    U16s,
    U32s,
    U64s,
    Wasi,
    WasmError,
    _native,
)


@pytest.fixture(scope="module")
def module(guests) -> Module:
    return Module(guests / "bindgen-rust.wasm")


@pytest.fixture
def guest(module) -> Bindgen:
    return Bindgen(module.instantiate(wasi=Wasi(stdout="capture", stderr="capture")))


def test_functions_of_the_documents(guest):
    assert guest.create_line('{"x":1.5,"y":3.8}', '{"x":2.5,"y":5.8}', "A thin red line") == (
        '{"points":[{"x":1.5,"y":3.8},{"x":2.5,"y":5.8}],"valid":true,"length":2.2360682,'
        '"desc":"A thin red line"}'
    )
    assert guest.say("bindgen funcs test") == "hello bindgen funcs test"
    assert guest.call("obfusticate", "A quick brown fox jumps over the lazy dog") == (
        "N dhvpx oebja sbk whzcf bire gur ynml qbt"
    )
    assert guest.lowest_common_multiple(123, 2) == 246
    message = b"This is an important message"
    assert guest.sha3_digest(message).hex() == (
        "571be7d1bd69fb319f0ad3fa0f9f9ab52bda1a8d38c7192d3c0a14a336d3c3cb"
    )
    assert guest.keccak_digest(message).hex() == (
        "7ec2f1c89774e321d8639f166b03b1a9d8bf729caec1209ff6e4f585344b371b"
    )


ECHOES = [
    ("u8", U8(255)),
    ("i8", I8(-128)),
    ("u16", U16(65535)),
    ("i16", I16(-32768)),
    ("u32", U32(2**32 - 1)),
    ("i32", -(2**31)),
    ("u64", U64(2**64 - 1)),
    ("i64", I64(-(2**63))),
    ("f32", F32(-0.5)),
    ("f64", 1.7976931348623157e308),
    ("u8s", b"\0\1\xff"),
    ("u8s", b""),
    ("u8s", bytes(range(256)) * 400),
    ("i8s", I8s([-128, 127])),
    ("u16s", U16s([0, 65535])),
    ("i16s", I16s([-32768, 32767])),
    ("u32s", U32s([0, 2**32 - 1])),
    ("i32s", I32s([-(2**31), 2**31 - 1])),
    ("u64s", U64s([0, 2**64 - 1])),
    ("i64s", I64s([])),
    ("string", ""),
    ("string", "zero \0 and ü € 𝄞"),
]


@pytest.mark.parametrize(("kind", "value"), ECHOES, ids=str)
def test_every_type_goes_in_and_comes_out(guest, kind, value):
    blocks = guest.instance.exports.live_blocks()
    wanted = list(value) if isinstance(value, tuple) else value
    assert guest.call(f"echo_{kind}", value) == wanted
    assert guest.instance.exports.live_blocks() == blocks


def test_several_values(guest):
    assert guest.nothing() is None
    assert guest.swap(7, "x") == ("x", 7)
    assert guest.bool_to_u8(True) == 1
    assert guest.char_to_u32(Char("𝄞")) == 0x1D11E
    assert guest.echo_u8s(bytearray(b"ab")) == guest.echo_u8s(memoryview(b"ab")) == b"ab"


def test_large_vectors(guest):
    data = bytes(10 << 20)
    assert guest.take_bytes(data) == 10 << 20
    assert guest.make_bytes(U32(10 << 20)) == b"\7" * (10 << 20)


def test_wrong_arguments(guest):
    with pytest.raises(OverflowError, match="I64"):
        guest.echo_i32(2**31)
    with pytest.raises(OverflowError):
        guest.echo_u8(U8(256))
    with pytest.raises(TypeError, match="takes no dict"):
        guest.say({})
    with pytest.raises(AttributeError, match="absent"):
        guest.absent  # noqa: B018
    with pytest.raises(WasmError, match="absent"):
        guest.call("absent")
    assert "say" in guest.functions
    assert "say" in repr(guest)


def test_errors(guest):
    with pytest.raises(GuestError, match=r"^7 cannot be divided by zero$"):
        guest.divide(7, 0)
    with pytest.raises(GuestError, match="expect 1, got 0"):
        guest.say()
    with pytest.raises(Trap, match="unreachable"):
        guest.panics("oh no")
    assert guest.say("you") == "hello you"
    with pytest.raises(Exit) as caught:
        guest.exits(3)
    assert caught.value.exit_code == 3
    with pytest.raises(WasmError, match="memory"):
        Bindgen(Module.from_wat("(module)").instantiate())


def test_results_may_stay(guest):
    instance = guest.instance
    keeping, blocks = Bindgen.attach(instance, keep_results=True), instance.exports.live_blocks()
    keeping.say("x")
    assert instance.exports.live_blocks() > blocks


def test_one_thread_at_a_time(guest):
    seen, ready = [], threading.Barrier(2)

    def work():
        ready.wait()
        for _ in range(300):
            try:
                seen.append(guest.say("you"))
            except Busy:
                seen.append("busy")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) <= {"busy", "hello you"}
    assert "hello you" in seen


def test_cycles_are_collected(guests):
    text = """(module (import "env" "f" (func $f)) (memory (export "memory") 1)
        (func (export "allocate") (param i32) (result i32) (i32.const 1024))
        (func (export "malloc") (param i32) (result i32) (i32.const 1024))
        (func (export "free") (param i32))
        (func (export "call") (call $f)))"""
    gc.collect()
    before = _native.live_objects()

    def cycle():
        things = []
        instance = Module.from_wat(text).instantiate({"env": {"f": lambda: things.append(1)}})
        things.extend([Bindgen(instance), Heap(instance)])
        instance.exports.call()
        assert len(things) == 3

    cycle()
    gc.collect()
    assert _native.live_objects() <= before


@pytest.mark.parametrize(
    ("file", "style", "text"),
    [("strings-assemblyscript.wasm", "assemblyscript", "wörld 𝄞"), ("strings-c.wasm", "malloc", "wörld")],
)
def test_strings_of_other_guests(guests, file, style, text):
    instance = Module(guests / file).instantiate()
    heap = Heap(instance)
    assert heap.style == style
    put = heap.put_string(text)
    assert heap.get_string(put.address) == text
    assert heap.get_string(instance.exports.greet(put.address)) == f"hello {text}"
    heap.free(put.address)
    data = heap.put_bytes(bytearray(b"abc"))
    assert heap.get_bytes(data.address, 3) == b"abc"
    with pytest.raises(ValueError, match="bytes"):
        heap.put_bytes(3)
    with pytest.raises(WasmError):
        heap.get_string(0)
    assert Span.from_packed(data.packed) == data
    with pytest.raises(WasmError, match="malloc"):
        Heap(Module.from_wat('(module (memory (export "memory") 1))').instantiate())


def test_types_are_of_the_package():
    assert wasmspan.U8(3) == 3
    assert "U8" in dir(wasmspan)
    with pytest.raises(AttributeError, match="Nothing"):
        wasmspan.Nothing  # noqa: B018
