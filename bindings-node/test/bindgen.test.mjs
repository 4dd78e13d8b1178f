// Guests of wasmedge-bindgen, and strings and buffers of guests of AssemblyScript and C.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Bindgen, GuestError, Heap, Instance, Module, RuntimeError, Wasi } from "../index.mjs";
import { guest, instantiate } from "./helper.mjs";

const module = new Module(readFileSync(guest("bindgen-rust")));

function make() {
  const wasi = new Wasi({ stdout: "buffer", stderr: "buffer" });
  const instance = new Instance(module, { wasi_snapshot_preview1: wasi.instance.exports });
  return { instance, wasi, bindgen: new Bindgen(instance) };
}

test("the functions of the documents give the documented results", () => {
  const { bindgen } = make();
  assert.equal(
    bindgen.call("create_line", ['{"x":1.5,"y":3.8}', '{"x":2.5,"y":5.8}', "A thin red line"]),
    '{"points":[{"x":1.5,"y":3.8},{"x":2.5,"y":5.8}],"valid":true,"length":2.2360682,"desc":"A thin red line"}',
  );
  assert.equal(bindgen.call("say", ["bindgen funcs test"]), "hello bindgen funcs test");
  assert.equal(
    bindgen.call("obfusticate", ["A quick brown fox jumps over the lazy dog"]),
    "N dhvpx oebja sbk whzcf bire gur ynml qbt",
  );
  assert.equal(bindgen.call("lowest_common_multiple", [123, 2]), 246);
  const message = Buffer.from("This is an important message");
  const digest = (name) => Buffer.from(bindgen.call(name, [message])).toString("hex");
  assert.equal(
    digest("sha3_digest"),
    "571be7d1bd69fb319f0ad3fa0f9f9ab52bda1a8d38c7192d3c0a14a336d3c3cb",
  );
  assert.equal(
    digest("keccak_digest"),
    "7ec2f1c89774e321d8639f166b03b1a9d8bf729caec1209ff6e4f585344b371b",
  );
});

