// Cycles through the core are collected, whatever their shape, and what is in use is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Global,
  Instance,
  liveObjects,
  Module,
  ModuleInstance,
  Pool,
  Store,
  Table,
  VM,
} from "../index.mjs";
import { collect, run, wat } from "./helper.mjs";

// Loops of as many memories of 10 MiB.
const LOOP = Number(process.env.WASMSPAN_LOOP ?? 120);
const COUNT = Number(process.env.WASMSPAN_CYCLES ?? 20);

const guest = new Module(
  wat(`(module
    (import "m" "f" (func $f (param i32) (result i32)))
    (import "m" "x" (func $x (param externref) (result externref)))
    (memory (export "memory") 1)
    (table (export "objects") 4 externref) (table (export "functions") 4 funcref)
    (global (export "object") (mut externref) (ref.null extern))
    (global (export "function") (mut funcref) (ref.null func))
    (elem declare func $go)
    (func $go (export "go") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "any") (param externref) (result externref) (call $x (local.get 0)))
    (func (export "put") (table.set 1 (i32.const 1) (ref.func $go)) (global.set 1 (ref.func $go))))`),
);
const importing = new Module(
  wat(`(module (import "m" "go" (func $go (param i32) (result i32)))
    (func (export "go") (param i32) (result i32) (call $go (local.get 0))))`),
);
const sharing = new Module(
  wat(`(module (import "m" "f" (func $f (param i32) (result i32)))
    (import "m" "t" (table 4 funcref)) (import "m" "o" (table 4 externref))
    (import "m" "g" (global (mut externref)))
    (func $go (export "go") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "put") (table.set 0 (i32.const 1) (ref.func $go)))
    (elem declare func $go))`),
);

const plain = { m: { f: (n) => n, x: (value) => value } };
const closing = (held) => ({ m: { f: (n) => n + held.n, x: (value) => value } });
const make = (held) => new Instance(guest, closing(held));

const SHAPES = {
  "a closure": (held) => {
    held.instance = make(held);
    assert.equal(held.instance.exports.go(1), 2);
  },
  "a closure that holds an export": (held) => {
    held.go = make(held).exports.go;
  },
  "an object in a table": (held) => {
    held.instance = new Instance(guest, plain);
    held.instance.exports.objects.set(0, held);
  },
  "an object in a global": (held) => {
    held.instance = new Instance(guest, plain);
    held.instance.exports.object.value = held;
  },
  "an object in two places": (held) => {
    held.instance = make(held);
    held.instance.exports.objects.set(0, held);
    held.instance.exports.objects.set(1, held);
    held.instance.exports.object.value = held;
  },
  "an object that a guest gave back": (held) => {
    held.instance = make(held);
    assert.equal(held.instance.exports.any(held), held);
  },
  "a function in the instance's own table and global": (held) => {
    held.instance = make(held);
    held.instance.exports.put();
    held.go = held.instance.exports.functions.get(1);
    assert.equal(held.instance.exports.function.value, held.go);
  },
  "an instance that imports from another": (held) => {
    held.instance = new Instance(importing, { m: { go: make(held).exports.go } });
    assert.equal(held.instance.exports.go(1), 2);
  },
  "tables and globals of the host": (held) => {
    held.functions = new Table({ element: "anyfunc", initial: 4 });
    held.objects = new Table({ element: "externref", initial: 4 }, held);
    held.global = new Global({ value: "externref", mutable: true }, held);
    const imports = { f: (n) => n + held.n, t: held.functions, o: held.objects, g: held.global };
    const { exports } = new Instance(sharing, { m: imports });
    exports.put();
    assert.equal(held.functions.get(1)(1), 2);
  },
  "a table of the host that holds itself": (held) => {
    held.objects = new Table({ element: "externref", initial: 1 }, held);
  },
  "a host module": (held) => {
    held.module = new ModuleInstance("m");
    const type = { parameters: ["i32"], results: ["i32"] };
    held.module.addFunction("f", { type, fn: (n) => n + held.n });
  },
  "a store": (held) => {
    held.store = new Store();
    held.store.register(make(held), "m");
  },
  "a VM": (held) => {
    held.vm = new VM();
    const module = new ModuleInstance("m");
    const type = { parameters: ["i32"], results: ["i32"] };
    module.addFunction("go", { type, fn: (n) => n + held.n });
    held.vm.registerInstance(module);
    held.vm.load(importing).validate().instantiate();
    assert.deepEqual(held.vm.execute("go", [1]), [2]);
  },
  "a pool": (held) => {
    held.pool = new Pool(guest, { size: 2, imports: closing(held) });
    held.pool.tryGet().exports.go(1);
    held.instance = held.pool.tryGet();
  },
  "after an asynchronous call": async (held) => {
    held.instance = make(held);
    assert.equal(await held.instance.callAsync("go", [1]), 2);
  },
};

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`collected: ${name}`, async () => {
    let gone = 0;
    const registry = new FinalizationRegistry(() => gone++);
    const once = async () => {
      const object = { n: 1 };
      registry.register(object);
      await shape(object);
    };
    for (let turn = 0; turn < COUNT; turn++) await once();
    await collect(() => gone === COUNT);
    assert.equal(gone, COUNT);
  });
}

