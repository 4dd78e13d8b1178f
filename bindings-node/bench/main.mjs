// How fast the package is, against what each figure is measured by, in one run: ours and the peer's turns alternate, and a
// ratio is the median of the rounds' ratios with its 95 % interval. A bar is met if the interval touches it.
//
//   node bench/main.mjs [FILTER]
//
// After a build with --release --peer; FILTER is part of a row's name. Needs cc for the raw peer. With WASMSPAN_RUST_BENCH,
// the path of the Rust benchmark, the programs are compared with wasmtime too.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bindgen, Global, Instance, Module, ModuleInstance, Table, WASI } from "../index.mjs";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const filter = process.argv[2] ?? "";
const wants = (name) => name.includes(filter);
const ROUNDS = 21;

/** A peer: functions in C straight on Node-API. */
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

/** The 95 % interval of a median: the ranks that a fair coin leaves out once in forty, on each side. */
function interval(list) {
  const sorted = [...list].sort((a, b) => a - b);
  let [rank, tail, chance] = [0, 0, 0.5 ** list.length];
  while (tail + chance <= 0.025) {
    tail += chance;
    chance *= (list.length - rank) / (rank + 1);
    rank++;
  }
  const at = Math.max(rank - 1, 0);
  return [sorted[at], sorted[sorted.length - 1 - at]];
}

/** Nanoseconds of one turn of each work, by round; the works take turns in being first. */
async function rounds(works, turns, count = ROUNDS) {
  const times = works.map(() => []);
  for (let round = -1; round < count; round++) {
    for (let at = 0; at < works.length; at++) {
      const which = (at + Math.max(round, 0)) % works.length;
      const start = process.hrtime.bigint();
      const pending = works[which](turns);
      if (pending instanceof Promise) await pending;
      const took = Number(process.hrtime.bigint() - start) / turns;
      if (round >= 0) times[which].push(took);
    }
  }
  return times;
}

const rows = [];

function show(what, ours, peerName, peer, ratios, bar) {
  const [low, high] = interval(ratios);
  rows.push({
    what,
    ours,
    peer: `${peerName} ${peer}`,
    ratio: `${median(ratios).toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`,
    bar: bar ?? "",
    met: bar === undefined ? "" : low <= bar ? "yes" : "NO",
  });
}

/** A row of ours against a peer, from times by round. */
function row(what, ours, peerName, peer, bar) {
  const ratios = ours.map((time, at) => time / peer[at]);
  show(what, median(ours).toFixed(1), peerName, median(peer).toFixed(1), ratios, bar);
}

const peer = buildPeer();
const addon = require("../dist/native.js").native;
if (addon.peerAdd === undefined) throw new Error("build with --peer");
const text = `(module (import "m" "f" (func $f (param i32 i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (loop (local.set $sum (call $f (local.get $sum) (i32.const 1)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`;
const f = (a, b) => (a + b) | 0;
const instance = new Instance(new Module(Buffer.from(text)), { m: { f } });
const { add, loop } = instance.exports;

if (wants("call")) {
  // A loop of its own for each, so that none is slowed by what another has taught the compiler.
  const calls = (fn) =>
    new Function(
      "fn",
      "return (turns) => { let sum = 0; for (let n = 0; n < turns; n++) sum = fn(sum, n); return sum; }",
    )(fn);
  const works = [calls(add), calls(peer.add), calls(addon.peerEmpty), calls(addon.peerAdd)];
  const [ours, raw, empty, same] = await rounds(works, 100_000);
  row("call (i32,i32)->i32, ns", ours, "C", raw, 3);
  row("call (i32,i32)->i32, ns", ours, "empty #[napi]", empty, 0.6);
  row("call (i32,i32)->i32, ns", ours, "#[napi] of the same type", same);
}
if (wants("import")) {
  const works = [(turns) => loop(turns), (turns) => peer.callMany(f, turns)];
  const [ours, raw] = await rounds(works, 100_000);
  row("import (i32,i32)->i32, ns", ours, "C", raw, 1.5);
}
/** A loop of its own for each, so that none is slowed by what another has taught the compiler. */
const loopOver = (body) => (item) =>
  new Function(
    "item",
    `return (turns) => { let sum = 0; for (let n = 0; n < turns; n++) { ${body} } return sum; }`,
  )(item);
