import builtins
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from socket import socket
from types import TracebackType
from typing import Any, Literal, Self, final

from typing_extensions import Buffer

from ._bindgen import Span
from ._command import Completed, Denial
from ._exports import Exports
from ._streams import Readable, Writable
from ._types import ExportType, FuncType, GlobalType, ImportType, MemoryType, TableType

__all__ = [
    "VM",
    "Async",
    "Bindgen",
    "Caller",
    "Compiler",
    "Config",
    "Executor",
    "Function",
    "Global",
    "Heap",
    "Instance",
    "Interrupt",
    "Limits",
    "Loader",
    "Memory",
    "MemoryFs",
    "Module",
    "Pool",
    "Reservation",
    "Statistics",
    "Store",
    "Table",
    "Validator",
    "Wasi",
    "__version__",
    "after_fork",
    "at_exit",
    "collecting",
    "ensure_signal_handlers",
    "faults",
    "in_thread",
    "live_objects",
    "look_up",
    "provoke_fault",
    "reserve",
    "run_command",
    "set_log",
]
__version__: str

_Text = str | bytes
_Bytes = bytes | bytearray | memoryview | Buffer
_Feed = _Text | bytearray | memoryview | int | Callable[[int], Any] | Readable | None
_Stream = Literal["capture", "inherit"] | int | Callable[[bytes], Any] | Writable | None
_Directories = Mapping[str, str | os.PathLike[str] | MemoryFs]
_Number = Literal["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"]

def after_fork() -> None: ...
def at_exit() -> None: ...
def collecting(phase: str, info: Mapping[str, int]) -> None: ...
def ensure_signal_handlers() -> None:
    """Puts the runtime's fault handlers back on top of handlers that another library has installed."""

def faults() -> int: ...
def live_objects() -> int: ...
def look_up() -> None: ...
def provoke_fault(text: str) -> None: ...
def in_thread(work: Callable[[], Any], context: Any, wake: Callable[[], object]) -> Async: ...
def reserve(pool: Pool, wake: Callable[[], bool]) -> Reservation: ...
def run_command(
    module: Module,
    args: tuple[_Text, ...],
    *,
    imports: Mapping[str, Any] | None,
    stdout: _Stream,
    stderr: _Stream,
    timeout: float | None,
    interrupt: Interrupt | None,
    memory: int | None,
    output_limit: int | None,
    limits: Limits | None,
    **given: Any,
) -> Completed: ...
def set_log(
    level: Literal["trace", "debug", "info", "warning", "error", "off"],
    sink: Callable[[str, str], object] | None = None,
) -> None:
    """Writes WasmEdge's log lines from a level on: "trace", "debug", "info", "warning", "error"; "off" is none.

    They go to standard output, or to `sink`, which is called with level and line, from any thread.

    >>> lines = []
    >>> set_log("error", lambda level, line: lines.append((level, line)))
    >>> try:
    ...     VM().load(b"nonsense")
    ... except CompileError:
    ...     set_log("off")
    >>> lines[0]
    ('error', 'loading failed: ...
    """

@final
class Async:
    """A call that runs on another thread: made by the `…_async` functions of `VM` and `Executor`.

    Any thread may wait for it and cancel it; `await` works, too, and cancels the call with its task. An
    `Async` that is dropped before its end cancels the call.

    >>> vm = VM()
    >>> spin = vm.run_async(b'(module (func (export "spin") (loop (br 0))))', "spin")
    >>> spin.wait(0.01)
    False
    >>> spin.cancel()
    >>> spin.get()
    Traceback (most recent call last):
    wasmspan._errors.Interrupted: execution interrupted
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the end, `timeout` seconds at most; whether it has come."""
    def get(self, timeout: float | None = None) -> Any:
        """Waits, and gives what the call returned or raises what it raised; may be called again. Raises
        `TimeoutError` if the call has not ended by then, and lets it go on.
        """
    def cancel(self) -> None:
        """Asks the call to stop: it ends with `Interrupted` unless it has ended. Returns at once."""
    def on_finish(self, callback: Callable[[], object]) -> None:
        """Calls `callback` without arguments when the call has ended: now if it has, else on the thread that ends
        it.
        """
    @property
    def is_finished(self) -> bool:
        """Whether the call has returned, failed or been stopped."""
    def __await__(self) -> Generator[Any, Any, Any]: ...