const turn = (milliseconds = 30) => new Promise((done) => setTimeout(done, milliseconds));

/** Gives surveys and collections their time. */
async function settle() {
  for (let round = 0; round < 4; round++) {
    await turn();
    globalThis.gc();
  }
}

test("what only the core holds lives as long as something leads to it", async () => {
  const outer = new Instance(importing, { m: { go: make({ n: 5 }).exports.go } });
  const objects = new Table({ element: "externref", initial: 2 });
  objects.set(0, { at: 0 });
  const functions = new Table({ element: "anyfunc", initial: 2 });
  functions.set(0, make({ n: 7 }).exports.go);
  const global = new Global({ value: "externref", mutable: true }, { at: 1 });
  const pool = new Pool(guest, { size: 1, imports: closing({ n: 9 }) });
  const { any } = make({ n: 1 }).exports;
  const store = new Store();
  store.register(make({ n: 11 }), "m");
  for (let round = 0; round < 3; round++) {
    await settle();
    assert.equal(outer.exports.go(1), 6);
    assert.equal(objects.get(0).at, 0);
    assert.equal(functions.get(0)(1), 8);
    assert.equal(global.value.at, 1);
    assert.equal(await pool.use(({ exports }) => exports.go(1)), 10);
    assert.deepEqual(any({ a: 1 }), { a: 1 });
    assert.equal(store.find("m").exports.go(1), 12);
  }
});

test("an object that a guest moves elsewhere outlives where it was", async () => {
  const to = new Table({ element: "externref", initial: 1 });
  await (async () => {
    const { exports } = new Instance(
      new Module(
        wat(`(module (import "m" "f" (func)) (import "m" "to" (table 1 externref))
          (table (export "from") 1 externref)
          (func (export "move") (table.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 1))))`),
      ),
      { m: { f() {}, to } },
    );
    exports.from.set(0, { moved: true });
    await settle();
    exports.move();
  })();
  await settle();
  assert.deepEqual(to.get(0), { moved: true });
});

test("what is taken out of a table is collected, though the instance lives", async () => {
  const instance = make({ n: 1 });
  let gone = false;
  const registry = new FinalizationRegistry(() => {
    gone = true;
  });
  await (async () => {
    const object = {};
    registry.register(object);
    instance.exports.objects.set(0, object);
    await settle();
  })();
  await settle();
  assert.ok(!gone);
  instance.exports.objects.set(0, null);
  await collect(() => gone);
  assert.ok(gone);
  assert.equal(instance.exports.go(1), 2);
});

test("a call on another thread keeps what it uses", async () => {
  const started = make({ n: 3 });
  const slow = new Instance(guest, {
    m: {
      f: (n) => new Promise((done) => setTimeout(done, 200, n + started.exports.go(1))),
      x() {},
    },
  }).callAsync("go", [1]);
  await settle();
  assert.equal(await slow, 5);
});

test("imports may make instances and collect garbage", async () => {
  const inner = make({ n: 2 });
  const held = { n: 0 };
  const outer = new Instance(guest, {
    m: {
      x: (value) => {
        for (let at = 0; at < 300; at++) make({ n: at });
        globalThis.gc();
        return value;
      },
      f: (n) => inner.exports.go(n) + held.n,
    },
  });
  await settle();
  assert.deepEqual(outer.exports.any({ a: 1 }), { a: 1 });
  assert.equal(outer.exports.go(1), 3);
});

for (const [name, between, pages] of [
  ["that lets the event loop turn", "await new Promise(setImmediate)", 160],
  ["of guests that grow", "await new Promise(setImmediate)", 1],
  ["that does not let the event loop turn", "0", 160],
]) {
  test(`a loop ${name} stays bounded, without any explicit collection`, () => {
    const { out, err, status } = run(`
      const module = new w.Module(wat(\`(module (import "m" "f" (func)) (memory (export "memory") ${pages})
        (func (export "f") (drop (memory.grow (i32.const ${160 - pages})))
          (memory.fill (i32.const 0) (i32.const 1) (i32.const 10485760))))\`));
      (async () => {
        let most = 0;
        for (let n = 0; n < ${LOOP}; n++) {
          const held = {};
          held.instance = new w.Instance(module, { m: { f() { return held; } } });
          held.instance.exports.f();
          most = Math.max(most, process.memoryUsage().rss);
          ${between};
        }
        console.log(most >> 20);
      })();`);
    assert.equal(status, 0, err);
    assert.ok(Number(out) < LOOP * 7, `${out} MiB`);
  });
}

test("no object is left", async () => {
  await collect(() => liveObjects() === 0);
  assert.ok(liveObjects() < 10, `${liveObjects()} live objects`);
});
