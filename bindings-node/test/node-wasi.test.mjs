// The same checks on node:wasi and on ours. Whatever differs is listed here with its reason, and nothing else may differ.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as wasmspan from "../index.mjs";
import { binary, show } from "./differential/kit.mjs";

// Its warning that node:wasi is experimental is of no interest here.
process.removeAllListeners("warning");
process.on("warning", () => {});
const theirs = { WASI: (await import("node:wasi")).WASI, api: globalThis.WebAssembly };
const ours = { WASI: wasmspan.WASI, api: wasmspan.WebAssembly };

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "in"));
writeFileSync(join(folder, "in", "file"), "content");
writeFileSync(join(folder, "secret"), "secret");
symlinkSync("../secret", join(folder, "in", "out"));

const P1 = "wasi_snapshot_preview1";
const MEMORY = `(memory (export "memory") 1)`;
const guest = (text) => binary(`(module ${text})`);
const COMMAND = guest(`${MEMORY} (func (export "_start"))`);
const LIBRARY = guest(`${MEMORY} (func (export "_initialize"))`);
const BARE = guest(MEMORY);
const BOTH = guest(`${MEMORY} (func (export "_start")) (func (export "_initialize"))`);
const HIDDEN = guest(`(memory 1) (func (export "_start"))`);
const EXIT = guest(`(import "${P1}" "proc_exit" (func $exit (param i32))) ${MEMORY}
  (func (export "_start") (call $exit (i32.const 7)))`);
const TRAP = guest(`${MEMORY} (func (export "_start") unreachable)`);

const checks = [];
const check = (title, body) => checks.push([title, body]);

const make = (kit, bytes, wasi) => {
  const instance = new kit.api.Instance(new kit.api.Module(bytes), wasi?.getImportObject() ?? {});
  return instance;
};
const preview1 = (kit, options) => new kit.WASI({ version: "preview1", ...options });

// Options.
for (const options of [undefined, null, 1, "text", true, [], () => {}, {}]) {
  check(`options ${show(options)}`, ({ WASI }) => typeof new WASI(options));
}
for (const version of [undefined, null, 1, "", "preview1", "unstable", "preview2", {}]) {
  check(`version ${show(version)}`, ({ WASI }) => {
    return Object.keys(new WASI({ version }).getImportObject());
  });
}
for (const [name, values] of Object.entries({
  args: [undefined, null, 1, "text", {}, [], [1, null, {}]],
  env: [undefined, null, 1, "text", [], {}, { A: 1, B: undefined, C: null }],
  preopens: [undefined, null, 1, "text", [], {}, { "/": "." }, { "/": join(folder, "gone") }],
  stdin: [undefined, null, 0, -1, 1.5, 2 ** 31, Number.NaN, "text", true, [], {}],
  stdout: [undefined, null, 1, -1, 1.5, 2 ** 31, "text", true, {}],
  stderr: [undefined, null, 2, -1, 1.5, 2 ** 31, "text", {}],
  returnOnExit: [undefined, null, 0, "", true, false, {}],
  unknown: [1],
})) {
  for (const [at, value] of values.entries()) {
    check(`${name} ${at} ${show(value)}`, (kit) => typeof preview1(kit, { [name]: value }));
  }
}
check("without new", ({ WASI }) => WASI({ version: "preview1" }));
check("import object", (kit) => {
  const wasi = preview1(kit);
  const object = wasi.getImportObject();
  return [Object.keys(object), object[P1] === wasi.wasiImport];
});
check("functions", (kit) => {
  const wasi = preview1(kit);
  // Those that a program for node:wasi can know.
  return Object.keys(preview1(theirs).wasiImport).filter((name) => !(name in wasi.wasiImport));
});

