"""Functions of the module numbers, made by `wasmspan bindgen`."""

from typing import cast

from wasmspan import Instance


class Numbers:
    """An instance of the module."""

    def __init__(self, instance: Instance) -> None:
        """Finds the functions of an instance."""
        self._add = instance.exports["add"]
        self._div_rem = instance.exports["div-rem"]
        self._new = instance.exports["new"]
        self._import_ = instance.exports["import"]
        self._not_much = instance.exports["notMuch"]

    def add(self, a: int, b: int) -> int:
        """Calls `add`."""
        return cast("int", self._add(a, b))

    def div_rem(self, dividend: int, divisor: int) -> tuple[int, int]:
        """Divides, and gives quotient and rest.

        Traps if the divisor is zero.
        """
        return cast("tuple[int, int]", self._div_rem(dividend, divisor))

    def new(self, type: float) -> float:
        """Calls `new`."""
        return cast("float", self._new(type))

    def import_(self, class_: int) -> None:
        """Calls `import`."""
        self._import_(class_)

    def not_much(self) -> None:
        """Calls `notMuch`."""
        self._not_much()
