"""What exceptions tell in detail."""

from __future__ import annotations

from _operator import itemgetter

TYPE_CHECKING = False  # Type checkers take it for true; importing `typing` takes longer than all of this.
if TYPE_CHECKING:
    from typing import NamedTuple

    from ._types import ExternType

    class Frame(NamedTuple):
        """One WebAssembly function on the stack of a trap."""

        module: str | None
        function: str | None
        function_index: int
        offset: int | None
        file: str | None
        line: int | None

    class MissingImport(NamedTuple):
        """An import that could not be linked."""

        module: str
        name: str
        wanted: ExternType
        found: ExternType | None
        reason: str

else:

    class Record(tuple):
        """A tuple whose items have names, as those of `typing` are, for less."""

        __slots__ = ()
        _fields = ()

        def __new__(cls, *items):
            if len(items) != len(cls._fields):
                raise TypeError(f"{cls.__name__} takes {len(cls._fields)} values, not {len(items)}")
            return tuple.__new__(cls, items)

        def __getnewargs__(self):
            return tuple(self)

        def __repr__(self):
            items = zip(self._fields, self, strict=True)
            return f"{type(self).__name__}({', '.join(f'{name}={item!r}' for name, item in items)})"

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

    def item(at, doc):
        return property(itemgetter(at), doc=doc)

    class Frame(Record):
        """One WebAssembly function on the stack of a trap."""

        __slots__ = ()
        _fields = __match_args__ = ("module", "function", "function_index", "offset", "file", "line")
        module = item(0, "Name of the module in its name section.")
        function = item(1, "Name of the function: from the name section, else that of its export.")
        function_index = item(2, "Number of the function in its module.")
        offset = item(3, "Byte offset of the instruction in the module.")
        file = item(4, "Source file, where the module has debug information.")
        line = item(5, "Line in the source file.")

    class MissingImport(Record):
        """An import that could not be linked."""

        __slots__ = ()
        _fields = __match_args__ = ("module", "name", "wanted", "found", "reason")
        module = item(0, "Name of the module that it is imported from.")
        name = item(1, "Its name there.")
        wanted = item(2, "The type that it is to have.")
        found = item(3, "The type of what is there; `None` if nothing is.")
        reason = item(4, "What is wrong.")