@final
class Bindgen:
    """A guest that was built with the crates `wasmedge-bindgen` 0.4, whose functions take and return strings,
    vectors and numbers.

    Functions are methods: `guest.say("you")`, or `guest.call("say", "you")`. A `str` is a `String`, `bytes`
    are a `Vec<u8>`, a `bool` is a `bool`, a `float` an `f64`, an `int` an `i32`; `U8(1)`, `F32(0.5)`,
    `Char("x")`, `I16s([1, 2])` and so on name other types. Nothing comes back as `None`, several values as
    a tuple. An `Err` of the guest is a `GuestError`.

    `_initialize` is called if the guest has it; `Bindgen.attach` is for instances that are initialised.
    With `keep_results` results stay in the guest's memory, for guests that return what isn't theirs to free.
    """

    def __new__(cls, instance: Instance, *, keep_results: bool = False) -> Self: ...
    @staticmethod
    def attach(instance: Instance, *, keep_results: bool = False) -> Bindgen:
        """staticmethod(function) -> method

        Convert a function to be a static method.

        A static method does not receive an implicit first argument.
        To declare a static method, use this idiom:

             class C:
                 @staticmethod
                 def f(arg1, arg2, argN):
                     ...

        It can be called either on the class (e.g. C.f()) or on an instance
        (e.g. C().f()). Both the class and the instance are ignored, and
        neither is passed implicitly as the first argument to the method.

        Static methods in Python are similar to those found in Java or C++.
        For a more advanced concept, see the classmethod builtin.
        """
    def call(self, name: str, *args: Any) -> Any:
        """Calls a function."""
    @property
    def functions(self) -> list[str]:
        """Names of the exports that can be such functions, sorted: the module tells no more than that their
        type fits.
        """
    @property
    def instance(self) -> Instance:
        """The instance."""
    def __getattr__(self, name: str, /) -> Callable[..., Any]: ...

@final
class Caller:
    """What a host function sees of the instance that called it.

    A host function gets one as its first argument if that parameter is annotated as `Caller`.
    """

    @property
    def instance(self) -> Instance:
        """The instance whose code called."""
    @property
    def memory(self) -> Memory:
        """The first memory of the instance that called, whether it is exported or not."""
    def __getitem__(self, name: str, /) -> Any: ...

@final
class Compiler:
    """Compiles modules ahead of time, into files for `Module.load_compiled`.

    >>> compiled = Compiler().compile_to_bytes(b"(module)")
    >>> Loader(Config(load_compiled=True)).load(compiled).is_precompiled
    True
    """

    def __new__(cls, config: Config | None = None) -> Self: ...
    def compile(self, source: _Source, output: str | os.PathLike[str]) -> None:
        """Compiles a path, bytes or a `Module` into a file: a shared object if its name ends in `.so`,
        else what the configuration's `output_format` says. A failure leaves no half file.
        """
    def compile_to_bytes(self, source: _Source) -> bytes:
        """Compiles a path, bytes or a `Module` to the content of a compiled file."""

@final
class Config:
    """Settings for loading, compiling and running. Every finished proposal of WebAssembly is on unless
    it is named in `without`.

    `compile_time` says when functions are compiled: `"eager"`, `"lazy"` or, by size, `"auto"`. With
    `cache` compiled code is kept on disk for later processes: `True` for the user's cache folder, or a
    folder, which must belong to the user and not be writable by others; at most `cache_max_bytes`, and of
    modules of 2,048 bytes and more.
    `load_compiled` trusts and runs machine code that comes with a module. `instruction_counting`,
    `cost_measuring` and `time_measuring` fill in `Statistics`. `generic_code` uses only instructions that
    every processor of this kind has; `output_format` is what a `Compiler` writes, `"wasm"` or `"native"`.

    >>> Config(without=["SIMD"], max_memory_pages=16)
    <wasmspan.Config: max_memory_pages=16>
    >>> Config(limits=Limits(time_ms=100)).limits
    Limits(time_ms=100)
    """

    def __new__(
        cls,
        *,
        with_: Iterable[str] | None = None,
        without: Iterable[str] | None = None,
        max_memory_pages: int | None = None,
        optimize: Literal["none", "speed", "size"] = "speed",
        traps: Literal["signals", "checks"] = "signals",
        interrupts: Literal["signals", "poll"] = "signals",
        compile_threads: int = 0,
        compile_time: Literal["auto", "eager", "lazy"] = "auto",
        cache: bool | str | os.PathLike[str] | None = None,
        cache_max_bytes: int | None = None,
        load_compiled: bool = False,
        force_interpreter: bool = False,
        instruction_counting: bool = False,
        cost_measuring: bool = False,
        time_measuring: bool = False,
        generic_code: bool = False,
        output_format: Literal["wasm", "native"] = "wasm",
        limits: Limits | None = None,
    ) -> Self: ...
    @property
    def max_memory_pages(self) -> int:
        """Largest size of a memory, in pages of 64 KiB."""
    @property
    def limits(self) -> Limits:
        """What guests may use at most."""
    @property
    def proposals(self) -> list[str]:
        """Names of the proposals that are on."""

