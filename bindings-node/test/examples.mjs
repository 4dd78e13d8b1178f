// The examples of the README, and what they write.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** Their source. */
export const blocks = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, source]) => source);

/** What each writes. */
export const expected = [
  /^0 hello/i,
  /^hello.*\n0\n$/is,
  /^20\n$/,
  /^true\nAbortError\n5\n$/,
  /^\[ 2, 4, 6 \]\n$/,
  /^41\n\[ 7 \]\n$/,
  /^hello bindgen funcs test\n246\n$/,
];

assert.equal(blocks.length, expected.length);
