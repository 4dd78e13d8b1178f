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

test("values of the wrong kind are refused, and never taken for no limit", async () => {
  const wasi = (options) => () => new w.Wasi(options);
  const config = (options) => () => new w.Config(options);
  const statistics = new w.Statistics();
  const host = new w.ModuleInstance("host");
  const type = { parameters: [], results: [] };
  const WRONG = {
    TypeError: {
      limits: config({ limits: null }),
      "a limit": config({ limits: { timeout: "5" } }),
      "the cache's directory": config({ cache: { directory: 5 } }),
      "the cache's size": config({ cache: { maxBytes: "5" } }),
      proposal: () => new w.Config().hasProposal("SIMD"),
      outputLimit: wasi({ outputLimit: "5" }),
      maxDescriptors: wasi({ maxDescriptors: "x" }),
      sockets: wasi({ sockets: "yes" }),
      "no sockets": wasi({ sockets: null }),
      "allowed sockets": wasi({ sockets: {} }),
      "null as input": wasi({ stdin: null }),
      "text as input": wasi({ stdin: "text" }),
      "buffered input": wasi({ stdin: "buffer" }),
      directory: wasi({ preopens: { "/": null } }),
      "directory without a path": wasi({ preopens: { "/": { readOnly: true } } }),
      listeners: wasi({ listeners: "abc" }),
      seed: wasi({ randomSeed: "abc" }),
      capacity: () => new w.MemoryFs({ capacity: "12" }),
      over: () => new w.MemoryFs({ over: 5 }),
      cost: () => statistics.setCostTable([1, "x"]),
      "cost limit": () => {
        statistics.costLimit = "x";
      },
      "host function": () => host.addFunction("f", 5),
      "function of a host function": () => host.addFunction("f", { type, fn: 5 }),
      "type of a host function": () => host.addFunction("f", { fn() {} }),
      memory: () => host.addMemory("m", {}),
      table: () => host.addTable("t", null),
      global: () => host.addGlobal("g", 5),
      instance: () => new w.Store().register({}, "x"),
      imports: () => w.run(empty, { imports: 5 }),
      "WASI's own imports": () => w.run(empty, { imports: { wasi_snapshot_preview1: {} } }),
    },
    RangeError: {
      "a limit": config({ limits: { timeout: Number.NaN } }),
      "the cache's size": config({ cache: { maxBytes: -5 } }),
      outputLimit: wasi({ outputLimit: -1 }),
      "no number as outputLimit": wasi({ outputLimit: Number.NaN }),
      maxDescriptors: wasi({ maxDescriptors: -1 }),
      capacity: () => new w.MemoryFs({ capacity: Number.NaN }),
      "cost limit": () => {
        statistics.costLimit = Number.NaN;
      },
      cost: () => statistics.setCostTable([-1]),
    },
  };
  for (const [name, works] of Object.entries(WRONG)) {
    for (const [what, work] of Object.entries(works)) {
      const error = await (async () => work())().catch((caught) => caught);
      assert.equal(error?.name, name, `${what}: ${error}`);
      assert.doesNotMatch(
        error.message,
        /private member|Failed to convert|not iterable|of null/,
        what,
      );
    }
  }
  assert.equal(statistics.costLimit, Number.POSITIVE_INFINITY);
  assert.deepEqual(new w.Config({ limits: { memoryPages: 1e12 } }).limits, {
    memoryPages: 0xffff_ffff,
  });
});
