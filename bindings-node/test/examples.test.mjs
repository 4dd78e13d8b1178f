// The examples print what they say.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
// Where `wasmspan` is installed, with the guest programs where the examples look for them.
mkdirSync(join(folder, "node_modules"));
symlinkSync(join(root, "bindings-node"), join(folder, "node_modules", "wasmspan"));
symlinkSync(join(root, "tests"), join(folder, "tests"));
cpSync(join(root, "examples/node"), join(folder, "examples/node"), { recursive: true });

// One is the demonstration, which runs from the source tree; the server has a test of its own.
const others = new Set(["demo.mjs", "server-deadline.mjs"]);
for (const name of readdirSync(join(root, "examples/node")).filter((name) => !others.has(name))) {
  test(name, () => {
    const source = readFileSync(join(root, "examples/node", name), "utf8");
    const expected = source.split("\n// Prints:\n")[1]?.replaceAll(/^\/\/ /gm, "");
    assert.ok(expected, "it says what it prints");
    const ended = spawnSync(process.execPath, [join("examples/node", name)], {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout, expected);
  });
}
