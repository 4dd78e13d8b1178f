// The examples print what `examples/output` says, as those of the other languages do.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
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

const run = (cwd, file, ...args) => {
  const ended = spawnSync(process.execPath, [file, ...args], {
    cwd,
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.equal(ended.status, 0, ended.stderr);
  return ended.stdout;
};

// Starts the server, which says on which port it listens, and asks for the path that begins each line.
async function served(file, lines) {
  const server = spawn(process.execPath, [file, "0", "1000"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = await new Promise((resolve) => server.stdout.once("data", resolve));
  const [port] = `${said}`.match(/\d+/);
  let got = "";
  for (const path of lines.map((line) => line.split(" ")[0])) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    got += `${path} ${answer.status} ${await answer.text()}`;
  }
  server.kill();
  return got;
}

const texts = readdirSync(join(root, "examples/output"));
assert.ok(texts.length > 10);
for (const text of texts) {
  const file = `examples/node/${text.replace(/txt$/, "mjs")}`;
  test(file, async () => {
    const wanted = readFileSync(join(root, "examples/output", text), "utf8");
    let got;
    if (text === "server-deadline.txt") {
      got = await served(file, wanted.trimEnd().split("\n"));
    } else if (text === "demo.txt") {
      // From the source tree; without the language and the times.
      got = run(root, file).replaceAll(/^.{9}(.*?) +[\d.]+ ms( \w+)$/gm, "$1$2");
    } else {
      got = run(folder, file);
    }
    assert.equal(got, wanted);
  });
}
