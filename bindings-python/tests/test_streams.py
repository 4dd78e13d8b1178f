"""Standard streams that are callables, objects like files, and open files."""

import asyncio
import gc
import io
import itertools
import os
import sys
import threading
import time
import weakref

import pytest
import wasmspan
from wasmspan import InternalError, Interrupted, Module, Trap, Wasi, WasmTimeout

# Copies its input to its output, in pieces of up to 64 bytes.
CAT = Module.from_wat("""(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\40\\00\\00\\00")
    (func (export "write") (param i32) (result i32)
        (i32.store (i32.const 4) (local.get 0))
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func (export "_start")
        (loop
            (i32.store (i32.const 4) (i32.const 64))
            (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
            (br_if 0 (i32.load (i32.const 4))))))""")
TEXT = "".join(f"line {n} of äöü\n" for n in range(100))


def test_callables():
    left, got = [b"one ", b"two ", b"x" * 1000], []
    done = wasmspan.run(CAT, stdin=lambda size: left.pop(0) if left else b"", stdout=got.append)
    assert b"".join(got) == b"one two " + b"x" * 1000
    assert max(map(len, got)) == 64
    assert done.stdout == b""


@pytest.mark.parametrize("make", [io.StringIO, lambda text: io.BytesIO(text.encode())])
def test_objects_like_files(make):
    out = make("")
    wasmspan.run(CAT, stdin=make(TEXT), stdout=out)
    got = out.getvalue()
    assert (got if isinstance(got, str) else got.decode()) == TEXT


@pytest.mark.parametrize("buffering", [0, -1])
def test_files(tmp_path, buffering):
    (tmp_path / "in").write_text(TEXT)
    with (
        open(tmp_path / "in", "rb", buffering=buffering) as source,
        open(tmp_path / "out", "wb", buffering=buffering) as sink,
    ):
        wasmspan.run(CAT, stdin=source, stdout=sink)
    assert (tmp_path / "out").read_text() == TEXT
    with open(tmp_path / "in") as source, open(tmp_path / "text", "w") as sink:
        wasmspan.run(CAT, stdin=source, stdout=sink)
    assert (tmp_path / "text").read_text() == TEXT
    with open(tmp_path / "in") as source, open(tmp_path / "number", "w") as sink:
        wasmspan.run(CAT, stdin=source.fileno(), stdout=sink.fileno())
    assert (tmp_path / "number").read_text() == TEXT


def test_files_that_take_little():
    class Slow(io.RawIOBase):
        taken = b""

        def writable(self):
            return True

        def write(self, data):
            self.taken += bytes(data[:5])
            return len(data[:5])

    sink = Slow()
    wasmspan.run(CAT, stdin=TEXT, stdout=sink)
    assert sink.taken.decode() == TEXT


def test_streams_of_an_instance(capsys):
    got = []
    wasi = Wasi(stdin=bytearray(b"some"), stdout=got.append, stderr=sys.stderr)
    CAT.instantiate(wasi=wasi).exports._start()
    assert b"".join(got) == b"some"
    assert wasi.stdout is None
    CAT.instantiate(wasi=Wasi(stdin="shown\n", stdout=sys.stdout)).exports._start()
    assert capsys.readouterr().out == "shown\n"


@pytest.mark.parametrize("stream", [1.5, -1, True, object(), "somewhere", 10**6, 2**40])
def test_wrong_streams_are_refused(stream):
    for name in ("stdin", "stdout", "stderr"):
        if name == "stdin" and stream == "somewhere":
            continue  # The text itself.
        with pytest.raises((TypeError, ValueError, OSError, OverflowError)):
            Wasi(**{name: stream})
        with pytest.raises((TypeError, ValueError, OSError, OverflowError)):
            wasmspan.run(CAT, **{name: stream})


class Stop(BaseException):
    pass


@pytest.mark.parametrize("raised", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), Stop()])
def test_what_a_stream_raises_comes_out(raised):
    def fail(_):
        raise raised

    for streams in ({"stdin": fail}, {"stdin": "x", "stdout": fail}):
        with pytest.raises(type(raised)) as caught:
            wasmspan.run(CAT, **streams)
        assert caught.value is raised
        assert isinstance(raised.__context__, Trap)
        raised.__context__ = raised.__traceback__ = None
        with pytest.raises(type(raised)):
            CAT.instantiate(wasi=Wasi(**streams)).exports._start()
        raised.__context__ = raised.__traceback__ = None
    with pytest.raises(TypeError):
        wasmspan.run(CAT, stdin=lambda size: 5)


def test_a_stream_that_comes_back_to_itself_fails_for_the_guest():
    seen = []

    def again(data):
        seen.append(instance.exports.write(3))

    instance = CAT.instantiate(wasi=Wasi(stdout=again))
    assert instance.exports.write(3) == 0
    assert seen == [16]  # EDEADLK


