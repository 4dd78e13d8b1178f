"""Modules as processes, the VM, compiled files, the importer."""

import asyncio
import contextlib
import sys

import pytest
import wasmspan
from wasmspan import VM, Exit, MemoryFs, Module, OutputTruncated, Trap, Wasi, WasmError, WasmTimeout

SPIN = '(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))'


def test_run_gives_what_a_process_gives(guests):
    done = wasmspan.run(guests / "hello-c.wasm", ["one", "two"], env={"GREETING": "hi"})
    assert done.exit_code == 0
    assert b"one" in done.stdout or done.stdout
    assert done.args == ("hello-c.wasm", "one", "two")
    assert done.duration >= 0
    assert done.memory_pages > 0


def test_run_with_input_and_files(guests):
    module = Module(guests / "sqlite-cli.wasm")
    done = wasmspan.run(module, stdin="SELECT 6 * 7;\n")
    assert done.stdout.strip() == b"42"


def test_run_ends(guests):
    exiting = """(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 3))))"""
    assert wasmspan.run(exiting.encode()).exit_code == 3
    with pytest.raises(Exit):
        wasmspan.run(exiting.encode(), check=True)
    with pytest.raises(Trap):
        wasmspan.run(b'(module (func (export "_start") unreachable))')
    with pytest.raises(WasmTimeout) as caught:
        wasmspan.run(SPIN.encode(), timeout=0.05)
    assert caught.value.stdout == b""
    with pytest.raises(WasmError):
        wasmspan.run(b"(module)")


CAT = """(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 16))
        (loop
            (i32.store (i32.const 4) (i32.const 65000))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br_if 0 (i32.load (i32.const 4))))))"""


def test_output_that_is_cut_is_an_error():
    cat, limit = Module.from_wat(CAT), 64 << 20
    done = wasmspan.run(cat, stdin=bytes(limit), check=True)
    assert (len(done.stdout), done.truncated) == (limit, False)
    for size, options in [(limit + 1, {}), (6, {"output_limit": 5})]:
        # The guest drops the error of its write, and ends as if all were well.
        done = wasmspan.run(cat, stdin=bytes(size), **options)
        assert (done.exit_code, len(done.stdout), done.truncated) == (0, size - 1, True)
        with pytest.raises(OutputTruncated) as caught:
            wasmspan.run(cat, stdin=bytes(size), check=True, **options)
        assert len(caught.value.stdout) == size - 1
    wasi = Wasi(stdin=bytes(limit + 1), stdout="capture")
    cat.instantiate(wasi=wasi).exports._start()
    assert (len(wasi.stdout), wasi.truncated) == (limit, True)


def test_arun_is_cancelled():
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wasmspan.arun(SPIN.encode()), 0.1)
        done = await wasmspan.arun(b'(module (func (export "_start")))')
        assert done.exit_code == 0

    asyncio.run(main())


def test_output_is_captured(guests):
    wasi = Wasi(args=["hello"], stdout="capture", stderr=None)
    instance = Module(guests / "hello-c.wasm").instantiate(wasi=wasi)
    with contextlib.suppress(Exit):
        instance.exports._start()
    assert wasi.exit_code == 0
    assert wasi.stdout
    assert wasi.stderr is None


def test_files_in_memory():
    files = MemoryFs()
    files.write("a/b.txt", b"text")
    assert files.read("a/b.txt") == b"text"
    assert files.used > 4
    with pytest.raises(FileNotFoundError):
        files.read("none")
    files.create_dir("b/c")
    assert (files.list(), files.list("a")) == (["a", "b"], ["b.txt"])
    assert ("a/b.txt", "added") in files.changes()
    with pytest.raises(OSError, match="NoSpc"):
        MemoryFs(capacity=1000).write("large", bytes(1000))
    Wasi(dirs={"/data": files})
    with pytest.raises(FileNotFoundError):
        Wasi(dirs={"/data": "/does/not/exist"})


