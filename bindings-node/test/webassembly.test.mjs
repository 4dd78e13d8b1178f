// The namespace that has the shape of JavaScript's own WebAssembly, compared with that where both can answer.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as wasmspan from "../index.mjs";
import { guest, wat } from "./helper.mjs";

const { WebAssembly: ours } = wasmspan;
const theirs = globalThis.WebAssembly;
const fibonacci = readFileSync(guest("fibonacci"));

test("import and require give the same things", () => {
  const required = createRequire(import.meta.url)("../dist/index.js");
  assert.deepEqual(Object.keys(wasmspan).sort(), Object.keys(required).sort());
  for (const name of Object.keys(required)) assert.equal(wasmspan[name], required[name], name);
});

test("a program for WebAssembly runs on both", async () => {
  for (const api of [ours, theirs]) {
    assert.equal(api.validate(fibonacci), true);
    assert.equal(api.validate(new Uint8Array([0, 1])), false);
    const module = await api.compile(fibonacci);
    assert.deepEqual(api.Module.exports(module), [{ name: "fib", kind: "function" }]);
    assert.deepEqual(api.Module.imports(module), []);
    const instance = await api.instantiate(module);
    assert.equal(instance.exports.fib(10), 89);
    const both = await api.instantiate(
      fibonacci.buffer.slice(fibonacci.byteOffset, fibonacci.byteOffset + fibonacci.length),
    );
    assert.equal(both.instance.exports.fib(10), 89);
    assert.ok(both.module instanceof api.Module);
  }
});

test("wrong arguments are refused in the same way", async () => {
  const wrong = [
    (api) => new api.Module(),
    (api) => new api.Module("text"),
    (api) => new api.Module(new Uint8Array([1, 2, 3])),
    (api) => api.validate(),
    (api) => new api.Memory(),
    (api) => new api.Memory({}),
    (api) => new api.Memory({ initial: -1 }),
    (api) => new api.Memory({ initial: 2, maximum: 1 }),
    (api) => new api.Memory({ initial: 65537 }),
    (api) => new api.Memory({ initial: 1, shared: true }),
    (api) => new api.Memory({ initial: 1, maximum: 1 }).grow(1),
    (api) => new api.Table({ initial: 1, element: "i32" }),
    (api) => new api.Table({ element: "anyfunc" }),
    (api) => new api.Table({ initial: 1, element: "anyfunc" }).get(1),
    (api) => new api.Table({ initial: 1, element: "anyfunc" }).set(0, () => 1),
    (api) => new api.Table({ initial: 1, maximum: 1, element: "anyfunc" }).grow(1),
    (api) => new api.Global({ value: "i33" }),
    (api) => new api.Global({ value: "i64" }, "no number"),
    (api) => {
      new api.Global({ value: "i32" }, 1).value = 2;
    },
    (api) => api.Module.exports({}),
    (api) => new api.Instance({}),
    (api) => new api.Instance(new api.Module(binary(`(module (import "a" "b" (func)))`))),
    (api) =>
      new api.Instance(new api.Module(binary(`(module (import "a" "b" (func)))`)), { a: {} }),
    (api) =>
      new api.Instance(new api.Module(binary(`(module (import "a" "b" (memory 1)))`)), {
        a: { b: 1 },
      }),
    (api) =>
      new api.Instance(new api.Module(binary(`(module (import "a" "b" (global i64)))`)), {
        a: { b: 1 },
      }),
    (api) =>
      new api.Instance(new api.Module(binary(`(module (import "a" "b" (global (mut i32))))`)), {
        a: { b: 1 },
      }),
    (api) =>
      new api.Instance(new api.Module(binary(`(module (import "a" "b" (memory 2)))`)), {
        a: { b: new api.Memory({ initial: 1 }) },
      }),
    (api) => new api.Instance(new api.Module(binary(`(module (func $f unreachable) (start $f))`))),
    (api) =>
      new api.Instance(new api.Module(binary(`(module (memory 1) (data (i32.const 70000) "a"))`))),
  ];
  const outcome = (api, action) => {
    try {
      action(api);
      return "nothing";
    } catch (error) {
      return error.constructor.name;
    }
  };
  for (const action of wrong) {
    assert.equal(outcome(ours, action), outcome(theirs, action), String(action));
    assert.notEqual(outcome(ours, action), "nothing", String(action));
  }
  for (const api of [ours, theirs]) {
    await assert.rejects(api.compile(new Uint8Array(4)), api.CompileError);
    await assert.rejects(api.compile(7), TypeError);
    await assert.rejects(api.instantiate(fibonacci, 7), TypeError);
  }
});

