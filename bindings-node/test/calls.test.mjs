// Calls with time limits, on other threads, and with imports that return promises.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BusyError,
  Config,
  Executor,
  Instance,
  Module,
  Pool,
  RuntimeError,
  TimeoutError,
  VM,
} from "../index.mjs";
import { instantiate, run, SPIN, wat } from "./helper.mjs";

test("a synchronous call is stopped by its time limit", () => {
  const instance = instantiate(SPIN);
  const start = performance.now();
  assert.throws(() => instance.call("spin", [], { timeout: 50 }), TimeoutError);
  assert.ok(performance.now() - start < 2000);
  assert.equal(instance.exports.one(), 1);
  assert.equal(instance.call("one", [], { timeout: 1000 }), 1);
});

test("time limits are numbers from 0 on, and may be long", async () => {
  const instance = instantiate(SPIN);
  const wrong = ["5", null, {}, -1, NaN, -Infinity];
  for (const timeout of wrong) {
    const error = typeof timeout === "number" ? RangeError : TypeError;
    assert.throws(() => instance.call("one", [], { timeout }), error);
    await assert.rejects(instance.callAsync("one", [], { timeout }), error);
  }
  for (const timeout of [2 ** 31, Number.MAX_VALUE, Infinity]) {
    assert.equal(instance.call("one", [], { timeout }), 1);
    const waiting = instantiate(
      `(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`,
      { m: { f: () => sleep(20) } },
    );
    await waiting.callAsync("f", [], { timeout });
  }
});

test("an aborted signal throws at once", async () => {
  const instance = instantiate(SPIN);
  const reason = new Error("enough");
  const options = { signal: AbortSignal.abort(reason) };
  assert.throws(
    () => instance.call("one", [], options),
    (error) => error === reason,
  );
  await assert.rejects(instance.callAsync("one", [], options), (error) => error === reason);
});

test("an asynchronous call leaves the event loop free and can be stopped", async () => {
  const instance = instantiate(SPIN);
  const controller = new AbortController();
  let ticks = 0;
  const ticker = setInterval(() => ticks++, 1);
  const call = instance.callAsync("spin", [], { signal: controller.signal });
  await sleep(200);
  assert.ok(ticks > 20, `${ticks} ticks`);
  assert.throws(() => instance.exports.one(), BusyError);
  await assert.rejects(instance.callAsync("one"), BusyError);
  controller.abort(new Error("stop it"));
  await assert.rejects(call, /stop it/);
  clearInterval(ticker);
  assert.equal(instance.exports.one(), 1);
  await assert.rejects(instance.callAsync("spin", [], { timeout: 20 }), TimeoutError);
  assert.equal(await instance.callAsync("one"), 1);
});

test("results and traps of asynchronous calls", async () => {
  const instance = instantiate(`(module
    (func (export "many") (param i32 i64 f64) (result f64 i64 i32)
      (local.get 2) (local.get 1) (local.get 0))
    (func (export "any") (param externref) (result externref) (local.get 0))
    (func (export "trap") unreachable))`);
  assert.deepEqual(await instance.callAsync("many", [1, 2n, 0.5]), [0.5, 2n, 1]);
  const object = {};
  assert.equal(await instance.callAsync("any", [object]), object);
  await assert.rejects(instance.callAsync("trap"), RuntimeError);
  await assert.rejects(instance.callAsync("many", [1, "x", 2]), SyntaxError);
  await assert.rejects(instance.callAsync("nothing"), TypeError);
});