test("every type goes in and comes out", () => {
  const { bindgen, instance } = make();
  const blocks = instance.exports.live_blocks;
  const before = blocks();
  const cases = [
    ["echo_u8", { u8: 255 }, 255],
    ["echo_i8", { i8: -128 }, -128],
    ["echo_u16", { u16: 65535 }, 65535],
    ["echo_i16", { i16: -32768 }, -32768],
    ["echo_u32", { u32: 2 ** 32 - 1 }, 2 ** 32 - 1],
    ["echo_i32", -(2 ** 31), -(2 ** 31)],
    ["echo_u64", { u64: 2n ** 64n - 1n }, 2n ** 64n - 1n],
    ["echo_i64", -(2n ** 63n), -(2n ** 63n)],
    ["echo_i64", { i64: -5 }, -5n],
    ["echo_f32", { f32: 1.5 }, 1.5],
    ["echo_f64", -0.0, -0.0],
    ["echo_f64", { f64: 1 }, 1],
    ["bool_to_u8", true, 1],
    ["bool_to_u8", { bool: false }, 0],
    ["char_to_u32", { char: "𝄞" }, 0x1d11e],
    ["echo_u8s", Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
    ["echo_i8s", Int8Array.of(-128, 127), Int8Array.of(-128, 127)],
    ["echo_u16s", Uint16Array.of(65535), Uint16Array.of(65535)],
    ["echo_i16s", Int16Array.of(-32768), Int16Array.of(-32768)],
    ["echo_u32s", Uint32Array.of(2 ** 32 - 1), Uint32Array.of(2 ** 32 - 1)],
    ["echo_i32s", Int32Array.of(-1), Int32Array.of(-1)],
    ["echo_u64s", BigUint64Array.of(2n ** 64n - 1n), BigUint64Array.of(2n ** 64n - 1n)],
    ["echo_i64s", BigInt64Array.of(-1n), BigInt64Array.of(-1n)],
    ["echo_u8s", new Uint8Array(0), new Uint8Array(0)],
    ["echo_u8s", new Uint8Array(3_000_000).fill(7), new Uint8Array(3_000_000).fill(7)],
    ["echo_string", "", ""],
    ["echo_string", "zero \0 and ü € 𝄞", "zero \0 and ü € 𝄞"],
    ["echo_string", "€".repeat(100), "€".repeat(100)],
    ["echo_string", "x".repeat(253), "x".repeat(253)],
    ["echo_string", "long ".repeat(100_000), "long ".repeat(100_000)],
  ];
  for (const [name, value, wanted] of cases) {
    assert.ok(bindgen.functions.includes(name), name);
    assert.deepStrictEqual(bindgen.call(name, [value]), wanted, name);
  }
  assert.equal(blocks(), before, "everything was freed");
});

test("values that a type does not have are refused", () => {
  const { bindgen } = make();
  const wrong = [
    { u8: 256 },
    { u8: -1 },
    { i8: 1.5 },
    { u32: -1 },
    { u64: -1n },
    { i64: 2n ** 64n },
    { bool: 1 },
    { char: "ab" },
  ];
  for (const value of wrong) {
    assert.throws(() => bindgen.call("echo_u8", [value]), RangeError, Object.keys(value)[0]);
  }
  for (const value of [{}, { u8: 1, i8: 1 }, { u7: 1 }, null, undefined, new Float32Array(1)]) {
    assert.throws(() => bindgen.call("echo_u8", [value]), TypeError);
  }
});

test("errors, panics and traps of the guest", async () => {
  const { bindgen } = make();
  assert.equal(bindgen.call("divide", [7, 2]), 3);
  for (const fail of [
    async () => bindgen.call("divide", [7, 0]),
    () => bindgen.callAsync("divide", [7, 0]),
  ]) {
    await assert.rejects(fail, (error) => {
      assert.ok(error instanceof GuestError);
      assert.equal(error.message, "7 cannot be divided by zero");
      return true;
    });
  }
  assert.equal(await bindgen.callAsync("say", ["you"]), "hello you");
  assert.throws(() => bindgen.call("gone"), RuntimeError);
  assert.throws(() => new Bindgen(instantiate(`(module)`)), RuntimeError);
  assert.throws(() => new Bindgen({}), TypeError);
});

test("a guest that was disposed of can't be called", () => {
  const { bindgen, instance } = make();
  instance.dispose();
  assert.throws(() => bindgen.call("say", ["you"]), RuntimeError);
});

test("AssemblyScript has objects, C has malloc", () => {
  for (const [name, style] of [
    ["strings-assemblyscript", "assemblyscript"],
    ["strings-c", "malloc"],
  ]) {
    const instance = new Instance(new Module(readFileSync(guest(name))));
    const heap = new Heap(instance);
    assert.equal(heap.style, style);
    for (const text of ["", "world", "ü € 𝄞"]) {
      const { address } = heap.putString(text);
      assert.equal(heap.getString(instance.exports.greet(address)), `hello ${text}`);
      heap.free(address);
    }
    assert.throws(() => heap.getString(0), RuntimeError);
    instance.dispose();
    assert.throws(() => heap.putString("x"), RuntimeError);
  }
  const instance = new Instance(new Module(readFileSync(guest("strings-assemblyscript"))));
  const heap = new Heap(instance);
  const data = heap.putBytes(Uint8Array.of(1, 2, 3));
  assert.deepEqual(heap.getBytes(instance.exports.reverse(data.address)), Uint8Array.of(3, 2, 1));
  const kind = instance.exports.Uint8Array_ID.value;
  assert.equal(instance.exports.sum(heap.putArray(kind, Uint8Array.of(1, 2, 250)).address), 253);
  assert.deepEqual(heap.getArray(instance.exports.firstBytes(4)), Uint8Array.of(1, 2, 3, 4));
  assert.throws(() => new Heap(instantiate(`(module (memory (export "memory") 1))`)), RuntimeError);
});
