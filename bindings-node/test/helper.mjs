// What several tests use.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Instance, Module } from "../index.mjs";

/** The bytes of a module in the text format. */
export const wat = (text) => Buffer.from(text);

/** An instance of a module in the text format. */
export const instantiate = (text, imports) => new Instance(new Module(wat(text)), imports);

/** A guest program of the repository. */
export const guest = (name) =>
  fileURLToPath(new URL(`../../tests/wasm/${name}.wasm`, import.meta.url));

/** Runs a program in another process; its output and how it ended. */
export function run(source, ...flags) {
  const entry = fileURLToPath(new URL("../dist/index.js", import.meta.url));
  const prelude = `const w = require(${JSON.stringify(entry)}); const wat = (t) => Buffer.from(t);
const instantiate = (t, i) => new w.Instance(new w.Module(wat(t)), i);\n`;
  const ended = spawnSync(process.execPath, [...flags, "-e", prelude + source], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status: ended.status, signal: ended.signal, out: ended.stdout, err: ended.stderr };
}

/** Lets the event loop turn, and collects garbage, until `done` says so or it has been tried often. */
export async function collect(done) {
  for (let turn = 0; turn < 100 && !done(); turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const SPIN = `(module (func (export "spin") (loop (br 0)))
  (func (export "one") (result i32) (i32.const 1)))`;

const home = fileURLToPath(new URL("..", import.meta.url));

/** Packages of other tools, which `make test-node` installs. */
export const TOOLS = join(home, "test/tools/node_modules");

/** What a test says that needs them where they are missing. */
export const skip = existsSync(TOOLS) ? false : "no tools: make test-node installs them";

/** Puts the package into a folder, with the addon in a package of its own, as npm does; gives the addon's path. */
export function install(folder) {
  const packages = join(folder, "node_modules");
  mkdirSync(join(packages, "wasmspan"), { recursive: true });
  for (const name of ["dist", "types", "index.mjs", "index.d.mts", "package.json"]) {
    cpSync(join(home, name), join(packages, "wasmspan", name), { recursive: true });
  }
  mkdirSync(join(packages, "wasmspan/examples"));
  cpSync(guest("bindgen-rust"), join(packages, "wasmspan/examples/bindgen.wasm"));
  const [addon] = readdirSync(home).filter((name) => name.endsWith(".node"));
  const name = addon.replace(/^wasmspan\.(.*)\.node$/, "wasmspan-$1");
  mkdirSync(join(packages, name));
  symlinkSync(join(home, addon), join(packages, name, addon));
  writeFileSync(join(packages, name, "package.json"), JSON.stringify({ name, main: addon }));
  writeFileSync(join(folder, "package.json"), `{ "dependencies": { "wasmspan": "*" } }`);
  return join(home, addon);
}