def test_vm_steps():
    vm = VM()
    assert vm.state == "inited"
    with pytest.raises(WasmError, match="workflow"):
        vm.validate()
    vm.load(b"""(module (import "env" "f" (func $f (param i32) (result i32)))
        (func (export "call") (param i32) (result i32) (call $f (local.get 0))))""")
    vm.validate()
    with pytest.raises(wasmspan.LinkError):
        vm.instantiate()
    env = wasmspan.Instance("env")
    function = wasmspan.Function(wasmspan.FuncType(["i32"], ["i32"]), lambda n: n + 1)
    env.define("f", function)
    vm.register(env)
    vm.instantiate()
    assert vm.state == "instantiated"
    assert vm.execute("call", 4) == 5
    assert list(vm.functions) == ["call"]
    assert vm.execute_registered("env", "f", 1) == 2
    assert vm.store.names == ["env"]
    assert vm.active_module.exports.call(1) == 2
    with pytest.raises(TypeError):
        vm.execute("call")
    with pytest.raises(WasmError, match="not found"):
        vm.execute("nothing")
    source = b'(module (func (export "one") (result i32) i32.const 1))'
    vm.register(source, "lib")
    assert vm.execute_registered("lib", "one") == 1
    assert vm.run(source, "one") == 1
    vm.cleanup()
    assert vm.state == "inited"


def test_vm_with_wasi(guests):
    wasi = Wasi(args=["hello"], stdout="capture")
    vm = VM(wasi=wasi)
    for _ in range(2):
        with contextlib.suppress(Exit):
            vm.run(guests / "hello-c.wasm", "_start")
        assert wasi.exit_code == 0
        assert wasi.stdout
        vm.cleanup()
    exiting = b"""(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 9))))"""
    with pytest.raises(Exit) as caught:
        vm.run(exiting, "_start")
    assert caught.value.exit_code == 9


def test_compiled_files(tmp_path):
    module = Module.from_wat('(module (func (export "one") (result i32) i32.const 1))')
    path = tmp_path / "one.wasm"
    module.save_compiled(path)
    assert Module.load_compiled(path).instantiate().exports.one() == 1
    assert Module(path).instantiate().exports.one() == 1


def test_importing_wasm_files(tmp_path, monkeypatch):
    import wasmspan.loader

    monkeypatch.syspath_prepend(tmp_path)
    module = Module.from_wat("""(module (import "math" "sqrt" (func $sqrt (param f64) (result f64)))
        (func (export "root") (param f64) (result f64) (call $sqrt (local.get 0))))""")
    (tmp_path / "rooted.wasm").write_bytes(module.wasm)
    import rooted

    assert rooted.root(16.0) == 4.0
    del sys.modules["rooted"]
    assert wasmspan.loader.WasmFinder in map(type, sys.meta_path)


def test_custom_sections_and_names():
    module = Module.from_wat('(module $named (@custom "mine" "content"))')
    assert module.name == "named"
    assert module.custom_sections("mine") == [b"content"]
    assert module.wasm.startswith(b"\0asm")


def test_configurations():
    with pytest.raises(ValueError, match="no proposal"):
        wasmspan.Config(without=["Nothing"])
    with pytest.raises(ValueError, match="optimize"):
        wasmspan.Config(optimize="max")
    vector = "(module (func (result v128) (v128.const i64x2 0 0)))"
    with pytest.raises(wasmspan.CompileError):
        Module.from_wat(vector, wasmspan.Config(without=["SIMD", "RelaxedSIMD"]))
    # So many threads are not started.
    Module.from_wat("(module (func))", wasmspan.Config(compile_threads=2**40))
    checked = wasmspan.Config(traps="checks", interrupts="poll", optimize="none")
    text = """(module (memory 1) (func (export "load") (param i32) (result i32)
        (i32.load (local.get 0))) (func (export "spin") (loop (br 0))))"""
    exports = Module.from_wat(text, checked).instantiate().exports
    with pytest.raises(Trap):
        exports.load(-1)
    with pytest.raises(WasmTimeout):
        exports.spin(timeout=0.02)
