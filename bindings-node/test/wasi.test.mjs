// WASI, in the shape of node:wasi and with what that lacks.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  Instance,
  Memory,
  MemoryFs,
  Module,
  run as runProgram,
  VM,
  WASI,
  Wasi,
  WebAssembly,
} from "../index.mjs";
import { guest, run, wat } from "./helper.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
const text = (bytes) => Buffer.from(bytes).toString();

test("a program for node:wasi runs", async () => {
  const wasi = new WASI({
    version: "preview1",
    args: ["hello", "one"],
    env: { A: "b" },
    stdout: "buffer",
  });
  const module = await WebAssembly.compile(readFileSync(guest("hello-c")));
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
  assert.equal(wasi.start(instance), 0);
  assert.match(text(wasi.stdout), /hello/i);
  assert.throws(() => wasi.start(instance), /started/);
});

test("exit codes are returned, or end the process as node:wasi does", () => {
  const source = `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 7))))`;
  const wasi = new WASI();
  const instance = new Instance(new Module(wat(source)), wasi.getImportObject());
  assert.equal(wasi.start(instance), 7);
  const ended = run(`const wasi = new w.WASI({ returnOnExit: false });
    wasi.start(instantiate(${JSON.stringify(source)}, wasi.getImportObject())); console.log("not here");`);
  assert.deepEqual(ended, { status: 7, signal: null, out: "", err: "" });
});

test("a library is initialized", () => {
  const wasi = new WASI();
  const source = `(module (memory (export "memory") 1) (global $n (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $n (i32.const 5))) (func (export "n") (result i32) (global.get $n)))`;
  const instance = new Instance(new Module(wat(source)), wasi.getImportObject());
  wasi.initialize(instance);
  assert.equal(instance.exports.n(), 5);
  const other = new WASI();
  assert.throws(() => other.start(instance), /_start/);
});

test("a guest sees the directories that it is given, and no others", () => {
  mkdirSync(join(folder, "in"), { recursive: true });
  writeFileSync(join(folder, "in", "file.txt"), "content");
  const vm = new VM(guest("files"), {
    args: ["files"],
    preopens: { "/data": join(folder, "in") },
    stdout: "buffer",
    stderr: "buffer",
  });
  const code = vm.start();
  assert.equal(typeof code, "number");
  assert.throws(() => new Wasi({ preopens: { "/x": join(folder, "gone") } }), /gone/);
});

