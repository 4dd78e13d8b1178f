import { RuntimeError } from "./errors.js";
import { type Bytes, toBytes } from "./idl.js";
import { ModuleInstance } from "./instance.js";
import { type NativeWasi, type NativeWasiOptions, native } from "./native.js";
import type { CallOptions } from "./task.js";

/** Where a directory of the guest is on this machine. */
export type Preopen = string | { path: string; readOnly?: boolean };

/** What a guest may use; it gets nothing else. */
export interface WasiOptions {
  /** Arguments; the first is the program's name. */
  args?: readonly string[];
  /** Environment variables. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Directories of this machine, by the paths under which the guest sees them. */
  preopens?: Readonly<Record<string, Preopen>>;
  /** Standard input: that of this process (0 or "inherit"), nothing ("ignore"), text or bytes. */
  stdin?: "inherit" | "ignore" | { text: string } | Bytes | number;
  /** Standard output: that of this process (1 or "inherit"), nowhere, or kept to be read. */
  stdout?: "inherit" | "ignore" | "buffer" | number;
  /** Standard error: that of this process (2 or "inherit"), nowhere, or kept to be read. */
  stderr?: "inherit" | "ignore" | "buffer" | number;
  /** Most bytes of each stream that is kept; 16 MiB unless told otherwise. */
  outputLimit?: number;
}

const OUTPUT_LIMIT = 16 << 20;

function stream(value: unknown, descriptor: number, name: string): string {
  if (value === undefined || value === "inherit" || value === descriptor) return "inherit";
  if (value === "ignore") return "null";
  if (value === "buffer") return "buffer";
  throw new TypeError(`'${name}' must be ${descriptor}, "inherit", "ignore" or "buffer"`);
}

/**
 * Options as the addon takes them.
 * @internal
 */
export function nativeOptions(options: WasiOptions): NativeWasiOptions {
  const preopens = Object.entries(options.preopens ?? {}).map(([guest, host]) =>
    typeof host === "string" ? [guest, host] : [guest, host.path, host.readOnly ? "ro" : "rw"],
  );
  const env: [string, string][] = [];
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value !== undefined) env.push([name, String(value)]);
  }
  const { stdin } = options;
  let bytes: Uint8Array | undefined;
  if (typeof stdin === "object") {
    bytes = "text" in stdin ? new TextEncoder().encode(stdin.text) : toBytes(stdin);
  }
  return {
    args: (options.args ?? []).map(String),
    env,
    preopens,
    ...(bytes === undefined ? {} : { stdin: bytes }),
    stdinMode: bytes === undefined ? stream(stdin, 0, "stdin") : "bytes",
    stdoutMode: stream(options.stdout, 1, "stdout"),
    stderrMode: stream(options.stderr, 2, "stderr"),
    outputLimit: options.outputLimit ?? OUTPUT_LIMIT,
  };
}

/** The module `wasi_snapshot_preview1` and the environment of the guest that imports it. */
export class Wasi {
  readonly #native: NativeWasi;
  #instance: ModuleInstance | undefined;

  /** Makes the module; directories are opened now. */
  constructor(options: WasiOptions = {}) {
    this.#native = new native.NativeWasi(nativeOptions(options));
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
