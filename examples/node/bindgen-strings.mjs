// Texts, numbers and bytes for guests that were built with wasmedge-bindgen, and strings for guests of AssemblyScript and C.
import { readFileSync } from "node:fs";
import { Bindgen, GuestError, Heap, Instance, Module, WASI } from "wasmspan";

const load = (name) =>
  new Module(readFileSync(new URL(`../../tests/wasm/${name}.wasm`, import.meta.url)));

// Functions of Rust that take and return what Rust has.
const wasi = new WASI();
const guest = new Bindgen(new Instance(load("bindgen-rust"), wasi.getImportObject()));
console.log(guest.call("say", ["bindgen funcs test"]));
console.log(guest.call("lowest_common_multiple", [123, 2]));
console.log(
  Buffer.from(guest.call("sha3_digest", [Buffer.from("This is an important message")])).toString(
    "hex",
  ),
);
try {
  guest.call("divide", [7, 0]);
} catch (error) {
  console.log(error instanceof GuestError, error.message);
}
console.log(await guest.callAsync("echo_u8s", [Uint8Array.of(1, 2, 255)]));

// Guests that only export an allocator: the same calls for both.
for (const name of ["strings-assemblyscript", "strings-c"]) {
  const instance = new Instance(load(name));
  const heap = new Heap(instance);
  const text = heap.putString("world");
  const greeting = instance.exports.greet(text.address);
  console.log(`${heap.style}:`, heap.getString(greeting));
  heap.free(text.address);
}

// Prints:
// hello bindgen funcs test
// 246
// 571be7d1bd69fb319f0ad3fa0f9f9ab52bda1a8d38c7192d3c0a14a336d3c3cb
// true 7 cannot be divided by zero
// Uint8Array(3) [ 1, 2, 255 ]
// assemblyscript: hello world
// malloc: hello world
