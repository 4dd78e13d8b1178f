// Other JavaScript runtimes: what is said about Node.js holds on Bun and Deno, too.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { blocks, expected } from "./examples.mjs";
import { guest, install, skip, TOOLS } from "./helper.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
install(folder);
copyFileSync(fileURLToPath(new URL("tools/smoke.mjs", import.meta.url)), join(folder, "smoke.mjs"));
copyFileSync(guest("hello-c"), join(folder, "program.wasm"));
for (const [at, source] of blocks.entries()) writeFileSync(join(folder, `${at}.mjs`), source);

/** A program that came in a package for this machine. */
function binary(scope, name) {
  if (skip) return "";
  const [found] = readdirSync(join(TOOLS, scope));
  return join(TOOLS, scope, found, name);
}

const RUNTIMES = {
  "Node.js": [process.execPath],
  Bun: [binary("@oven", "bin/bun")],
  Deno: [binary("@deno", "deno"), "run", "--quiet", "--allow-all", "--node-modules-dir=manual"],
};

function start([command, ...flags], ...args) {
  const options = { cwd: folder, encoding: "utf8", timeout: 60_000 };
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  return spawnSync(command, [...flags, ...args], { ...options, env });
}

for (const [name, command] of Object.entries(RUNTIMES)) {
  test(`${name} does everything that it must`, { skip }, () => {
    const { status, stdout, stderr } = start(command, "smoke.mjs", guest("hello-c"));
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /\nend\n$/);
  });
  test(`${name} runs the examples of the README`, { skip }, () => {
    for (const at of blocks.keys()) {
      const { status, stdout, stderr } = start(command, `${at}.mjs`);
      assert.equal(status, 0, `${at}: ${stdout}${stderr}`);
      assert.match(stdout, expected[at], stderr);
    }
  });
}
