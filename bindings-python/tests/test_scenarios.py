"""The scenarios of `tests/scenarios`, whose README says what they are made of, replayed in Python."""

import contextlib
import json
import math
import os
import struct
import threading
import time
from pathlib import Path

import pytest
import wasmspan
from wasmspan import (
    Bindgen,
    Compiler,
    Config,
    Executor,
    Exit,
    Function,
    FuncType,
    GuestError,
    Heap,
    Instance,
    Interrupt,
    Limits,
    Module,
    Span,
    Store,
    UserError,
    Wasi,
)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "scenarios"
CASES = sorted(path.stem for path in (FOLDER / "cases").glob("*.json"))
SKIPS = json.loads((FOLDER / "skips.json").read_text())["python"]

FIELDS = {
    "host": {"name", "functions"},
    "module": {"as", "wat", "file", "hex", "compiled"},
    "instance": {"as", "module", "register", "limits", "measure", "wasi"},
    "call": {"instance", "function", "args", "within", "cancel_after_ms"},
    "recorded": set(),
    "memory": {"instance", "memory", "op", "at", "len", "by", "bytes"},
    "global": {"instance", "global", "op", "value"},
    "table": {"instance", "table", "op", "at", "by", "value"},
    "statistics": {"instance"},
    "exports": {"module"},
    "imports": {"module"},
    "command": {"module", "args", "env", "stdin", "files", "read_only", "within"},
    "bindgen": {"instance", "function", "args"},
    "heap": {"instance", "function", "text", "bytes", "returns"},
}


class Number:
    """An object of the host that an externref refers to."""


class Values:
    """Values as texts, in both directions."""

    def __init__(self) -> None:
        self.objects: dict[str, Number] = {}

    def value(self, text: str):
        kind, _, value = text.partition(":")
        if kind in ("i32", "i64"):
            return int(value)
        if kind in ("f32", "f64"):
            return float(value)
        if kind == "v128":
            return int(value, 16).to_bytes(16, "little")
        if value == "null":
            return None
        return self.objects.setdefault(value, Number())

    def same(self, got, text: str) -> bool:
        kind = text.partition(":")[0]
        if text == "funcref:any":
            return isinstance(got, Function)
        wanted = self.value(text)
        if kind in ("f32", "f64"):
            if math.isnan(wanted):
                return math.isnan(got)
            code = "<f" if kind == "f32" else "<d"
            return struct.pack(code, got) == struct.pack(code, wanted)
        return got is wanted if kind.endswith("ref") else got == wanted


def bindgen_value(text: str):
    kind, _, value = text.partition(":")
    if kind == "string":
        return value
    if kind == "bool":
        return value == "true"
    if kind.endswith("s"):
        items = [int(item) for item in value.split(",") if item]
        return bytes(items) if kind == "u8s" else getattr(wasmspan, kind.capitalize())(items)
    made = getattr(wasmspan, kind.capitalize())
    return made(value)


def plain(value):
    """A value as guests of bindgen return it."""
    return list(value) if isinstance(value, tuple) else value


def as_list(returned) -> list:
    """The results of a function of bindgen."""
    if returned is None:
        return []
    return list(returned) if isinstance(returned, tuple) else [returned]


def described(ty) -> str:
    if isinstance(ty, FuncType):
        return f"func ({' '.join(ty.params)}) -> ({' '.join(ty.results)})"
    return type(ty).__name__.removesuffix("Type").lower()


