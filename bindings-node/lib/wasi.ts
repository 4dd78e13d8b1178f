import { ExitError } from "./errors.js";
import { type Bytes, isBytes, toBytes, toDescriptor } from "./idl.js";
import { addAlternate, ModuleInstance } from "./instance.js";
import { Memory } from "./memory.js";
import {
  type NativeMemoryFs,
  type NativeWasi,
  type NativeWasiGiven,
  type NativeWasiOptions,
  native,
} from "./native.js";
import {
  alreadyStarted,
  checkObject,
  checkOptions,
  outOfRange,
  toCount,
  wrongType,
  wrongValue,
} from "./options.js";
import { type CallOptions, limitOf } from "./task.js";
import type { Denial } from "./types.js";

/** A directory of the guest: one of this machine, by its path, or files in memory. */
export type Mount = string | MemoryFs | { path: string | MemoryFs; readOnly?: boolean };

/** What a guest may use besides its arguments, variables, directories and streams. */
export interface WasiLimits {
  /**
   * Sockets: none (`false`, if nothing is said), any, or those for the addresses, nets and names of a
   * list, such as `127.0.0.1:8080`, `10.0.0.0/8`, `[::1]:80`, `example.org:443` or `*:53`. The list
   * goes for what a socket is bound to, connected to or sends to, and for names that are looked up.
   */
  sockets?: boolean | { allow: readonly string[] };
  /** Most descriptors that are open at once, streams and directories included; 1024 by default. */
  maxDescriptors?: number;
  /**
   * Numbers of open sockets that listen, of which the guest gets copies, to take connections from with
   * `sock_accept`; their descriptors come after those of the directories.
   */
  listeners?: readonly number[];
  /** Whether the guest sees, as `/`, a directory that lists those it was given. */
  listPreopens?: boolean;
  /**
   * Makes random bytes follow from a number of 64 bits, the same ones in every run. They protect
   * nothing: for tests.
   */
  randomSeed?: number | bigint;
  /**
   * Tells the time of day, in nanoseconds since 1970, for runs that shall repeat exactly. What it throws
   * ends the guest's call. It lives as long as a guest can ask it; one that refers to the guest keeps that.
   */
  realtimeClock?: () => number | bigint;
  /** Tells what the other clocks show, in nanoseconds. Waiting still takes real time. */
  monotonicClock?: () => number | bigint;
}

/** What a guest may use; it gets nothing else. */
export interface WasiOptions extends WasiLimits {
  /** Arguments; the first is the program's name. */
  args?: readonly string[];
  /** Environment variables. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Directories, by the paths under which the guest sees them. */
  preopens?: Readonly<Record<string, Mount>>;
  /**
   * Standard input: that of this process (`"inherit"`), nothing (`"ignore"`), text, bytes, or the
   * number of an open file, which is copied.
   */
  stdin?: "inherit" | "ignore" | { text: string } | Bytes | number;
  /**
   * Standard output: that of this process (`"inherit"`), nowhere (`"ignore"`), kept to be read
   * (`"buffer"`), or the number of an open file, which is copied.
   */
  stdout?: "inherit" | "ignore" | "buffer" | number;
  /** Standard error, as standard output. */
  stderr?: "inherit" | "ignore" | "buffer" | number;
  /** Most bytes of each stream that are kept, 16 MiB by default; what is more fails to be written. */
  outputLimit?: number;
}

/**
 * The names in {@link WasiLimits}.
 * @internal
 */
export const WASI_LIMITS: readonly string[] = [
  ...["sockets", "maxDescriptors", "listeners", "listPreopens"],
  ...["randomSeed", "realtimeClock", "monotonicClock"],
];

/**
 * The names in {@link WasiOptions}.
 * @internal
 */
export const WASI_OPTIONS: ReadonlySet<string> = new Set([
  ...["args", "env", "preopens", "stdin", "stdout", "stderr", "outputLimit"],
  ...WASI_LIMITS,
]);
const MOUNT_OPTIONS: ReadonlySet<string> = new Set(["path", "readOnly"]);
const SOCKET_OPTIONS: ReadonlySet<string> = new Set(["allow"]);
const FILES_OPTIONS: ReadonlySet<string> = new Set(["over", "capacity", "files"]);

/**
 * The word by which the addon knows what a stream is connected to.
 * @internal
 */
export function streamMode(value: unknown, name: string): string {
  if (value === undefined || value === "inherit") return "inherit";
  if (value === "ignore") return "null";
  if (value === "buffer" && name !== "stdin") return "buffer";
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return `fd:${value}`;
  const other = name === "stdin" ? "{ text }, bytes" : '"buffer"';
  throw new TypeError(`'${name}' must be "inherit", "ignore", ${other} or an open file's number`);
}

