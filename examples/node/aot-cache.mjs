// Compiled ahead of time into a file, and kept in a cache from one process to the next.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Compiler, Config, Instance, Module } from "wasmspan";

const source = new URL("../../tests/wasm/fibonacci.wasm", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));

// One file for every runtime: the code lies in a section that others ignore.
const file = join(folder, "fibonacci.wasm");
new Compiler().compile(source.pathname, file);
const compiled = Module.loadCompiled(file);
console.log("the file has its code:", compiled.isPrecompiled);
console.log("fib(10):", new Instance(compiled).exports.fib(10));
// Code in a file is only run for those who trust the file; for others it is a module like any.
const module = new Module(readFileSync(file));
console.log("without trust:", module.isPrecompiled);
console.log("fib(10):", new Instance(module).exports.fib(10));

// Or let the runtime remember: the second time nothing is compiled, in other processes too.
const config = new Config({ cache: { directory: join(folder, "cache"), maxBytes: 64 << 20 } });
for (const turn of ["first", "second"]) {
  const module = await Module.compile(readFileSync(source), config);
  console.log(`${turn} time:`, new Instance(module).exports.fib(20));
}
rmSync(folder, { recursive: true });