/** The binary form of a text. */
function binary(text) {
  const module = wasmspan.Module.load(wat(text));
  return wasmspan.Module.bytes(module);
}

test("objects keep their identity through exports and imports", () => {
  for (const api of [ours, theirs]) {
    const memory = new api.Memory({ initial: 1, maximum: 3 });
    const table = new api.Table({ initial: 2, element: "anyfunc" });
    const global = new api.Global({ value: "i32", mutable: true }, 5);
    const text = `(module (import "m" "memory" (memory 1)) (import "m" "table" (table 1 funcref))
      (import "m" "global" (global (mut i32)))
      (export "memory" (memory 0)) (export "table" (table 0)) (export "global" (global 0))
      (func $f (export "f") (result i32) (global.get 0)) (elem (i32.const 0) $f))`;
    const imports = { m: { memory, table, global } };
    const instance = new api.Instance(new api.Module(binary(text)), imports);
    const { exports } = instance;
    assert.equal(exports.memory, memory);
    assert.equal(exports.table, table);
    assert.equal(exports.global, global);
    assert.equal(table.get(0), exports.f);
    assert.equal(table.get(1), null);
    assert.equal(instance.exports, exports);
    assert.equal(Object.isFrozen(exports), true);
    assert.equal(Object.getPrototypeOf(exports), null);
    assert.equal(exports.f.length, 0);
    global.value = 7;
    assert.equal(exports.f(), 7);
    table.set(1, exports.f);
    assert.equal(table.get(1)(), 7);
    assert.equal(table.grow(2), 2);
    assert.equal(table.length, 4);
    assert.equal(String(memory), "[object WebAssembly.Memory]");
    // A function of one instance as the import of another.
    const user = `(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`;
    const second = new api.Instance(new api.Module(binary(user)), { m: { f: exports.f } });
    assert.equal(second.exports.g(), 7);
  }
});

test("values are converted by the same rules", () => {
  const text = `(module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "any") (param externref) (result externref) (local.get 0))
    (func (export "many") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))`;
  const bytes = binary(text);
  const instances = [ours, theirs].map((api) => new api.Instance(new api.Module(bytes)).exports);
  const values = [
    0,
    -1,
    1.9,
    2 ** 31,
    2 ** 32 + 5,
    -(2 ** 40),
    NaN,
    Infinity,
    "12",
    "x",
    true,
    null,
  ];
  values.push(undefined, { valueOf: () => 3 }, 0.1, 1e300, 5e-324, -0);
  for (const name of ["i32", "f32", "f64"]) {
    for (const value of values) {
      const [own, other] = instances.map((exports) => exports[name](value));
      assert.ok(Object.is(own, other), `${name}(${String(value)}): ${own}, ${other}`);
    }
    for (const exports of instances) {
      assert.throws(() => exports[name](1n), TypeError);
      assert.throws(() => exports[name](Symbol("s")), TypeError);
    }
  }
  for (const value of [0n, -1n, 2n ** 63n, 2n ** 64n + 1n, -(2n ** 63n), "7", true]) {
    const [own, other] = instances.map((exports) => exports.i64(value));
    assert.equal(own, other);
  }
  for (const exports of instances) {
    assert.throws(() => exports.i64(1.5), TypeError);
    assert.throws(() => exports.i64(undefined), TypeError);
    assert.throws(() => exports.i64(), TypeError);
    assert.deepEqual(exports.many(1, 2n), [2n, 1]);
    const object = {};
    for (const value of [object, undefined, null, 1, 1.5, "s", 3n, Symbol.iterator, NaN, () => 1]) {
      assert.ok(Object.is(exports.any(value), value));
    }
  }
  // Beyond the standard: integers that a number holds exactly.
  assert.equal(instances[0].i64(2 ** 53 - 1), 2n ** 53n - 1n);
  assert.throws(() => instances[0].i64(2 ** 53), TypeError);
});

