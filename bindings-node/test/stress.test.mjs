// Workers and asynchronous calls use the same modules and instances at random; longer with WASMSPAN_STRESS, in seconds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Module } from "../index.mjs";
import { wat } from "./helper.mjs";

const SECONDS = Number(process.env.WASMSPAN_STRESS ?? 3);
const entry = fileURLToPath(new URL("../dist/index.js", import.meta.url));

const TEXT = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1 64) (table (export "table") 2 externref)
  (global (export "global") (mut externref) (ref.null extern))
  (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "store") (param i32) (i32.store (i32.const 16) (local.get 0)))
  (func (export "load") (result i32) (i32.load (i32.const 16)))
  (func (export "trap") unreachable))`;

const source = `const w = require(${JSON.stringify(entry)});
const { workerData: data, parentPort } = require("node:worker_threads");
const module_ = w.Module.fromShared(data.token);
const text = Buffer.from(${JSON.stringify(TEXT)});
let seed = data.seed;
const random = (n) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8) % n;
const instances = [], calls = new Set(), wrong = [], counts = {};
const check = (is, what) => { if (!is && wrong.length < 10) wrong.push(what); };
function make() {
  const held = { n: random(100) };
  held.instance = new w.Instance(module_, { m: { f: (n) => n === 7 && random(3) > 0
    ? new Promise((done) => setTimeout(done, random(3), n + held.n)) : n + held.n } });
  held.stored = 0;
  return held;
}
const DOES = {
  instantiate() { instances.push(make()); if (instances.length > 20) instances.splice(random(20), 1); },
  compile() { new w.Module(text); },
  compileAsync() { const call = w.WebAssembly.compile(w.Module.bytes(module_)); track(call); },
  call(held) { check(held.instance.exports.f(5) === held.n + 5, "call"); },
  callAsync(held) {
    track(held.instance.callAsync("f", [7]).then((got) => check(got === held.n + 7, "callAsync")));
  },
  read(held) {
    const { memory } = held.instance.exports;
    check(new Uint32Array(memory.buffer)[4] === held.stored, "read");
    check(memory.read(16, 4).length === 4, "bytes");
  },
  write(held) { const value = random(1e6); held.instance.exports.store(value); held.stored = value; },
  grow(held) {
    const { memory, grow } = held.instance.exports;
    const { buffer } = memory;
    const old = random(2) ? grow() : (() => { try { return memory.grow(1); } catch { return -1; } })();
    if (old >= 0) check(buffer.byteLength === 0 && memory.buffer.byteLength === (old + 1) * 65536, "grow");
  },
  refer(held) { held.instance.exports.table.set(random(2), held); held.instance.exports.global.value = held; },
  look(held) { const { value } = held.instance.exports.global; check(value === null || value === held, "refer"); },
  trap(held) { try { held.instance.exports.trap(); check(false, "trap"); } catch (error) { if (!(error instanceof w.RuntimeError)) throw error; } },
  dispose(held) { held.instance.dispose(); instances.splice(instances.indexOf(held), 1); },
  cancel(held) { track(held.instance.callAsync("f", [1], { timeout: random(3) }).catch(() => {})); },
};
function track(call) { const tracked = call.catch(fail).finally(() => calls.delete(tracked)); calls.add(tracked); }
function fail(error) { if (!(error instanceof w.BusyError) && !(error instanceof w.TimeoutError)) check(false, error.stack); }
(async () => {
  const end = Date.now() + data.seconds * 1000;
  const names = Object.keys(DOES);
  let turns = 0;
  while (Date.now() < end) {
    if (instances.length === 0) instances.push(make());
    const name = names[random(names.length)];
    const held = instances[random(instances.length)];
    try { DOES[name](held); counts[name] = (counts[name] ?? 0) + 1; } catch (error) { fail(error); }
    if (++turns % 16 === 0) await new Promise(setImmediate);
    if (turns % 512 === 0) globalThis.gc?.();
    if (calls.size > 32) await Promise.all(calls);
  }
  await Promise.all(calls);
  parentPort.postMessage({ wrong, counts, turns });
})();`;

test("workers and asynchronous calls at random", async () => {
  const module = new Module(wat(TEXT));
  const token = module.share();
  const start = (seed) =>
    new Promise((done, fail) => {
      const workerData = { token, seed, seconds: SECONDS };
      const worker = new Worker(source, { eval: true, workerData });
      worker.once("message", done);
      worker.once("error", fail);
    });
  const results = await Promise.all(Array.from({ length: 8 }, (_, at) => start(at * 7919 + 1)));
  for (const { wrong, counts, turns } of results) {
    assert.deepEqual(wrong, []);
    assert.ok(turns > 20 && Object.keys(counts).length > 8, JSON.stringify(counts));
  }
});