def test_coroutines_behind_streams():
    async def main():
        source, got = asyncio.StreamReader(), []

        async def feed():
            for _ in range(3):
                source.feed_data(b"data ")
                await asyncio.sleep(0.01)
            source.feed_eof()

        async def write(data):
            await asyncio.sleep(0)
            got.append(data)

        task = asyncio.create_task(feed())
        await wasmspan.arun(CAT, stdin=source, stdout=write)
        await task
        assert b"".join(got) == b"data " * 3

        async def never(size):
            await asyncio.sleep(60)
            return b""

        begin = time.monotonic()
        with pytest.raises(WasmTimeout):
            await wasmspan.arun(CAT, stdin=never, timeout=0.05)
        task = asyncio.create_task(wasmspan.arun(CAT, stdin=never))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begin < 20
        with pytest.raises(RuntimeError, match="coroutine function"):
            wasmspan.run(CAT, stdin=never)

    asyncio.run(main())


def test_guests_that_wait_for_one_another():
    """A chain of pipes whose first link gets its input last."""

    async def main():
        pipes = [os.pipe() for _ in range(40)]
        ends = itertools.pairwise(pipes)
        tasks = [asyncio.create_task(wasmspan.arun(CAT, stdin=a, stdout=d)) for (a, _), (_, d) in ends]
        await asyncio.sleep(0.1)
        # The guests have copies.
        for read, write in pipes[1:-1]:
            os.close(read)
            os.close(write)
        os.close(pipes[0][0])
        os.close(pipes[-1][1])
        os.write(pipes[0][1], b"passed on")
        os.close(pipes[0][1])
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        assert os.read(pipes[-1][0], 100) == b"passed on"
        os.close(pipes[-1][0])

    asyncio.run(main())


def test_a_pipe_that_nobody_fills_is_left_by_timeout_and_interrupt():
    read, write = os.pipe()
    try:
        with pytest.raises(WasmTimeout):
            wasmspan.run(CAT, stdin=read, timeout=0.05)
        interrupt = wasmspan.Interrupt()
        threading.Timer(0.05, interrupt.interrupt).start()
        with pytest.raises(Interrupted):
            wasmspan.run(CAT, stdin=read, interrupt=interrupt)
    finally:
        os.close(read)
        os.close(write)


def test_cycles_through_streams_are_collected():
    class Host:
        def write(self, data):
            pass

    gc.collect()
    before = wasmspan._native.live_objects()
    gone = []
    for _ in range(10):
        host = Host()
        host.wasi = Wasi(stdout=host.write)
        host.instance = CAT.instantiate(wasi=host.wasi)
        host.write_function = host.instance.exports.write
        assert host.write_function(3) == 0
        gone.append(weakref.ref(host))
    keeper = host.write_function
    del host
    gc.collect()
    assert [ref() for ref in gone[:-1]] == [None] * 9
    # The last one is still used.
    assert gone[-1]() is not None
    assert keeper(3) == 0
    del keeper
    gc.collect()
    assert gone[-1]() is None
    assert wasmspan._native.live_objects() == before


def test_sockets_are_allowed_one_by_one():
    for given in (True, False, ["127.0.0.1:80", "*:53"], ("example.org",)):
        Wasi(sockets=given)
        wasmspan.run(CAT, stdin="", sockets=given)
    with pytest.raises(TypeError, match="sockets"):
        Wasi(sockets="127.0.0.1")
    with pytest.raises(ValueError, match="address"):
        Wasi(sockets=["1.2.3.4:port"])


def test_iterables_are_enough():
    assert wasmspan.run(CAT, (str(n) for n in range(3)), stdin="").args[1:] == ("0", "1", "2")
    assert "3 arguments" in repr(Wasi(args=(str(n) for n in range(3))))
    assert "SIMD" not in wasmspan.Config(without={"SIMD"}).proposals

    class Liar:
        """Says that it is longer than anything can be."""

        def __len__(self):
            return sys.maxsize

        def __getitem__(self, at):
            raise IndexError

    assert "SIMD" in wasmspan.Config(without=Liar()).proposals
    with pytest.raises(TypeError, match="not one str"):
        Wasi(args="text")


def panic_classes():
    """The exception that a panic is while it passes through Python."""
    with pytest.raises(TypeError):
        CAT.instantiate(wasi=Wasi()).exports.write("text")
    # Other packages may have one of their own.
    return [found for found in BaseException.__subclasses__() if found.__name__ == "PanicException"]


@pytest.mark.parametrize("place", ["argument", "host", "stream", "task"])
def test_panics_are_internal_errors(place, make):
    """An exception of this class goes on as a panic in the native code that it comes to."""

    (panic,) = panic_classes()

    def fail():
        raise panic("oh no")

    class Number:
        def __index__(self):
            fail()

    calls = make(
        """(module (import "env" "f" (func $f (param i32) (result i32)))
        (func (export "f") (param i32) (result i32) (call $f (local.get 0))))""",
        {"env": {"f": lambda n: fail() if n else 7}},
    )
    writes = CAT.instantiate(wasi=Wasi(stdout=lambda data: fail()))
    executor = wasmspan.Executor()
    work = {
        "argument": lambda: calls.exports.f(Number()),
        "host": lambda: calls.exports.f(1),
        "stream": lambda: writes.exports.write(1),
        "task": lambda: executor.invoke_async(calls.exports.f, 1).get(),
    }
    for _ in range(3):
        with pytest.raises(InternalError, match="oh no"):
            work[place]()
    assert calls.exports.f(0) == 7
