// Pools, and instances that are given back or disposed of.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BusyError,
  Config,
  Executor,
  Instance,
  liveObjects,
  Memory,
  Module,
  Pool,
  RuntimeError,
  Statistics,
  Store,
  TimeoutError,
  VM,
} from "../index.mjs";
import { collect, guest, instantiate, SPIN, wat } from "./helper.mjs";

const COUNTER = new Module(
  wat(`(module (import "m" "log" (func $log (param i32))) (memory (export "memory") 1)
    (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store (i32.const 0) (global.get $n))
      (call $log (global.get $n)) (global.get $n))
    (func (export "peek") (result i32) (i32.load (i32.const 0))))`),
);
const imports = { m: { log() {} } };

test("a pool hands out fresh instances, never more than its size", async () => {
  const pool = new Pool(COUNTER, { size: 2, imports });
  assert.deepEqual([pool.size, pool.inUse], [2, 0]);
  for (let turn = 0; turn < 20; turn++) {
    const result = await pool.use(({ exports }) => {
      assert.equal(exports.peek(), 0);
      return exports.next();
    });
    assert.equal(result, 1);
  }
  const [one, two] = [pool.tryGet(), await pool.get()];
  assert.equal(pool.tryGet(), undefined);
  assert.equal(pool.inUse, 2);
  await assert.rejects(pool.get({ timeout: 10 }), TimeoutError);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 10);
  await assert.rejects(pool.get({ signal: controller.signal }), { name: "AbortError" });
  await assert.rejects(pool.get({ signal: AbortSignal.abort() }), { name: "AbortError" });
  // Those who wait are served in their order.
  const served = [];
  const waiting = [1, 2, 3].map((at) => pool.use(() => served.push(at)));
  one.dispose();
  await Promise.all(waiting);
  assert.deepEqual(served, [1, 2, 3]);
  two[Symbol.dispose]();
  two.dispose();
  assert.equal(pool.inUse, 0);
});

test("what was given back can't be used any more", () => {
  const pool = new Pool(COUNTER, { size: 1, imports });
  const instance = pool.tryGet();
  const { exports } = instance;
  const { memory, next } = exports;
  const { buffer } = memory;
  next();
  instance.dispose();
  assert.equal(buffer.byteLength, 0);
  for (const use of [
    () => next(),
    () => instance.call("next"),
    () => memory.read(0, 4),
    () => memory.buffer,
    () => memory.grow(1),
  ]) {
    assert.throws(use, RuntimeError);
  }
  assert.equal(pool.tryGet().exports.peek(), 0);
});

test("a running instance can't be given back", async () => {
  const pool = new Pool(new Module(wat(SPIN)), { size: 1 });
  const instance = pool.tryGet();
  const call = instance.callAsync("spin", [], { timeout: 30 });
  assert.throws(() => instance.dispose(), BusyError);
  await assert.rejects(call, TimeoutError);
  instance.dispose();
  assert.equal(pool.inUse, 0);

  let inner;
  const self = instantiate(
    `(module (import "m" "f" (func $f)) (func (export "f") (call $f)) (func (export "g")))`,
    { m: { f: () => assert.throws(() => inner.dispose(), BusyError) } },
  );
  inner = self;
  self.exports.f();
  self.dispose();
  assert.throws(() => self.exports.f(), RuntimeError);
});

test("a failing start function takes no place", async () => {
  const pool = new Pool(new Module(wat(`(module (func $f unreachable) (start $f))`)), { size: 1 });
  for (let turn = 0; turn < 3; turn++) await assert.rejects(pool.get(), RuntimeError);
  assert.equal(pool.inUse, 0);
});

test("a pool takes its imports from a store too, and its limits from the module", async () => {
  const store = new Store();
  store.register(instantiate(`(module (func (export "log") (param i32)))`), "m");
  const pool = new Pool(COUNTER, { size: 1, imports: store });
  assert.equal(await pool.use(({ exports }) => exports.next()), 1);
  const config = new Config({ limits: { fuel: 10_000 }, instructionCounting: true });
  const limited = new Pool(new Module(wat(SPIN), config), { size: 1 });
  await assert.rejects(
    limited.use((instance) => instance.callAsync("spin")),
    /cost limit/,
  );
  assert.ok(limited.statistics.totalCost >= 10_000);
  assert.throws(() => new Pool(COUNTER, { size: 0, imports }), RangeError);
  assert.throws(() => new Pool(COUNTER, { size: 1 }), TypeError);
});

test("an instance that is disposed of is gone at once", async () => {
  await collect(() => liveObjects() === 0);
  const before = liveObjects();
  const memory = new Memory({ initial: 1 });
  const instance = instantiate(
    `(module (import "m" "memory" (memory 1)) (export "memory" (memory 0))
      (func (export "f") (result i32) (memory.size)))`,
    { m: { memory } },
  );
  assert.equal(instance.exports.f(), 1);
  assert.equal(instance.exports.memory, memory);
  assert.ok(liveObjects() > before);
  instance.dispose();
  assert.equal(liveObjects(), before);
  // What it imports is not its own.
  assert.equal(memory.buffer.byteLength, 65536);
});

test("functions that another instance imports outlive the one that exports them", () => {
  const one = instantiate(`(module (func (export "five") (result i32) (i32.const 5)))`);
  const two = instantiate(
    `(module (import "m" "five" (func $f (result i32))) (func (export "f") (result i32) (call $f)))`,
    { m: one.exports },
  );
  one.dispose();
  assert.throws(() => one.exports.five(), RuntimeError);
  assert.equal(two.exports.f(), 5);
});

test("executors share limits and figures", async () => {
  const statistics = new Statistics();
  const config = new Config({
    limits: { fuel: 1_000_000, instances: 2 },
    instructionCounting: true,
  });
  const executor = new Executor(config, statistics);
  const module = new Module(wat(SPIN));
  const { exports } = executor.instantiate(module);
  assert.equal(executor.invoke(exports.one), 1);
  assert.ok(statistics.instructionCount > 0);
  assert.equal(executor.statistics.instructionCount, statistics.instructionCount);
  assert.throws(() => executor.invoke(exports.spin, [], { fuel: 1000 }), /cost limit/);
  await assert.rejects(executor.invokeAsync(exports.spin, [], { fuel: 1000 }), /cost limit/);
  assert.throws(() => executor.invoke(exports.spin, [], { timeout: 10, fuel: 1e12 }), /cost|time/);
  assert.ok(statistics.totalCost <= 1_000_001);
  const second = executor.instantiate(module);
  assert.throws(() => executor.instantiate(module), /instances/);
  second.dispose();
  executor.instantiate(module);
  assert.throws(() => new Executor().invoke(exports.one, [], { fuel: 1 }), /measures no costs/);
});

test("an instance has the limits of its module's configuration", () => {
  const config = new Config({ limits: { memoryPages: 2 } });
  const text = `(module (memory (export "memory") 1) (func (export "grow") (result i32)
    (memory.grow (i32.const 1))))`;
  const { exports } = new Instance(new Module(wat(text), config));
  assert.deepEqual([exports.grow(), exports.grow()], [1, -1]);
});

test("a VM is disposed of as it is cleaned up", () => {
  const vm = new VM(guest("fibonacci"));
  assert.equal(vm.run("fib", 10), 89);
  vm[Symbol.dispose]();
  assert.equal(vm.state, "inited");
});
