// The scenarios that every language replays; the results go where the report of all languages reads them.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Scenario } from "./scenario.mjs";

const folder = fileURLToPath(new URL("../../tests/scenarios", import.meta.url));
const read = (path) => JSON.parse(readFileSync(join(folder, path), "utf8"));

test("every scenario holds", async () => {
  const skips = Object.keys(read("skips.json").node);
  const skipped = (name) =>
    skips.some((skip) => (skip.endsWith("*") ? name.startsWith(skip.slice(0, -1)) : name === skip));
  const results = {};
  for (const file of readdirSync(join(folder, "cases")).sort()) {
    const name = file.replace(/\.json$/, "");
    if (skipped(name)) {
      results[name] = "skipped";
      continue;
    }
    results[name] = await Scenario.replay(read(join("cases", file))).then(
      () => "ok",
      (error) => error.message,
    );
  }
  const output =
    process.env.WASMSPAN_SCENARIOS ??
    fileURLToPath(new URL("../../target/scenarios", import.meta.url));
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, "scenarios-node.json"), `${JSON.stringify(results, null, 2)}\n`);
  const bad = Object.entries(results).filter(([, result]) => !["ok", "skipped"].includes(result));
  assert.deepEqual(bad, []);
  assert.ok(Object.keys(results).length > 0);
});

test("a scenario that does not hold is noticed", async () => {
  const wat = [`(module (func (export "f") (result i32) (i32.const 1)))`];
  const replay = (step) =>
    Scenario.replay({ steps: [{ do: "module", wat }, { do: "instance" }, step] });
  await replay({ do: "call", function: "f", gives: ["i32:1"] });
  for (const step of [
    { do: "call", function: "f", gives: ["i32:2"] },
    { do: "call", function: "f", gives: [] },
    { do: "call", function: "f", fails: { code: 137 } },
    { do: "call", function: "g" },
    { do: "call", function: "f", surprise: 1 },
    { do: "surprise" },
  ]) {
    await assert.rejects(replay(step), undefined, JSON.stringify(step));
  }
});