if (wants("global")) {
  const both = loopOver("item.value = n; sum += item.value;");
  const global = new Global({ value: "i32", mutable: true }, 0);
  const [ours, raw] = await rounds([both(global), both(new peer.Cell(f))], 100_000);
  row("global, set and get, ns", ours, "C", raw, 2);
}
if (wants("table")) {
  const get = loopOver("sum += item.get(0) === undefined;");
  const table = new Table({ element: "anyfunc", initial: 1 }, add);
  const [ours, raw] = await rounds([get(table), get(new peer.Cell(f))], 100_000);
  row("table.get, ns", ours, "C", raw, 2);
}
if (wants("trap")) {
  const trap = loopOver("try { item(); } catch { sum++; }");
  const guest = new Instance(new Module(Buffer.from(`(module (func (export "f") unreachable))`)));
  const [ours, raw] = await rounds([trap(guest.exports.f), trap(peer.fail)], 2_000);
  row("trap, caught, ns", ours, "C", raw, 2);
}
if (wants("nesting")) {
  // JavaScript that calls an import that calls JavaScript, until the stack is full.
  const deepest = (nest) => {
    let reached = 0;
    const step = (left) => {
      reached++;
      return nest(step, left);
    };
    try {
      step(1 << 30);
    } catch {}
    return reached;
  };
  const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $f (i32.sub (local.get 0) (i32.const 1)))))`;
  let back;
  const guest = new Instance(new Module(Buffer.from(text)), { m: { f: (left) => back(left) } });
  const ours = deepest((step, left) => {
    back = step;
    return guest.exports.f(left);
  });
  const raw = deepest((step, left) => peer.nest(step, left));
  rows.push({ what: "nesting, levels", ours, peer: `C ${raw}`, ratio: (raw / ours).toFixed(2) });
}
if (wants("asynchronous")) {
  const many = (call) => async (turns) => {
    for (let turn = 0; turn < turns; turn++) await call();
  };
  const works = [
    many(() => instance.callAsync("add", [1, 2])),
    many(() => addon.peerAddAsync(1, 2)),
    many(() => peer.asyncAdd(1, 2)),
  ];
  const [ours, task, raw] = await rounds(works, 500);
  row("asynchronous call, ns", ours, "napi-rs AsyncTask", task, 1.5);
  row("asynchronous call, ns", ours, "C napi_async_work", raw);
}
if (wants("bindgen")) {
  // A text of 100 bytes in and one out, beside the same by hand in Rust.
  const file = join(here, "../../tests/wasm/bindgen-rust.wasm");
  const wasi = new WASI({ stdout: "ignore" });
  const guest = new Instance(new Module(readFileSync(file)), wasi.getImportObject());
  const bindgen = new Bindgen(guest);
  const text = "x".repeat(100);
  const inner = ModuleInstance.nativeOf(guest);
  const works = [
    (turns) => {
      for (let turn = 0; turn < turns; turn++) bindgen.call("echo_string", [text]);
    },
    (turns) => addon.peerBindgen(inner, "echo_string", text, turns),
  ];
  const [ours, raw] = await rounds(works, 20_000);
  row("bindgen, text of 100 bytes, ns", ours, "by hand in Rust", raw);
  const more = ours.map((time, at) => time - raw[at]);
  const [low, high] = interval(more);
  rows.push({
    what: "bindgen, more than by hand, ns",
    ours: `${median(more).toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`,
    peer: "",
    ratio: "",
    bar: 1000,
    met: low <= 1000 ? "yes" : "NO",
  });
}
if (wants("vector")) {
  // Bytes into a guest and out of it, beside a copy of as many.
  const file = join(here, "../../tests/wasm/bindgen-rust.wasm");
  const wasi = new WASI({ stdout: "ignore" });
  const bindgen = new Bindgen(new Instance(new Module(readFileSync(file)), wasi.getImportObject()));
  const data = Buffer.alloc(10_000_000, 1);
  const target = Buffer.alloc(data.length);
  const [into, both, copy, copies] = await rounds(
    [
      () => bindgen.call("take_bytes", [data]),
      () => bindgen.call("echo_u8s", [data]),
      () => data.copy(target),
      () => {
        data.copy(target);
        return Buffer.from(target);
      },
    ],
    1,
  );
  row("bindgen, vector of 10 MB in, ns", into, "copy", copy, 1.2);
  row("bindgen, vector of 10 MB in and out, ns", both, "copies", copies, 1.2);
}
if (wants("require")) {
  const entry = join(here, "../dist/index.js");
  const load = `const t = process.hrtime.bigint(); require(${JSON.stringify(entry)}); console.log(Number(process.hrtime.bigint() - t) / 1e6)`;
  const times = Array.from({ length: 15 }, () =>
    Number(spawnSync(process.execPath, ["-e", load], { encoding: "utf8" }).stdout),
  );
  const [low, high] = interval(times);
  rows.push({
    what: "require, ms",
    ours: `${median(times).toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`,
    peer: "",
    ratio: "",
    bar: 20,
    met: low <= 20 ? "yes" : "NO",
  });
}

/** Nanoseconds that wasmtime needs for a program, from the Rust benchmark. */
function inWasmtime(name) {
  const command = process.env.WASMSPAN_RUST_BENCH;
  if (!command) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "wasmspan-bench-"));
  const file = join(folder, "result.json");
  try {
    execFileSync(command, [`compute/${name}`, "--quick", "--json", file], { stdio: "ignore" });
    const found = JSON.parse(readFileSync(file, "utf8")).rows.find(
      (row) => row.name === `compute/${name}`,
    );
    return found && found.wasmtime_seconds * 1e9;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Programs of the repository: `setup` once, then `run` does all the work and gives a checksum.
const PROGRAMS = [
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
const [toV8, toWasmtime] = [[], []];
for (const name of PROGRAMS.filter((name) => wants(`programs/${name}`))) {
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
  const works = [ours, theirs].map((work) => () => {
    work();
  });
  const before = inWasmtime(name);
  const [a, b] = await rounds(works, 1, 9);
  row(
    `programs/${name}, ms`,
    a.map((time) => time / 1e6),
    "V8",
    b.map((time) => time / 1e6),
  );
  toV8.push(median(a) / median(b));
  if (before !== undefined) {
    // Before and after ours, in one session; each is a median of its own.
    const peers = [before, inWasmtime(name)];
    const ratio = median(a) / Math.sqrt(peers[0] * peers[1]);
    toWasmtime.push(ratio);
    const shown = (Math.sqrt(peers[0] * peers[1]) / 1e6).toFixed(1);
    show(`programs/${name}, ms`, (median(a) / 1e6).toFixed(1), "wasmtime", shown, [ratio]);
  }
}
for (const [name, list, bar] of [
  ["V8", toV8, 1.5],
  ["wasmtime", toWasmtime, 1.0],
]) {
  if (list.length === 0) continue;
  const logs = list.map(Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const spread = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1 || 1);
  const error = 1.96 * Math.sqrt(spread / logs.length);
  rows.push({
    what: "programs, geometric mean",
    ours: "",
    peer: name,
    ratio: `${Math.exp(mean).toFixed(2)} (${Math.exp(mean - error).toFixed(2)}–${Math.exp(mean + error).toFixed(2)})`,
    bar,
    met: Math.exp(mean - error) <= bar ? "yes" : "NO",
  });
}
console.table(rows);
