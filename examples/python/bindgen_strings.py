"""Passes strings and bytes to a guest that was built with wasmedge-bindgen, and gets its errors."""

from pathlib import Path

import wasmspan
from wasmspan import Bindgen, GuestError, Wasi

GUEST = Path(__file__).parents[2] / "tests" / "wasm" / "bindgen-rust.wasm"


def main() -> None:
    guest = Bindgen(wasmspan.Module(GUEST).instantiate(wasi=Wasi()))
    assert guest.say("bindgen funcs test") == "hello bindgen funcs test"
    assert guest.lowest_common_multiple(123, 2) == 246
    print(guest.create_line('{"x":1.5,"y":3.8}', '{"x":2.5,"y":5.8}', "A thin red line"))
    assert len(guest.sha3_digest(b"This is an important message")) == 32
    try:
        guest.divide(7, 0)
    except GuestError as error:
        print(f"the guest says: {error}")
    else:
        raise AssertionError


if __name__ == "__main__":
    main()
