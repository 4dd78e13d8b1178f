// WASI, in the shape of node:wasi and with what that lacks.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Instance, Module, VM, WASI, Wasi, WebAssembly } from "../index.mjs";
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
  assert.equal(limited.stdout.length, 3);
  const ignored = new VM(echo, { stdin: "ignore", stdout: "buffer" });
  ignored.start();
  assert.equal(ignored.stdout.length, 0);
  assert.throws(() => new Wasi({ stdout: "somewhere" }), TypeError);
});

test("inherited streams are those of the process", () => {
  const path = JSON.stringify(guest("hello-rust"));
  const ended = run(`process.exitCode = new w.VM(${path}, { args: ["x"] }).start();`);
  assert.equal(ended.status, 0, ended.err);
  assert.match(ended.out, /hello/i);
});
