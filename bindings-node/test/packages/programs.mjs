// One use of each package; what it writes must not depend on who runs its WebAssembly. The argument names the package.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

// Some are made for browsers.
globalThis.self ??= globalThis;
const require = createRequire(import.meta.url);
const file = (path) => readFileSync(require.resolve(path));
/** The bytes of a file that a package does not export. */
const inside = (path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url));
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
const SOURCE = `export const add = (a, b) => a + b;\nexport default class A { #x = 1; get x() { return this.#x ?? 2; } }\n`;
const TYPED = `export function sum(a: number, b?: number): number { return a + (b ?? 0); }\n`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><defs><linearGradient id="g">
  <stop stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient></defs>
  <rect width="64" height="48" fill="url(#g)"/><circle cx="30" cy="20" r="15" fill="#0f08"/></svg>`;

/** A picture with some structure. */
function picture(width = 40, height = 30) {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) => (at * 37) % 251);
  return { width, height, data, colorSpace: "srgb" };
}

export const PROGRAMS = {
  async "sql.js"() {
    const db = new (await require("sql.js")()).Database();
    db.run(
      "create table t (a integer, b text); insert into t values (1, 'one'), (2, 'zwölf'), (3, null)",
    );
    const rows = db.exec(
      "select sum(a), group_concat(upper(b)), typeof(max(b)) from t; select sqlite_version() > '3'",
    );
    const bytes = db.export();
    return [JSON.stringify(rows), bytes.length, digest(bytes.subarray(100))];
  },
  async "esbuild-wasm"() {
    const esbuild = await import("esbuild-wasm/esm/browser.js");
    const wasmModule = await WebAssembly.compile(file("esbuild-wasm/esbuild.wasm"));
    await esbuild.initialize({ wasmModule, worker: false });
    const { code, map } = await esbuild.transform(TYPED + SOURCE, {
      loader: "ts",
      minify: true,
      target: "es2020",
      sourcemap: true,
    });
    return [code, map];
  },
  async "@swc/wasm"() {
    const { transformSync, minifySync } = require("@swc/wasm");
    const options = { jsc: { parser: { syntax: "typescript" }, target: "es2017" } };
    return [transformSync(TYPED, options).code, minifySync(SOURCE, { module: true }).code];
  },
  async "@rollup/wasm-node"() {
    const { rollup } = await import("@rollup/wasm-node");
    const files = {
      a: `import { b } from "b"; console.log(b);`,
      b: `export const b = 1, unused = 2;`,
    };
    const bundle = await rollup({
      input: "a",
      plugins: [{ name: "files", resolveId: (id) => id, load: (id) => files[id] }],
    });
    const { output } = await bundle.generate({ format: "es" });
    return output.map(({ code }) => code);
  },
  async "@dprint/typescript"() {
    const { createFromBuffer } = await import("@dprint/formatter");
    const formatter = createFromBuffer(readFileSync(require("@dprint/typescript").getPath()));
    formatter.setConfig({ indentWidth: 2, lineWidth: 40 }, {});
    return formatter.formatText({ filePath: "file.ts", fileText: TYPED + SOURCE });
  },
  async "web-tree-sitter"() {
    const { Parser, Language } = await import("web-tree-sitter");
    await Parser.init();
    const language = await Language.load(
      new Uint8Array(file("tree-sitter-json/tree-sitter-json.wasm")),
    );
    const parser = new Parser();
    parser.setLanguage(language);
    return parser.parse(`{"a": [1, 2.5, {"b": null}], "c": "d"`).rootNode.toString();
  },
  async "quickjs-emscripten"() {
    const { getQuickJS } = require("quickjs-emscripten");
    const vm = (await getQuickJS()).newContext();
    const print = vm.newFunction("print", (value) => vm.newString(`<${vm.dump(value)}>`));
    vm.setProp(vm.global, "print", print);
    const run = (code) => {
      const result = vm.evalCode(code);
      return vm.dump(result.error ?? result.value);
    };
    return [
      run("[1, 2, 3].map((n) => n ** 2).reverse()"),
      run("print(JSON.stringify({ a: 1n + 2n + '' }))"),
      run("function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } f(18)"),
      run("throw new RangeError('no')").message,
    ];
  },
  async tiktoken() {
    const encoding = require("tiktoken").get_encoding("cl100k_base");
    const tokens = encoding.encode("WebAssembly läuft überall, 世界! <|endoftext|>", "all");
    return [[...tokens], new TextDecoder().decode(encoding.decode(tokens))];
  },
  async "@resvg/resvg-wasm"() {
    const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
    await initWasm(file("@resvg/resvg-wasm/index_bg.wasm"));
    const image = new Resvg(SVG, { fitTo: { mode: "width", value: 128 } }).render();
    return [image.width, image.height, digest(image.pixels), digest(image.asPng())];
  },
  async "@jsquash/png"() {
    const { default: encode, init } = await import("@jsquash/png/encode.js");
    const { default: decode, init: prepare } = await import("@jsquash/png/decode.js");
    const bytes = inside("@jsquash/png/codec/pkg/squoosh_png_bg.wasm");
    await init(bytes);
    await prepare(bytes);
    const png = await encode(picture());
    const { data, width } = await decode(png);
    return [digest(new Uint8Array(png)), width, digest(data)];
  },
  async "@jsquash/webp"() {
    const { default: encode, init } = await import("@jsquash/webp/encode.js");
    const { default: decode, init: prepare } = await import("@jsquash/webp/decode.js");
    await init(await WebAssembly.compile(inside("@jsquash/webp/codec/enc/webp_enc.wasm")));
    await prepare(await WebAssembly.compile(inside("@jsquash/webp/codec/dec/webp_dec.wasm")));
    const webp = await encode(picture(), { quality: 60 });
    const { data, width } = await decode(webp);
    return [webp.byteLength, digest(new Uint8Array(webp)), width, digest(data)];
  },
  async "@jsquash/jpeg"() {
    const { default: encode, init } = await import("@jsquash/jpeg/encode.js");
    const { default: decode, init: prepare } = await import("@jsquash/jpeg/decode.js");
    await init(await WebAssembly.compile(inside("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm")));
    await prepare(await WebAssembly.compile(inside("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm")));
    const jpeg = await encode(picture(), { quality: 70 });
    const { data, width } = await decode(jpeg);
    return [jpeg.byteLength, digest(new Uint8Array(jpeg)), width, digest(data)];
  },
  async "hash-wasm"() {
    const hashes = require("hash-wasm");
    const salt = new Uint8Array(16).fill(3);
    const password = { password: "secret", salt, hashLength: 16, outputType: "hex" };
    return [
      await hashes.blake3("text"),
      await hashes.xxhash128("text"),
      await hashes.sha3("text"),
      await hashes.argon2id({ ...password, parallelism: 1, iterations: 2, memorySize: 64 }),
    ];
  },
  async "xxhash-wasm"() {
    const { h32, h64, create64 } = await require("xxhash-wasm")();
    return [h32("text"), h64("text", 5n), create64().update("te").update("xt").digest()];
  },
  async "libsodium-wrappers"() {
    const sodium = require("libsodium-wrappers");
    await sodium.ready;
    const key = new Uint8Array(32).fill(7);
    const nonce = new Uint8Array(24).fill(9);
    const box = sodium.crypto_secretbox_easy("message", nonce, key);
    const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(key);
    const signed = sodium.crypto_sign_detached("message", privateKey);
    return [
      sodium.to_hex(box),
      sodium.to_string(sodium.crypto_secretbox_open_easy(box, nonce, key)),
      sodium.to_hex(signed),
      sodium.crypto_sign_verify_detached(signed, "message", publicKey),
    ];
  },
  async "brotli-wasm"() {
    const brotli = await require("brotli-wasm");
    const packed = brotli.compress(Buffer.from(SOURCE.repeat(20)), { quality: 9 });
    return [
      digest(packed),
      Buffer.from(brotli.decompress(packed)).toString() === SOURCE.repeat(20),
    ];
  },
  async "source-map"() {
    const { SourceMapConsumer, SourceMapGenerator } = require("source-map");
    const made = new SourceMapGenerator({ file: "out.js" });
    for (let line = 1; line < 50; line++) {
      const original = { line: line * 2, column: line % 5 };
      made.addMapping({ source: "in.js", original, generated: { line, column: line % 7 } });
    }
    return SourceMapConsumer.with(made.toJSON(), null, (consumer) => [
      consumer.originalPositionFor({ line: 9, column: 4 }),
      consumer.allGeneratedPositionsFor({ source: "in.js", line: 20, column: 0 }),
    ]);
  },
  async "es-module-lexer"() {
    const { init, parse } = await import("es-module-lexer");
    await init;
    return parse(`import a, { b } from "c"; ${SOURCE} await import("d"); export * from "e";`);
  },
  async "vscode-oniguruma"() {
    const { loadWASM, OnigScanner } = require("vscode-oniguruma");
    await loadWASM(file("vscode-oniguruma/release/onig.wasm").buffer.slice(0));
    const scanner = new OnigScanner(["\\bfoo(?<n>\\d+)", "(?<=b)ar|ü"]);
    return ["foo12 bar", "bar", "xü", "none"].map((text) => scanner.findNextMatchSync(text, 0));
  },
  async "yoga-layout"() {
    const { default: Yoga, FlexDirection } = await import("yoga-layout");
    const root = Yoga.Node.create();
    root.setFlexDirection(FlexDirection.Row);
    root.setWidth(300);
    for (const grow of [1, 2, 3]) {
      const child = Yoga.Node.create();
      child.setFlexGrow(grow);
      child.setHeight(grow * 10);
      root.insertChild(child, grow - 1);
    }
    root.calculateLayout(undefined, undefined);
    return [0, 1, 2].map((at) => root.getChild(at).getComputedLayout());
  },
  async wabt() {
    const wabt = await require("wabt")();
    const module = wabt.parseWat(
      "m.wat",
      `(module (func (export "f") (param i32) (result i32)
      (i32.mul (local.get 0) (i32.const 3))))`,
    );
    module.validate();
    const { buffer } = module.toBinary({});
    return [[...buffer], wabt.readWasm(buffer, {}).toText({ foldExprs: true })];
  },
  async undici() {
    const { createServer } = await import("node:http");
    const { request } = require("undici");
    const server = createServer((_, answer) => answer.end("from the server")).listen(
      0,
      "127.0.0.1",
    );
    await new Promise((listening) => server.once("listening", listening));
    const { statusCode, body } = await request(`http://127.0.0.1:${server.address().port}/`);
    const text = await body.text();
    server.close();
    return [statusCode, text];
  },
  async "7z-wasm"() {
    const lines = [];
    const SevenZip = (await import("7z-wasm")).default ?? require("7z-wasm");
    const sevenZip = await SevenZip({ print: (line) => lines.push(line), printErr() {} });
    const stream = sevenZip.FS.open("file.txt", "w+");
    sevenZip.FS.write(stream, Buffer.from(SOURCE.repeat(10)), 0, SOURCE.length * 10);
    sevenZip.FS.close(stream);
    sevenZip.callMain(["a", "-mx5", "-mtm=off", "-mmt1", "file.7z", "file.txt"]);
    return [
      digest(sevenZip.FS.readFile("file.7z")),
      lines.filter((line) => /Everything|Archive size/.test(line)),
    ];
  },
  async "@hpcc-js/wasm-graphviz"() {
    const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
    const graphviz = await Graphviz.load();
    return digest(graphviz.dot("digraph { a -> b -> c; a -> c; c -> d [label=x] }"));
  },
  async "@dimforge/rapier3d-compat"() {
    const { default: rapier } = await import("@dimforge/rapier3d-compat");
    await rapier.init();
    const world = new rapier.World({ x: 0, y: -9.81, z: 0 });
    world.createCollider(rapier.ColliderDesc.cuboid(10, 0.1, 10));
    const body = world.createRigidBody(rapier.RigidBodyDesc.dynamic().setTranslation(0, 2, 0));
    world.createCollider(rapier.ColliderDesc.ball(0.5).setRestitution(0.6), body);
    const heights = [];
    for (let step = 0; step < 200; step++) {
      world.step();
      if (step % 20 === 0) heights.push(body.translation().y);
    }
    return heights;
  },
  async "opus-decoder"() {
    const { OpusDecoder } = await import("opus-decoder");
    const decoder = new OpusDecoder();
    await decoder.ready;
    const { samplesDecoded, channelData } = decoder.decodeFrame(Uint8Array.of(0xf8, 0xff, 0xfe));
    return [samplesDecoded, channelData.map((samples) => digest(Buffer.from(samples.buffer)))];
  },
};

const [, program, name] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
  const result = await PROGRAMS[name]();
  console.log(
    JSON.stringify(result, (_, value) => (typeof value === "bigint" ? `${value}n` : value)),
  );
  process.exit();
}
