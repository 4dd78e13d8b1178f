/**
 * Node.js's own modules that this package uses, and where its files lie.
 *
 * The modules are asked for at run time: a bundler that writes ES modules can't translate `require`.
 */

/**
 * Files.
 * @internal
 */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");
/**
 * Events.
 * @internal
 */
export const events: typeof import("node:events") = process.getBuiltinModule("node:events");
/**
 * Paths.
 * @internal
 */
export const path: typeof import("node:path") = process.getBuiltinModule("node:path");

/**
 * Streams; loaded when they are first needed, since most programs need none.
 * @internal
 */
export function streams(): typeof import("node:stream") {
  return process.getBuiltinModule("node:stream");
}

/**
 * Sockets, as streams.
 * @internal
 */
export function net(): typeof import("node:net") {
  return process.getBuiltinModule("node:net");
}

/**
 * Folders in which this package lies, or a bundle that has it: where its JavaScript says that it is,
 * and where the program lies that was started. Bundles that are ES modules don't know the first, and
 * some bundlers write down where it was when the bundle was made.
 * @internal
 */
export function homes(): string[] {
  const program = path.dirname(path.resolve(process.argv[1] ?? "."));
  if (typeof __dirname !== "string") return [program];
  const isPackage = fs.existsSync(path.join(__dirname, "native.js"));
  return [isPackage ? path.dirname(__dirname) : __dirname, program];
}

/**
 * What loads files and packages as they are seen from a folder.
 * @internal
 */
export function requireFrom(folder: string): NodeJS.Require {
  const { createRequire } = process.getBuiltinModule("node:module");
  return createRequire(path.resolve(folder, "index.js"));
}
