// What the package takes the addon to be is what it is: `lib/native.ts` names just the classes and functions that the addon has,
// with as many parameters.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const require = createRequire(import.meta.url);
const home = fileURLToPath(new URL("..", import.meta.url));
const { native } = require("../dist/native.js");

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** Functions and classes of the addon from its source: number of parameters by name. */
function inRust() {
  const [functions, classes] = [{}, {}];
  for (const file of readdirSync(`${home}src`).filter((name) => name !== "peer.rs")) {
    const text = readFileSync(`${home}src/${file}`, "utf8");
    let owner;
    const pattern =
      /^impl (\w+) \{|^(\s*)#\[napi(?:\(([\w ,]+)\))?\]\n(?:\s*(?:#\[|\/\/).*\n)*\s*pub fn (\w+)(?:<[^>]*>)?\(([^{]*?)\)(?: -> [^{]*)?\s*(?:where[^{]*)?\{/gm;
    for (const [, impl, indent, kind = "", name, list] of text.matchAll(pattern)) {
      if (impl !== undefined) {
        owner = impl;
        continue;
      }
      // A parameter begins with its name; commas in types are within brackets.
      const names = list.replace(/<[^<>]*(?:<[^<>]*>[^<>]*)*>/g, "").split(",");
      const own = names
        .map((parameter) => parameter.trim())
        .filter(
          (parameter) =>
            parameter !== "" &&
            !/^&?(?:mut )?self$|: &?(?:'\w+ )?(?:napi::)?Env\b|: This\b/.test(parameter),
        );
      if (indent !== "") classes[owner] ??= {};
      const into = indent === "" ? functions : classes[owner];
      const accessor = kind.includes("getter") || kind.includes("setter");
      const key = kind.includes("constructor")
        ? "new"
        : camel(name.replace(kind.includes("setter") ? /^set_/ : /^$/, ""));
      into[key] = accessor ? 0 : own.length;
    }
  }
  return { functions, classes };
}

/** The same from the interfaces of the package. */
function inTypeScript() {
  const source = ts.createSourceFile(
    "native.ts",
    readFileSync(`${home}lib/native.ts`, "utf8"),
    ts.ScriptTarget.ES2022,
  );
  const members = new Map();
  let tuple = 0;
  for (const statement of source.statements) {
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === "NativeWasiGiven") {
      tuple = statement.type.elements.length;
    }
    if (ts.isInterfaceDeclaration(statement)) members.set(statement.name.text, statement.members);
  }
  const count = (member) =>
    ts.isPropertySignature(member)
      ? 0
      : member.parameters.reduce(
          (sum, { dotDotDotToken }) => sum + (dotDotDotToken ? tuple : 1),
          0,
        );
  const functions = {};
  const classes = {};
  for (const member of members.get("Native")) {
    const name = member.name.text;
    if (!ts.isPropertySignature(member)) {
      functions[name] = count(member);
      continue;
    }
    const of = {
      ...Object.fromEntries((members.get(name) ?? []).map((item) => [item.name.text, count(item)])),
    };
    for (const item of member.type.members) of[item.name?.text ?? "new"] = count(item);
    classes[name] = of;
  }
  return { functions, classes };
}

test("the package knows the addon's functions and classes, and no others", () => {
  const [rust, package_] = [inRust(), inTypeScript()];
  assert.ok(Object.keys(rust.classes).length > 15 && Object.keys(rust.functions).length > 8);
  assert.deepEqual(package_.functions, rust.functions);
  assert.deepEqual(package_.classes, rust.classes);
  // The addon itself was made of this source.
  const { functions, classes } = package_;
  for (const name of [...Object.keys(functions), ...Object.keys(classes)]) {
    assert.equal(typeof native[name], "function", name);
  }
});

test("the addon's declarations are not published", () => {
  const files = readdirSync(`${home}types`);
  assert.ok(files.includes("index.d.ts") && !files.includes("native.d.ts"));
  for (const file of files) {
    assert.doesNotMatch(readFileSync(`${home}types/${file}`, "utf8"), /native\.js/, file);
  }
});