// What is started.
const STRANGERS = [undefined, null, 1, "text", [], {}, { exports: null }, { exports: 1 }];
for (const method of ["start", "initialize"]) {
  for (const stranger of STRANGERS) {
    check(`${method} of ${show(stranger)}`, (kit) => preview1(kit)[method](stranger));
  }
  for (const [name, bytes] of Object.entries({ COMMAND, LIBRARY, BARE, BOTH, HIDDEN, TRAP })) {
    check(`${method} of ${name}`, (kit) => preview1(kit)[method](make(kit, bytes)));
  }
  for (const memory of [undefined, null, 1, {}, new ArrayBuffer(65536)]) {
    check(`${method} with the memory ${show(memory)}`, (kit) => {
      return preview1(kit)[method]({ exports: { memory, _start() {}, _initialize: undefined } });
    });
  }
  check(`${method} of an object with exports`, (kit) => {
    const memory = new kit.api.Memory({ initial: 1 });
    const called = [];
    const name = method === "start" ? "_start" : "_initialize";
    preview1(kit)[method]({ exports: { memory, [name]: () => called.push(name) } });
    return called;
  });
  for (const [name, value] of [
    ["_start", 1],
    ["_start", null],
    ["_initialize", 1],
    ["_initialize", null],
  ]) {
    check(`${method} with ${name} ${value}`, (kit) => {
      const memory = new kit.api.Memory({ initial: 1 });
      return preview1(kit)[method]({ exports: { memory, [name]: value } });
    });
  }
  for (const second of ["start", "initialize"]) {
    check(`${second} after ${method}`, (kit) => {
      const wasi = preview1(kit);
      wasi[method](make(kit, method === "start" ? COMMAND : LIBRARY));
      wasi[second](make(kit, second === "start" ? COMMAND : LIBRARY));
    });
    check(`${second} after a failed ${method}`, (kit) => {
      const wasi = preview1(kit);
      try {
        wasi[method]({});
      } catch {}
      wasi[second](make(kit, second === "start" ? COMMAND : LIBRARY));
    });
  }
}
check("exit code", (kit) => {
  const wasi = preview1(kit);
  return wasi.start(make(kit, EXIT, wasi));
});
check("exit code of nothing", (kit) => preview1(kit).start(make(kit, COMMAND)));
check("an exception of an import", (kit) => {
  const bytes = guest(`(import "m" "f" (func $f)) ${MEMORY} (func (export "_start") (call $f))`);
  const instance = new kit.api.Instance(new kit.api.Module(bytes), {
    m: {
      f() {
        throw new SyntaxError("mine");
      },
    },
  });
  preview1(kit).start(instance);
});

// Functions that JavaScript calls, alone or in the guest's place.
const CALLS = {
  args_sizes_get: [0, 4],
  environ_sizes_get: [0, 4],
  clock_time_get: [0, 0n, 8],
  random_get: [0, 8],
  fd_fdstat_get: [1, 0],
  fd_prestat_get: [3, 0],
  fd_write: [1, 0, 0, 16],
  sched_yield: [],
  fd_close: [99],
  args_get: [-1, 70000],
};
for (const [name, args] of Object.entries(CALLS)) {
  check(`${name} before the start`, (kit) => preview1(kit).wasiImport[name](...args));
  check(`${name} after the start`, (kit) => {
    const wasi = preview1(kit);
    wasi.start(make(kit, COMMAND));
    return wasi.wasiImport[name](...args);
  });
  check(`${name} after the initialisation`, (kit) => {
    const wasi = preview1(kit);
    wasi.initialize(make(kit, BARE));
    return wasi.wasiImport[name](...args);
  });
}
check("arguments that JavaScript asks for", (kit) => {
  const wasi = preview1(kit, { args: ["program", "grün"], env: { A: "b" } });
  const { exports } = make(kit, BARE);
  wasi.initialize({ exports });
  const { args_get, args_sizes_get, environ_get } = wasi.wasiImport;
  const codes = [args_sizes_get(0, 4), args_get(16, 64), environ_get(128, 256)];
  return [codes, [...new Uint8Array(exports.memory.buffer, 0, 300)]];
});
const WRITER = guest(`(import "${P1}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "${P1}" "proc_exit" (func $exit (param i32)))
  ${MEMORY} (data (i32.const 0) "\\08\\00\\00\\00\\00\\00\\00\\00")
  (func (export "_start") (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))
    (then (call $exit (i32.const 1)))) (call $exit (i32.const 9)))`);
