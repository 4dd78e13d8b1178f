// The examples of the README run as shown.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { guest } from "./helper.mjs";

const home = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "node_modules"));
symlinkSync(home, join(folder, "node_modules", "wasmspan"));
copyFileSync(guest("hello-c"), join(folder, "program.wasm"));
copyFileSync(guest("bindgen-rust"), join(folder, "bindgen.wasm"));

const blocks = [...readFileSync(join(home, "README.md"), "utf8").matchAll(/```js\n(.*?)```/gs)];
assert.equal(blocks.length, 6);

const expected = [
  /^0 hello/i,
  /^20\n$/,
  /^true\nAbortError\n5\n$/,
  /^\[ 2, 4, 6 \]\n$/,
  /^41\n\[ 7 \]\n$/,
  /^hello bindgen funcs test\n246\n$/,
];
for (const [at, [, source]] of blocks.entries()) {
  test(`example ${at + 1}`, () => {
    writeFileSync(join(folder, `example${at}.mjs`), source);
    // As CommonJS, with the one line that differs.
    const required = source.replace(/^import (.*) from (".*");$/gm, "const $1 = require($2);");
    writeFileSync(join(folder, `example${at}.cjs`), `(async () => {\n${required}\n})();`);
    for (const kind of ["mjs", "cjs"]) {
      const ended = spawnSync(process.execPath, [`example${at}.${kind}`], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.equal(ended.status, 0, ended.stderr);
      assert.match(ended.stdout, expected[at]);
    }
  });
}