class Runner:
    """What the steps of one scenario have made."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.values, self.store = folder, Values(), Store()
        self.modules, self.instances, self.recordings = {}, {}, []

    def step(self, step: dict) -> None:
        assert set(step) - {"do", "gives", "fails"} <= FIELDS[step["do"]]
        work = getattr(self, f"do_{step['do']}")
        if "fails" in step:
            with pytest.raises(Exception) as caught:  # noqa: PT011
                work(step)
            self.check_failure(caught.value, step["fails"])
            return
        got = work(step)
        if "gives" in step:
            wanted = step["gives"]
            if step["do"] in ("call", "global") or (step["do"], step.get("op")) == ("table", "get"):
                self.compare(got, wanted if isinstance(wanted, list) else [wanted])
            elif step["do"] == "recorded":
                assert len(got) == len(wanted)
                for call, texts in zip(got, wanted, strict=True):
                    self.compare(call, texts)
            elif step["do"] == "bindgen":
                self.compare_bindgen(as_list(got), wanted)
            elif step["do"] == "heap" and step.get("returns") == "i32":
                self.compare([got], [wanted] if isinstance(wanted, str) else wanted)
            else:
                assert got == wanted

    def check_failure(self, error: Exception, wanted: dict) -> None:
        assert set(wanted) <= {"code", "message", "user", "thrown", "guest", "detail"}
        if "code" in wanted:
            assert error.code == wanted["code"]
            assert not isinstance(error, UserError)
        if "user" in wanted:
            assert isinstance(error, UserError)
            assert error.code == wanted["user"]
        if "guest" in wanted:
            assert isinstance(error, GuestError)
            assert str(error) == wanted["guest"]
        if "thrown" in wanted:
            assert type(error) is RuntimeError
            assert wanted["thrown"] in str(error)
        if "message" in wanted:
            # The text of `Exit` is about the status; the term is in its kind.
            text = error.kind.lower() if isinstance(error, Exit) else error.args[0]
            assert text.startswith(wanted["message"])
        assert wanted.get("detail", "") in str(error)

    def compare(self, got: list, wanted: list[str]) -> None:
        assert len(got) == len(wanted), (got, wanted)
        for value, text in zip(got, wanted, strict=True):
            assert self.values.same(value, text), (got, wanted)

    def compare_bindgen(self, got: list, wanted: list[str]) -> None:
        assert len(got) == len(wanted), (got, wanted)
        for value, text in zip(got, wanted, strict=True):
            if text.startswith(("f32:", "f64:")):
                assert self.values.same(value, text), (got, wanted)
            else:
                assert value == plain(bindgen_value(text)), (got, wanted)

    def instance(self, step: dict) -> Instance:
        return self.instances[step.get("instance", "main")][0]

    def module(self, step: dict) -> Module:
        return self.modules[step.get("module", "main")]

    def do_host(self, step: dict) -> None:
        module = Instance(step["name"])
        for name, given in step["functions"].items():
            ty = FuncType(given["params"], given["results"])
            module.define(name, Function(ty, self.host_function(given)))
        self.store.register(module)

    def host_function(self, given: dict):
        values = [self.values.value(text) for text in given.get("values", ())]
        results = values[0] if len(values) == 1 else tuple(values)

        def record(*args):
            self.recordings.append(args)
            return results

        def total(*args):
            ty = given["results"][0]
            if ty[0] == "f":
                return sum(args)
            bits = int(ty[1:])
            return (sum(args) + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)

        def fail(*args):
            raise UserError(given["code"])

        def throw(*args):
            raise RuntimeError(given["message"])

        def terminate(*args):
            raise Exit(0)

        def call(caller: wasmspan.Caller, *args):
            return caller[given["function"]](*args)

        def peek(caller: wasmspan.Caller, at):
            return caller.memory[at & 0xFFFF_FFFF]

        def poke(caller: wasmspan.Caller, at, byte):
            caller.memory[at & 0xFFFF_FFFF] = byte & 0xFF

        def sleep(*args):
            time.sleep(given["ms"] / 1000)

        def same(*args):
            return args[0] if len(args) == 1 else args

        functions = {
            "return": lambda *args: results,
            "same": same,
            "sum": total,
            "record": record,
            "fail": fail,
            "throw": throw,
            "terminate": terminate,
            "call": call,
            "peek": peek,
            "poke": poke,
            "sleep": sleep,
        }
        return functions[given["does"]]

    def do_module(self, step: dict) -> None:
        if "wat" in step:
            source = "\n".join(step["wat"]).encode()
        elif "file" in step:
            source = (ROOT / "tests" / "wasm" / step["file"]).read_bytes()
        else:
            source = bytes.fromhex(step["hex"])
        if step.get("compiled"):
            path = self.folder / "compiled.wasm"
            path.write_bytes(Compiler().compile_to_bytes(source))
            module = Module.load_compiled(path)
            assert module.is_precompiled
        else:
            module = Module(source)
        self.modules[step.get("as", "main")] = module

    def do_instance(self, step: dict) -> None:
        measure = step.get("measure", False)
        limits = Limits.from_json(json.dumps(step.get("limits", {})))
        config = Config(limits=limits, instruction_counting=measure, cost_measuring=measure)
        executor, module = Executor(config), self.module(step)
        if "wasi" in step:
            given = step["wasi"]
            wasi = Wasi(args=given.get("args"), env=given.get("env"), stdin=given.get("stdin"))
            self.store.register(wasi.instance)
        if "register" in step:
            made = executor.register(self.store, module, step["register"])
        else:
            made = executor.instantiate(self.store, module)
        self.instances[step.get("as", "main")] = made, executor

    def do_call(self, step: dict) -> list:
        function = self.instance(step)[step["function"]]
        args = [self.values.value(text) for text in step.get("args", ())]
        limits = Limits.from_json(json.dumps(step.get("within", {})))
        interrupt = Interrupt()
        if "cancel_after_ms" in step:
            threading.Timer(step["cancel_after_ms"] / 1000, interrupt.interrupt).start()
        returned = function(*args, limits=limits, interrupt=interrupt)
        if len(function.type.results) == 1:  # Which may be `None`: a null reference.
            return [returned]
        return list(returned or ())

    def do_recorded(self, _step: dict) -> list:
        calls, self.recordings = self.recordings, []
        return calls

    def do_memory(self, step: dict):
        memory = self.instance(step)[step.get("memory", "memory")]
        if step["op"] == "pages":
            return memory.pages
        if step["op"] == "grow":
            return memory.grow(step["by"])
        if step["op"] == "read":
            return memory.read(step["at"], step["len"]).hex()
        assert step["op"] == "write"
        return memory.write(step["at"], bytes.fromhex(step["bytes"]))

    def do_global(self, step: dict):
        found = self.instance(step)[step["global"]]
        if step["op"] == "get":
            return [found.value]
        assert step["op"] == "set"
        found.value = self.values.value(step["value"])
        return None

    def do_table(self, step: dict):
        table = self.instance(step)[step["table"]]
        if step["op"] == "size":
            return len(table)
        if step["op"] == "grow":
            return table.grow(step["by"])
        if step["op"] == "get":
            return [table[step["at"]]]
        assert step["op"] == "set"
        table[step["at"]] = self.values.value(step["value"])
        return None

    def do_statistics(self, step: dict) -> dict:
        figures = self.instances[step.get("instance", "main")][1].statistics
        return {"instructions": figures.instruction_count, "cost": figures.total_cost}

    def do_exports(self, step: dict) -> list[str]:
        return [f"{export.name} {described(export.type)}" for export in self.module(step).exports]

    def do_imports(self, step: dict) -> list[str]:
        imports = self.module(step).imports
        return [f"{item.module} {item.name} {described(item.type)}" for item in imports]

    def do_command(self, step: dict) -> dict:
        if step.get("args") == []:
            return self.command_without_args(step)
        folder, given = self.folder / "data", {}
        if "files" in step:
            folder.mkdir()
            for path, text in step["files"].items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)
            given["read_only_dirs" if step.get("read_only") else "dirs"] = {"/data": folder}
        if "within" in step:
            given["timeout"] = step["within"]["time_ms"] / 1000
        name, *args = step.get("args", [None])
        module = self.module(step)
        done = wasmspan.run(module, args, program=name, env=step.get("env"), stdin=step.get("stdin"), **given)
        got = {"exit": done.exit_code, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
        wanted = step.get("gives", {})
        if "files" in wanted:
            files = {path: folder / path for path in wanted["files"]}
            got["files"] = {path: file.read_text() if file.exists() else None for path, file in files.items()}
        return {what: got[what] for what in wanted}

    def command_without_args(self, step: dict) -> dict:
        """A command without even its name, which `wasmspan.run` would give it."""
        assert set(step) <= {"do", "module", "args", "gives"}
        wasi, store = Wasi(args=[], stdout="capture", stderr="capture"), Store()
        store.register(wasi.instance)
        with contextlib.suppress(Exit):
            Executor().instantiate(store, self.module(step))["_start"]()
        got = {"exit": wasi.exit_code, "stdout": wasi.stdout.decode(), "stderr": wasi.stderr.decode()}
        return {what: got[what] for what in step["gives"]}

    def do_bindgen(self, step: dict):
        name = step.get("instance", "main")
        instance, made = self.instances[name][:2]
        if not isinstance(made, Bindgen):
            made = Bindgen(instance)
            self.instances[name] = instance, made
        return made.call(step["function"], *(bindgen_value(text) for text in step.get("args", ())))

    def do_heap(self, step: dict):
        instance = self.instance(step)
        heap, function = Heap(instance), instance[step["function"]]
        if "text" in step:
            put = heap.put_string(step["text"])
        else:
            put = heap.put_bytes(bytes.fromhex(step["bytes"]))
        returned = function(*put[: len(function.type.params)])
        heap.free(put.address)
        how = step.get("returns", "string")
        if how == "i32":
            return returned
        if how == "packed":
            return heap.get_string(*Span.from_packed(returned))
        return heap.get_bytes(returned).hex() if how == "bytes" else heap.get_string(returned)


@pytest.fixture(scope="module")
def results():
    """What becomes of every scenario, for the report of all languages."""
    found = {}
    yield found
    folder = Path(os.environ.get("WASMSPAN_SCENARIOS", ROOT / "target" / "scenarios"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenarios-python.json").write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")


def is_skipped(name: str) -> bool:
    return any(name == skip or (skip[-1] == "*" and name.startswith(skip[:-1])) for skip in SKIPS)


@pytest.mark.parametrize("name", CASES)
def test_scenarios(name, results, tmp_path):
    if is_skipped(name):
        results[name] = "skipped"
        pytest.skip("listed in skips.json")
    results[name] = "failed"
    runner = Runner(tmp_path)
    steps = json.loads((FOLDER / "cases" / f"{name}.json").read_text())["steps"]
    for at, step in enumerate(steps, 1):
        results[name] = f"step {at} failed"
        runner.step(step)
    results[name] = "ok"
