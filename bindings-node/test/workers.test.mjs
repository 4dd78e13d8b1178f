// Several JavaScript environments in one process.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { Module } from "../index.mjs";
import { wat } from "./helper.mjs";

const entry = new URL("../dist/index.js", import.meta.url).pathname;

/** Starts a worker that runs `source`, with `w` the package and `data` what it was given. */
function start(source, data) {
  const prelude = `const w = require(${JSON.stringify(entry)});
    const { workerData: data, parentPort } = require("node:worker_threads");`;
  return new Worker(prelude + source, { eval: true, workerData: data });
}

const message = (worker) =>
  new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
const end = (worker) => new Promise((resolve) => worker.once("exit", resolve));

test("workers open a shared module", async () => {
  const module = new Module(
    wat(`(module (import "m" "f" (func $f (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "trap") unreachable))`),
  );
  const token = module.share();
  const workers = Array.from({ length: 8 }, (_, at) =>
    start(
      `const i = new w.Instance(w.Module.fromShared(data.token), { m: { f: (n) => n + data.at } });
       let trapped = 0;
       for (let n = 0; n < 100; n++) { try { i.exports.trap(); } catch { trapped++; } }
       i.callAsync("f", [1000]).then((late) => parentPort.postMessage([i.exports.f(100), trapped, late]));`,
      { token, at },
    ),
  );
  const ends = workers.map(end);
  const results = await Promise.all(workers.map(message));
  assert.deepEqual(
    results,
    workers.map((_, at) => [100 + at, 100, 1000 + at]),
  );
  assert.deepEqual(
    await Promise.all(ends),
    workers.map(() => 0),
  );
  assert.ok(module.share());
});

test("a token of a module that is gone is refused", () => {
  assert.throws(() => Module.fromShared({ wasmspanModule: 1e9 }), /gone/);
  assert.throws(() => Module.fromShared(undefined), TypeError);
});

test("workers may be terminated while guests run", async () => {
  for (let round = 0; round < 5; round++) {
    const workers = Array.from({ length: 4 }, () =>
      start(`const i = new w.Instance(new w.Module(Buffer.from(
          '(module (import "m" "f" (func $f)) (func (export "spin") (loop (br 0))) (func (export "ask") (loop (call $f) (br 0))))')),
          { m: { f: () => new Promise((done) => setTimeout(done, 1)) } });
        const j = new w.Instance(new w.Module(Buffer.from('(module (func (export "spin") (loop (br 0))))')));
        i.callAsync("ask").catch(() => {});
        j.callAsync("spin").catch(() => {});
        parentPort.postMessage("runs");`),
    );
    await Promise.all(workers.map(message));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
});

test("deep recursion traps in a worker too", async () => {
  const worker = start(`const i = new w.Instance(new w.Module(Buffer.from(
      '(module (func $f (export "f") (call $f) (call $f)))')));
    let message; try { i.exports.f(); } catch (error) { message = error.message; }
    parentPort.postMessage(message);`);
  assert.match(await message(worker), /call stack exhausted/);
});

test("the addon outlives the only worker that loaded it", () => {
  const worker = `const w = require(${JSON.stringify(entry)});
    const i = new w.Instance(new w.Module(Buffer.from('(module (func (export "spin") (loop (br 0))) (func (export "trap") unreachable))')));
    try { i.exports.trap(); } catch {}
    i.callAsync("spin").catch(() => {});
    require("node:worker_threads").parentPort.postMessage(1);`;
  const main = `const { Worker } = require("node:worker_threads"); let left = 5;
    (function next() {
      if (left-- === 0) { console.log("done"); return; }
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
      worker.once("message", () => worker.terminate().then(() => setTimeout(next, 20)));
    })();`;
  const ended = spawnSync(process.execPath, ["-e", main], { encoding: "utf8", timeout: 60_000 });
  assert.deepEqual([ended.status, ended.signal, ended.stdout], [0, null, "done\n"], ended.stderr);
});