test("standard input is what it is told to be", () => {
  const echo = wat(`(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
  const inputs = [{ text: "grüße" }, Buffer.from("grüße")];
  for (const stdin of inputs) {
    const vm = new VM(echo, { stdin, stdout: "buffer" });
    assert.equal(vm.start(), 0);
    assert.equal(text(vm.stdout), "grüße");
  }
  const limited = new VM(echo, { stdin: { text: "grüße" }, stdout: "buffer", outputLimit: 3 });
  limited.start();
  assert.deepEqual([limited.stdout.length, limited.truncated], [3, true]);
  const ignored = new VM(echo, { stdin: "ignore", stdout: "buffer" });
  ignored.start();
  assert.equal(ignored.stdout.length, 0);
  assert.throws(() => new Wasi({ stdout: "somewhere" }), TypeError);
});

test("a function of two versions is linked by its type", () => {
  const P1 = "wasi_snapshot_preview1";
  const versions = {
    sock_accept: ["i32 i32", "i32 i32 i32"],
    sock_getlocaladdr: ["i32 i32 i32 i32", "i32 i32 i32"],
    sock_getpeeraddr: ["i32 i32 i32 i32", "i32 i32 i32"],
    sock_recv_from: ["i32 i32 i32 i32 i32 i32 i32", "i32 i32 i32 i32 i32 i32 i32 i32"],
  };
  const sources = [
    new WASI().getImportObject(),
    { [P1]: new Wasi().instance.exports },
    { [P1]: { ...new Wasi().instance.exports } },
  ];
  for (const [name, types] of Object.entries(versions)) {
    for (const type of types) {
      const zeros = type.replaceAll("i32", "(i32.const 99)");
      const module = new Module(
        wat(`(module (import "${P1}" "${name}" (func $f (param ${type}) (result i32)))
          (memory (export "memory") 1) (func (export "f") (result i32) (call $f ${zeros})))`),
      );
      // The descriptor 99 is not open, or the sockets are not allowed.
      for (const imports of sources) assert.ok(new Instance(module, imports).exports.f() > 0);
    }
    const wrong = wat(`(module (import "${P1}" "${name}" (func (param i64))))`);
    for (const imports of sources) {
      assert.throws(() => new Instance(new Module(wrong), imports), { name: "LinkError" });
    }
  }
});

test("a guest of the interface before preview 1 gets its layouts", () => {
  const stat = (version, module) => {
    const wasi = new WASI({ version, stdin: "ignore" });
    const source = `(module
      (import "${module}" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 56) "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff")
      (func (export "_start") (drop (call $stat (i32.const 0) (i32.const 0)))))`;
    const instance = new Instance(new Module(wat(source)), wasi.getImportObject());
    wasi.start(instance);
    return [...new Uint8Array(instance.exports.memory.buffer, 56, 8)];
  };
  // Its records are 8 bytes shorter.
  assert.deepEqual(stat("unstable", "wasi_unstable"), Array(8).fill(255));
  assert.deepEqual(stat("preview1", "wasi_snapshot_preview1"), Array(8).fill(0));
});

test("a memory that was given to functions is not kept by them", () => {
  const wasi = new WASI();
  const text = `(module (memory (export "memory") 1))`;
  const instance = new Instance(new Module(wat(text)));
  wasi.finalizeBindings(instance);
  assert.equal(wasi.wasiImport.args_sizes_get(0, 4), 0);
  instance.dispose();
  assert.equal(wasi.wasiImport.args_sizes_get(0, 4), 21);
  assert.throws(() => wasi.finalizeBindings(instance), { code: "ERR_WASI_ALREADY_STARTED" });
  const memory = new Memory({ initial: 1 });
  const other = new WASI();
  other.finalizeBindings({ exports: {} }, { memory });
  assert.equal(other.wasiImport.args_sizes_get(0, 4), 0);
});

/** Connects to 127.0.0.1 at a port; gives the error number. */
const CONNECT = wat(`(module
  (import "wasi_snapshot_preview1" "sock_open" (func $open (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_connect" (func $connect (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "\\40\\00\\00\\00\\04\\00\\00\\00") (data (i32.const 64) "\\7f\\00\\00\\01")
  (func (export "connect") (param $port i32) (result i32) (local $errno i32)
    (if (local.tee $errno (call $open (i32.const 1) (i32.const 2) (i32.const 0)))
      (then (return (local.get $errno))))
    (call $connect (i32.load (i32.const 0)) (i32.const 32) (local.get $port)))
  (func (export "_start") (call $exit (call $connect (i32.const -1) (i32.const 32) (i32.const 80)))))`);

test("sockets are given, for what a list names, or not at all", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address();
  const ACCES = 2;
  const attempt = (sockets) => {
    const wasi = new Wasi({ sockets });
    const imports = { wasi_snapshot_preview1: wasi.instance.exports };
    const { exports } = new Instance(new Module(CONNECT), imports);
    return [exports.connect(port), wasi.denials];
  };
  const [errno, denials] = attempt(undefined);
  assert.equal(errno, ACCES);
  assert.deepEqual(denials, [
    { function: "sock_open", wanted: "a TCP socket", errno: ACCES, option: denials[0].option },
  ]);
  assert.match(denials[0].option, /--sockets/);
  assert.equal(attempt(false)[0], ACCES);
  assert.equal(attempt(true)[0], 0);
  assert.equal(attempt({ allow: [`127.0.0.1:${port}`] })[0], 0);
  assert.equal(attempt({ allow: ["127.0.0.0/8"] })[0], 0);
  const [refused, why] = attempt({ allow: ["127.0.0.1:1", "example.org"] });
  assert.equal(refused, ACCES);
  assert.equal(why[0].wanted, `127.0.0.1:${port}`);
  assert.throws(() => new Wasi({ sockets: { allow: ["1.2.3.4:port"] } }), /1\.2\.3\.4:port/);
  server.close();
});

test("what a guest was refused is told", async () => {
  const path = guest("files");
  const vm = new VM(path, { stdout: "ignore", stderr: "ignore" });
  vm.start();
  const { denials } = await runProgram(path);
  for (const list of [vm.denials, denials]) {
    assert.ok(Array.isArray(list));
    for (const { function: name, wanted, errno, option } of list) {
      assert.ok(name && wanted && option && errno > 0);
    }
  }
  const open = wat(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 64) "../etc/passwd")
    (func (export "_start") (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64)
      (i32.const 13) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))))`);
  const result = await runProgram(open, { fs: { "/data": new MemoryFs() } });
  assert.equal(result.denials.length, 1);
  assert.match(result.denials[0].wanted, /passwd/);
  assert.equal(result.denials[0].function, "path_open");
});

test("a guest has so many descriptors, and no more", async () => {
  const open = wat(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (data (i32.const 64) "file") (global $n (mut i32) (i32.const 0))
    (func (export "_start")
      (loop (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 1)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)) (then (call $exit (global.get $n))))
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (br 0))))`);
  const fs = { "/": new MemoryFs() };
  assert.equal((await runProgram(open, { fs, maxDescriptors: 10 })).exitCode, 6);
});

test("inherited streams are those of the process", () => {
  const path = JSON.stringify(guest("hello-rust"));
  const ended = run(`process.exitCode = new w.VM(${path}, { args: ["x"] }).start();`);
  assert.equal(ended.status, 0, ended.err);
  assert.match(ended.out, /hello/i);
});

/** A guest whose function asks for something of WASI and gives the errno, or else a number that it got. */
const asks = (name, type, call, load) => `(module
  (import "wasi_snapshot_preview1" "${name}" (func $f ${type} (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (result i64) (local $errno i32)
    (local.set $errno (call $f ${call}))
    (if (result i64) (local.get $errno)
      (then (i64.sub (i64.const 0) (i64.extend_i32_u (local.get $errno)))) (else ${load}))))`;
const clockOf = (id) =>
  asks(
    "clock_time_get",
    "(param i32 i64 i32)",
    `(i32.const ${id}) (i64.const 0) (i32.const 8)`,
    "(i64.load (i32.const 8))",
  );
const RANDOM = asks(
  "random_get",
  "(param i32 i32)",
  "(i32.const 8) (i32.const 8)",
  "(i64.load (i32.const 8))",
);

/** What the guest's function gives in an environment. */
const asked = (source, options) => {
  const wasi = new WASI(options);
  return new Instance(new Module(wat(source)), wasi.getImportObject()).exports.f();
};

test("clocks and random bytes can be given", async () => {
  assert.equal(asked(clockOf(0), { realtimeClock: () => 1_500n }), 1_500n);
  assert.equal(asked(clockOf(1), { monotonicClock: () => 42 }), 42n);
  const now = Number(asked(clockOf(0), {})) / 1e6;
  assert.ok(Math.abs(now - Date.now()) < 60_000);
  const [first, second] = [1, 2].map((randomSeed) => asked(RANDOM, { randomSeed }));
  assert.equal(asked(RANDOM, { randomSeed: 1n }), first);
  assert.notEqual(first, second);
  assert.equal(asked(RANDOM, { randomSeed: 2n ** 64n + 1n }), first);
  // On other threads, too; and in VMs.
  let times = 0;
  const realtimeClock = () => BigInt(++times);
  const wasi = new WASI({ realtimeClock });
  const instance = new Instance(new Module(wat(clockOf(0))), wasi.getImportObject());
  assert.equal(await instance.callAsync("f"), 1n);
  const vm = new VM(wat(clockOf(0)), { realtimeClock });
  assert.equal(vm.run("f"), 2n);
  const start = `(module (import "wasi_snapshot_preview1" "clock_time_get"
      (func $f (param i32 i64 i32) (result i32))) (memory (export "memory") 1)
    (func (export "_start") (drop (call $f (i32.const 0) (i64.const 0) (i32.const 8)))))`;
  await runProgram(wat(start), { realtimeClock });
  assert.equal(times, 3);
  // What a clock throws is not lost.
  const broken = () => {
    throw new Error("no time");
  };
  assert.throws(() => asked(clockOf(0), { realtimeClock: broken }), /a clock of the host failed/);
  assert.throws(() => asked(clockOf(0), { realtimeClock: () => "noon" }), /a clock/);
  assert.throws(() => new Wasi({ realtimeClock: 5 }), TypeError);
  assert.throws(() => new Wasi({ randomSeed: 0.5 }), RangeError);
});

test("directories can be listed, and listeners given", async () => {
  const exists = (fd) =>
    asks(
      "fd_fdstat_get",
      "(param i32 i32)",
      `(i32.const ${fd}) (i32.const 8)`,
      "(i64.load8_u (i32.const 8))",
    );
  const preopens = { "/a": folder };
  const [DIRECTORY, BADF] = [3n, -8n];
  assert.equal(asked(exists(4), { preopens }), BADF);
  assert.equal(asked(exists(4), { preopens, listPreopens: true }), DIRECTORY);
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    const listeners = [server._handle.fd];
    const STREAM = 6n;
    assert.equal(asked(exists(4), { preopens, listeners }), STREAM);
  } finally {
    server.close();
  }
  for (const listeners of [[-1], [1.5], ["3"], [1e6]]) {
    assert.throws(() => new Wasi({ listeners }), TypeError);
  }
});
