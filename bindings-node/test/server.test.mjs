// The example server under load: runaway handlers are stopped, the others are served.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
mkdirSync(join(folder, "node_modules"));
symlinkSync(
  fileURLToPath(new URL("..", import.meta.url)),
  join(folder, "node_modules", "wasmspan"),
);
copyFileSync(
  fileURLToPath(new URL("../../examples/node/server-deadline.mjs", import.meta.url)),
  join(folder, "server-deadline.mjs"),
);
const child = spawn(process.execPath, ["server-deadline.mjs", "0", "2000"], {
  cwd: folder,
  stdio: ["ignore", "pipe", "inherit"],
});
after(() => {
  child.kill();
  rmSync(folder, { recursive: true });
});

test("good requests are served while bad ones are stopped", async () => {
  const line = await new Promise((resolve) =>
    child.stdout.once("data", (data) => resolve(`${data}`)),
  );
  const port = Number(line.match(/\d+/)[0]);
  const get = async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, (await response.text()).trim()];
  };
  assert.deepEqual(await get("/nothing/1"), [404, "no such handler"]);
  assert.deepEqual(await get("/grow/0"), [200, "16"], "memory is capped");
  assert.equal((await get("/trap/0"))[0], 500);
  const requests = [];
  for (let at = 0; at < 200; at++) {
    requests.push(at % 40 === 0 ? get("/spin/0") : get(`/double/${at}`));
  }
  const answers = await Promise.all(requests);
  for (const [at, answer] of answers.entries()) {
    const expected = at % 40 === 0 ? [504, "the handler ran out of time"] : [200, `${at * 2}`];
    assert.deepEqual(answer, expected);
  }
});