/**
 * Options as the addon takes them.
 * @internal
 */
export function nativeOptions(options: WasiOptions): NativeWasiGiven {
  const { args = [], env: variables = {}, preopens: given = {} } = options;
  if (!Array.isArray(args)) throw new TypeError("the option 'args' must be an array");
  toDescriptor(variables, "the environment");
  toDescriptor(given, "the list of directories");
  const preopens: string[][] = [];
  const [mounts, places]: [NativeMemoryFs[], string[][]] = [[], []];
  for (const [guest, mount] of Object.entries(given)) {
    const isPlain = typeof mount !== "object" || mount === null || mount instanceof MemoryFs;
    if (!isPlain) checkOptions(mount, MOUNT_OPTIONS);
    const place: unknown = isPlain ? mount : mount.path;
    const mode = !isPlain && mount.readOnly ? "ro" : "rw";
    if (place instanceof MemoryFs) {
      mounts.push(MemoryFs.nativeOf(place));
      places.push([guest, mode]);
    } else if (typeof place === "string") {
      preopens.push([guest, place, mode]);
    } else {
      throw new TypeError(`the directory for "${guest}" must be a path or a MemoryFs`);
    }
  }
  const env: [string, string][] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) env.push([name, String(value)]);
  }
  const { stdin, sockets = false } = options;
  const maxDescriptors = toCount(options.maxDescriptors, "maxDescriptors");
  const outputLimit = toCount(options.outputLimit, "outputLimit");
  const allow = typeof sockets === "object" ? sockets?.allow : [];
  if (typeof sockets === "object") checkOptions(sockets, SOCKET_OPTIONS);
  if (!Array.isArray(allow) || (typeof sockets !== "boolean" && typeof sockets !== "object")) {
    throw new TypeError("the option 'sockets' must be true, false or { allow: [addresses] }");
  }
  let bytes: Uint8Array | undefined;
  if (typeof stdin === "object" && stdin !== null) {
    bytes = "text" in stdin ? new TextEncoder().encode(stdin.text) : toBytes(stdin);
  }
  const inner: NativeWasiOptions = {
    args: args.map(String),
    env,
    preopens,
    stdinMode: bytes === undefined ? streamMode(stdin, "stdin") : "bytes",
    stdoutMode: streamMode(options.stdout, "stdout"),
    stderrMode: streamMode(options.stderr, "stderr"),
    sockets: sockets === true,
    allowedAddresses: allow.map(String),
    listeners: toListeners(options.listeners),
    listPreopens: options.listPreopens === true,
  };
  if (options.randomSeed !== undefined) {
    if (!["number", "bigint"].includes(typeof options.randomSeed)) {
      throw new TypeError("the option 'randomSeed' must be an integer");
    }
    inner.randomSeed = String(BigInt.asUintN(64, BigInt(options.randomSeed)));
  }
  const clocks = [options.realtimeClock, options.monotonicClock];
  for (const clock of clocks) {
    if (clock !== undefined && typeof clock !== "function") {
      throw new TypeError("a clock must be a function that tells nanoseconds");
    }
  }
  if (outputLimit !== undefined) inner.outputLimit = outputLimit;
  if (maxDescriptors !== undefined) inner.maxDescriptors = maxDescriptors;
  if (bytes !== undefined) inner.stdin = bytes;
  return [inner, mounts, places, clocks];
}

function toListeners(list: unknown = []): number[] {
  const isOpen = (fd: unknown) =>
    Number.isInteger(fd) && 0 <= (fd as number) && (fd as number) < 2 ** 31;
  if (Array.isArray(list) && list.every(isOpen)) return list;
  throw new TypeError("the option 'listeners' must be an array of numbers of open sockets");
}

/** A difference between files in memory and the directory that they lie over. */
export interface Change {
  /** Where, without a slash at the front. */
  path: string;
  /** What happened there. */
  kind: "added" | "modified" | "removed";
}

/** Files in memory, perhaps over a directory of this machine, which stays as it is. */
export class MemoryFs {
  readonly #native: NativeMemoryFs;

  /**
   * Makes a file system.
   *
   * @param options - `over` is a directory that is seen below what is written; `capacity` the most
   * bytes that are taken, 256 MiB unless told otherwise; `files` what is in it at first.
   */
  constructor(
    options: {
      over?: string;
      capacity?: number;
      files?: Readonly<Record<string, string | Bytes>>;
    } = {},
  ) {
    checkOptions(options, FILES_OPTIONS);
    const { over } = options;
    if (over !== undefined && typeof over !== "string") {
      throw new TypeError("the option 'over' must be a path");
    }
    this.#native = new native.NativeMemoryFs(over, toCount(options.capacity, "capacity"));
    for (const [path, content] of Object.entries(options.files ?? {})) {
      const folder = path.slice(0, path.lastIndexOf("/") + 1).replace(/^\/+|\/+$/g, "");
      if (folder !== "") this.createDir(folder);
      this.write(path, content);
    }
  }

