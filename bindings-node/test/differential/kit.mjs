// What the checks use: each gets the namespace that it is run on, and helpers over it.
import { Module } from "../../index.mjs";

/** A module of no content. */
export const EMPTY = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

/** A mistake in a check itself. */
export class BadCheck extends Error {}

/** The binary form of a text. */
export function binary(text) {
  try {
    return Module.bytes(Module.load(Buffer.from(text)));
  } catch (cause) {
    throw new BadCheck(`this is no module: ${text}`, { cause });
  }
}

/** A list of checks, and what adds one. */
export function list() {
  const checks = [];
  return [checks, (title, check) => checks.push([title, check])];
}

/** A namespace with helpers. */
export const kit = (api) => ({
  api,
  compile: (text) => new api.Module(binary(text)),
  exports: (text, imports) => new api.Instance(new api.Module(binary(text)), imports).exports,
});

/** A property of an object in words. */
export function property(object, key) {
  const found = Object.getOwnPropertyDescriptor(object, key);
  if (found === undefined) return "none";
  const flags = ["writable", "enumerable", "configurable"].filter((flag) => found[flag]).join(" ");
  const signature = (fn) => fn && `${fn.name}/${fn.length}`;
  if (!("value" in found)) {
    return `${flags} get ${signature(found.get)} set ${signature(found.set)}`;
  }
  const { value } = found;
  return `${flags} ${typeof value === "function" ? signature(value) : show(value)}`;
}

/** A value in words that are the same for both namespaces. */
export function show(value, depth = 0) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return String(value);
  if (depth > 4) return "…";
  if (Array.isArray(value)) return `[${value.map((item) => show(item, depth + 1)).join(", ")}]`;
  if (value instanceof Error) return `error ${value.constructor.name}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${[...value]})`;
  const tag = Object.prototype.toString.call(value);
  if (tag !== "[object Object]") return tag;
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${show(item, depth + 1)}`);
  return `{${entries.join(", ")}}`;
}
