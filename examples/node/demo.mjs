// The lines of Node.js in the demonstration. `make demo` runs the same program in five languages.
import { readFileSync } from "node:fs";
import { Bindgen, Instance, Module, TimeoutError, WASI } from "../../bindings-node/index.mjs";

const load = (file) => new Module(readFileSync(new URL(`../../${file}`, import.meta.url)));
const hex = (bytes) => Buffer.from(bytes.subarray(0, 8)).toString("hex");

// Prints a line: what ran, what was expected, what came out, and how long it took.
function line(what, expected, got, start) {
  const time = `${(performance.now() - start).toFixed(2)} ms`;
  const columns = [what.padEnd(34), expected.padStart(22), got.padStart(22), time.padStart(11)];
  console.log("Node.js ", ...columns, got === expected ? "ok" : "WRONG");
  if (got !== expected) process.exitCode = 1;
}

// A guest of wasmedge-bindgen: its functions take and return texts and bytes.
let start = performance.now();
const wasi = new WASI();
const bindgen = new Bindgen(
  new Instance(load("tests/wasm/bindgen-rust.wasm"), wasi.getImportObject()),
);
const hello = bindgen.call("say", ["demo"]);
line("load a guest, pass it a text", "hello demo", hello, start);

start = performance.now();
const created = bindgen.call("create_line", ['{"x":0,"y":0}', '{"x":3,"y":4}', "a line"]);
let digest = bindgen.call("sha3_digest", [Buffer.from(created)]);
line("create_line, digest of its text", "b9b5c1698ab7b6ec", hex(digest), start);

const bytes = Uint8Array.from({ length: 256 << 10 }, (_, at) => at % 251);
start = performance.now();
digest = bindgen.call("sha3_digest", [bytes]);
line("sha3_digest of 256 KiB", "2ae120f51b9b63e9", hex(digest), start);

// A guest that calls a function of its host.
const guest = new Instance(load("examples/demo.wat"), { env: { double: (n) => n * 2 } });
start = performance.now();
const sum = guest.exports.sum_of_doubles(10_000);
line("10000 calls of a host function", "100010000", String(sum), start);

// Errors of the guest, after which it can be called again.
let got;
start = performance.now();
try {
  got = String(guest.exports.divide(1, 0));
} catch (error) {
  got = error.message;
}
line("a trap, caught", "integer divide by zero", got, start);

start = performance.now();
try {
  await guest.callAsync("forever", [], { timeout: 20 });
  got = "not stopped";
} catch (error) {
  got = error instanceof TimeoutError ? "stopped" : error.message;
}
line("an endless loop, stopped at 20 ms", "stopped", got, start);
