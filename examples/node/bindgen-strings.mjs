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
const digest = guest.call("sha3_digest", [Buffer.from("This is an important message")]);
console.log(Buffer.from(digest).toString("hex"));
try {
  guest.call("divide", [7, 0]);
} catch (error) {
  if (error instanceof GuestError) console.log("the guest's error:", error.message);
}
const bytes = await guest.callAsync("echo_u8s", [Uint8Array.of(1, 2, 255)]);
console.log(bytes.join(" "));

// Guests that only export an allocator: the same calls for both.
for (const name of ["strings-assemblyscript", "strings-c"]) {
  const instance = new Instance(load(name));
  const heap = new Heap(instance);
  const text = heap.putString("world");
  const greeting = instance.exports.greet(text.address);
  console.log(`${name}:`, heap.getString(greeting));
  heap.free(text.address);
}
