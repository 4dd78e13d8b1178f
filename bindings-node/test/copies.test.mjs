// Several copies of the package in one process, as in bundles and test runners.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import * as first from "../index.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

/** Loads the package once more; its files run in `context`, if there is one. */
function copy(context) {
  const require = createRequire(`${dist}index.js`);
  const files = new Map();
  const load = (name) => {
    if (files.has(name)) return files.get(name).exports;
    const module = { exports: {} };
    files.set(name, module);
    const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(dist + name, "utf8")}\n})`;
    const filename = dist + name;
    const body = context
      ? vm.runInContext(wrapped, context, { filename })
      : vm.runInThisContext(wrapped, { filename });
    const inner = (wanted) => (wanted.startsWith("./") ? load(wanted.slice(2)) : require(wanted));
    body(module.exports, inner, module, filename, dist);
    return module.exports;
  };
  assert.ok(readdirSync(dist).includes("index.js"));
  return load("index.js");
}

const GUEST = Buffer.from(`(module (func (export "trap") unreachable)
  (func (export "spin") (loop (br 0))))`);

/** Errors of each class that a call can give. */
async function errorsOf(api) {
  const instance = new api.Instance(new api.Module(GUEST));
  const caught = (action) => {
    try {
      action();
    } catch (error) {
      return error;
    }
    return assert.fail("nothing was thrown");
  };
  return {
    RuntimeError: caught(() => instance.exports.trap()),
    CompileError: caught(() => new api.Module(Buffer.from("x"))),
    LinkError: caught(() => {
      const text = `(module (import "a" "b" (global i64)))`;
      return new api.Instance(new api.Module(Buffer.from(text)), { a: { b: 1 } });
    }),
    TimeoutError: await instance.callAsync("spin", [], { timeout: 5 }).then(
      () => assert.fail("it returned"),
      (error) => error,
    ),
  };
}

test("each copy knows its own errors, and those of the others", async () => {
  const copies = [first, copy(), copy()];
  for (const api of copies) {
    const errors = await errorsOf(api);
    for (const other of copies) {
      for (const [name, error] of Object.entries(errors)) {
        assert.equal(error.name, name);
        assert.ok(error instanceof other[name], name);
        assert.ok(error instanceof Error, name);
      }
      assert.ok(errors.TimeoutError instanceof other.RuntimeError);
      assert.ok(!(errors.CompileError instanceof other.RuntimeError));
      assert.ok(!(errors.RuntimeError instanceof other.TimeoutError));
    }
  }
});

test("in another context the errors are errors of that context", async () => {
  const context = vm.createContext({ process, Buffer, AbortSignal, URL, console, WeakRef });
  Object.assign(context, { setTimeout, clearTimeout, TextDecoder, TextEncoder });
  for (let turn = 0; turn < 3; turn++) {
    const api = copy(context);
    context.errors = await errorsOf(api);
    context.api = api;
    assert.equal(
      vm.runInContext("Object.values(errors).every((e) => e instanceof Error)", context),
      true,
    );
    assert.equal(vm.runInContext("errors.RuntimeError instanceof api.RuntimeError", context), true);
    assert.ok(context.errors.RuntimeError instanceof first.RuntimeError);
    context.instance = new api.Instance(
      new api.Module(Buffer.from(`(module (func (export "f") (param i64)))`)),
    );
    const wrong = "try { instance.exports.f(Symbol()) } catch (e) { e instanceof TypeError }";
    assert.equal(vm.runInContext(wrong, context), true);
  }
  // The errors are again those of the copy that is loaded next.
  const last = copy();
  assert.ok((await errorsOf(last)).RuntimeError instanceof Error);
});

test("what is no error of ours is none", () => {
  for (const api of [first, copy()]) {
    for (const value of [undefined, null, 1, "RuntimeError", {}, new Error("no")]) {
      assert.equal(value instanceof api.RuntimeError, false);
    }
    assert.equal(api.RuntimeError.prototype instanceof api.RuntimeError, false);
    class Mine extends api.RuntimeError {}
    assert.ok(new Mine("m") instanceof Mine);
    assert.ok(new Mine("m") instanceof api.RuntimeError);
    assert.equal(new api.RuntimeError("m") instanceof Mine, false);
    assert.ok(api.RuntimeError("m") instanceof api.RuntimeError);
    assert.equal(api.RuntimeError.prototype.constructor, api.RuntimeError);
  }
});
