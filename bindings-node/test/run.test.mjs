// Modules as processes.
import assert from "node:assert/strict";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  CompileError,
  Global,
  LinkError,
  Memory,
  MemoryFs,
  Module,
  ModuleInstance,
  run,
  Store,
  spawn,
  TimeoutError,
} from "../index.mjs";
import { guest, run as runNode, wat } from "./helper.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));

/** Copies standard input to standard output until its end. */
const CAT = wat(`(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $done i32) (local $got i32)
    (block $end (loop $more
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 60000))
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 1))))
      (br_if $end (i32.eqz (local.tee $got (i32.load (i32.const 8)))))
      (local.set $done (i32.const 0))
      (loop $rest
        (i32.store (i32.const 0) (i32.add (i32.const 1024) (local.get $done)))
        (i32.store (i32.const 4) (i32.sub (local.get $got) (local.get $done)))
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 2))))
        (local.set $done (i32.add (local.get $done) (i32.load (i32.const 8))))
        (br_if $rest (i32.lt_u (local.get $done) (local.get $got))))
      (br $more)))))`);
const SPIN = wat(`(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))`);
const GROW = wat(`(module (memory (export "memory") 1) (func (export "_start")
  (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))))`);

test("a program runs from every kind of source", async () => {
  const path = guest("hello-c");
  const bytes = readFileSync(path);
  const sources = [
    path,
    pathToFileURL(path),
    bytes,
    new Module(bytes),
    new Response(bytes),
    createReadStream(path),
    new URL(`data:application/wasm;base64,${bytes.toString("base64")}`),
  ];
  for (const source of sources) {
    const result = await run(source);
    assert.equal(result.exitCode, 0);
    assert.match(result.stdout.toString(), /hello/i);
    assert.equal(result.truncated, false);
    assert.ok(result.wallTime >= 0 && result.peakMemory > 0);
  }
  await assert.rejects(run(join(folder, "gone.wasm")), { code: "ENOENT" });
  await assert.rejects(run(new Uint8Array(8)), CompileError);
});

test("standard input comes from text, bytes, streams, or not at all", async () => {
  assert.equal((await run(CAT, { stdin: "grüße" })).stdout.toString(), "grüße");
  assert.equal((await run(CAT, { stdin: Buffer.from([1, 2]) })).stdout.length, 2);
  assert.equal((await run(CAT)).stdout.length, 0);
  const big = Buffer.alloc(3_000_000, "0123456789");
  const result = await run(CAT, {
    stdin: Readable.from([big.subarray(0, 1_000_000), big.subarray(1_000_000)]),
  });
  assert.ok(result.stdout.equals(big));
});

test("standard output goes to streams", async () => {
  const chunks = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      setTimeout(done, 1);
    },
  });
  const big = Buffer.alloc(500_000, "x");
  const result = await run(CAT, { stdin: big, stdout: sink });
  assert.equal(result.stdout.length, 0);
  assert.ok(Buffer.concat(chunks).equals(big));
});

test("kept output is limited", async () => {
  const result = await run(CAT, { stdin: "0123456789", outputLimit: 4 });
  assert.equal(result.stdout.toString(), "0123");
  assert.equal(result.truncated, true);
  const usual = 64 << 20;
  for (const size of [usual, usual + 1]) {
    const { stdout, truncated } = await run(CAT, { stdin: Buffer.alloc(size) });
    assert.deepEqual([stdout.length, truncated], [usual, size > usual]);
  }
});

test("a run is stopped by its time limit or its signal", async () => {
  await assert.rejects(run(SPIN, { timeout: 30 }), (error) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.result.stdout.length, 0);
    return true;
  });
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 30);
  await assert.rejects(run(SPIN, { signal: controller.signal }), (error) => error === reason);
  await assert.rejects(run(SPIN, { signal: controller.signal }), (error) => error === reason);
  // Also while it waits for input.
  const waits = Date.now();
  await assert.rejects(run(CAT, { stdin: new Readable({ read() {} }), timeout: 50 }), TimeoutError);
  assert.ok(Date.now() - waits < 5000);
});

test("fuel is limited", async () => {
  await assert.rejects(run(SPIN, { fuel: 1_000_000 }), (error) => {
    assert.match(error.message, /cost limit exceeded/);
    assert.equal(error.code, 3);
    assert.equal(error.result.stdout.length, 0);
    return true;
  });
  assert.equal((await run(CAT, { stdin: "a", fuel: 1_000_000 })).exitCode, 0);
});

test("memory is limited", async () => {
  const { peakMemory } = await run(GROW, { memory: 10 * 65536 });
  assert.equal(peakMemory, 10 * 65536);
});

