// The examples of the README run as shown: as modules, as CommonJS and in TypeScript. With WASMSPAN_TARBALLS, a folder of
// packed packages, npm installs those into an empty project first.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { blocks, expected } from "./examples.mjs";
import { guest, install } from "./helper.mjs";

const home = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
const tools = join(home, "node_modules");
const installed = join(folder, "node_modules");
const tarballs = process.env.WASMSPAN_TARBALLS;
if (tarballs) {
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const files = readdirSync(tarballs).map((name) => resolve(tarballs, name));
  // Nothing is fetched, and no script runs.
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["install", "--offline", "--ignore-scripts", ...quiet, ...files], {
    cwd: folder,
    stdio: "inherit",
  });
  for (const name of readdirSync(installed).filter((name) => name.startsWith("wasmspan"))) {
    const manifest = JSON.parse(readFileSync(join(installed, name, "package.json"), "utf8"));
    assert.equal(manifest.scripts, undefined, `${name} has scripts`);
    assert.ok(existsSync(join(installed, name, "LICENSE")), `${name} has no licence`);
  }
} else {
  install(folder);
}
mkdirSync(join(installed, "@types"));
symlinkSync(join(tools, "@types/node"), join(installed, "@types/node"));
symlinkSync(join(tools, "undici-types"), join(installed, "undici-types"));
copyFileSync(guest("hello-c"), join(folder, "program.wasm"));

for (const [at, source] of blocks.entries()) {
  writeFileSync(join(folder, `module${at}.mjs`), source);
  writeFileSync(join(folder, `typescript${at}.mts`), source);
  // As CommonJS, with the one line that differs.
  const required = source.replace(/^import (.*) from (".*");$/gm, "const $1 = require($2);");
  writeFileSync(join(folder, `commonjs${at}.cjs`), `(async () => {\n${required}\n})();`);
}
test("TypeScript takes the examples", () => {
  const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  const files = blocks.map((_, at) => `typescript${at}.mts`);
  const compiler = join(tools, "typescript/bin/tsc");
  const ended = spawnSync(process.execPath, [compiler, ...options, ...files], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(ended.stdout, "");
  assert.equal(ended.status, 0);
});
for (const at of blocks.keys()) {
  test(`example ${at + 1}`, () => {
    for (const name of [`module${at}.mjs`, `commonjs${at}.cjs`, `typescript${at}.mjs`]) {
      const ended = spawnSync(process.execPath, [name], { cwd: folder, encoding: "utf8" });
      assert.equal(ended.status, 0, ended.stderr);
      assert.match(ended.stdout, expected[at], name);
    }
  });
}
