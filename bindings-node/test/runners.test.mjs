// A small suite of a user, in test runners that load the package once for each file.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { guest, install, skip, TOOLS } from "./helper.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
install(folder);
// What the suites import from their runner.
for (const name of ["vitest", "vite"]) {
  if (!skip) symlinkSync(join(TOOLS, name), join(folder, "node_modules", name));
}

const SUITE = `
const wat = (text) => Buffer.from(text);
const instantiate = (text, imports) => new w.Instance(new w.Module(wat(text)), imports);
const GUEST = \`(module (import "m" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "trap") unreachable) (func (export "spin") (loop (br 0)))
  (func (export "f") (param i32) (result i32) (call $f (local.get 0))))\`;
const guest = instantiate(GUEST, { m: { f: (n) => n * 2 } });

describe("wasmspan", () => {
  test("values", () => {
    expect(guest.exports.f(4)).toBe(8);
    expect(w.WebAssembly.Module.exports(new w.Module(wat('(module (func (export "a")))')))).toEqual([
      { name: "a", kind: "function" },
    ]);
    new Uint8Array(guest.exports.memory.buffer)[3] = 7;
    expect([...guest.exports.memory.read(2, 3)]).toEqual([0, 7, 0]);
  });
  test("errors", () => {
    expect(() => guest.exports.trap()).toThrow(w.RuntimeError);
    expect(() => guest.exports.trap()).toThrow(w.WebAssembly.RuntimeError);
    expect(() => guest.exports.trap()).toThrow(Error);
    expect(() => guest.exports.trap()).toThrow("unreachable");
    expect(() => guest.exports.trap()).not.toThrow(w.TimeoutError);
    expect(() => new w.Module(wat("x"))).toThrow(w.CompileError);
    expect(() => instantiate(GUEST, {})).toThrow(TypeError);
    expect(() => instantiate(GUEST, { m: {} })).toThrow(w.LinkError);
    expect(() => guest.exports.f(1n)).toThrow(TypeError);
    expect(() => new w.WASI({ args: 1 })).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }));
    const mine = new RangeError("mine");
    const throwing = instantiate(GUEST, { m: { f() { throw mine; } } });
    expect(() => throwing.exports.f(1)).toThrow(mine);
  });
  test("asynchronous calls", async () => {
    const instance = instantiate(GUEST, { m: { f: async (n) => n + 1 } });
    await expect(instance.callAsync("f", [4])).resolves.toBe(5);
    await expect(instance.callAsync("trap")).rejects.toThrow(w.RuntimeError);
    await expect(instance.callAsync("spin", [], { timeout: 5 })).rejects.toThrow(w.TimeoutError);
    const { signal } = { signal: AbortSignal.timeout(5) };
    await expect(instance.callAsync("spin", [], { signal })).rejects.toMatchObject({ name: "TimeoutError" });
  });
  test("programs", async () => {
    const result = await w.run(${JSON.stringify(guest("hello-c"))}, { args: ["one"] });
    expect(result.exitCode).toBe(0);
    expect(result.stdout.toString()).toMatch(/hello/i);
  });
});
`;
const COUNT = 4;

for (const name of ["jest", "vitest"]) mkdirSync(join(folder, name));
for (const file of ["a", "b", "c"]) {
  const required = `const w = require("wasmspan");\n${SUITE}`;
  writeFileSync(join(folder, "jest", `${file}.test.js`), required);
  const imported = `import { describe, expect, test } from "vitest";\nimport * as w from "wasmspan";\n${SUITE}`;
  writeFileSync(join(folder, "vitest", `${file}.test.mjs`), imported);
}

function start(bin, args) {
  const ended = spawnSync(process.execPath, [join(TOOLS, bin), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, CI: "1", NO_COLOR: "1", NODE_OPTIONS: "" },
    timeout: 120_000,
  });
  return { status: ended.status, out: ended.stdout + ended.stderr };
}

test("Jest, all files in one process", { skip }, () => {
  const { status, out } = start("jest/bin/jest.js", ["--runInBand", "--rootDir", "jest"]);
  assert.equal(status, 0, out);
  assert.match(out, new RegExp(`Tests: +${3 * COUNT} passed`));
});

for (const pool of ["forks", "threads", "vmThreads"]) {
  test(`Vitest, ${pool}`, { skip }, () => {
    const args = ["run", "--root", "vitest", "--pool", pool];
    const { status, out } = start("vitest/vitest.mjs", args);
    assert.equal(status, 0, out);
    assert.match(out, new RegExp(`Tests +${3 * COUNT} passed`));
  });
}
