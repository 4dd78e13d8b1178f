// Options that don't exist are refused wherever options are taken: a limit that is misspelt would be none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as w from "../index.mjs";
import { guest, SPIN, wat } from "./helper.mjs";

const module = new w.Module(wat(SPIN));
const instance = new w.Instance(module);
const empty = wat(`(module (func (export "_start")))`);
const bindgen = () => {
  const guestModule = new w.Module(readFileSync(guest("bindgen-rust")));
  return new w.Instance(guestModule, new w.WASI().getImportObject());
};

const TAKERS = {
  run: (options) => w.run(empty, options),
  spawn: (options) => w.spawn(empty, options).finished,
  "spawn's stdio": (stdio) => w.spawn(empty, { stdio }).finished,
  call: (options) => instance.call("one", [], options),
  callAsync: (options) => instance.callAsync("one", [], options),
  Instance: (options) => new w.Instance(module, {}, options),
  Config: (options) => new w.Config(options),
  "Config's limits": (limits) => new w.Config({ limits }),
  "Config's cache": (cache) => new w.Config({ cache }),
  Module: (options) => new w.Module(empty, options),
  "Module.compile": (options) => w.Module.compile(empty, options),
  "WebAssembly.compile": (options) => w.WebAssembly.compile(empty, options),
  "WebAssembly.instantiate": (options) => w.WebAssembly.instantiate(empty, {}, options),
  "WebAssembly.validate": (options) => w.WebAssembly.validate(empty, options),
  Pool: (options) => new w.Pool(module, { size: 1, ...options }),
  "Pool.use": (options) => new w.Pool(module, { size: 1 }).use(() => {}, options),
  Wasi: (options) => new w.Wasi(options),
  "a directory": (mount) => new w.Wasi({ preopens: { "/": { path: ".", ...mount } } }),
  sockets: (sockets) => new w.Wasi({ sockets: { allow: [], ...sockets } }),
  MemoryFs: (options) => new w.MemoryFs(options),
  VM: (options) => new w.VM(empty, options),
  "VM.execute": (options) => {
    const vm = new w.VM().load(wat(SPIN)).validate().instantiate();
    return vm.execute("one", [], options);
  },
  "VM.configureWasi": (options) => new w.VM(new w.Config({ wasi: true })).configureWasi(options),
  Bindgen: (options) => new w.Bindgen(bindgen(), options),
  "Executor.invoke": (options) => new w.Executor().invoke(instance.exports.one, [], options),
  "Executor.invokeAsync": (options) => {
    return new w.Executor().invokeAsync(instance.exports.one, [], options);
  },
};

for (const [name, take] of Object.entries(TAKERS)) {
  test(`options of ${name}`, async () => {
    await take({});
    const wrong = async () => take({ timeOut: 5 });
    await assert.rejects(wrong, (error) => {
      assert.ok(error instanceof TypeError, String(error));
      assert.match(error.message, /'timeOut'/);
      return true;
    });
  });
}

test("options that are none", async () => {
  for (const options of [5, "text", true]) {
    assert.throws(() => instance.call("one", [], options), TypeError);
    await assert.rejects(instance.callAsync("one", [], options), TypeError);
    await assert.rejects(w.run(empty, options), TypeError);
  }
  for (const options of [undefined, null]) assert.equal(instance.call("one", [], options), 1);
  await assert.rejects(w.spawn(empty, { stdio: { stdout: "pip" } }).finished, /stdio\.stdout/);
});

test("what JavaScript's own API says about a module is no setting of ours", () => {
  for (const options of [undefined, null, {}, { builtins: ["js-string"] }, new w.Config()]) {
    assert.ok(new w.WebAssembly.Module(empty, options) instanceof w.Module);
    assert.equal(w.WebAssembly.validate(empty, options), true);
  }
  const limited = { limits: { memoryPages: 1 }, importedStringConstants: "'" };
  const two = new w.Module(wat("(module (memory 2))"), limited);
  assert.throws(() => new w.Instance(two), /limit/);
});

test("settings of a configuration are read as they were set", () => {
  const settings = { compileTime: "lazy", genericCode: true, lenientInput: false };
  const config = new w.Config({ ...settings, limits: { openFiles: 9, outputBytes: 10 } });
  const copy = new w.Config(config);
  assert.deepEqual(copy.limits, { openFiles: 9, outputBytes: 10 });
  for (const [name, value] of Object.entries(settings)) assert.equal(copy[name], value);
  assert.equal(new w.Config().compileTime, "auto");
  assert.throws(() => new w.Config({ compileTime: "never" }), TypeError);
  assert.throws(() => new w.Module(empty, copy), w.CompileError);
});

test("a guest opens no more files, and writes no more, than its limits say", async () => {
  const open = wat(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (data (i32.const 0) "x")
    (func (export "_start") (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 8)))))`);
  const codes = [5, 4].map(async (openFiles) => {
    const options = { fs: { "/": new w.MemoryFs() }, config: { limits: { openFiles } } };
    return (await w.run(open, options)).exitCode;
  });
  const TOO_MANY = 33;
  assert.deepEqual(await Promise.all(codes), [0, TOO_MANY]);
  const little = new w.Config({ limits: { outputBytes: 4 } });
  const hello = readFileSync(guest("hello-c"));
  await assert.rejects(w.run(hello, { config: little }), { limit: 4 });
});
