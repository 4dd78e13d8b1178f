// The VM and its parts.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  BusyError,
  Compiler,
  Config,
  Executor,
  Global,
  HostFunction,
  LinkError,
  Loader,
  Memory,
  Module,
  ModuleInstance,
  OptimizationLevel,
  Proposal,
  RuntimeError,
  Store,
  Table,
  TimeoutError,
  Validator,
  VM,
} from "../index.mjs";
import { guest, SPIN, wat } from "./helper.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));

const ADD = wat(`(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))) (func (export "pair") (result i32 i64) (i32.const 1) (i64.const 2)))`);

test("a VM goes through its states step by step", () => {
  const vm = new VM();
  assert.equal(vm.state, "inited");
  assert.throws(
    () => vm.validate(),
    (error) => error instanceof RuntimeError && error.code === 4,
  );
  assert.throws(
    () => vm.execute("add"),
    (error) => error.code === 0x80,
  );
  vm.load(ADD);
  assert.equal(vm.state, "loaded");
  assert.throws(() => vm.instantiate(), /wrong VM workflow/);
  assert.equal(vm.validate().state, "validated");
  assert.equal(vm.instantiate().state, "instantiated");
  assert.deepEqual(vm.execute("add", [2, 3]), [5]);
  assert.deepEqual(vm.execute("pair"), [1, 2n]);
  assert.throws(
    () => vm.execute("gone"),
    (error) => error.code === 5 && /add, pair/.test(error.message),
  );
  assert.deepEqual(vm.functions, [
    { name: "add", type: { parameters: ["i32", "i32"], results: ["i32"] } },
    { name: "pair", type: { parameters: [], results: ["i32", "i64"] } },
  ]);
  assert.deepEqual(vm.functionType("pair"), { parameters: [], results: ["i32", "i64"] });
  assert.equal(vm.functionType("gone"), undefined);
  assert.equal(vm.activeModule.exports.add(4, 5), 9);
  assert.equal(vm.activeModule, vm.activeModule);
  vm.cleanup();
  assert.equal(vm.state, "inited");
  assert.equal(vm.activeModule, undefined);
});

test("modules are registered under names", () => {
  const vm = new VM();
  vm.register("lib", ADD);
  assert.deepEqual(vm.executeRegistered("lib", "add", [1, 2]), [3]);
  assert.throws(
    () => vm.register("lib", ADD),
    (error) => error instanceof LinkError && error.code === 0x60,
  );
  const user = wat(`(module (import "lib" "add" (func $add (param i32 i32) (result i32)))
    (func (export "double") (param i32) (result i32) (call $add (local.get 0) (local.get 0))))`);
  assert.deepEqual(vm.runModule(user, "double", [21]), [42]);
  assert.deepEqual(vm.store.names, ["lib"]);
  assert.equal(vm.store.find("lib").exports.add(1, 1), 2);
  assert.equal(vm.store.find("gone"), undefined);
});

test("host modules have functions, memories, tables and globals", async () => {
  const memory = new Memory({ initial: 1 });
  const host = new ModuleInstance("env")
    .addFunction("twice", new HostFunction({ parameters: ["i32"], results: ["i32"] }, (n) => n * 2))
    .addMemory("memory", memory)
    .addTable("table", new Table({ element: "anyfunc", initial: 1 }))
    .addGlobal("base", new Global({ value: "i32" }, 100));
  assert.equal(host.name, "env");
  assert.deepEqual(Object.keys(host.exports).sort(), ["base", "memory", "table", "twice"]);
  assert.equal(host.exports.twice(4), 8);
  assert.deepEqual(host.functionType("twice"), { parameters: ["i32"], results: ["i32"] });
  const vm = new VM().registerInstance(host);
  const text = wat(`(module (import "env" "twice" (func $twice (param i32) (result i32)))
    (import "env" "memory" (memory 1)) (import "env" "table" (table 1 funcref))
    (import "env" "base" (global $base i32))
    (func (export "f") (param i32) (result i32) (i32.store (i32.const 0) (i32.const 7))
      (i32.add (global.get $base) (call $twice (local.get 0)))))`);
  assert.deepEqual(vm.runModule(text, "f", [5]), [110]);
  assert.equal(memory.read(0, 1)[0], 7);
  assert.deepEqual(await vm.executeAsync("f", [6]), [112]);
  assert.throws(() => new HostFunction({ parameters: [], results: [] }, 5), TypeError);
  assert.throws(
    () => host.addFunction("x", { type: { parameters: ["i33"], results: [] }, fn() {} }),
    TypeError,
  );
});

