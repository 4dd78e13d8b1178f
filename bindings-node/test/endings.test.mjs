// A process or a worker that ends while guests do something ends at once, with its own code.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../dist/index.js", import.meta.url));

const PRELUDE = `const w = require(${JSON.stringify(entry)});
const module_ = new w.Module(Buffer.from(\`(module (import "m" "f" (func $f))
  (func (export "spin") (loop (br 0))) (func (export "ask") (loop (call $f) (br 0)))
  (func (export "f") (call $f)))\`));
const instance = (f = () => {}) => new w.Instance(module_, { m: { f } });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
`;

/** What guests are doing when the end comes. */
const DOINGS = {
  "a guest runs": `instance().callAsync("spin").catch(() => {});`,
  "a guest calls back": `instance().callAsync("ask").catch(() => {});`,
  "a guest waits for a promise": `instance(() => new Promise(() => {})).callAsync("ask").catch(() => {});
    setInterval(() => {}, 1000);`,
  "a guest calls back what sleeps": `instance(() => sleep(5)).callAsync("ask").catch(() => {});`,
  "a program runs": `w.spawn(w.Module.bytes(new w.Module(Buffer.from(
    '(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))')))).finished.catch(() => {});`,
  "a program waits for input": `const program = w.spawn(w.Module.bytes(new w.Module(Buffer.from(\`(module
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start") (i32.store (i32.const 4) (i32.const 8))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))))\`))));
    program.finished.catch(() => {});`,
  "many guests run": `for (let n = 0; n < 4; n++) { instance().callAsync("spin").catch(() => {});
    instance(() => sleep(1)).callAsync("ask").catch(() => {}); }`,
};

/** How the end comes, and the code that it ends with. */
const ENDS = {
  "process.exit": [`setTimeout(() => process.exit(7), 30);`, 7],
  "an uncaught exception": [`setTimeout(() => { throw new Error("mine"); }, 30);`, 1],
  "process.exit in an import": [
    `setTimeout(() => instance(() => process.exit(8)).exports.f(), 30);`,
    8,
  ],
};

function start(source) {
  const child = spawn(process.execPath, ["-e", PRELUDE + source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    err += data;
  });
  return new Promise((done) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, out, err });
    });
  });
}

for (const [doing, source] of Object.entries(DOINGS)) {
  test(`the process ends while ${doing}`, async () => {
    for (const [how, [end, expected]] of Object.entries(ENDS)) {
      const { code, signal, err } = await start(source + end);
      assert.deepEqual([code, signal], [expected, null], `${how}: ${err}`);
    }
  });
}

test("workers are terminated, or end by themselves, while guests do anything", async () => {
  const doings = Object.values(DOINGS).map((source) => PRELUDE + source);
  const { code, signal, out, err } = await start(`
    const { Worker } = require("node:worker_threads");
    (async () => {
      for (const source of ${JSON.stringify(doings)}) {
        for (const end of ["", "setTimeout(() => process.exit(3), 20);",
            "setTimeout(() => { throw new Error('mine'); }, 20);"]) {
          const tell = 'require("node:worker_threads").parentPort.postMessage(1);';
          const worker = new Worker(source + end + tell, { eval: true, stdout: true, stderr: true });
          const gone = new Promise((done) => worker.on("exit", done));
          worker.on("error", () => {});
          await new Promise((done) => worker.once("message", done));
          if (end === "") await worker.terminate();
          console.log(await gone);
        }
      }
    })();`);
  assert.deepEqual([code, signal], [0, null], err);
  assert.equal(out, "1\n3\n1\n".repeat(doings.length), err);
});

test("a worker whose guest spins in a synchronous call is terminated", async () => {
  const spinning = `${PRELUDE} require("node:worker_threads").parentPort.postMessage(1);
    instance().call("spin", [], { timeout: 1000 });`;
  const { code, signal, err } = await start(`
    const { Worker } = require("node:worker_threads");
    const worker = new Worker(${JSON.stringify(spinning)}, { eval: true });
    worker.on("error", () => {});
    worker.once("message", async () => { await worker.terminate(); process.exit(4); });`);
  assert.deepEqual([code, signal], [4, null], err);
});