@final
class Executor:
    """Instantiates modules and calls functions under one configuration, and counts what they do.

    >>> executor = Executor(Config(limits=Limits(cost=1000)))
    >>> module = Module.from_wat('(module (func (export "spin") (loop (br 0))))')
    >>> instance = executor.instantiate(Store(), module)
    >>> executor.invoke(instance["spin"])
    Traceback (most recent call last):
    wasmspan._errors.OutOfFuel: cost limit exceeded
    """

    def __new__(cls, config: Config | None = None, statistics: Statistics | None = None) -> Self: ...
    def instantiate(self, store: Store, module: Module) -> Instance:
        """Makes an instance of a validated module; what it imports is looked up in the store."""
    def register(self, store: Store, module: Module, name: str) -> Instance:
        """Makes an instance and registers it in the store under a name."""
    def invoke(self, function: Function, *args: Any, limits: Limits | None = None) -> Any:
        """Calls a function, within the executor's limits and those of this call."""
    def invoke_async(self, function: Function, *args: Any) -> Async:
        """Calls a function on another thread, and returns at once."""
    @property
    def statistics(self) -> Statistics:
        """What its calls count."""

@final
class Function:
    """A WebAssembly function: an export, or a Python callable with a type.

    A call takes the parameters, and the keywords `timeout` (seconds), `interrupt` (an `Interrupt` that another
    thread uses to stop it) and `limits` (for this call). It gives `None`, the result, or a tuple of several.
    Integers of a type's signed and unsigned range are taken, and come back signed. It raises `Trap` and its
    kinds, `Exit`, `Busy`, and whatever a host function raised. Any thread may call it.

    >>> double = Function(FuncType(["i32"], ["i32"]), lambda n: 2 * n)
    >>> double(21)
    42
    """

    def __new__(cls, type: FuncType, callable: Any) -> Self: ...
    def __call__(
        self,
        *args: Any,
        timeout: float | None = None,
        interrupt: Interrupt | None = None,
        limits: Limits | None = None,
    ) -> Any: ...
    async def async_(self, *args: Any, timeout: float | None = None, limits: Limits | None = None) -> Any: ...
    @property
    def type(self) -> FuncType:
        """Parameters and results."""
    @property
    def name(self) -> str:
        """The name under which it was found, or the callable's."""
    @property
    def __name__(self) -> str: ...

@final
class Global:
    """A global: `Global(GlobalType("i32", mutable=True), 1)` makes one.

    >>> counter = Global(GlobalType("i64", mutable=True), 41)
    >>> counter.value += 1
    >>> counter
    <wasmspan.Global mutable i64: 42>
    """

    def __new__(cls, type: GlobalType, value: Any) -> Self: ...
    @property
    def type(self) -> GlobalType:
        """The type it was made with."""
    @property
    def value(self) -> Any:
        """The value; setting it raises `AttributeError` if the global is immutable."""
    @value.setter
    def value(self, value: Any) -> None: ...

@final
class Heap:
    """Strings and buffers of guests that export `malloc` and `free` (C, TinyGo), or AssemblyScript's runtime
    (`--exportRuntime`).

    `put_…` allocates in the guest and gives a `Span` of address and length; `free` it when the guest doesn't
    need it any more. `get_…` copies out of the guest.
    """

    def __new__(cls, instance: Instance) -> Self: ...
    @property
    def style(self) -> Literal["assemblyscript", "malloc"]:
        """How the guest allocates: "assemblyscript" or "malloc"."""
    def put_string(self, text: str) -> Span:
        """Puts text into the guest: UTF-16 for AssemblyScript, else UTF-8 with a zero behind it."""
    def put_bytes(self, data: _Bytes) -> Span:
        """Puts bytes into the guest: an `ArrayBuffer` for AssemblyScript."""
    def put_array(self, type: int, data: _Bytes) -> Span:
        """Makes a typed array of AssemblyScript, such as a `Uint8Array`, whose class has the number `type`."""
    def get_string(self, address: int, length: int | None = None) -> str:
        """Text at an address. Without a length it ends at a zero, or with the object."""
    def get_bytes(self, address: int, length: int | None = None) -> bytes:
        """Bytes at an address; AssemblyScript's objects know their length."""
    def get_array(self, address: int) -> bytes:
        """The bytes of a typed array of AssemblyScript."""
    def free(self, address: int) -> None:
        """Gives back what `put_…` allocated, or what the guest says the host has to free."""

