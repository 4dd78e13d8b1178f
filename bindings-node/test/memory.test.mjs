// Memories and their buffers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Instance, LinkError, Memory, Module, Pool } from "../index.mjs";
import { instantiate, wat } from "./helper.mjs";

test("the buffer is the memory itself", () => {
  const { exports } = instantiate(`(module (memory (export "memory") 1)
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))`);
  const { memory } = exports;
  const bytes = new Uint8Array(memory.buffer);
  bytes[5] = 77;
  assert.equal(exports.load(5), 77);
  exports.store(6, 88);
  assert.equal(bytes[6], 88);
  assert.equal(memory.buffer, memory.buffer);
  assert.equal(memory.buffer.byteLength, 65536);
});

test("growth detaches the buffer, whoever grows", () => {
  let seen;
  const { exports } = instantiate(
    `(module (import "m" "look" (func $look)) (memory (export "memory") 1 8)
      (func (export "grow") (result i32) (memory.grow (i32.const 1)))
      (func (export "inside") (drop (memory.grow (i32.const 1))) (call $look)))`,
    { m: { look: () => (seen = first.byteLength) } },
  );
  const { memory } = exports;
  let first = memory.buffer;
  new Uint8Array(first)[9] = 1;
  assert.equal(memory.grow(1), 1);
  assert.equal(first.byteLength, 0);
  assert.equal(memory.buffer.byteLength, 2 * 65536);
  assert.equal(new Uint8Array(memory.buffer)[9], 1);
  first = memory.buffer;
  assert.equal(exports.grow(), 2);
  assert.equal(first.byteLength, 0);
  first = memory.buffer;
  exports.inside();
  assert.equal(seen, 0, "detached when an import looks");
  // Growing by nothing detaches too.
  first = memory.buffer;
  memory.grow(0);
  assert.equal(first.byteLength, 0);
  assert.equal(memory.buffer.byteLength, 4 * 65536);
  // Growing too far changes nothing.
  first = memory.buffer;
  assert.throws(() => memory.grow(100), RangeError);
  assert.equal(memory.buffer, first);
});

test("a buffer outlives its memory", async () => {
  const buffer = (() => {
    const memory = new Memory({ initial: 1 });
    memory.writeString(0, "still here");
    return memory.buffer;
  })();
  for (let turn = 0; turn < 10; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(Buffer.from(buffer, 0, 10).toString(), "still here");
});

test("read and write are checked copies", () => {
  const memory = new Memory({ initial: 1 });
  memory.write(65533, new Uint8Array([1, 2, 3]));
  assert.deepEqual([...memory.read(65533, 3)], [1, 2, 3]);
  assert.throws(() => memory.write(65534, new Uint8Array(3)), RangeError);
  assert.throws(() => memory.read(0, 65537), RangeError);
  assert.throws(() => memory.read(-1, 1), RangeError);
  assert.throws(() => memory.read(2 ** 60, 1), RangeError);
  const length = memory.writeString(10, "grüße");
  assert.equal(length, 7);
  assert.equal(memory.readString(10, length), "grüße");
});

test("thousands of buffers and growths in a row", () => {
  const memory = new Memory({ initial: 0, maximum: 1000 });
  for (let page = 1; page <= 1000; page++) {
    memory.grow(1);
    assert.equal(memory.buffer.byteLength, page * 65536);
  }
});

test("who comes after a disposed instance has a memory of its own", async () => {
  const module = new Module(
    wat(`(module (memory (export "memory") 1) (func (export "f") (result i32) (i32.const 1)))`),
  );
  const importer = new Module(wat(`(module (import "m" "memory" (memory 1)))`));
  for (let turn = 0; turn < 50; turn++) {
    const first = new Instance(module);
    const { memory } = first.exports;
    first.dispose();
    const second = new Instance(module);
    assert.notEqual(second.exports.memory, memory);
    assert.equal(second.exports.memory.buffer.byteLength, 65536);
    new Instance(importer, { m: { memory: second.exports.memory } });
    assert.equal(memory.byteLength, 0);
    second.dispose();
  }
  const pool = new Pool(module, { size: 2 });
  for (let turn = 0; turn < 50; turn++) {
    await pool.use(({ exports }) => exports.f());
    await pool.use(({ exports }) => assert.equal(exports.memory.readString(0, 1), "\0"));
  }
});

test("sizes of memories with 64-bit addresses are BigInts", () => {
  const memory = new Memory({ address: "i64", initial: 1n, maximum: 4n });
  assert.equal(memory.grow(2n), 1n);
  assert.equal(memory.buffer.byteLength, 3 * 65536);
  assert.throws(() => memory.grow(2n), RangeError);
  assert.throws(() => memory.grow(1), TypeError);
  assert.throws(() => new Memory({ address: "i64", initial: 1 }), TypeError);
  assert.throws(() => new Memory({ address: "i64", initial: -1n }), TypeError);
  assert.throws(() => new Memory({ address: "i64", initial: 1n << 60n }), RangeError);
  assert.throws(() => new Memory({ address: "i16", initial: 1 }), TypeError);
  assert.throws(() => new Memory({ initial: 1n }), TypeError);
  const { exports } = instantiate(
    `(module (import "m" "memory" (memory i64 1 4)) (export "memory" (memory 0))
      (func (export "load") (param i64) (result i32) (i32.load8_u (local.get 0))))`,
    { m: { memory } },
  );
  assert.equal(exports.memory, memory);
  new Uint8Array(memory.buffer)[131072] = 9;
  assert.equal(exports.load(131072n), 9);
  const narrow = new Module(wat(`(module (import "m" "memory" (memory 1 4)))`));
  assert.throws(() => new Instance(narrow, { m: { memory } }), LinkError);
});
