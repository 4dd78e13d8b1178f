// Bundles of programs that use the package, made without any setting for it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { install, skip, TOOLS } from "./helper.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
after(() => rmSync(folder, { recursive: true }));
const require = createRequire(join(TOOLS, "index.js"));
const addon = install(folder);

const BODY = `const wat = (text) => Buffer.from(text);
  const { exports } = new w.Instance(new w.Module(wat(\`(module (func (export "trap") unreachable)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))\`)));
  let caught;
  try { exports.trap(); } catch (error) { caught = error instanceof w.WebAssembly.RuntimeError; }
  w.run(wat(\`(module (memory (export "memory") 1) (func (export "_start")))\`)).then((result) => {
    console.log(exports.add(2, 3), caught, result.exitCode, typeof new w.WASI().wasiImport.fd_write);
  });\n`;
const EXPECTED = "5 true 0 function\n";
writeFileSync(join(folder, "app.mjs"), `import * as w from "wasmspan";\n${BODY}`);
writeFileSync(join(folder, "app.cjs"), `const w = require("wasmspan");\n${BODY}`);
const inFolder = (name) => join(folder, name);

/** Bundles an entry into a file; fails on errors and warnings. */
const BUNDLERS = {
  async esbuild(entry, output, format) {
    const settings = { entryPoints: [entry], outfile: output, format, bundle: true };
    const more = { platform: "node", minify: true, logLevel: "silent", absWorkingDir: folder };
    const { warnings } = await require("esbuild").build({ ...settings, ...more });
    assert.deepEqual(warnings, []);
  },
  async rollup(entry, output, format) {
    const [commonjs, resolve] = ["commonjs", "node-resolve"].map((name) => {
      return require(`@rollup/plugin-${name}`).default;
    });
    const warnings = [];
    const bundle = await require("rollup").rollup({
      input: entry,
      plugins: [commonjs(), resolve()],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ file: output, format });
    // That the program itself uses modules of Node.js is what it says.
    assert.deepEqual(warnings, []);
  },
  async webpack(entry, output, format) {
    const isModule = format === "esm";
    const settings = {
      mode: "production",
      target: "node20",
      entry,
      experiments: { outputModule: isModule },
      output: { path: dirname(output), filename: basename(output), module: isModule },
    };
    const stats = await new Promise((done, fail) => {
      require("webpack")(settings, (error, stats) => (error ? fail(error) : done(stats)));
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    assert.deepEqual([errors, warnings], [[], []]);
  },
  async vite(entry, output, format) {
    const { build } = await import(pathToFileURL(require.resolve("vite")).href);
    const rollupOptions = { output: { format, entryFileNames: basename(output) } };
    const ssr = {
      build: { ssr: entry, outDir: dirname(output), emptyOutDir: false, rollupOptions },
    };
    const settings = {
      root: folder,
      configFile: false,
      logLevel: "error",
      ssr: { noExternal: true },
    };
    await build({ ...settings, ...ssr });
  },
  async bun(entry, output, format) {
    const [name] = readdirSync(join(TOOLS, "@oven"));
    const bun = join(TOOLS, "@oven", name, "bin/bun");
    const args = ["build", entry, "--target=node", `--format=${format}`, `--outfile=${output}`];
    const ended = spawnSync(bun, args, { cwd: folder, encoding: "utf8" });
    assert.equal(ended.status, 0, ended.stderr);
    assert.doesNotMatch(ended.stderr, /warn/);
  },
  async ncc(entry, output) {
    const { code, assets } = await require("@vercel/ncc")(entry, { quiet: true, cache: false });
    assert.deepEqual(Object.keys(assets), []);
    writeFileSync(output, code);
  },
};

function start(file, env = {}) {
  const options = { encoding: "utf8", env: { ...process.env, ...env } };
  return spawnSync(process.execPath, [file], options);
}

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  for (const format of ["cjs", "esm"]) {
    const extension = format === "cjs" ? "cjs" : "mjs";
    test(`${name} makes a bundle: ${format}`, { skip }, async (t) => {
      const output = inFolder(`${name}.${extension}`);
      await bundle(inFolder(`app.${extension}`), output, format);
      const beside = start(output);
      assert.equal(beside.stdout, EXPECTED, beside.stderr);
      // Elsewhere, alone and with the addon beside it.
      const away = mkdtempSync(join(tmpdir(), "wasmspan-"));
      after(() => rmSync(away, { recursive: true }));
      const moved = join(away, basename(output));
      copyFileSync(output, moved);
      // Some bundlers write down where things were.
      const [packages, hidden] = ["node_modules", "hidden"].map(inFolder);
      renameSync(packages, hidden);
      t.after(() => renameSync(hidden, packages));
      const alone = start(moved);
      assert.equal(alone.status, 1);
      assert.match(alone.stderr, new RegExp(`neither a file ${basename(addon)} in `));
      const told = start(moved, { WASMSPAN_NATIVE_PATH: addon });
      assert.equal(told.stdout, EXPECTED, told.stderr);
      copyFileSync(addon, join(away, basename(addon)));
      const copied = start(moved);
      assert.equal(copied.stdout, EXPECTED, copied.stderr);
      assert.ok(existsSync(output));
    });
  }
}