@final
class Instance(Mapping[str, Any]):
    """An instance of a module, or a host module: `Instance("env")` makes an empty one.

    `exports` has what it exports as attributes; `instance["name"]` is for names that Python can't write.
    One thread at a time runs it: another one gets `Busy`, or waits if it was made with `when_busy="wait"`. Its
    thread may come again, from a host function.

    >>> env = Instance("env")
    >>> env.define("double", Function(FuncType(["i32"], ["i32"]), lambda n: 2 * n))
    >>> env.exports.double(4)
    8
    """

    def __new__(cls, name: str) -> Self: ...
    def define(self, name: str, item: Function | Memory | Table | Global) -> None:
        """Puts an item into a host module under a name, replacing what had it."""
    @property
    def exports(self) -> Exports:
        """The exports as attributes and as a mapping."""
    @property
    def statistics(self) -> Statistics | None:
        """What its calls count together with those of the executor that made it; `None` for a host
        module.
        """
    @property
    def name(self) -> str:
        """The name it was made with; empty for an instance of a module."""
    def __getitem__(self, name: str, /) -> Any: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        _class: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None: ...

@final
class Interrupt:
    """A request to stop, for calls that are given it as `interrupt=`.

    A request made before the call stops it at once; the call that it stops uses it up. It may be made
    from any thread.
    """

    def __new__(cls) -> Self: ...
    def interrupt(self) -> None:
        """Asks the call that runs, or the next one, to stop."""
    @property
    def is_requested(self) -> bool:
        """Whether a request was made that no call has answered."""

