// The lines of Node.js in the demonstration: what ran, what was expected, what came out, how long it took.
import { readFileSync } from "node:fs";
import { Instance, Module, TimeoutError, WebAssembly } from "../../bindings-node/index.mjs";

let good = true;
async function line(what, expected, work) {
  const start = performance.now();
  const got = String(await work());
  const time = `${(performance.now() - start).toFixed(1)}ms`;
  good &&= got === expected;
  const columns = [
    "Node.js".padEnd(10),
    what.padEnd(44),
    expected.padStart(22),
    got.padStart(22),
    time.padStart(12),
  ];
  console.log(...columns, got === expected ? "ok" : "WRONG");
}

const bytes = readFileSync(new URL("../../tests/wasm/fibonacci.wasm", import.meta.url));
let fib;
await line("load, validate and compile fibonacci.wasm", "1 export", async () => {
  const { instance, module } = await WebAssembly.instantiate(bytes);
  fib = instance.exports.fib;
  return `${Module.exports(module).length} export`;
});
await line("fib(10)", "89", () => fib(10));
await line("fib(30)", "1346269", () => fib(30));
const text = `(module (import "env" "double" (func $double (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (call $double (local.get 0)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "forever") (loop (br 0))))`;
const caller = new Instance(new Module(Buffer.from(text)), { env: { double: async (n) => n * 2 } });
await line("an async function called from wasm", "42", () => caller.callAsync("run", [21]));
await line("a trap, caught", "integer divide by zero", () => {
  try {
    return caller.exports.divide(1, 0);
  } catch (error) {
    return error.message;
  }
});
await line("an endless loop, stopped after 20 ms", "TimeoutError", () =>
  caller
    .callAsync("forever", [], { timeout: 20 })
    .catch((error) => error instanceof TimeoutError && error.name),
);
process.exitCode = good ? 0 : 1;
