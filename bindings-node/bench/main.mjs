// How fast the package is, against what each figure is measured by, in one run: pairs in turns, ratios of medians.
//
//   node bench/main.mjs            (after a build with --release; needs cc for the raw peer)
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Instance, Module } from "../index.mjs";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const ROUNDS = 9;

/** The peer: functions in C straight on Node-API. */
function buildPeer() {
  const folder = mkdtempSync(join(tmpdir(), "wasmspan-bench-"));
  const file = join(folder, "peer.node");
  const headers = join(dirname(dirname(realpathSync(process.execPath))), "include", "node");
  execFileSync("cc", ["-O2", "-shared", "-fPIC", `-I${headers}`, join(here, "peer.c"), "-o", file]);
  const peer = require(file);
  rmSync(folder, { recursive: true });
  return peer;
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Nanoseconds of one turn of each work, measured in turns. */
function compare(works, turns, rounds = ROUNDS) {
  const times = works.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [at, work] of works.entries()) {
      const start = process.hrtime.bigint();
      work(turns);
      const took = Number(process.hrtime.bigint() - start) / turns;
      if (round >= 0) times[at].push(took);
    }
  }
  return times.map(median);
}

/** As `compare`, of asynchronous works. */
async function compareAsync(works, turns) {
  const times = works.map(() => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [at, work] of works.entries()) {
      const start = process.hrtime.bigint();
      for (let turn = 0; turn < turns; turn++) await work();
      const took = Number(process.hrtime.bigint() - start) / turns;
      if (round >= 0) times[at].push(took);
    }
  }
  return times.map(median);
}

const rows = [];
function row(what, ours, peerName, peer, bar) {
  const ratio = ours / peer;
  rows.push({
    what,
    ours: ours.toFixed(1),
    peer: `${peerName} ${peer.toFixed(1)}`,
    ratio: ratio.toFixed(2),
    bar,
    met: ratio <= bar ? "yes" : "NO",
  });
}

const peer = buildPeer();
const text = `(module (import "m" "f" (func $f (param i32 i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (loop (local.set $sum (call $f (local.get $sum) (i32.const 1)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`;
const f = (a, b) => (a + b) | 0;
const instance = new Instance(new Module(Buffer.from(text)), { m: { f } });
const { add, loop } = instance.exports;

{
  const calls = (fn) => (turns) => {
    let sum = 0;
    for (let turn = 0; turn < turns; turn++) sum = fn(sum, turn);
    return sum;
  };
  const works = [calls(add), calls(peer.add)];
  const [ours, raw] = compare(works, 100_000);
  row("call (i32,i32)->i32, ns", ours, "C", raw, 3);
}
{
  const [ours, raw] = compare(
    [(turns) => loop(turns), (turns) => peer.callMany(f, turns)],
    100_000,
  );
  row("import (i32,i32)->i32, ns", ours, "C", raw, 1.5);
}
{
  const works = [() => instance.callAsync("add", [1, 2]), () => peer.asyncAdd(1, 2)];
  const [ours, raw] = await compareAsync(works, 300);
  row("asynchronous call, ns", ours, "C napi_async_work", raw, 1.5);
}
{
  const entry = join(here, "../dist/index.js");
  const load = `const t = process.hrtime.bigint(); require(${JSON.stringify(entry)}); console.log(Number(process.hrtime.bigint() - t) / 1e6)`;
  const times = Array.from({ length: 9 }, () =>
    Number(spawnSync(process.execPath, ["-e", load], { encoding: "utf8" }).stdout),
  );
  rows.push({
    what: "require, ms",
    ours: median(times).toFixed(1),
    peer: "",
    ratio: "",
    bar: 20,
    met: median(times) <= 20 ? "yes" : "NO",
  });
}

// Programs of the repository: `setup` once, then `run` does all the work and gives a checksum.
const ratios = [];
const programs = process.env.PROGRAMS?.split(",") ?? [
  "fibonacci",
  "bignum",
  "crc32",
  "fannkuch",
  "hashtable",
  "json",
  "matmul",
  "nbody",
  "quicksort",
  "regex",
  "sha256",
];
for (const name of programs) {
  const bytes = readFileSync(join(here, `../../tests/wasm/${name}.wasm`));
  const start = ({ exports }) => {
    if (exports.fib) return () => exports.fib(30);
    exports._initialize();
    exports.setup();
    return exports.run;
  };
  const ours = start(new Instance(new Module(bytes), {}));
  const theirs = start(new WebAssembly.Instance(new WebAssembly.Module(bytes), {}));
  if (ours() !== theirs()) throw new Error(`${name} gives different results`);
  const [a, b] = compare(
    [ours, theirs].map((work) => () => work()),
    1,
    5,
  );
  ratios.push(a / b);
  rows.push({
    what: `${name}, ms`,
    ours: (a / 1e6).toFixed(2),
    peer: `V8 ${(b / 1e6).toFixed(2)}`,
    ratio: (a / b).toFixed(2),
    bar: "",
    met: "",
  });
}
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
rows.push({
  what: "programs, geometric mean",
  ours: "",
  peer: "V8",
  ratio: mean.toFixed(2),
  bar: 1.5,
  met: mean <= 1.5 ? "yes" : "NO",
});
console.table(rows);
