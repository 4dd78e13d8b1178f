// Packs what is published: the package, and the package with the addon for this machine.
//
//   node scripts/pack.mjs FOLDER      (after a build with --dist)
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import platform from "../dist/platform.js";

// Each has a package of its own that npm installs only where it fits.
const PLATFORMS = {
  "linux-x64-gnu": { os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
  "linux-x64-musl": { os: ["linux"], cpu: ["x64"], libc: ["musl"] },
  "linux-arm64-gnu": { os: ["linux"], cpu: ["arm64"], libc: ["glibc"] },
  "linux-arm64-musl": { os: ["linux"], cpu: ["arm64"], libc: ["musl"] },
  "darwin-x64": { os: ["darwin"], cpu: ["x64"] },
  "darwin-arm64": { os: ["darwin"], cpu: ["arm64"] },
  "win32-x64-msvc": { os: ["win32"], cpu: ["x64"] },
  "win32-arm64-msvc": { os: ["win32"], cpu: ["arm64"] },
};

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const destination = resolve(process.argv[2] ?? ".");
mkdirSync(destination, { recursive: true });
const { scripts, devDependencies, ...manifest } = JSON.parse(
  readFileSync(join(here, "package.json"), "utf8"),
);
const built = Object.keys(PLATFORMS).filter((name) =>
  existsSync(join(here, `wasmspan.${name}.node`)),
);
if (String(built) !== String(platform.ADDONS)) {
  throw new Error(
    `lib/platform.ts names the addons ${platform.ADDONS}, and those are built: ${built}`,
  );
}
if (built.length === 0) throw new Error("no addon is built: run scripts/build.mjs --dist first");

function pack(content, files) {
  const folder = mkdtempSync(join(tmpdir(), "wasmspan-pack-"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(content, null, 2)}\n`);
  for (const [from, to] of files) cpSync(join(here, from), join(folder, to), { recursive: true });
  const arguments_ = ["pack", "--silent", "--pack-destination", destination];
  const name = execFileSync("npm", arguments_, { cwd: folder, encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return name.trim();
}

const { license, version, engines, repository } = manifest;
for (const name of built) {
  const file = `wasmspan.${name}.node`;
  const description = `The addon of wasmspan for ${name}`;
  const content = {
    name: `wasmspan-${name}`,
    version,
    description,
    license,
    repository,
    engines,
    main: file,
    files: [file],
    ...PLATFORMS[name],
  };
  console.log(
    pack(content, [
      [file, file],
      ["../LICENSE", "LICENSE"],
    ]),
  );
}
// Only what exists can be depended on.
const optionalDependencies = Object.fromEntries(built.map((name) => [`wasmspan-${name}`, version]));
const files = ["dist", "types", "index.mjs", "index.d.mts", "README.md"].map((name) => [
  name,
  name,
]);
const more = [
  ["../LICENSE", "LICENSE"],
  ["../tests/wasm/bindgen-rust.wasm", "examples/bindgen.wasm"],
];
console.log(pack({ ...manifest, optionalDependencies }, [...files, ...more]));