  /** Bytes in use. */
  get used(): number {
    return this.#native.used;
  }

  /** Writes a file, which is made if it is not there. */
  write(path: string, content: string | Bytes): void {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.#native.write(String(path), toBytes(bytes));
  }

  /** Makes a directory, and those above it. */
  createDir(path: string): void {
    this.#native.createDir(String(path));
  }

  /** The content of a file. */
  read(path: string): Uint8Array {
    return this.#native.read(String(path));
  }

  /** The content of a file as text. */
  readText(path: string): string {
    return new TextDecoder().decode(this.read(path));
  }

  /** Names in a directory, sorted. */
  list(path = ""): string[] {
    return this.#native.list(String(path));
  }

  /** What differs from the directory below; without one, everything. */
  changes(): Change[] {
    return this.#native.changes().map(([path, kind]) => ({ path, kind }));
  }

  /** @internal */
  static nativeOf(files: MemoryFs): NativeMemoryFs {
    return files.#native;
  }
}

/** The module `wasi_snapshot_preview1` and the environment of the guest that imports it. */
export class Wasi {
  readonly #native: NativeWasi;
  #instance: ModuleInstance | undefined;

  /** Makes the module; directories are opened now. */
  constructor(options: WasiOptions = {}) {
    // Those of `WASI` may have more, as they may for `node:wasi`.
    const likeNode = this instanceof WASI;
    if (!likeNode) checkOptions(options, WASI_OPTIONS);
    const [inner, ...given] = nativeOptions(options);
    this.#native = new native.NativeWasi({ ...inner, likeNode }, ...given);
  }

  /** The host module, to be registered in stores. */
  get instance(): ModuleInstance {
    this.#instance ??= withAlternates(ModuleInstance.wrap(this.#native.instance(false)));
    return this.#instance;
  }

  /** What the guest gave to `proc_exit`; 0 if nothing. */
  get exitCode(): number {
    return this.#native.exitCode;
  }

  /** What was written to standard output so far, if that is kept. */
  get stdout(): Uint8Array | undefined {
    return this.#native.stdout() ?? undefined;
  }

  /** What was written to standard error so far, if that is kept. */
  get stderr(): Uint8Array | undefined {
    return this.#native.stderr() ?? undefined;
  }

  /** Whether the guest wanted to write more than is kept. */
  get truncated(): boolean {
    return this.#native.truncated;
  }

  /** What the guest was refused so far, each thing once, and at most 1000. */
  get denials(): Denial[] {
    return this.#native.denials();
  }

  /** @internal */
  static nativeOf(wasi: Wasi): NativeWasi {
    return wasi.#native;
  }
}

/** Of some functions there are two versions, and an import gets the one that has its type. */
function withAlternates(instance: ModuleInstance): ModuleInstance {
  for (const [name, item] of Object.entries(instance.exports)) {
    const second = instance.exports[`${name}_v2`];
    if (second !== undefined) addAlternate(item, second);
  }
  return instance;
}

/** Options of {@link WASI}: those of `node:wasi`, and what {@link WasiOptions} adds. */
export interface WASIOptions extends WasiOptions {
  /** The version of WASI; `unstable` is the one before preview 1, which guests import as `wasi_unstable`. */
  version?: "preview1" | "unstable";
  /** Whether `start` returns the exit code instead of ending this process; true by default. */
  returnOnExit?: boolean;
}

/** Fails for options that `node:wasi` refuses, with its codes. */
function checkedLikeNode(options: WASIOptions): WASIOptions {
  checkObject(options, "options");
  const { version, args, env, preopens, returnOnExit } = options;
  if (version !== undefined && typeof version !== "string") {
    throw wrongType("options.version", "of type string", version);
  }
  if (version !== undefined && version !== "preview1" && version !== "unstable") {
    throw wrongValue("options.version", "unsupported WASI version", version);
  }
  if (args !== undefined && !Array.isArray(args)) {
    throw wrongType("options.args", "an instance of Array", args);
  }
  if (env !== undefined) checkObject(env, "options.env");
  if (preopens !== undefined) checkObject(preopens, "options.preopens");
  for (const name of ["stdin", "stdout", "stderr"] as const) {
    const stream: unknown = options[name];
    if (typeof stream === "number") {
      if (!Number.isInteger(stream)) {
        throw outOfRange(`options.${name}`, "an integer", stream);
      }
      if (stream < 0 || stream > 2 ** 31 - 1) {
        throw outOfRange(`options.${name}`, ">= 0 && <= 2147483647", stream);
      }
    } else if (stream !== undefined && !isStream(stream, name)) {
      throw wrongType(`options.${name}`, "of type number", stream);
    }
  }
  if (returnOnExit !== undefined && typeof returnOnExit !== "boolean") {
    throw wrongType("options.returnOnExit", "of type boolean", returnOnExit);
  }
  return options;
}

