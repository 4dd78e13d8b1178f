import { RuntimeError } from "./errors.js";
import { type Bytes, toBytes, toDescriptor } from "./idl.js";
import { ModuleInstance } from "./instance.js";
import {
  type Denial,
  type NativeMemoryFs,
  type NativeWasi,
  type NativeWasiOptions,
  native,
} from "./native.js";
import type { CallOptions } from "./task.js";

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
  /** Most bytes of each stream that are kept, 64 MiB by default; what is more fails to be written. */
  outputLimit?: number;
}

/**
 * The word by which the addon knows what a stream is connected to.
 * @internal
 */
export function streamMode(value: unknown, name: string): string {
  if (value === undefined || value === "inherit") return "inherit";
  if (value === "ignore") return "null";
  if (value === "buffer") return "buffer";
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return `fd:${value}`;
  throw new TypeError(`'${name}' must be "inherit", "ignore", "buffer" or an open file's number`);
}

/**
 * Options as the addon takes them.
 * @internal
 */
export function nativeOptions(
  options: WasiOptions,
): [NativeWasiOptions, mounts: NativeMemoryFs[], places: string[][]] {
  const { args = [], env: variables = {}, preopens: given = {} } = options;
  if (!Array.isArray(args)) throw new TypeError("the option 'args' must be an array");
  toDescriptor(variables, "the environment");
  toDescriptor(given, "the list of directories");
  const preopens: string[][] = [];
  const [mounts, places]: [NativeMemoryFs[], string[][]] = [[], []];
  for (const [guest, mount] of Object.entries(given)) {
    const isPlain = typeof mount === "string" || mount instanceof MemoryFs;
    const place = isPlain ? mount : mount.path;
    const mode = !isPlain && mount.readOnly ? "ro" : "rw";
    if (place instanceof MemoryFs) {
      mounts.push(MemoryFs.nativeOf(place));
      places.push([guest, mode]);
    } else {
      preopens.push([guest, String(place), mode]);
    }
  }
  const env: [string, string][] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) env.push([name, String(value)]);
  }
  const { stdin, sockets = false, maxDescriptors } = options;
  let bytes: Uint8Array | undefined;
  if (typeof stdin === "object") {
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
    allowedAddresses: typeof sockets === "object" ? [...sockets.allow].map(String) : [],
  };
  if (options.outputLimit !== undefined) inner.outputLimit = options.outputLimit;
  if (maxDescriptors !== undefined) inner.maxDescriptors = maxDescriptors;
  if (bytes !== undefined) inner.stdin = bytes;
  return [inner, mounts, places];
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
    this.#native = new native.NativeMemoryFs(options.over, options.capacity);
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
    this.#native = new native.NativeWasi(...nativeOptions(options));
  }

  /** The host module, to be registered in stores. */
  get instance(): ModuleInstance {
    this.#instance ??= ModuleInstance.wrap(this.#native.instance());
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
}

/** Options of {@link WASI}: those of `node:wasi`, and what {@link WasiOptions} adds. */
export interface WASIOptions extends WasiOptions {
  /** The version of WASI; both are the same here. */
  version?: "preview1" | "unstable";
  /** Whether `start` returns the exit code instead of ending this process; true by default. */
  returnOnExit?: boolean;
}

const started = new WeakSet<WASI>();

/** WASI in the shape of `node:wasi`. */
export class WASI extends Wasi {
  /** The functions that guests import. */
  readonly wasiImport: Record<string, (...args: any[]) => any>;
  readonly #returnOnExit: boolean;
  readonly #module: string;

  /** Makes the module; directories are opened now. */
  constructor(options: WASIOptions = {}) {
    const { version = "preview1", returnOnExit = true } = options;
    if (version !== "preview1" && version !== "unstable") {
      throw new TypeError("the property 'version' must be 'preview1' or 'unstable'");
    }
    super(options);
    this.#returnOnExit = Boolean(returnOnExit);
    this.#module = version === "preview1" ? "wasi_snapshot_preview1" : "wasi_unstable";
    this.wasiImport = { ...this.instance.exports };
  }

  /** An import object with the functions. */
  getImportObject(): Record<string, Record<string, (...args: any[]) => any>> {
    return { [this.#module]: this.wasiImport };
  }

  /** Runs the guest as a command: calls `_start`, and gives the exit code. */
  start(instance: ModuleInstance<any>, options?: CallOptions): number {
    this.#begin(instance);
    const { exports } = instance;
    if (typeof exports._start !== "function") {
      throw new TypeError("a command must export a function _start");
    }
    if (exports._initialize !== undefined) {
      throw new TypeError("a command must not export _initialize");
    }
    try {
      instance.call("_start", [], options);
    } catch (error) {
      if ((error as Error).name !== "ExitError") throw error;
      if (!this.#returnOnExit) process.exit(this.exitCode);
    }
    return this.exitCode;
  }

  /** Prepares a guest that is a library: calls `_initialize` if there is one. */
  initialize(instance: ModuleInstance<any>, options?: CallOptions): void {
    this.#begin(instance);
    const { exports } = instance;
    if (exports._start !== undefined) {
      throw new TypeError("a library must not export _start");
    }
    if (exports._initialize !== undefined) {
      instance.call("_initialize", [], options);
    }
  }

  #begin(instance: ModuleInstance<any>): void {
    if (!(instance instanceof ModuleInstance)) {
      throw new TypeError("the first argument must be an Instance");
    }
    if (started.has(this)) {
      throw new RuntimeError("this WASI was started or initialized already");
    }
    started.add(this);
  }
}
