// Imports of asynchronous calls.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import { BusyError, TimeoutError } from "../index.mjs";
import { collect, instantiate } from "./helper.mjs";

const GUEST = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (global $p (mut i32) (i32.const 1024))
  (func (export "malloc") (param i32) (result i32)
    (global.get $p) (global.set $p (i32.add (global.get $p) (local.get 0))))
  (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
  (func (export "spin") (loop (br 0)))
  (func (export "twice") (param i32) (result i32) (call $f (call $f (local.get 0)))))`;

const THEN = "then";

const later = (value, milliseconds = 5) =>
  new Promise((done) => setTimeout(done, milliseconds, value));

test("imports run in the asynchronous context of their call", async () => {
  const storage = new AsyncLocalStorage();
  const seen = [];
  const make = () =>
    instantiate(GUEST, {
      m: {
        async f(n) {
          seen.push(storage.getStore());
          await later();
          seen.push(storage.getStore());
          return n;
        },
      },
    });
  const calls = ["a", "b"].map((name) => storage.run(name, () => make().callAsync("twice", [1])));
  await Promise.all(calls);
  assert.deepEqual(seen.sort(), ["a", "a", "a", "a", "b", "b", "b", "b"]);
});

test("what an import returns is awaited as await does", async () => {
  const values = {
    thenable: [{ [THEN]: (done) => setTimeout(done, 1, 7) }, 7],
    nested: [{ [THEN]: (done) => done(later(8)) }, 8],
    callable: [Object.assign(() => 0, { [THEN]: (done) => done(9) }), 9],
    object: [{ valueOf: () => 10 }, 10],
  };
  for (const [name, [value, expected]] of Object.entries(values)) {
    const instance = instantiate(GUEST, { m: { f: () => value } });
    assert.equal(await instance.callAsync("f", [1]), expected, name);
  }
  const failing = { [THEN]: (_, fail) => fail(new RangeError("mine")) };
  await assert.rejects(
    instantiate(GUEST, { m: { f: () => failing } }).callAsync("f", [1]),
    RangeError,
  );
  const throwing = {
    get [THEN]() {
      throw new RangeError("mine");
    },
  };
  await assert.rejects(
    instantiate(GUEST, { m: { f: () => throwing } }).callAsync("f", [1]),
    RangeError,
  );
});

test("an import may call the guest that waits for it, and nobody else may", async () => {
  const instance = instantiate(GUEST, {
    m: {
      async f(n) {
        const first = instance.exports.malloc(8);
        await later();
        const second = instance.exports.malloc(8);
        assert.equal(await instance.callAsync("malloc", [8]), second + 8);
        assert.throws(() => instance.dispose(), BusyError);
        return n + second - first;
      },
    },
  });
  assert.equal(await instance.callAsync("twice", [1]), 17);
  const spin = instance.callAsync("spin", [], { timeout: 50 });
  assert.throws(() => instance.exports.malloc(8), BusyError);
  await assert.rejects(spin, TimeoutError);
  assert.ok(instance.exports.malloc(8) > 1024);
});

test("a guest that is stopped while it waits is free again", async () => {
  let done;
  const instance = instantiate(GUEST, {
    m: {
      f: () =>
        new Promise((resolve) => {
          done = resolve;
        }),
    },
  });
  for (let turn = 0; turn < 3; turn++) {
    await assert.rejects(instance.callAsync("f", [1], { timeout: 10 }), TimeoutError);
    assert.ok(instance.exports.malloc(1) > 0);
    done(1);
    await later();
    assert.ok(instance.exports.malloc(1) > 0);
    const spin = instance.callAsync("spin", [], { timeout: 10 });
    assert.throws(() => instance.exports.malloc(8), BusyError);
    await assert.rejects(spin, TimeoutError);
  }
  instance.dispose();
});

test("a promise that is never settled does not keep the guest busy", async () => {
  const instance = instantiate(GUEST, { m: { f: () => new Promise(() => {}) } });
  let failure;
  const call = instance.callAsync("f", [1]).catch((error) => {
    failure = error;
  });
  await collect(() => failure !== undefined);
  await call;
  assert.match(failure.message, /never settled/);
  assert.ok(instance.exports.malloc(1) > 0);
  instance.dispose();
});

test("an instance that is disposed of in its own call says so", () => {
  const instance = instantiate(GUEST, {
    m: {
      f(n) {
        assert.throws(() => instance.dispose(), {
          name: "BusyError",
          message: /until it has returned/,
        });
        return n;
      },
    },
  });
  assert.equal(instance.exports.f(3), 3);
  instance.dispose();
});