/** Whether it is one of the streams that {@link WasiOptions} has besides numbers. */
function isStream(stream: unknown, name: string): boolean {
  if (name === "stdin" && typeof stream === "object" && stream !== null) {
    return "text" in stream || isBytes(stream);
  }
  return stream === "inherit" || stream === "ignore" || (name !== "stdin" && stream === "buffer");
}

/** What {@link WASI} works with: an instance, or something else that has exports. */
export interface WithExports {
  /** What it exports; among it the memory. */
  readonly exports: Record<string, any>;
}

const started = new WeakSet<WASI>();
/** Memories that are kept for calls that no guest makes. */
const memories = new WeakMap<WASI, Memory>();

/** WASI in the shape of `node:wasi`. */
export class WASI extends Wasi {
  /** The functions that guests import. */
  readonly wasiImport: Record<string, (...args: any[]) => any>;
  readonly #returnOnExit: boolean;
  readonly #module: string;

  /** Makes the module; directories are opened now. */
  constructor(options: WASIOptions = {}) {
    super(checkedLikeNode(options));
    const { version = "preview1", returnOnExit = true } = options;
    this.#returnOnExit = returnOnExit;
    if (version === "unstable") {
      this.#module = "wasi_unstable";
      this.wasiImport = { ...ModuleInstance.wrap(Wasi.nativeOf(this).instance(true)).exports };
    } else {
      this.#module = "wasi_snapshot_preview1";
      const { sock_accept_v2: sock_accept, ...exports } = this.instance.exports;
      // Under this name preview 1 has what is the second version elsewhere.
      this.wasiImport = { ...exports, sock_accept, sock_accept_v2: sock_accept };
    }
  }

  /** An import object with the functions. */
  getImportObject(): Record<string, Record<string, (...args: any[]) => any>> {
    return { [this.#module]: this.wasiImport };
  }

  /**
   * Runs the guest as a command: calls `_start`, and gives the exit code. From now on functions of
   * {@link WASI.wasiImport} that JavaScript calls work on the memory that it exports.
   */
  start(instance: WithExports, options?: CallOptions): number {
    const exports = this.#begin(instance);
    const { _start, _initialize } = exports;
    if (typeof _start !== "function") {
      throw wrongType("instance.exports._start", "of type function", _start);
    }
    if (_initialize !== undefined) {
      throw wrongType("instance.exports._initialize", "undefined", _initialize);
    }
    try {
      callWithin(_start as () => unknown, options);
    } catch (error) {
      if (!(error instanceof ExitError)) throw error;
      if (!this.#returnOnExit) process.exit(this.exitCode);
    }
    return this.exitCode;
  }

  /** Prepares a guest that is a library, as {@link WASI.start} does: calls `_initialize` if there is one. */
  initialize(instance: WithExports, options?: CallOptions): void {
    const exports = this.#begin(instance);
    const { _start, _initialize } = exports;
    if (_start !== undefined) {
      throw wrongType("instance.exports._start", "undefined", _start);
    }
    if (_initialize === undefined) return;
    if (typeof _initialize !== "function") {
      throw wrongType("instance.exports._initialize", "of type function", _initialize);
    }
    callWithin(_initialize as () => unknown, options);
  }

  /** Gives the functions the memory, as {@link WASI.start} does, and calls nothing. */
  finalizeBindings(instance: WithExports, options: { memory?: Memory } = {}): void {
    this.#begin(instance, options.memory);
  }

  #begin(instance: WithExports, given?: Memory): Record<string, unknown> {
    if (started.has(this)) throw alreadyStarted();
    started.add(this);
    checkObject(instance, "instance");
    const { exports } = instance;
    checkObject(exports, "instance.exports");
    const memory: unknown = given ?? (exports as Record<string, unknown>).memory;
    if (!Memory.is(memory)) {
      const name = given === undefined ? "instance.exports.memory" : "options.memory";
      throw wrongType(name, "a Memory of wasmspan", memory);
    }
    memories.set(this, memory);
    Wasi.nativeOf(this).setMemory(Memory.nativeOf(memory));
    return exports as Record<string, unknown>;
  }
}

/** Calls a function without arguments; only those of instances can be stopped. */
function callWithin(fn: () => unknown, options: CallOptions | undefined): void {
  const limit = limitOf(options);
  if (limit === undefined) fn();
  else native.call(fn, [], limit);
}
