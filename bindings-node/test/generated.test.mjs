// The wrappers in TypeScript that `wasmspan bindgen` writes do what they say; that they type-check, `npm run types` says.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { GuestError, Instance, Module, WASI } from "../index.mjs";
import { guest as file } from "./helper.mjs";

const generated = fileURLToPath(new URL("../../tests/generated", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "node_modules"));
symlinkSync(
  fileURLToPath(new URL("..", import.meta.url)),
  join(folder, "node_modules", "wasmspan"),
);

/** Imports a wrapper, without its types. */
async function wrapper(name) {
  const source = readFileSync(join(generated, "ts", `${name}.ts`), "utf8");
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
  const output = join(folder, `${name}.mjs`);
  writeFileSync(output, ts.transpileModule(source, { compilerOptions }).outputText);
  return import(pathToFileURL(output));
}

test("a guest of wasmedge-bindgen", async () => {
  const { BindgenRust } = await wrapper("bindgen_rust");
  const module = new Module(readFileSync(file("bindgen-rust")));
  const guest = new BindgenRust(new Instance(module, new WASI().getImportObject()));
  assert.equal(guest.say("bindgen funcs test"), "hello bindgen funcs test");
  assert.equal(guest.lowestCommonMultiple(123, 2), 246);
  const digest = guest.sha3Digest(Buffer.from("This is an important message"));
  assert.deepEqual([...digest.subarray(0, 2)], [87, 27]);
  assert.deepEqual(guest.swap(5, "five"), ["five", 5]);
  assert.equal(guest.nothing(), undefined);
  assert.equal(guest.echoF64(1), 1);
  assert.deepEqual(guest.echoI64s(BigInt64Array.of(-1n, 1n)), BigInt64Array.of(-1n, 1n));
  const list = Int16Array.of(9, -9);
  assert.equal(
    guest.describe(1, -2, 3, -4, 5, -6, 7n, -8n, 0.5, -0.25, true, "é", "text", list),
    "1 -2 3 -4 5 -6 7 -8 0.5 -0.25 true é text [9, -9]",
  );
  assert.throws(
    () => guest.divide(7, 0),
    (error) => error instanceof GuestError && error.message === "7 cannot be divided by zero",
  );
  assert.throws(() => guest.panics("on purpose"), /unreachable/);
});

test("a module of numbers", async () => {
  const { Numbers } = await wrapper("numbers");
  const module = new Module(readFileSync(join(generated, "numbers.wat")));
  const numbers = new Numbers(new Instance(module));
  assert.equal(numbers.add(2n ** 63n - 1n, -1n), 2n ** 63n - 2n);
  assert.deepEqual(numbers.divRem(17, 5), [3, 2]);
  assert.equal(numbers.new(0.5), 0.5);
  assert.equal(numbers.import(1), undefined);
  assert.equal(numbers.notMuch(), undefined);
  assert.throws(() => numbers.divRem(1, 0), /integer divide by zero/);
});
