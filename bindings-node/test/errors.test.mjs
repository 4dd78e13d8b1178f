// What errors say: their classes by cause, and the facts that they carry.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  Bindgen,
  CompileError,
  Config,
  ExitError,
  Heap,
  Instance,
  LinkError,
  Module,
  ModuleInstance,
  Pool,
  Proposal,
  RuntimeError,
  run,
  TimeoutError,
  VM,
  WASI,
} from "../index.mjs";
import { guest, SPIN, wat } from "./helper.mjs";

/** The error that `work` throws, or rejects with. */
async function failure(work) {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("it should have failed");
}

test("the same timeout is the same error, whatever sets and meets it", async () => {
  const limited = (text) => new Module(wat(text), new Config({ limits: { timeout: 20 } }));
  const free = new Instance(new Module(wat(SPIN)));
  const bound = new Instance(limited(SPIN));
  const pool = new Pool(limited(SPIN), { size: 1 });
  const vm = new VM(limited(SPIN));
  const other = new VM(wat(SPIN));
  other.validate().instantiate();
  const start = `(module (func (export "_start") (loop (br 0))))`;
  const entry = `(module (func $f (loop (br 0))) (start $f))`;
  const ways = {
    option: () => free.call("spin", [], { timeout: 20 }),
    "asynchronous option": () => free.callAsync("spin", [], { timeout: 20 }),
    limit: () => bound.exports.spin(),
    "limit and call": () => bound.call("spin"),
    "limit and a longer option": () => bound.call("spin", [], { timeout: 10_000 }),
    "asynchronous limit": () => bound.callAsync("spin"),
    pool: () => pool.use((instance) => instance.exports.spin()),
    "asynchronous in a pool": () => pool.use((instance) => instance.callAsync("spin")),
    vm: () => other.execute("spin", [], { timeout: 20 }),
    "asynchronous in a vm": () => other.executeAsync("spin", [], { timeout: 20 }),
    run: () => run(wat(start), { timeout: 20 }),
    "limit of a run": () => run(limited(start), { config: { limits: { timeout: 20 } } }),
    "limit of a start function": () => new Instance(limited(entry)),
    "option of a start function": () => new Instance(new Module(wat(entry)), {}, { timeout: 20 }),
  };
  for (const [way, work] of Object.entries(ways)) {
    const error = await failure(work);
    assert.ok(error instanceof TimeoutError, `${way}: ${error}`);
    assert.match(error.message, /^execution interrupted: the time limit is 20 ms($|; )/, way);
    assert.equal(error.limit, 20, way);
    assert.equal(error.code, 7, way);
  }
  vm.cleanup();
  const [taken, late] = [await pool.get(), await failure(() => pool.get({ timeout: 20 }))];
  assert.ok(late instanceof TimeoutError);
  assert.match(late.message, /the time limit is 20 ms; all 1 instances .* still in use/);
  taken.dispose();
});

test("limits hold in calls of bindgen and heaps, too", async () => {
  const file = readFileSync(guest("bindgen-rust"));
  const module = new Module(file, new Config({ limits: { stackBytes: 64 } }));
  const instance = new Instance(module, new WASI().getImportObject());
  const error = await failure(() => new Bindgen(instance).call("say", ["x"]));
  assert.match(error.message, /the stack limit is 64 bytes/);
  const malloc = `(module (memory (export "memory") 1) (func (export "free") (param i32))
    (func (export "malloc") (param i32) (result i32) (loop (br 0)) (i32.const 0)))`;
  const slow = new Instance(new Module(wat(malloc), new Config({ limits: { timeout: 20 } })));
  assert.ok((await failure(() => new Heap(slow).putString("x"))) instanceof TimeoutError);
});

test("a link error lists what is missing", async () => {
  const text = `(module (import "env" "log" (func (param i32))) (import "env" "n" (global i32)))`;
  const host = new ModuleInstance("env");
  host.addFunction("log", { type: { parameters: ["i64"], results: [] }, fn() {} });
  const vm = new VM();
  vm.registerInstance(host).load(wat(text)).validate();
  const error = await failure(() => vm.instantiate());
  assert.ok(error instanceof LinkError);
  assert.deepEqual(
    error.missing.map(({ module, name, wanted, found }) => ({ module, name, wanted, found })),
    [
      { module: "env", name: "log", wanted: "(i32) -> ()", found: "(i64) -> ()" },
      { module: "env", name: "n", wanted: "global i32", found: undefined },
    ],
  );
  assert.ok(error.missing.every(({ reason }) => reason.length > 0));
  const given = await failure(() => new Instance(new Module(wat(text)), { env: { log: 1 } }));
  assert.deepEqual(given.missing, [
    {
      module: "env",
      name: "log",
      wanted: "(i32) -> ()",
      reason: "it must be a function",
    },
  ]);
  assert.deepEqual(Object.keys(error), []);
});

test("other causes carry their facts, too", async () => {
  const config = new Config().removeProposal(Proposal.TailCall);
  const tail = `(module (func $f (return_call $f)))`;
  const unsupported = await failure(() => new Module(wat(tail), config));
  assert.ok(unsupported instanceof CompileError);
  assert.equal(unsupported.proposal, "Tail call");
  const exits = `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (func (export "f") (call $exit (i32.const 7))))`;
  const wasi = new WASI();
  const instance = new Instance(new Module(wat(exits)), wasi.getImportObject());
  const exit = await failure(() => instance.exports.f());
  assert.ok(exit instanceof ExitError);
  assert.equal(exit.exitCode, 7);
  const greedy = new Config({ limits: { outputBytes: 10 } });
  const hello = readFileSync(guest("hello-rust"));
  const over = await failure(() => run(hello, { config: greedy }));
  assert.ok(over instanceof RuntimeError, `${over}`);
  assert.equal(over.limit, 10);
  const large = new Module(wat(`(module (memory 65536))`));
  const small = new Config({ limits: { memoryPages: 2 } });
  const room = await failure(() => new Instance(large, {}, { config: small }));
  assert.ok(room instanceof RangeError, `${room}`);
  assert.ok(
    (await failure(() => new Module(wat(`(module (memory 65537))`)))) instanceof CompileError,
  );
});
