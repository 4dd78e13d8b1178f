"""The exports of an instance."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False  # Type checkers take it for true; importing `typing` takes longer than all of this.
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Exports(Mapping[str, "Any"]):
    """What an instance exports, as attributes and as a mapping.

    The attributes are the object's own dictionary, so that `exports.name` is one quick look-up. An
    export that is named like a method of mappings hides the method.
    """

    def __init__(self, items: dict[str, Any]) -> None:
        self.__dict__.update(items)

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(self.__dict__) or "nothing"
        raise AttributeError(f"the instance exports no {name!r}; it exports {known}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("exports can't be changed; set the value of a global instead")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("exports can't be deleted")

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __len__(self) -> int:
        return len(self.__dict__)

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__

    def __repr__(self) -> str:
        return f"<wasmspan.Exports: {', '.join(self.__dict__)}>"