const IMPORTER = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (func (export "f") (param i32) (result i32) (call $f (local.get 0))))`;

test("imports of asynchronous calls run here, and may return promises", async () => {
  const failure = new Error("rejected");
  const instance = instantiate(IMPORTER, {
    m: {
      f: (n) => {
        if (n === 0) throw failure;
        if (n === 1) return Promise.reject(failure);
        if (n === 2) return sleep(5).then(() => 22);
        if (n === 3) return { valueOf: () => 33 };
        return n * 2;
      },
    },
  });
  assert.equal(await instance.callAsync("f", [2]), 22);
  assert.equal(await instance.callAsync("f", [3]), 33);
  assert.equal(await instance.callAsync("f", [5]), 10);
  for (const n of [0, 1]) {
    await assert.rejects(instance.callAsync("f", [n]), (error) => error === failure);
  }
  assert.throws(() => instance.exports.f(2), /Promise/);
});

test("a call that waits for a promise can be stopped", async () => {
  const instance = instantiate(IMPORTER, { m: { f: () => new Promise(() => {}) } });
  await assert.rejects(instance.callAsync("f", [1], { timeout: 20 }), TimeoutError);
});

test("more calls at once than there are processors, each waiting for JavaScript", async () => {
  const instances = Array.from({ length: 40 }, (_, at) =>
    instantiate(IMPORTER, { m: { f: (n) => sleep(10).then(() => n + at) } }),
  );
  const results = await Promise.all(instances.map((instance) => instance.callAsync("f", [1])));
  assert.deepEqual(
    results,
    instances.map((_, at) => at + 1),
  );
});

test("many calls at once", async () => {
  const instances = Array.from({ length: 8 }, () =>
    instantiate(`(module (func (export "id") (param i32) (result i32) (local.get 0)))`),
  );
  for (let round = 0; round < 200; round++) {
    const calls = instances.map((instance, at) => instance.callAsync("id", [round + at]));
    assert.deepEqual(
      await Promise.all(calls),
      instances.map((_, at) => round + at),
    );
  }
});

test("a process ends although idle instances remain", () => {
  const ended = run(`const i = instantiate('(module (func (export "f")))');
    i.callAsync("f").then(() => console.log("done"));`);
  assert.deepEqual(ended, { status: 0, signal: null, out: "done\n", err: "" });
});

test("a process waits for the calls that it awaits", () => {
  const ended =
    run(`const i = instantiate('(module (import "m" "f" (func $f)) (func (export "f") (call $f)))',
      { m: { f: () => new Promise((done) => setTimeout(done, 50)) } });
    i.callAsync("f").then(() => console.log("done"));`);
  assert.deepEqual(ended, { status: 0, signal: null, out: "done\n", err: "" });
});

test("a process may exit while guests run", () => {
  for (const where of ["setTimeout(() => process.exit(3), 50)", "process.exit(3)"]) {
    const ended = run(`const i = instantiate('(module (func (export "f") (loop (br 0))))');
      i.callAsync("f").catch(() => {}); ${where};`);
    assert.deepEqual(ended, { status: 3, signal: null, out: "", err: "" });
  }
  const inCallback =
    run(`const i = instantiate('(module (import "m" "f" (func $f)) (func (export "f") (call $f)))',
      { m: { f: () => process.exit(4) } }); i.exports.f();`);
  assert.equal(inCallback.status, 4, inCallback.err);
});

test("an exception in an import of an unawaited call is a rejection, not a crash", () => {
  const ended =
    run(`const i = instantiate('(module (import "m" "f" (func $f)) (func (export "f") (call $f)))',
      { m: { f: () => { throw new Error("mine"); } } });
    i.callAsync("f").catch((e) => console.log(e.message));`);
  assert.equal(ended.out, "mine\n", ended.err);
});

test("what a configuration limits holds for every kind of call", async () => {
  const module = new Module(
    Buffer.from(`(module
      (func (export "spin") (param i32) (loop (br 0)))
      (func $deep (export "deep") (param i32) (call $deep (local.get 0)))
      (func (export "add") (param i64 f64) (result f64)
        (f64.add (f64.convert_i64_s (local.get 0)) (local.get 1))))`),
    new Config({ limits: { timeout: 50, stackBytes: 64 << 10 } }),
  );
  const pool = new Pool(module, { size: 1 });
  for (const instance of [new Instance(module), pool.tryGet()]) {
    const stopped = { spin: /the time limit is 50 ms/, deep: /the stack limit is 65536 bytes/ };
    for (const [name, why] of Object.entries(stopped)) {
      assert.throws(() => instance.exports[name](1), why);
      assert.throws(() => instance.call(name, [1], { timeout: 5000 }), why);
      await assert.rejects(instance.callAsync(name, [1]), why);
    }
    assert.equal(instance.exports.add(-3n, 0.5), -2.5);
  }
});

test("no call gets into an instance that an argument's conversion has made busy", async () => {
  const instance = instantiate(`(module (func (export "spin") (loop (br 0)))
    (func (export "f") (param i32)) (func (export "g") (param i32 externref)))`);
  const { f, g } = instance.exports;
  const vm = new VM(
    wat(`(module (func (export "spin") (loop (br 0))) (func (export "f") (param i32)))`),
  );
  vm.validate().instantiate();
  const ways = {
    plain: [instance, (busy) => f(busy)],
    "with references": [instance, (busy) => g(busy, null)],
    call: [instance, (busy) => instance.call("f", [busy])],
    "with a time limit": [instance, (busy) => instance.call("f", [busy], { timeout: 1000 })],
    asynchronous: [instance, (busy) => instance.callAsync("f", [busy])],
    executor: [instance, (busy) => new Executor().invoke(f, [busy])],
    vm: [vm, (busy) => vm.execute("f", [busy])],
  };
  for (const [way, [runs, call]] of Object.entries(ways)) {
    let spin;
    const busy = {
      valueOf() {
        const [name, options] = ["spin", { timeout: 30 }];
        spin = runs === vm ? vm.executeAsync(name, [], options) : runs.callAsync(name, [], options);
        return 1;
      },
    };
    const error = await (async () => call(busy))().catch((caught) => caught);
    assert.ok(error instanceof BusyError, `${way}: ${error}`);
    await assert.rejects(spin, TimeoutError);
  }
});
