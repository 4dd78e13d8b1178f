"""Memories, tables and globals."""

import pytest
import wasmspan
from wasmspan import Global, GlobalType, Memory, MemoryLimit, MemoryType, Table, TableType


def test_reads_and_writes():
    memory = Memory(MemoryType(1, 3))
    memory[10:15] = b"hello"
    assert memory[10:15] == b"hello"
    assert memory[10] == ord("h")
    assert memory[-1] == 0
    memory[10] = 0x48
    memory.write(15, bytearray(b" world"))
    assert memory.read_str(10, 11) == "Hello world"
    assert memory.read_cstr(10) == "Hello world"
    assert memory.write_str(100, "größer") == 8
    assert memory.read(100, 8).decode() == "größer"
    memory.store("u32", 0, 0xDEADBEEF)
    assert memory.load("i32", 0) == 0xDEADBEEF - 2**32
    memory.store("f64", 8, 0.25)
    assert memory.unpack("<d", 8) == (0.25,)
    memory.pack("<IH", 200, 1, 2)
    assert memory[200:206] == b"\1\0\0\0\2\0"
    assert len(memory) == 65536
    assert memory[65536:] == b""


def test_bounds():
    memory = Memory(MemoryType(1))
    for bad in (
        lambda: memory[65536],
        lambda: memory[-65537],
        lambda: memory.read(65530, 10),
        lambda: memory.write(65535, b"ab"),
        lambda: memory.load("u64", 65529),
        lambda: memory.store("u8", 2**63, 1),
        lambda: memory.read(2**40),
        lambda: memory.read_cstr(70000),
    ):
        with pytest.raises(IndexError):
            bad()
    with pytest.raises(ValueError, match="change its size"):
        memory[0:3] = b"four"
    with pytest.raises(ValueError, match="step"):
        memory[::2]
    with pytest.raises(ValueError, match="u8 to u64"):
        memory.load("i128", 0)
    with pytest.raises(OverflowError):
        memory.store("u8", 0, 256)
    with pytest.raises(TypeError):
        memory[0:3] = "abc"


def test_views_survive_growth(make):
    instance = make("""(module (memory (export "memory") 1 4)
        (func (export "grow") (result i32) (memory.grow (i32.const 1)))
        (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))""")
    memory = instance.exports.memory
    view = memoryview(memory)
    assert instance.exports.grow() == 1
    instance.exports.store(5, 77)
    assert view[5] == 77
    view[6] = 8
    assert memory[6] == 8
    assert len(view) == 65536
    assert len(memoryview(memory)) == 131072
    assert memory.grow(1) == 2
    with pytest.raises(MemoryLimit):
        memory.grow(2)
    del instance, memory
    assert view[5] == 77


def test_numpy_sees_the_memory_without_copies(make):
    numpy = pytest.importorskip("numpy")
    instance = make("""(module (memory (export "memory") 1)
        (func (export "invert") (param $at i32) (param $end i32)
            (loop
                (i32.store8 (local.get $at)
                    (i32.xor (i32.const 255) (i32.load8_u (local.get $at))))
                (br_if 0 (i32.lt_u
                    (local.tee $at (i32.add (local.get $at) (i32.const 1)))
                    (local.get $end))))))""")
    image = numpy.frombuffer(instance.exports.memory, dtype=numpy.uint8)[:1200].reshape(20, 20, 3)
    image[:] = numpy.arange(1200).reshape(20, 20, 3) % 256
    before = image.copy()
    instance.exports.invert(0, 1200)
    assert (image == 255 - before).all()


def test_large_copies_and_overlap():
    memory = Memory(MemoryType(2))
    data = bytes(range(256)) * 256
    memory[:65536] = data
    assert memory[:65536] == data
    memory[1:65537] = memoryview(memory)[0:65536]
    assert memory[1:65537] == data


def test_tables():
    table = Table(TableType("externref", 2, 4))
    table[0] = "a"
    assert [table[0], table[1]] == ["a", None]
    assert table.grow(2, 5) == 2
    assert list(table) == ["a", None, 5, 5]
    with pytest.raises(IndexError):
        table[4]
    with pytest.raises(MemoryLimit):
        table.grow(1)
    with pytest.raises(TypeError):
        Table(TableType("funcref", 1))[0] = print


def test_globals():
    counter = Global(GlobalType("i32", mutable=True), 1)
    counter.value = 2**32 - 1
    assert counter.value == -1
    constant = Global(GlobalType("externref"), "fixed")
    assert constant.value == "fixed"
    with pytest.raises(AttributeError):
        constant.value = 1
    with pytest.raises(TypeError):
        Global(GlobalType("i32"), "x")


def test_shared_items(make):
    text = """(module (import "env" "memory" (memory 1)) (import "env" "n" (global $n (mut i32)))
        (import "env" "t" (table 1 externref))
        (func (export "run") (result externref)
            (global.set $n (i32.load8_u (i32.const 3))) (table.get 0 (i32.const 0))))"""
    memory, number = Memory(MemoryType(1)), Global(GlobalType("i32", mutable=True), 0)
    table = Table(TableType("externref", 1))
    memory[3], table[0] = 200, {"any": "object"}
    instance = make(text, {"env": {"memory": memory, "n": number, "t": table}})
    assert instance.exports.run() == {"any": "object"}
    assert number.value == 200


def test_limit_of_memories():
    config = wasmspan.Config(max_memory_pages=2)
    text = '(module (memory (export "m") 1))'
    memory = wasmspan.Module.from_wat(text, config).instantiate().exports.m
    assert memory.grow(1) == 1
    with pytest.raises(MemoryLimit):
        memory.grow(1)


def test_arrays_are_written_as_bytes():
    numpy = pytest.importorskip("numpy")
    memory = wasmspan.Memory(wasmspan.MemoryType(1))
    memory[0:8] = numpy.array([1, 2], numpy.int32)
    assert memory.unpack("<2i", 0) == (1, 2)
    memory.write(8, numpy.array([[1.5], [2.5]]))
    assert memory.unpack("<2d", 8) == (1.5, 2.5)
    with pytest.raises(BufferError):
        memory.write(0, numpy.arange(10)[::2])
    with pytest.raises(TypeError, match="references"):
        memory.write(0, numpy.array([object()]))
    with pytest.raises(TypeError, match="buffer"):
        memory.write(0, 5)
