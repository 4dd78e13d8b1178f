"""Texts, numbers and bytes for guests of wasmedge-bindgen, and strings for those of AssemblyScript and C."""

from pathlib import Path

from wasmspan import Bindgen, GuestError, Heap, Module, Wasi

GUESTS = Path(__file__).parents[2] / "tests" / "wasm"


def main() -> None:
    # Functions of Rust that take and return what Rust has.
    guest = Bindgen(Module(GUESTS / "bindgen-rust.wasm").instantiate(wasi=Wasi()))
    print(guest.say("bindgen funcs test"))
    print(guest.lowest_common_multiple(123, 2))
    print(guest.sha3_digest(b"This is an important message").hex())
    try:
        guest.divide(7, 0)
    except GuestError as error:
        print("the guest's error:", error)
    print(*guest.echo_u8s(bytes([1, 2, 255])))

    # Guests that only export an allocator: the same calls for both.
    for name in ("strings-assemblyscript", "strings-c"):
        instance = Module(GUESTS / f"{name}.wasm").instantiate()
        heap = Heap(instance)
        text = heap.put_string("world")
        print(f"{name}:", heap.get_string(instance.exports.greet(text.address)))
        heap.free(text.address)


if __name__ == "__main__":
    main()