test("vectors are bytes", () => {
  const bytes = binary(`(module (func (export "v") (param v128) (result v128) (local.get 0)))`);
  const { v } = new ours.Instance(new ours.Module(bytes)).exports;
  const vector = Uint8Array.from({ length: 16 }, (_, at) => at * 7);
  assert.deepEqual(v(vector), vector);
  assert.throws(() => v(new Uint8Array(15)), TypeError);
  assert.throws(() => v([1]), TypeError);
});

test("exceptions of imports come out as themselves", () => {
  const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
    (import "m" "g" (func $g (param externref) (result i32 i64)))
    (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "g") (param externref) (result i32 i64) (call $g (local.get 0))))`;
  const module = new ours.Module(binary(text));
  for (const thrown of [new Error("mine"), { any: "object" }, "text", 5, undefined, null, 3n]) {
    const { exports } = new ours.Instance(module, {
      m: {
        f: () => {
          throw thrown;
        },
        g: () => [1, 2n],
      },
    });
    let caught;
    try {
      exports.f(1);
      assert.fail("it returned");
    } catch (error) {
      caught = error;
    }
    assert.equal(caught, thrown);
    assert.deepEqual(exports.g(null), [1, 2n]);
  }
  const { exports } = new ours.Instance(module, { m: { f: (n) => exports.f2(n), g: () => 1 } });
  assert.throws(() => exports.g(null), TypeError);
  assert.throws(() => exports.f(1), TypeError);
});

test("wasm and JavaScript may call each other many levels deep", () => {
  const text = `(module (import "m" "down" (func $down (param i32) (result i32)))
    (func (export "up") (param i32) (result i32)
      (i32.add (i32.const 1) (call $down (local.get 0)))))`;
  const { exports } = new ours.Instance(new ours.Module(binary(text)), {
    m: { down: (n) => (n === 0 ? 0 : exports.up(n - 1)) },
  });
  assert.equal(exports.up(200), 201);
  // Too deep is an error of JavaScript or of the runtime, and leaves both usable.
  assert.throws(() => exports.up(1_000_000), /call stack/i);
  assert.equal(exports.up(10), 11);
});

test("endless recursion traps, again and again", () => {
  const { exports } = new ours.Instance(
    new ours.Module(
      binary(`(module (func $f (export "f") (result i32) (i32.add (call $f) (i32.const 1))))`),
    ),
  );
  for (let turn = 0; turn < 50; turn++) assert.throws(() => exports.f(), /call stack exhausted/);
});

test("traps are errors with frames", () => {
  const { exports } = new ours.Instance(
    new ours.Module(
      binary(`(module (memory 1) (func $inner (drop (i32.load (i32.const 65536))))
        (func (export "outer") (call $inner)) (func (export "divide") (param i32) (result i32)
        (i32.div_s (i32.const 1) (local.get 0))))`),
    ),
  );
  assert.throws(
    () => exports.outer(),
    (error) => {
      assert.ok(error instanceof ours.RuntimeError);
      assert.equal(error.name, "RuntimeError");
      assert.equal(error.code, 0x88);
      assert.match(error.message, /out of bounds memory access/);
      assert.match(error.stack, /inner.*\n.*outer.*\n.*webassembly\.test\.mjs/s);
      assert.equal(error.frames.length, 2);
      return true;
    },
  );
  assert.throws(() => exports.divide(0), /integer divide by zero/);
  assert.equal(exports.divide(1), 1);
});

test("the traps of V8's own WebAssembly still work beside ours", () => {
  const bytes = binary(`(module (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))`);
  const [own, other] = [ours, theirs].map((api) => new api.Instance(new api.Module(bytes)).exports);
  for (let turn = 0; turn < 1000; turn++) {
    assert.throws(() => other.load(70000), theirs.RuntimeError);
    assert.throws(() => own.load(70000), ours.RuntimeError);
    assert.equal(own.load(4) + other.load(4), 0);
  }
});

test("a missing import is named", () => {
  const module = new ours.Module(wat(`(module (import "env" "log" (func (param i32))))`));
  assert.throws(() => new ours.Instance(module, { env: {} }), /"env"\."log" must be a function/);
});

test("custom sections are copies", () => {
  const module = new ours.Module(Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 0, 5, 1, 120, 1, 2, 3]));
  const sections = ours.Module.customSections(module, "x");
  assert.deepEqual(
    sections.map((section) => [...new Uint8Array(section)]),
    [[1, 2, 3]],
  );
  assert.deepEqual(ours.Module.customSections(module, "y"), []);
});