test("asynchronous calls of a VM can be stopped, and shut it meanwhile", async () => {
  const vm = new VM().load(wat(SPIN)).validate().instantiate();
  const call = vm.executeAsync("spin", [], { timeout: 30 });
  assert.throws(() => vm.execute("one"), BusyError);
  assert.throws(() => vm.activeModule.exports.one(), BusyError);
  await assert.rejects(call, TimeoutError);
  assert.deepEqual(vm.execute("one"), [1]);
  assert.throws(() => vm.execute("spin", [], { timeout: 20 }), TimeoutError);
  assert.deepEqual(await vm.runModuleAsync(ADD, "add", [1, 2]), [3]);
  assert.deepEqual(vm.execute("add", [3, 4]), [7]);
});

test("loader, validator, executor and store", async () => {
  const config = new Config();
  const module = new Loader(config).load(ADD);
  const executor = new Executor(config);
  assert.throws(() => executor.instantiate(module), /hasn't passed validation/);
  new Validator().validate(module);
  const store = new Store();
  const instance = executor.register(store, module, "lib");
  assert.equal(instance.name, "lib");
  assert.equal(executor.invoke(instance.exports.add, [1, 2]), 3);
  assert.equal(await executor.invokeAsync(instance.exports.add, [1, 2]), 3);
  assert.throws(() => executor.invoke(() => 1), TypeError);
  const user = new Module(
    wat(
      `(module (import "lib" "add" (func (param i32 i32) (result i32))) (export "plus" (func 0)))`,
    ),
  );
  assert.equal(executor.instantiate(user, store).exports.plus(2, 2), 4);
  assert.throws(() => executor.instantiate(user, new Store()), LinkError);
  store.register(new ModuleInstance("other"));
  assert.deepEqual(store.names, ["lib", "other"]);
});

test("limits of a configuration hold", () => {
  const config = new Config({ limits: { timeout: 30, memoryPages: 3 } });
  assert.deepEqual(config.limits, { timeout: 30, memoryPages: 3 });
  assert.deepEqual(new Config(config).limits, config.limits);
  assert.throws(() => new Config({ limits: { speed: 1 } }), TypeError);
  const text = wat(`(module (memory 1) (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0))) (func (export "spin") (loop (br 0))))`);
  const vm = new VM(config);
  assert.deepEqual(vm.runModule(text, "grow", [2]), [1]);
  assert.deepEqual(vm.runModule(text, "grow", [3]), [-1]);
  assert.throws(
    () => vm.runModule(text, "spin"),
    (error) => error.code === 7 && /30 ms/.test(error.message),
  );
});

test("what is no number is no limit", () => {
  for (const value of ["64", null, {}, NaN, -1]) {
    const error = typeof value === "number" ? RangeError : TypeError;
    for (const name of ["fuel", "timeout", "memoryPages", "stackBytes"]) {
      assert.throws(() => new Config({ limits: { [name]: value } }), error, `${name} ${value}`);
    }
  }
  const large = { fuel: Number.MAX_VALUE, timeout: Infinity, memoryPages: undefined };
  assert.deepEqual(new Config({ limits: large }).limits, { fuel: Number.MAX_SAFE_INTEGER });
});

test("a configuration has settings and proposals", () => {
  const config = new Config({ maxMemoryPages: 2, optimizationLevel: OptimizationLevel.O0 });
  assert.equal(config.maxMemoryPages, 2);
  assert.equal(config.hasProposal(Proposal.TailCall), true);
  config.removeProposal(Proposal.SIMD);
  const copy = new Config(config);
  assert.equal(copy.hasProposal(Proposal.SIMD), false);
  assert.equal(copy.maxMemoryPages, 2);
  copy.addProposal(Proposal.SIMD);
  assert.equal(config.hasProposal(Proposal.SIMD), false);
  assert.equal(new Config({ wasmedge: true }).hasProposal(Proposal.TailCall), false);
  assert.throws(() => config.hasProposal(99), RangeError);
  assert.throws(() => new Config({ maxMemoryPages: -1 }), RangeError);
  const text = wat(`(module (memory (export "memory") 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`);
  const vm = new VM(config);
  assert.deepEqual(vm.runModule(text, "grow", [1]), [1]);
  assert.deepEqual(vm.runModule(text, "grow", [2]), [-1]);
  const simd = wat(`(module (func (export "v") (result v128) (v128.const i64x2 1 2)))`);
  const plain = new VM(config.removeProposal(Proposal.RelaxedSIMD));
  assert.throws(() => plain.runModule(simd, "v"), /SIMD/);
  const checks = new VM(new Config({ signals: false })).load(wat(SPIN)).validate().instantiate();
  assert.throws(() => checks.execute("spin", [], { timeout: 20 }), TimeoutError);
});

test("compiled files run only where they are asked for", () => {
  const output = join(folder, "add.wasm");
  new Compiler().compile(guest("fibonacci"), output);
  const module = Module.loadCompiled(output);
  assert.equal(module.isPrecompiled, true);
  assert.equal(new Executor().instantiate(module).exports.fib(10), 89);
  assert.equal(new Module(readFileSync(output)).isPrecompiled, false);
  const bytes = new Compiler().compileBytes(ADD);
  assert.equal(new Executor().instantiate(new Module(bytes)).exports.add(1, 2), 3);
  assert.throws(() => new Compiler().compile(join(folder, "gone.wasm"), output), /invalid path/);
  // As in the old package.
  const path = join(folder, "vm.wasm");
  new VM(guest("fibonacci")).compile(path);
  assert.equal(Module.loadCompiled(path).isPrecompiled, true);
  assert.throws(() => new VM().compile(path), RuntimeError);
});

test("the convenience calls of the old package", () => {
  const vm = new VM(
    wat(`(module (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "__wbindgen_malloc") (param i32) (result i32)
      (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 0))))
    (func (export "__wbindgen_free") (param i32 i32))
    (func (export "minus") (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0)))
    (func (export "wide") (result i64) (i64.const -1))
    (func (export "length") (param i32 i32) (result i32) (local.get 1))
    (func (export "echo") (param i32 i32 i32)
      (i32.store (local.get 0) (local.get 1)) (i32.store offset=4 (local.get 0) (local.get 2))))`),
  );
  assert.equal(vm.runInt("minus", 5), -5);
  assert.equal(vm.runUInt("minus", 5), 2 ** 32 - 5);
  assert.equal(vm.runInt64("wide"), -1n);
  assert.equal(vm.runUInt64("wide"), 2n ** 64n - 1n);
  assert.equal(vm.run("minus", 1), -1);
  assert.equal(vm.run("length", "grüße"), 7);
  assert.equal(vm.runString("echo", "grüße"), "grüße");
  assert.deepEqual(vm.runUint8Array("echo", new Uint8Array([1, 2])), new Uint8Array([1, 2]));
});

test("a cost limit also stops exported functions that are called directly", () => {
  const vm = new VM(new Config({ costMeasuring: true })).load(ADD).validate().instantiate();
  const { add } = vm.activeModule.exports;
  vm.statistics.costLimit = 10;
  assert.equal(add(1, 2), 3);
  assert.ok(vm.statistics.totalCost >= 3);
  assert.throws(() => {
    for (let i = 0; i < 10; i += 1) add(1, 2);
  }, /cost limit exceeded/);
});

test("statistics count where they are asked to", () => {
  const vm = new VM(new Config({ instructionCounting: true, costMeasuring: true }));
  assert.deepEqual(vm.runModule(ADD, "add", [1, 2]), [3]);
  const { statistics } = vm;
  assert.ok(statistics.instructionCount >= 3, `${statistics.instructionCount}`);
  assert.ok(statistics.totalCost >= 3);
  statistics.costLimit = 1000;
  assert.equal(statistics.costLimit, 1000);
  statistics.costLimit = Number.POSITIVE_INFINITY;
  assert.equal(statistics.costLimit, Number.POSITIVE_INFINITY);
  statistics.clear();
  assert.equal(statistics.instructionCount, 0);
});

test("a module that is not valid lists what it names, and validation refuses it", () => {
  // It exports function 0, which it doesn't have.
  const bytes = Buffer.from("0061736d0100000007050101610000", "hex");
  const { native } = createRequire(import.meta.url)("../dist/native.js");
  const module = native.NativeModule.load(undefined, bytes);
  assert.deepEqual(module.exports(), [["a", "function", "unknown function"]]);
  assert.deepEqual(module.imports(), []);
  assert.throws(() => module.validate(), /unknown function/);
});

test("a fault of the addon says so and is counted", () => {
  const { native } = createRequire(import.meta.url)("../dist/native.js");
  const before = native.faults();
  assert.throws(
    () => native.provokeFault("out of sorts"),
    /please report it.*out of sorts.*lib\.rs:/,
  );
  assert.equal(native.faults(), before + 1);
});