check("a guest whose functions are wrapped", (kit) => {
  const wasi = preview1(kit);
  const seen = [];
  const wrapped = Object.fromEntries(
    Object.entries(wasi.wasiImport).map(([name, fn]) => [
      name,
      (...args) => {
        seen.push(name);
        const result = fn(...args);
        seen.push(result);
        return result;
      },
    ]),
  );
  const instance = new kit.api.Instance(new kit.api.Module(WRITER), { [P1]: wrapped });
  return [wasi.start(instance), seen];
});
check("a guest without a memory of its own calls through another", (kit) => {
  const wasi = preview1(kit, { args: ["a", "bc"] });
  const type = `(param i32 i32) (result i32)`;
  const between = guest(`(import "${P1}" "args_sizes_get" (func $f ${type}))
    (func (export "f") ${type} (call $f (local.get 0) (local.get 1)))`);
  const { f } = make(kit, between, wasi).exports;
  const bytes = guest(`(import "m" "f" (func $f ${type})) ${MEMORY}
    (func (export "_initialize") (drop (call $f (i32.const 0) (i32.const 4))))`);
  const instance = new kit.api.Instance(new kit.api.Module(bytes), { m: { f } });
  wasi.initialize(instance);
  return [...new Uint8Array(instance.exports.memory.buffer, 0, 8)];
});

// Linking.
const SIGNATURES = {
  sock_accept: "(param i32 i32 i32) (result i32)",
  sock_recv: "(param i32 i32 i32 i32 i32 i32) (result i32)",
  sock_send: "(param i32 i32 i32 i32 i32) (result i32)",
  sock_shutdown: "(param i32 i32) (result i32)",
  fd_seek: "(param i32 i64 i32 i32) (result i32)",
};
for (const [name, type] of Object.entries(SIGNATURES)) {
  check(`${name} is linked`, (kit) => {
    const text = `(import "${P1}" "${name}" (func ${type})) ${MEMORY} (func (export "_start"))`;
    const wasi = preview1(kit);
    return wasi.start(make(kit, guest(text), wasi));
  });
}
check("sock_accept called", (kit) => {
  const wasi = preview1(kit);
  wasi.initialize(make(kit, BARE));
  return wasi.wasiImport.sock_accept(99, 0, 0);
});

// Paths.
const OPEN = guest(`(import "${P1}" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  ${MEMORY} (func (export "open") (param i32) (result i32)
    (call $open (i32.const 3) (i32.const 1) (i32.const 64) (local.get 0) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))`);
for (const root of ["/", "/data"]) {
  for (const path of ["file", "gone", "a/../file", "file/x", "../in/file", "/etc/passwd", "out"]) {
    const leaves = path.startsWith("..") || path.startsWith("/") || path === "out";
    check(`path ${leaves ? "out of" : "in"} "${root}": ${path}`, (kit) => {
      const wasi = preview1(kit, { preopens: { [root]: join(folder, "in") } });
      const instance = make(kit, OPEN, wasi);
      wasi.initialize(instance);
      const { written } = new TextEncoder().encodeInto(
        path,
        new Uint8Array(instance.exports.memory.buffer, 64),
      );
      return instance.exports.open(written);
    });
  }
}

/** What differs: a pattern for the titles of checks, and why. */
const DIFFERENCES = [
  [/^options (undefined|\{\})$|^version undefined$/, "without a version it is preview 1"],
  [/^preopens 7 /, "a directory that isn't there is an error of the runtime, with its path"],
  [/of TRAP$/, "traps have codes"],
  [
    /before the start$/,
    "what needs no memory works, and the rest is errno 21, as in other languages",
  ],
  [/^args_get /, "addresses beyond the memory are errno 21 instead of 28"],
  [/^a guest without a memory of its own/, "the memory that was given is used there, too"],
  [/a\/\.\.\/file$/, "what stands before `..` must exist, as on the host"],
  [/^path out of "\/"/, "there is nothing above the root: errno 76 instead of 44"],
];

const reasonOf = (title) => DIFFERENCES.find(([pattern]) => pattern.test(title));

async function outcome(check, kit) {
  try {
    return show(await check(kit));
  } catch (error) {
    return `throws ${error?.constructor?.name} ${error?.code}`;
  }
}

test("what differs from node:wasi is known", async () => {
  const [seen, unknown] = [new Set(), []];
  for (const [title, check] of checks) {
    const [own, other] = [await outcome(check, ours), await outcome(check, theirs)];
    if (own === other) continue;
    const reason = reasonOf(title);
    if (reason === undefined) unknown.push(`${title}: ours ${own}, theirs ${other}`);
    seen.add(reason);
  }
  assert.deepEqual(unknown, []);
  assert.ok(checks.length > 150, `${checks.length} checks`);
  assert.deepEqual(
    DIFFERENCES.filter((reason) => !seen.has(reason)),
    [],
  );
});
