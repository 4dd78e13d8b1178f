// What is no longer used is freed, and memory stays flat over many calls.
import assert from "node:assert/strict";
import { test } from "node:test";
import { liveObjects, Memory } from "../index.mjs";
import { collect, instantiate } from "./helper.mjs";

test("instances, functions and what they hold are collected", async () => {
  const before = liveObjects();
  (() => {
    for (let turn = 0; turn < 200; turn++) {
      const held = { turn };
      const { exports } = instantiate(
        `(module (import "m" "f" (func $f (param i32) (result i32)))
          (memory (export "memory") 1) (table (export "table") 4 externref)
          (global (export "g") (mut externref) (ref.null extern))
          (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
          (func (export "r") (result externref) (global.get 0)))`,
        { m: { f: (n) => n + held.turn } },
      );
      exports.g.value = held;
      exports.table.set(0, held);
      assert.equal(exports.f(1), turn + 1);
      assert.equal(exports.r(), held);
      assert.equal(exports.memory.buffer.byteLength, 65536);
    }
  })();
  assert.ok(liveObjects() > before);
  await collect(() => liveObjects() <= before);
  assert.equal(liveObjects(), before);
});

test("values that were passed by reference are collected", async () => {
  const { exports } = instantiate(
    `(module (func (export "any") (param externref) (result externref) (local.get 0)))`,
  );
  let gone = 0;
  const registry = new FinalizationRegistry(() => gone++);
  (() => {
    for (let turn = 0; turn < 100; turn++) {
      const object = {};
      registry.register(object);
      exports.any(object);
    }
  })();
  await collect(() => gone >= 100);
  assert.equal(gone, 100);
});

test("an asynchronous call keeps its instance until it has ended", async () => {
  await collect(() => liveObjects() === 0);
  const before = liveObjects();
  const call = instantiate(
    `(module (import "m" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))`,
    { m: { f: () => new Promise((done) => setTimeout(() => done(5), 50)) } },
  ).callAsync("f");
  globalThis.gc();
  assert.equal(await call, 5);
  await collect(() => liveObjects() <= before);
  assert.equal(liveObjects(), before);
});

test("memory stays flat over a million calls and callbacks", async () => {
  const { exports } = instantiate(
    `(module (import "m" "f" (func $f (param i32 i32) (result i32)))
      (func (export "add") (param i32 i32) (result i32) (call $f (local.get 0) (local.get 1)))
      (func (export "loop") (param i32) (local $i i32)
        (loop (drop (call $f (local.get $i) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))))`,
    { m: { f: (a, b) => a + b } },
  );
  const calls = 1_000_000;
  for (let n = 0; n < 10_000; n++) exports.add(n, 1);
  globalThis.gc();
  const before = process.memoryUsage().rss;
  for (let n = 0; n < calls; n++) exports.add(n, 1);
  exports.loop(calls);
  globalThis.gc();
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 16 << 20, `${grown} bytes more`);
});

test("memories come and go", async () => {
  for (let turn = 0; turn < 2000; turn++) {
    const memory = new Memory({ initial: 16 });
    new Uint8Array(memory.buffer)[0] = 1;
    if (turn % 100 === 0) {
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  assert.ok(process.memoryUsage().rss < 1 << 30);
});