test("a trap rejects, with what was written before", async () => {
  const text = wat(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 8) "\\10\\00\\00\\00\\03\\00\\00\\00") (data (i32.const 16) "hi\\n")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))) unreachable))`);
  await assert.rejects(run(text), (error) => {
    assert.equal(error.name, "RuntimeError");
    assert.equal(error.result.stdout.toString(), "hi\n");
    return true;
  });
});

test("files in memory are given, written and read back", async () => {
  const files = new MemoryFs({ files: { "/in/a.txt": "content", "b.txt": new Uint8Array([1]) } });
  assert.deepEqual(files.list(), ["b.txt", "in"]);
  assert.equal(files.readText("in/a.txt"), "content");
  assert.ok(files.used > 0);
  const result = await run(guest("files"), { fs: { "/": files }, args: ["x"] });
  assert.equal(typeof result.exitCode, "number");
  writeFileSync(join(folder, "kept.txt"), "old");
  const over = new MemoryFs({ over: folder });
  over.write("kept.txt", "new");
  over.write("added.txt", "more");
  assert.deepEqual(over.changes(), [
    { path: "added.txt", kind: "added" },
    { path: "kept.txt", kind: "modified" },
  ]);
  assert.equal(readFileSync(join(folder, "kept.txt"), "utf8"), "old");
  assert.throws(() => files.read("gone"), /./);
});

test("a spawned guest has streams", async () => {
  const child = spawn(CAT);
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  child.stdin.write("one ");
  setTimeout(() => child.stdin.end("two"), 20);
  const [code, error] = await new Promise((resolve) =>
    child.once("exit", (...args) => resolve(args)),
  );
  assert.deepEqual([code, error], [0, undefined]);
  assert.equal((await child.finished).exitCode, 0);
  if (!child.stdout.readableEnded)
    await new Promise((resolve) => child.stdout.once("end", resolve));
  assert.equal(text, "one two");
});

test("wrong options are named", async () => {
  const wrong = {
    timeout: ["5", -1],
    memory: ["64 MB", NaN],
    fuel: ["much", null],
    signal: [5, {}],
    args: ["--verbose"],
    config: [{ maxMemoryPage: 5 }, "fast"],
  };
  const pattern = /'(timeout|memory|fuel|signal|args|maxMemoryPage)'|settings/;
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const options = { [name]: value };
      await assert.rejects(run(SPIN, options), pattern, name);
      await assert.rejects(spawn(SPIN, options).finished, pattern, name);
    }
  }
  for (const value of ["file.txt", 5, {}, null]) {
    await assert.rejects(run(SPIN, { stdout: value }), /'stdout'/);
    await assert.rejects(run(SPIN, { stderr: value }), /'stderr'/);
  }
  await assert.rejects(run(SPIN, { stdin: 5 }), /'stdin'/);
  for (const source of [undefined, null, 5]) await assert.rejects(run(source), TypeError);
});

test("a spawned guest can be killed", async () => {
  for (const source of [SPIN, CAT]) {
    const child = spawn(source);
    child.stdout.resume();
    child.stderr.resume();
    setTimeout(() => child.kill(), 30);
    await assert.rejects(child.finished, { name: "AbortError" });
    assert.equal(child.exitCode, null);
  }
  const left = spawn(SPIN);
  await left[Symbol.asyncDispose]();
  await assert.rejects(left.finished, { name: "AbortError" });
  const unread = spawn(new Uint8Array(4));
  await assert.rejects(unread.finished, CompileError);
});

test("a process ends when its guests have", () => {
  const ended = runNode(
    `w.run(${JSON.stringify(guest("hello-c"))}).then((r) => process.stdout.write(r.stdout));`,
  );
  assert.equal(ended.status, 0, ended.err);
  assert.match(ended.out, /hello/i);
  const spawned = runNode(`const child = w.spawn(${JSON.stringify(guest("hello-c"))});
    child.stdout.pipe(process.stdout); child.stdin.end();`);
  assert.equal(spawned.status, 0, spawned.err);
  assert.match(spawned.out, /hello/i);
});

test("many runs at once", async () => {
  const module = new Module(CAT);
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, at) => run(module, { stdin: `${at}` })),
  );
  assert.deepEqual(
    results.map((result) => result.stdout.toString()),
    results.map((_, at) => `${at}`),
  );
});

test("a program gets host functions beside WASI", async () => {
  const source = wat(`(module (import "host" "add" (func $add (param i32 i32) (result i32)))
    (import "host" "base" (global $base i32)) (import "host" "memory" (memory 1))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (export "memory" (memory 0))
    (func (export "_start") (call $exit (call $add (global.get $base) (i32.const 2)))))`);
  const memory = new Memory({ initial: 1 });
  const host = { add: (a, b) => a + b, base: 3, memory };
  assert.equal((await run(source, { imports: { host } })).exitCode, 5);
  // On another thread than this one, which goes on meanwhile.
  const add = async (a, b) => {
    await new Promise((done) => setTimeout(done, 5));
    return a * b;
  };
  assert.equal((await run(source, { imports: { host: { ...host, add } } })).exitCode, 6);
  const store = new Store();
  const instance = new ModuleInstance("host");
  const type = { parameters: ["i32", "i32"], results: ["i32"] };
  instance.addFunction("add", { type, fn: (a, b) => a - b });
  instance.addGlobal("base", new Global({ value: "i32" }, 9)).addMemory("memory", memory);
  assert.equal((await run(source, { imports: store.register(instance) })).exitCode, 7);
  const guestProcess = spawn(source, { imports: { host } });
  assert.equal((await guestProcess.finished).exitCode, 5);
  // What is missing is named, and what is thrown arrives.
  const missing = await run(source).catch((error) => error);
  assert.deepEqual(
    missing.missing.map(({ name }) => name),
    ["add", "base", "memory"],
  );
  await assert.rejects(run(source, { imports: { host: { ...host, add: 1 } } }), LinkError);
  const thrown = new Error("mine");
  const fails = {
    ...host,
    add: () => {
      throw thrown;
    },
  };
  await assert.rejects(run(source, { imports: { host: fails } }), (error) => error === thrown);
  const never = { ...host, add: () => new Promise(() => {}) };
  await assert.rejects(run(source, { imports: { host: never }, timeout: 20 }), TimeoutError);
});
