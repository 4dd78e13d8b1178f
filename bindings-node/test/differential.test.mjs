// The same small programs on JavaScript's own WebAssembly and on ours. Whatever differs is listed here with its reason, and
// nothing else may differ.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WebAssembly as ours } from "../index.mjs";
import * as instances from "./differential/instances.mjs";
import * as interfaces from "./differential/interfaces.mjs";
import { BadCheck, kit, show } from "./differential/kit.mjs";
import * as limits from "./differential/limits.mjs";
import * as values from "./differential/values.mjs";

const theirs = globalThis.WebAssembly;

/** What differs: a pattern for the titles of checks, and why. */
const DIFFERENCES = [
  [/^namespace (Tag|Exception|JSTag)$/, "there are no exceptions of WebAssembly"],
  [/\.(arguments|caller)$/, "classes have no such properties, old functions do"],
  [/ members$/, "our classes have more members"],
  [/^Instance inherits$/, "an Instance is a ModuleInstance"],
  [/Error inherits$/, "they share a class that holds code and frames"],
  [/Error own keys$/, "errors carry code and frames"],
  [/^Global\.value set to nothing$/, "a setter of JavaScript can't tell that it got nothing"],
  [/ of (dataview|shared)$/, "every BufferSource is taken; V8 refuses views that are no arrays"],
  [/ of text$/, "the text format is accepted"],
  [/^(param|result|global|set global) i64 from /, "numbers that are safe integers are taken too"],
  [
    /^result [if]\d\d from promise$/,
    "a promise that nobody can await is refused, not turned into 0 or NaN",
  ],
  [/v128/, "vectors may cross"],
  [/^global externref (missing|by name)$/, "undefined, as the specification says; V8 gives null"],
  [
    /^(Table element|Global value) funcref$|^global funcref by name$/,
    "the type's other name is taken too",
  ],
  [/^Global value externref$/, "undefined, as the specification says; V8 gives null"],
  [
    /^function (keys|has a prototype|with new|constructed|as new\.target|extended|instanceof)$/,
    "Node-API makes only functions that can be constructed",
  ],
  [/ minus half/, "it is in range, as the specification says; V8 refuses it"],
  [/^shared memory's buffer$/, "Node-API can't make a SharedArrayBuffer"],
  [/^buffer after memory\.grow by 0$/, "the buffer stays, since nothing has changed"],
  [
    /^structuredClone of an? (module|memory|instance)$/,
    "objects of addons can't be cloned; they arrive as empty ones",
  ],
  [/^endless recursion$/, "it is a trap like others"],
  [/^table of 10000001 elements$/, "no instance can be made of it; V8 has a RangeError"],
  [
    /^(Module|validate|compile|instantiate) with (the number|the text|true)$/,
    "no object, as the specification says; V8 ignores it",
  ],
  [/^proposal /, "V8 of this Node.js does not have it yet"],
];

const reasonOf = (title) => DIFFERENCES.find(([pattern]) => pattern.test(title));

async function outcome(check, api) {
  try {
    return show(await check(kit(api)));
  } catch (error) {
    if (error instanceof BadCheck || error instanceof ReferenceError) throw error;
    return `throws ${error?.constructor?.name ?? String(error)}`;
  }
}

test("what differs from JavaScript's own WebAssembly is known", async () => {
  const [seen, unknown] = [new Set(), []];
  let count = 0;
  for (const { checks } of [interfaces, instances, values, limits]) {
    for (const [title, check] of checks) {
      count++;
      const [own, other] = [await outcome(check, ours), await outcome(check, theirs)];
      if (own === other) continue;
      const reason = reasonOf(title);
      if (reason === undefined) unknown.push(`${title}: ours ${own}, theirs ${other}`);
      seen.add(reason);
    }
  }
  assert.deepEqual(unknown, []);
  assert.ok(count > 3000, `${count} checks`);
  // Newer V8s agree with us in more.
  if (process.versions.node.startsWith("20.")) {
    const outdated = DIFFERENCES.filter((reason) => !seen.has(reason));
    assert.deepEqual(outdated, []);
  }
});
