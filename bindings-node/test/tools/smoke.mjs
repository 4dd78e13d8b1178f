// What every JavaScript runtime must do; run by test/runtimes.test.mjs with the path of a guest program.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as w from "wasmspan";

const program = process.argv[2];
const wat = (text) => new TextEncoder().encode(text);
const instantiate = (text, imports) => new w.Instance(new w.Module(wat(text)), imports);

/** Copies a part of standard input to standard output. */
const ECHO = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

const STEPS = {
  calls() {
    const { add } = instantiate(`(module (func (export "add") (param i32 i64) (result i64)
      (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1))))`).exports;
    assert.equal(add(1, 2n), 3n);
    assert.equal(add.name, "0");
  },
  imports() {
    const { g } = instantiate(
      `(module (import "m" "f" (func $f (param i32) (result i32 i32)))
        (func (export "g") (result i32 i32) (call $f (i32.const 4))))`,
      { m: { f: (n) => [n, n + 1] } },
    ).exports;
    assert.deepEqual(g(), [4, 5]);
  },
  references() {
    const { any } = instantiate(`(module
      (func (export "any") (param externref) (result externref) (local.get 0)))`).exports;
    const object = {};
    for (const value of [object, "text", 1, null, undefined]) assert.equal(any(value), value);
  },
  errors() {
    const { trap, f } = instantiate(
      `(module (import "m" "f" (func $f)) (func (export "trap") unreachable)
        (func (export "f") (call $f)))`,
      {
        m: {
          f() {
            throw new SyntaxError("mine");
          },
        },
      },
    ).exports;
    assert.throws(trap, (error) => error instanceof w.RuntimeError && error instanceof Error);
    assert.throws(trap, /unreachable/);
    assert.throws(f, SyntaxError);
    assert.throws(() => new w.Module(wat("x")), w.WebAssembly.CompileError);
  },
  async limits() {
    const instance = instantiate(`(module (func (export "spin") (loop (br 0))))`);
    assert.throws(() => instance.call("spin", [], { timeout: 10 }), w.TimeoutError);
    await assert.rejects(instance.callAsync("spin", [], { timeout: 10 }), w.TimeoutError);
    const signal = AbortSignal.timeout(10);
    await assert.rejects(instance.callAsync("spin", [], { signal }), { name: "TimeoutError" });
  },
  async "imports that wait"() {
    const instance = instantiate(
      `(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`,
      { m: { f: () => new Promise((done) => setTimeout(done, 5, 7)) } },
    );
    assert.equal(await instance.callAsync("g"), 7);
  },
  memory() {
    const { m, load, grow } = instantiate(`(module (memory (export "m") 1 10)
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "grow") (result i32) (memory.grow (i32.const 1))))`).exports;
    const { buffer } = m;
    new Uint32Array(buffer)[1] = 5;
    assert.equal(load(4), 5);
    assert.equal(grow(), 1);
    assert.equal(buffer.byteLength, 0);
    assert.equal(new Uint32Array(m.buffer)[1], 5);
    const second = m.buffer;
    assert.equal(m.grow(2), 2);
    assert.equal(second.byteLength, 0);
    assert.equal(m.buffer.byteLength, 4 * 65536);
  },
  wasi() {
    const wasi = new w.WASI({ args: ["program"], stdout: "buffer" });
    const module = new w.Module(readFileSync(program));
    assert.equal(wasi.start(new w.Instance(module, wasi.getImportObject())), 0);
    assert.match(new TextDecoder().decode(wasi.stdout), /hello/i);
  },
  async processes() {
    const { exitCode, stdout } = await w.run(program);
    assert.equal(exitCode, 0);
    assert.match(stdout.toString(), /hello/i);
    const guest = w.spawn(program);
    let text = "";
    for await (const chunk of guest.stdout) text += chunk;
    assert.match(text, /hello/i);
    assert.equal((await guest.finished).exitCode, 0);
    const echo = w.spawn(wat(ECHO));
    echo.stdin.end("grüße");
    let echoed = "";
    for await (const chunk of echo.stdout) echoed += chunk;
    assert.equal(echoed, "grüße");
    assert.equal((await echo.finished).exitCode, 0);
    const killed = w.spawn(wat(`(module (func (export "_start") (loop (br 0))))`));
    killed.kill();
    await assert.rejects(killed.finished, { name: "AbortError" });
  },
  async pools() {
    const module = new w.Module(
      wat(`(module (memory 1) (func (export "f") (result i32)
      (i32.const 3)))`),
    );
    const pool = new w.Pool(module, { size: 2 });
    const call = () => pool.use((instance) => instance.callAsync("f"));
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map(call)), [3, 3, 3, 3]);
  },
  async collection() {
    for (let turn = 0; turn < 200; turn++) {
      const { m, f } = instantiate(`(module (memory (export "m") 1)
        (func (export "f") (result i32) (i32.const 3)))`).exports;
      assert.equal(m.buffer.byteLength + f(), 65539);
    }
    globalThis.Bun?.gc(true);
    globalThis.gc?.();
    await new Promise((done) => setTimeout(done, 20));
  },
};

for (const [name, step] of Object.entries(STEPS)) {
  await step();
  console.log(name);
}
console.log("end");
