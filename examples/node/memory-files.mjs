// Files that are only in memory, and a directory that a guest may change without changing it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryFs, Module, run } from "wasmspan";

// Runs SQLite, which was written in C, on the file `app.db` in `files`; gives what it prints.
const sqlite = new Module(
  readFileSync(new URL("../../tests/wasm/sqlite-cli.wasm", import.meta.url)),
);
async function sql(files, statements) {
  const result = await run(sqlite, {
    args: ["/data/app.db"],
    fs: { "/data": files },
    stdin: statements,
  });
  assert.equal(result.exitCode, 0, result.stderr.toString());
  return result.stdout.toString();
}

const files = new MemoryFs();
await sql(files, "CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);\n");
process.stdout.write(`sum: ${await sql(files, "SELECT sum(n) FROM t;\n")}`);
console.log("files:", files.list().join(" "));

// Over a directory of this machine: the guest sees what is there, and only the memory changes.
const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
const database = files.read("app.db");
writeFileSync(join(folder, "app.db"), database);
const over = new MemoryFs({ over: folder });
await sql(over, "DELETE FROM t;\n");
for (const { kind, path } of over.changes()) console.log("changes:", kind, path);
const same = readFileSync(join(folder, "app.db")).equals(database);
console.log("on disk:", same ? "as it was" : "changed");
rmSync(folder, { recursive: true });
