// Builds the package: the addon with cargo, JavaScript and declarations with tsc, and the entry for `import`.
//
//   node scripts/build.mjs [--release | --dist] [--peer] [--no-addon]
//
// With --peer the addon has what the benchmark compares it with.
import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const options = new Set(process.argv.slice(2));
const run = (command, args) => execFileSync(command, args, { cwd: here, stdio: "inherit" });

if (!options.has("--no-addon")) {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("the runtime's engine supports x86-64 Linux only, so far");
  }
  const profile = options.has("--dist") ? "dist" : options.has("--release") ? "release" : "dev";
  const peer = options.has("--peer") ? ["--features", "peer"] : [];
  run("cargo", ["build", "-p", "wasmspan-node", "--profile", profile, ...peer]);
  const target = process.env.CARGO_TARGET_DIR ?? join(here, "../target");
  const built = join(target, profile === "dev" ? "debug" : profile, "libwasmspan_node.so");
  const addon = join(here, "wasmspan.linux-x64-gnu.node");
  // A process may have the old file mapped.
  rmSync(addon, { force: true });
  copyFileSync(built, addon);
  if (profile !== "dev") run("strip", ["--strip-unneeded", addon]);
}

rmSync(join(here, "dist"), { recursive: true, force: true });
rmSync(join(here, "types"), { recursive: true, force: true });
run(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "-p", "."]);
// The addon is not what users see.
rmSync(join(here, "types/native.d.ts"));

const names = Object.keys(createRequire(import.meta.url)("../dist/index.js")).sort();
const lines = names.map((name) => `  ${name},\n`).join("");
// Not the default export: bundlers differ in what that is.
writeFileSync(
  join(here, "index.mjs"),
  `// Written by scripts/build.mjs.\nexport {\n${lines}} from "./dist/index.js";\n`,
);
