"""The wrappers in Python that `wasmspan bindgen` writes do what they say."""

import sys
from pathlib import Path

import pytest
from wasmspan import GuestError, Module, Trap, Wasi

GENERATED = Path(__file__).parents[2] / "tests" / "generated"
sys.path.append(str(GENERATED / "python"))

from bindgen_rust import BindgenRust  # noqa: E402
from numbers_wat import Numbers  # noqa: E402


def test_guest_of_bindgen(guests):
    guest = BindgenRust(Module(guests / "bindgen-rust.wasm").instantiate(wasi=Wasi()))
    assert guest.say("bindgen funcs test") == "hello bindgen funcs test"
    assert guest.lowest_common_multiple(123, 2) == 246
    assert guest.sha3_digest(b"This is an important message")[:2] == bytes([87, 27])
    assert guest.swap(5, "five") == ("five", 5)
    assert guest.nothing() is None
    assert guest.echo_f64(1) == 1.0
    assert guest.echo_i64s(range(3)) == [0, 1, 2]
    described = guest.describe(1, -2, 3, -4, 5, -6, 7, -8, 0.5, -0.25, True, "é", "text", [9, -9])
    assert described == "1 -2 3 -4 5 -6 7 -8 0.5 -0.25 true é text [9, -9]"
    with pytest.raises(GuestError, match="7 cannot be divided by zero"):
        guest.divide(7, 0)
    with pytest.raises(Trap):
        guest.panics("on purpose")


def test_module_of_numbers():
    numbers = Numbers(Module(GENERATED / "numbers.wat").instantiate())
    assert numbers.add((1 << 63) - 1, -1) == (1 << 63) - 2
    assert numbers.div_rem(17, 5) == (3, 2)
    assert numbers.new(0.5) == 0.5
    assert numbers.import_(1) is None
    assert numbers.not_much() is None
    with pytest.raises(Trap):
        numbers.div_rem(1, 0)
