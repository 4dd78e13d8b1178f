// The stacks of errors: frames of WebAssembly, then those of JavaScript.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate, run } from "./helper.mjs";

const TRAP = `(module (func $inner unreachable) (func (export "trap") (call $inner))
  (func (export "spin") (loop (br 0))))`;

test("errors of asynchronous calls have the frames of those who await them", async () => {
  const instance = instantiate(TRAP);
  async function caller(options) {
    await instance.callAsync("trap", [], options);
  }
  for (const options of [undefined, { timeout: 10_000 }]) {
    await assert.rejects(caller(options), ({ stack, frames }) => {
      assert.equal(frames.length, 2);
      assert.match(
        stack,
        /^RuntimeError: .*\n +at .*inner.*\n +at [^\n]*\n(.*\n)*? +at async caller .*stacks\.test\.mjs/,
      );
      assert.equal(stack.match(/async caller/g).length, 1);
      return true;
    });
  }
  async function impatient() {
    await instance.callAsync("spin", [], { timeout: 5 });
  }
  await assert.rejects(impatient(), ({ name, stack }) => {
    assert.equal(name, "TimeoutError");
    assert.match(stack, /at async impatient .*stacks\.test\.mjs/);
    return true;
  });
});

test("an exception of an import keeps its stack", async () => {
  const thrown = new Error("mine");
  const { stack } = thrown;
  const instance = instantiate(
    `(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`,
    {
      m: {
        f() {
          throw thrown;
        },
      },
    },
  );
  await assert.rejects(
    instance.callAsync("f"),
    (error) => error === thrown && error.stack === stack,
  );
});

const CATCH = `const { trap } = instantiate(${JSON.stringify(TRAP)}).exports;
  try { trap(); } catch (error) { console.log(error instanceof w.RuntimeError, error.message, typeof error.stack); }`;

test("programs that make stacks of their own form get the trap all the same", () => {
  for (const [prepare, form] of [
    ["() => ({ any: 'object' })", "object"],
    ["(_, sites) => sites", "object"],
    ["() => undefined", "undefined"],
    ["() => 'text'", "string"],
    ["(error) => String(error)", "string"],
  ]) {
    const ended = run(`Error.prepareStackTrace = ${prepare}; ${CATCH}`);
    assert.equal(ended.out, `true unreachable ${form}\n`, ended.err);
  }
  const throwing = run(`Error.prepareStackTrace = () => { throw new SyntaxError("no stack"); };
    const { trap } = instantiate(${JSON.stringify(TRAP)}).exports;
    try { trap(); } catch (error) { console.log(error instanceof w.RuntimeError); }`);
  assert.equal(throwing.out, "true\n", throwing.err);
  const short = run(`Error.stackTraceLimit = 0; ${CATCH}`);
  assert.equal(short.out, "true unreachable string\n", short.err);
});