@final
class Limits:
    """What guests may use at most; `None` leaves the runtime's own limit.

    `time_ms` is the time of one call in milliseconds, `cost` what all calls of an instance or VM may
    cost together (1 for each instruction, unless a `Statistics` says otherwise; `fuel` is another name
    for it), `memory_pages` the size of each memory in pages of 64 KiB, `table_elements` that of each
    table, `stack_bytes` the stack of one call, `instances` how many instances exist at a time,
    `open_files` the descriptors of a WASI guest, `output_bytes` what one call writes to standard streams.

    `Config`, `Module.instantiate`, `Pool` and `run` take limits; where several apply, the smallest
    counts. A call takes limits of time, cost, stack and output for itself: `f(1, limits=Limits(time_ms=20))`;
    that of cost needs an instance whose costs are counted, by a limit of its own or `Config(cost_measuring=True)`.

    >>> Limits(time_ms=250, fuel=1_000_000)
    Limits(time_ms=250, cost=1000000)
    >>> Limits.from_json('{"cost": 5}').cost
    5
    """

    def __new__(
        cls,
        *,
        time_ms: int | None = None,
        cost: int | None = None,
        fuel: int | None = None,
        memory_pages: int | None = None,
        table_elements: int | None = None,
        stack_bytes: int | None = None,
        instances: int | None = None,
        open_files: int | None = None,
        output_bytes: int | None = None,
    ) -> Self: ...
    @staticmethod
    def from_json(text: str) -> Limits:
        """staticmethod(function) -> method

        Convert a function to be a static method.

        A static method does not receive an implicit first argument.
        To declare a static method, use this idiom:

             class C:
                 @staticmethod
                 def f(arg1, arg2, argN):
                     ...

        It can be called either on the class (e.g. C.f()) or on an instance
        (e.g. C().f()). Both the class and the instance are ignored, and
        neither is passed implicitly as the first argument to the method.

        Static methods in Python are similar to those found in Java or C++.
        For a more advanced concept, see the classmethod builtin.
        """
    def to_json(self) -> str:
        """The limits as a JSON object, without those that are `None`."""
    @property
    def time_ms(self) -> int | None:
        """Time of one call, in milliseconds."""
    @property
    def cost(self) -> int | None:
        """Cost of all calls together; for one call, of that call."""
    @property
    def memory_pages(self) -> int | None:
        """Size of each memory, in pages of 64 KiB."""
    @property
    def table_elements(self) -> int | None:
        """Size of each table, in elements."""
    @property
    def stack_bytes(self) -> int | None:
        """Stack of one call, in bytes."""
    @property
    def instances(self) -> int | None:
        """Instances that exist at the same time."""
    @property
    def open_files(self) -> int | None:
        """Descriptors that a guest of WASI has open at the same time."""
    @property
    def output_bytes(self) -> int | None:
        """What one call may write to standard output and error together, in bytes."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Loader:
    """Loads modules, without validating them.

    >>> module = Loader().load(b"(module)")
    >>> Validator().validate(module)
    """

    def __new__(cls, config: Config | None = None) -> Self: ...
    def load(self, source: _Source) -> Module:
        """Loads a module: a path, or bytes, which may be text."""

@final
class Memory:
    """A linear memory: `Memory(MemoryType(1))` makes one of a page.

    `memoryview` and `numpy.frombuffer` see it without a copy, and stay valid when it grows. Slices with step
    1 are copied. Any thread may use it; what a guest writes at the same time is seen as it comes.

    >>> memory = Memory(MemoryType(1))
    >>> memory[:5] = b"hello"
    >>> bytes(memoryview(memory)[1:4])
    b'ell'
    """

    def __new__(cls, type: MemoryType) -> Self: ...
    @property
    def type(self) -> MemoryType:
        """The type it was made with."""
    @property
    def pages(self) -> int:
        """Size in pages of 64 KiB."""
    def grow(self, pages: int) -> int:
        """Grows by a number of pages of 64 KiB and gives the old size in pages. Views that exist stay valid,
        and see the bytes that were there. Raises `MemoryLimit` if the memory can't become that large.
        """
    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Copies bytes out; to the end if no length is given. Raises `IndexError` for a place outside."""
    def write(self, offset: int, data: _Bytes) -> None:
        """Copies bytes, or the bytes of another contiguous buffer such as an array of NumPy, in. Raises `IndexError` for a place outside."""
    def load(self, type: _Number, offset: int) -> Any:
        """Reads a little-endian number of a type: "u8" to "u64", "i8" to "i64", "f32", "f64"."""
    def store(self, type: _Number, offset: int, value: float) -> None:
        """Writes a number of a type, little-endian."""
    def unpack(self, format: str, offset: int) -> tuple[Any, ...]:
        """Reads values as `struct.unpack_from` does."""
    def pack(self, format: str, offset: int, *values: Any) -> None:
        """Writes values as `struct.pack_into` does."""
    def read_str(self, offset: int, length: int, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Reads text of a number of bytes."""
    def read_cstr(self, offset: int, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Reads text up to a zero byte."""
    def write_str(self, offset: int, text: str, encoding: str = "utf-8") -> int:
        """Writes text and gives the number of bytes."""
    def __len__(self) -> int: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class MemoryFs:
    """Files in memory, which guests may share and the host reads and writes.

    >>> files = MemoryFs()
    >>> files.write("notes/today.txt", b"buy milk")
    >>> files.read("notes/today.txt")
    b'buy milk'
    """

    def __new__(cls, over: str | os.PathLike[str] | None = None, *, capacity: int | None = None) -> Self: ...
    def write(self, path: str, data: bytes) -> None:
        """Writes a file, making the directories on its way."""
    def read(self, path: str) -> bytes:
        """Reads a file."""
    def create_dir(self, path: str) -> None:
        """Makes a directory, and those on the way to it."""
    def changes(self) -> list[tuple[str, Literal["added", "modified", "removed"]]]:
        """Paths of what is different from how it began, with "added", "modified" or "removed"."""
    def list(self, path: str = "") -> builtins.list[str]:
        """The names in a directory, sorted; the root if no path is given."""
    @property
    def used(self) -> int:
        """Bytes in memory."""

@final
class Module:
    """A compiled module.

    `source` is a path (`str` or path object) of a file, or bytes; text is accepted in both. It is
    loaded, validated and compiled, without the interpreter's lock. It may be used from any thread, and
    instantiated as often as wanted. Raises `CompileError` if it is malformed, invalid or uses what `config`
    switches off, and `OSError` if the file can't be read.

    >>> module = Module.from_wat('(module (func (export "one") (result i32) i32.const 1))')
    >>> module.instantiate().exports.one()
    1
    """

    def __new__(cls, source: str | os.PathLike[str] | _Bytes, config: Config | None = None) -> Self: ...
    @staticmethod
    def from_wat(text: str, config: Config | None = None) -> Module:
        """staticmethod(function) -> method

        Convert a function to be a static method.

        A static method does not receive an implicit first argument.
        To declare a static method, use this idiom:

             class C:
                 @staticmethod
                 def f(arg1, arg2, argN):
                     ...

        It can be called either on the class (e.g. C.f()) or on an instance
        (e.g. C().f()). Both the class and the instance are ignored, and
        neither is passed implicitly as the first argument to the method.

        Static methods in Python are similar to those found in Java or C++.
        For a more advanced concept, see the classmethod builtin.
        """
    @staticmethod
    def load_compiled(path: str | os.PathLike[str], config: Config | None = None) -> Module:
        """staticmethod(function) -> method

        Convert a function to be a static method.

        A static method does not receive an implicit first argument.
        To declare a static method, use this idiom:

             class C:
                 @staticmethod
                 def f(arg1, arg2, argN):
                     ...

        It can be called either on the class (e.g. C.f()) or on an instance
        (e.g. C().f()). Both the class and the instance are ignored, and
        neither is passed implicitly as the first argument to the method.

        Static methods in Python are similar to those found in Java or C++.
        For a more advanced concept, see the classmethod builtin.
        """
    def save_compiled(self, path: str | os.PathLike[str]) -> None:
        """Writes the module with its machine code to a file for `load_compiled`."""
    @property
    def name(self) -> str | None:
        """The name in the module's name section."""
    @property
    def imports(self) -> tuple[ImportType, ...]:
        """What the module imports, in its order."""
    @property
    def exports(self) -> tuple[ExportType, ...]:
        """What the module exports, in its order."""
    @property
    def is_precompiled(self) -> bool:
        """Whether it came with machine code that is used."""
    def custom_sections(self, name: str) -> list[bytes]:
        """Contents of the custom sections of a name, in the module's order."""
    @property
    def wasm(self) -> bytes:
        """The module in the binary format."""
    def instantiate(
        self,
        imports: Mapping[str, Any] | None = None,
        *,
        wasi: Wasi | None = None,
        limits: Limits | None = None,
        when_busy: Literal["raise", "wait"] = "raise",
        release_gil: bool = True,
    ) -> Instance:
        """Makes an instance.

        `imports` maps names of modules to instances, or to mappings from names to callables and
        objects of this package. `wasi` gives the guest a system interface, `limits` bounds what it and
        its calls may use. Where another thread runs the instance, a call raises `Busy`, or waits if
        `when_busy` is `"wait"`. With `release_gil=False` calls keep the interpreter's lock, which suits
        very short calls in programs with many threads; such calls can't be stopped. Guests with `wasi`,
        which may wait for files, always let go of it.

        Raises `LinkError` with all imports that are missing or don't fit, `MemoryLimit`, and what the
        module's start function raises.
        """

@final
class Pool:
    """Hands out instances of one module, never more than `size` at a time, each fresh.

    Imports, and the system interface `wasi` if one is given, are shared by all instances. `with pool.get() as instance:` gives the
    place back; otherwise it is free when the instance's object goes. A pool may be used from any thread.

    >>> module = Module.from_wat('(module (memory (export "memory") 1))')
    >>> pool = Pool(module, size=4)
    >>> with pool.get() as instance:
    ...     instance.exports.memory.pages, pool.in_use
    (1, 1)
    >>> pool
    <wasmspan.Pool: 0 of 4 in use>
    """

    def __new__(
        cls,
        module: Module,
        imports: Mapping[str, Any] | None = None,
        *,
        size: int,
        wasi: Wasi | None = None,
        limits: Limits | None = None,
    ) -> Self: ...
    def get(self, timeout: float | None = None) -> Instance:
        """A fresh instance. Waits for a place, `timeout` seconds at most; then it raises `Busy`. Whoever
        came first gets the first place.
        """
    def try_get(self) -> Instance | None:
        """A fresh instance, or `None` if all are in use."""
    async def get_async(self, timeout: float | None = None) -> Instance: ...
    @property
    def size(self) -> int:
        """Most instances at a time."""
    @property
    def in_use(self) -> int:
        """Instances that are handed out."""
    @property
    def statistics(self) -> Statistics:
        """What its instances count together."""

@final
class Reservation:
    def take(self) -> Instance | None: ...
    def leave(self) -> None: ...

@final
class Statistics:
    """Counters of instructions, cost and time, and the costs and the limit that apply.

    Those are filled in that a `Config` switches on. One object may be given to several executors and
    VMs, which then count together, on any number of threads. A call that is running adds its figures
    when it ends.

    >>> vm = VM(Config(instruction_counting=True))
    >>> vm.run(b'(module (func (export "two") (result i32) i32.const 2))', "two")
    2
    >>> vm.statistics.instruction_count
    2
    """

    def __new__(cls) -> Self: ...
    @property
    def instruction_count(self) -> int:
        """Instructions that ended calls have run."""
    @property
    def instructions_per_second(self) -> float:
        """Instructions for each second spent in wasm; infinite or not a number if no time was measured."""
    @property
    def total_cost(self) -> int:
        """Cost of what ended calls have run, host functions included."""
    @property
    def wasm_time(self) -> float:
        """Seconds spent in wasm code."""
    @property
    def host_time(self) -> float:
        """Seconds spent in host functions that wasm called."""
    @property
    def total_time(self) -> float:
        """Seconds spent in wasm code and in host functions."""
    @property
    def cost_limit(self) -> int | None:
        """What the total cost may not exceed, for calls that begin from now on; `None` is no limit."""
    @cost_limit.setter
    def cost_limit(self, limit: int | None) -> None: ...
    def set_cost_table(self, costs: Iterable[int]) -> None:
        """Sets what instructions cost, for calls that begin from now on. The index is the opcode: its
        byte, or prefix times 256 plus second number for opcodes of two parts. Instructions past the
        end of `costs` cost nothing.
        """
    def cost_of(self, opcode: int) -> int:
        """What the instruction with this opcode costs."""
    def clear(self) -> None:
        """Sets the figures to zero; costs and limit stay."""
    def __eq__(self, other: object, /) -> bool: ...

_Source = str | os.PathLike[str] | _Bytes | Module

@final
class Store:
    """Instances under the names that others import from.

    >>> store = Store()
    >>> store.register(Instance("env"))
    >>> store
    <wasmspan.Store: env>
    """

    def __new__(cls) -> Self: ...
    def register(self, instance: Instance, name: str | None = None) -> None:
        """Registers an instance under a name, or under its own."""
    def unregister(self, instance: Instance) -> bool:
        """Takes every registration of an instance out; whether there was one."""
    @property
    def names(self) -> list[str]:
        """Names of the registered instances, sorted."""
    def find(self, name: str) -> Instance | None:
        """The instance registered under a name, or `None`."""
    def __contains__(self, name: str, /) -> bool: ...

@final
class Table:
    """A table of references: `Table(TableType("externref", 10))` makes one, all null.

    >>> table = Table(TableType("externref", 2))
    >>> table[0] = "any object"
    >>> list(table)
    ['any object', None]
    """

    def __new__(cls, type: TableType) -> Self: ...
    @property
    def type(self) -> TableType:
        """The type it was made with."""
    def grow(self, delta: int, value: Any = None) -> int:
        """Grows by a number of elements, null or `value`, and gives the old size. Raises `MemoryLimit` if the
        table can't become that large.
        """
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...
    def __setitem__(self, index: int, value: Any, /) -> None: ...

@final
class VM:
    """Loads, validates, instantiates and runs modules, step by step or all at once, as WasmEdge's VM does.

    Any thread may use it; what changes its module waits for its turn.

    >>> vm = VM()
    >>> vm.load(b'(module (func (export "neg") (param i32) (result i32)'
    ...         b' (i32.sub (i32.const 0) (local.get 0))))')
    >>> vm.validate()
    >>> vm.instantiate()
    >>> vm.execute("neg", 7)
    -7
    """

    def __new__(
        cls,
        config: Config | None = None,
        store: Store | None = None,
        *,
        wasi: Wasi | None = None,
        statistics: Statistics | None = None,
    ) -> Self: ...
    @property
    def state(self) -> Literal["inited", "loaded", "validated", "instantiated"]:
        """How far the module has come: "inited", "loaded", "validated" or "instantiated"."""
    def load(self, source: _Source) -> None:
        """Loads a module: a path, bytes, or a `Module`."""
    def validate(self) -> None:
        """Validates the loaded module."""
    def instantiate(self) -> None:
        """Instantiates the validated module and makes the instance the active one."""
    def execute(self, name: str, *args: Any, limits: Limits | None = None) -> Any:
        """Calls a function of the active module, within the VM's limits and those of this call."""
    def execute_async(self, name: str, *args: Any) -> Async:
        """As `execute`, on another thread; returns at once."""
    def execute_registered(self, module: str, name: str, *args: Any) -> Any:
        """Calls a function of a registered module."""
    def execute_registered_async(self, module: str, name: str, *args: Any) -> Async:
        """As `execute_registered`, on another thread; returns at once."""
    def run(self, source: _Source, name: str, *args: Any) -> Any:
        """Loads, validates and instantiates a module, and calls a function of it."""
    def run_async(self, source: _Source, name: str, *args: Any) -> Async:
        """As `run`, on another thread; loads the module and returns."""
    def register(
        self,
        source: _Source | Instance,
        name: str | None = None,
    ) -> None:
        """Registers a module under a name, or an instance such as a host module under its own."""
    @property
    def functions(self) -> dict[str, FuncType]:
        """Names and types of the active module's functions."""
    @property
    def active_module(self) -> Instance | None:
        """The active instance, or `None` before one was instantiated."""
    @property
    def store(self) -> Store:
        """The store of registered modules."""
    @property
    def statistics(self) -> Statistics:
        """What its calls count."""
    def interrupt(self) -> None:
        """Stops the calls of this VM from another thread."""
    def cleanup(self) -> None:
        """Forgets the module, the active instance and everything registered but WASI."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        _class: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None: ...

@final
class Validator:
    """Checks modules against the rules of WebAssembly."""

    def __new__(cls, config: Config | None = None) -> Self: ...
    def validate(self, module: Module) -> None:
        """Raises `CompileError` for the first rule that the module breaks."""

@final
class Wasi:
    """What a WASI guest may use. It starts with nothing: no arguments, no variables, no directories, no
    sockets; standard output and error are those of this process unless given.

    `stdin` is bytes or text, `"inherit"` for that of this process, or `None` for nothing; `stdout` and
    `stderr` are `"inherit"`, `"capture"` (64 MiB at most, to be read here) or `None`. A stream may also be
    the number of an open file, which is copied, an object like a file, or a callable: input is called
    with a number of bytes and gives that many or fewer, none at the end; output is called with bytes.
    That happens on the guest's thread. What it raises ends the run and comes out of the call.

    `dirs` and `read_only_dirs` map names for the guest to directories of the host or to a `MemoryFs`.
    `sockets` is `True`, or a list of the addresses, nets and names that may be used, such as
    `"127.0.0.1:8080"`, `"10.0.0.0/8"` or `"example.org:443"`. With a `seed` random bytes are the same in
    each run. A clock is a number of nanoseconds, at which it stands still, or a callable that returns it:
    `realtime_clock` since 1970, `monotonic_clock` since any moment. `list_dirs` gives the guest, as `/`, a list of
    its directories. `listeners` are sockets that listen, from which it takes connections; they get the descriptors after
    the directories. `max_descriptors` is how many it may have open. `denials` tells what it was refused.

    >>> Wasi(args=["tool", "--version"], stdout=[].append)
    <wasmspan.Wasi(2 arguments, 0 variables, 0 directories)>
    """

    def __new__(
        cls,
        *,
        args: Iterable[_Text] | None = None,
        env: Mapping[str, _Text] | None = None,
        dirs: _Directories | None = None,
        read_only_dirs: _Directories | None = None,
        list_dirs: bool = False,
        stdin: _Feed = None,
        stdout: _Stream = "inherit",
        stderr: _Stream = "inherit",
        sockets: bool | Iterable[str] = False,
        listeners: Iterable[socket | int] | None = None,
        seed: int | None = None,
        realtime_clock: int | Callable[[], int] | None = None,
        monotonic_clock: int | Callable[[], int] | None = None,
        max_descriptors: int | None = None,
    ) -> Self: ...
    @property
    def denials(self) -> tuple[Denial, ...]:
        """What guests asked for and were refused, in order: `Denial`s, each once."""
    @property
    def stdout(self) -> bytes | None:
        """What the guest wrote so far, if standard output is captured."""
    @property
    def stderr(self) -> bytes | None:
        """What the guest wrote so far, if standard error is captured."""
    @property
    def truncated(self) -> bool:
        """Whether the guest wanted to write more than is captured of a stream."""
    @property
    def exit_code(self) -> int:
        """Status with which the last guest ended itself; 0 if none did."""
    @property
    def instance(self) -> Instance:
        """The module of host functions, for a `Store` or a `VM`."""
