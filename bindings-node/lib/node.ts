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
 * The folder of this package's JavaScript, or of the bundle that has it. Bundles that are ES modules
 * don't know where they are: there it is the folder of the program that was started.
 * @internal
 */
export function home(): string {
  if (typeof __dirname === "string") return __dirname;
  return path.dirname(path.resolve(process.argv[1] ?? "."));
}

/**
 * What loads files and packages as they are seen from a folder.
 * @internal
 */
export function requireFrom(folder: string): NodeJS.Require {
  const { createRequire } = process.getBuiltinModule("node:module");
  return createRequire(path.join(folder, "index.js"));
}
