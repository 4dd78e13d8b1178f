// Where the addon is looked for, and what is said when it can't be loaded.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { install } from "./helper.mjs";

const NAME = "wasmspan-linux-x64-gnu";

/** A project with the package; `change` gets its folder of packages. */
function project(change = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
  after(() => rmSync(folder, { recursive: true }));
  const addon = install(folder);
  change(join(folder, "node_modules"));
  const start = (prelude = "", env = {}) => {
    const source = `${prelude}; console.log(require("wasmspan").version);`;
    const options = { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } };
    return spawnSync(process.execPath, ["-e", source], options);
  };
  return { addon, start };
}

/** Moves the addon's package away. */
const without = (packages) => renameSync(join(packages, NAME), join(packages, "elsewhere"));
const VERSION = /^\d+\.\d+\.\d+\n$/;

test("the addon comes in a package of its own", () => {
  assert.match(project().start().stdout, VERSION);
});

test("only this package may see the addon's", () => {
  const { start } = project((packages) => {
    const inner = join(packages, "wasmspan/node_modules");
    mkdirSync(inner);
    renameSync(join(packages, NAME), join(inner, NAME));
  });
  assert.match(start().stdout, VERSION);
});

test("a missing addon is named, and how to get it", () => {
  const { addon, start } = project(without);
  const { status, stderr } = start();
  assert.equal(status, 1);
  assert.match(
    stderr,
    new RegExp(`neither a file ${basename(addon)} in .*nor the package ${NAME}`),
  );
  assert.match(stderr, new RegExp(`npm install ${NAME}`));
  const told = start("", { WASMSPAN_NATIVE_PATH: addon });
  assert.match(told.stdout, VERSION, told.stderr);
});

test("one that can't be loaded says why", () => {
  const { addon, start } = project((packages) => {
    without(packages);
    writeFileSync(join(packages, "wasmspan", `wasmspan.linux-x64-gnu.node`), "no addon");
  });
  const { stderr } = start();
  assert.match(
    stderr,
    new RegExp(`can't be loaded: .*${basename(addon)}: (file too short|invalid)`),
  );
  assert.doesNotMatch(stderr, /npm install/);
});

test("where there is none for a machine, no package is advised", () => {
  const { start } = project();
  for (const [platform, arch, name] of [
    ["linux", "riscv64", "linux-riscv64-gnu"],
    ["darwin", "arm64", "darwin-arm64"],
    ["win32", "x64", "win32-x64-msvc"],
  ]) {
    const prelude = `for (const [key, value] of Object.entries(${JSON.stringify({ platform, arch })})) {
      Object.defineProperty(process, key, { value });
    }`;
    const { status, stderr } = start(prelude);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`there is none for ${name} yet, only for linux-x64-gnu`));
    assert.doesNotMatch(stderr, /npm install/);
  }
});
