/**
 * Modules as processes.
 */

import type { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";
import { type Config, type ConfigOptions, Config as Configuration } from "./config.js";
import { type Bytes, toBytes } from "./idl.js";
import { checkImports, type Imports, readImports } from "./instance.js";
import { Module } from "./module.js";
import {
  type NativeFinished,
  type NativeGlobal,
  type NativeInstance,
  type NativeLimits,
  type NativeMemory,
  type NativeTable,
  native,
} from "./native.js";
import { events, fs, net, streams } from "./node.js";
import { checkOptions } from "./options.js";
import { Store } from "./store.js";
import { CALL_OPTIONS, type CallOptions, limitOf, stoppable } from "./task.js";
import type { Denial } from "./types.js";
import {
  type Mount,
  nativeOptions,
  WASI_LIMITS,
  type WasiLimits,
  type WasiOptions,
} from "./wasi.js";

/** A module, or where its bytes are: a path, a URL, bytes, a response, or a stream. */
export type RunSource =
  | Module
  | string
  | URL
  | Bytes
  | { arrayBuffer(): Promise<ArrayBuffer> }
  | AsyncIterable<Uint8Array>;

/** What a guest gets, and its limits. */
interface ProcessOptions extends CallOptions, WasiLimits {
  /** Arguments, without the program's name. */
  args?: readonly string[];
  /** The program's name, argument 0; by default that of the file. */
  name?: string;
  /** Environment variables; none are inherited. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Directories, by the paths under which the guest sees them; by default none. */
  fs?: Readonly<Record<string, Mount>>;
  /** Most bytes of each memory of the guest. */
  memory?: number;
  /** Most cost of the guest, by default one for each instruction; then it ends with an error. */
  fuel?: number;
  /** How the module is compiled and run. */
  config?: Config | ConfigOptions;
  /**
   * What the module imports besides WASI: an import object, or a store. Functions of JavaScript run on this
   * thread, and may return promises.
   */
  imports?: Imports | Store;
}

/** Settings of {@link run}. */
export interface RunOptions extends ProcessOptions {
  /** Standard input: nothing unless told otherwise. Text, bytes, a stream, or that of this process. */
  stdin?: string | Bytes | Readable | "inherit" | null | { text: string };
  /** Standard output: kept unless told otherwise. */
  stdout?: "buffer" | "inherit" | "ignore" | Writable;
  /** Standard error: kept unless told otherwise. */
  stderr?: "buffer" | "inherit" | "ignore" | Writable;
  /** Most bytes of each stream that are kept, 16 MiB by default; what is more fails to be written. */
  outputLimit?: number;
}

/** Settings of {@link spawn}. */
export interface SpawnOptions extends ProcessOptions {
  /** Streams that are not pipes to this process, but its own, or nothing. */
  stdio?: {
    stdin?: "pipe" | "inherit" | "ignore";
    stdout?: "pipe" | "inherit" | "ignore";
    stderr?: "pipe" | "inherit" | "ignore";
  };
}

/** How a run ended, what it wrote and what it used. */
export interface RunResult {
  /** What the guest ended with; 0 if it named nothing. */
  exitCode: number;
  /** Standard output, if that was kept. */
  stdout: Buffer;
  /** Standard error, if that was kept. */
  stderr: Buffer;
  /** Whether the guest wanted to write more than was kept, so that something is missing here. */
  truncated: boolean;
  /** Milliseconds from the start of its code to its end. */
  wallTime: number;
  /** Milliseconds that the processor worked for it. */
  cpuTime: number;
  /** Most bytes that its exported memories had. */
  peakMemory: number;
  /** What it asked for and did not get, each thing once, and at most 1000. */
  denials: Denial[];
}

const PAGE = 65536;
const PROCESS_OPTIONS: readonly string[] = [
  ...CALL_OPTIONS,
  ...WASI_LIMITS,
  ...["args", "name", "env", "fs", "memory", "fuel", "config", "imports"],
];
const RUN_OPTIONS: ReadonlySet<string> = new Set([
  ...PROCESS_OPTIONS,
  ...["stdin", "stdout", "stderr", "outputLimit"],
]);
const SPAWN_OPTIONS: ReadonlySet<string> = new Set([...PROCESS_OPTIONS, "stdio"]);
const STDIO_OPTIONS: ReadonlySet<string> = new Set(["stdin", "stdout", "stderr"]);

/** What the options say about limits: those of the code, and those of the process. */
function configure(options: ProcessOptions, known: ReadonlySet<string>): [Config, NativeLimits] {
  const { args, config, fuel, memory } = options;
  if (args !== undefined && !Array.isArray(args)) {
    throw new TypeError("the option 'args' must be an array");
  }
  const own = new Configuration(config);
  if (fuel !== undefined) own.limits = { ...own.limits, fuel };
  const limits: NativeLimits = {};
  const timeout = limitOf(options, known);
  if (timeout !== undefined) limits.timeout = timeout;
  if (memory !== undefined) {
    if (typeof memory !== "number" || !(memory >= 0)) {
      throw new RangeError("the option 'memory' must be a number of bytes");
    }
    limits.memoryPages = Math.min(Math.floor(memory / PAGE), PAGE);
  }
  return [own, limits];
}

async function load(source: RunSource, config: Config): Promise<Module> {
  if (source instanceof Module) return source;
  if (typeof source !== "string" && (typeof source !== "object" || source === null)) {
    throw new TypeError("the first argument must be a Module, a path, a URL, bytes or a stream");
  }
  if (source instanceof URL && source.protocol !== "file:") {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`${source} answers ${response.status}`);
    return Module.compile(await response.arrayBuffer(), config);
  }
  if (typeof source === "string" || source instanceof URL) {
    return Module.compile(await fs.promises.readFile(source), config);
  }
  if (typeof (source as { arrayBuffer?: unknown }).arrayBuffer === "function") {
    const response = source as { arrayBuffer(): Promise<ArrayBuffer> };
    return Module.compile(await response.arrayBuffer(), config);
  }
  if (Symbol.asyncIterator in (source as object)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source as AsyncIterable<Uint8Array>) chunks.push(toBytes(chunk));
    return Module.compile(Buffer.concat(chunks), config);
  }
  return Module.compile(toBytes(source), config);
}

function nameOf(source: RunSource, options: ProcessOptions): string {
  if (options.name !== undefined) return options.name;
  const path = source instanceof URL ? source.pathname : source;
  return typeof path === "string" ? (path.split("/").pop() ?? "") : "main.wasm";
}

/** What each stream of the guest is connected to, as the addon takes it. */
interface Streams {
  stdin: string;
  stdinBytes?: Uint8Array;
  stdout: string;
  stderr: string;
}

async function start(
  module: Module,
  [config, limits]: [Config, NativeLimits],
  name: string,
  streams: Streams,
  options: ProcessOptions & { outputLimit?: number },
): Promise<RunResult> {
  const wasi: WasiOptions = {
    args: [name, ...(options.args ?? [])],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.fs === undefined ? {} : { preopens: options.fs }),
  };
  if (options.outputLimit !== undefined) wasi.outputLimit = options.outputLimit;
  for (const name of WASI_LIMITS) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) (wasi as Record<string, unknown>)[name] = value;
  }
  const [inner, ...given] = nativeOptions(wasi);
  inner.stdinMode = streams.stdin;
  inner.stdoutMode = streams.stdout;
  inner.stderrMode = streams.stderr;
  if (streams.stdinBytes !== undefined) inner.stdin = streams.stdinBytes;
  const { signal } = options;
  const imports = Store.nativeOf(storeOf(module, options.imports));
  const work = () =>
    native.runCommand(
      Module.nativeOf(module),
      Configuration.nativeOf(config),
      inner,
      ...given,
      limits,
      imports,
    );
  const [finished, error] = await stoppable(work, signal === undefined ? {} : { signal });
  const result = toResult(finished);
  if (error !== undefined) {
    const reason =
      finished.ending === "interrupted" && signal?.aborted ? signal.reason : (error as unknown);
    if (typeof reason === "object" && reason !== null) {
      Object.defineProperty(reason, "result", { value: result, configurable: true });
    }
    throw reason;
  }
  return result;
}

/** What a module's imports are looked up in. */
function storeOf(module: Module, imports: Imports | Store | undefined): Store | undefined {
  if (imports === undefined || imports instanceof Store) return imports;
  checkImports(imports);
  for (const own of ["wasi_snapshot_preview1", "wasi_unstable"]) {
    if (Object.hasOwn(imports, own)) {
      throw new TypeError(`'imports' can't replace ${own}, which every run has of its own`);
    }
  }
  const inner = Module.nativeOf(module);
  const items = readImports(inner, imports, (from) => Object.hasOwn(imports, from));
  const types = inner.functionTypes(true);
  const hosts = new Map<string, NativeInstance>();
  for (const [index, [from, name, kind]] of inner.imports().entries()) {
    const item = items[index];
    if (!Object.hasOwn(imports, from)) continue;
    const host = hosts.get(from) ?? native.NativeInstance.host(from);
    hosts.set(from, host);
    if (host.exports().some(([known]) => known === name)) continue;
    const [parameters = [], results = []] = types[index] ?? [];
    if (kind === "function") host.defineFunction(name, parameters, results, item);
    else if (kind === "memory") host.defineMemory(name, item as NativeMemory);
    else if (kind === "table") host.defineTable(name, item as NativeTable);
    else host.defineGlobal(name, item as NativeGlobal);
  }
  const store = new Store();
  for (const [name, host] of hosts) Store.nativeOf(store).register(name, host);
  return store;
}

function toResult(finished: NativeFinished): RunResult {
  const buffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    exitCode: finished.code,
    stdout: buffer(finished.stdout),
    stderr: buffer(finished.stderr),
    truncated: finished.truncated,
    wallTime: finished.wallTime,
    cpuTime: finished.cpuTime,
    peakMemory: finished.memoryPages * PAGE,
    denials: finished.denials,
  };
}

function pump(from: Readable, to: Writable, options: { end?: boolean } = {}): Promise<void> {
  return streams().promises.pipeline(from, to, options);
}

/** Our end of a pipe that we read from. */
function readable(fd: number): Readable {
  // Sockets of Bun read nothing from a pipe, its files do; those of Node.js would need a thread each.
  if (process.versions.bun !== undefined) return fs.createReadStream("", { fd });
  return new (net().Socket)({ fd, readable: true, writable: false });
}

/** Our end of a pipe that we write to. */
function writable(fd: number): Writable {
  if (process.versions.bun !== undefined) return fs.createWriteStream("", { fd });
  return new (net().Socket)({ fd, readable: false, writable: true });
}

/** A pipe to the guest's standard input: the guest's end, and ours as a stream. */
function inputPipe(): [mode: string, ours: Writable] {
  const [read, write] = native.openPipe();
  const ours = writable(write);
  // A guest may end without reading everything.
  ours.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") ours.destroy();
  });
  return [`own:${read}`, ours];
}

/** A pipe from the guest's standard output or error. */
function outputPipe(): [mode: string, ours: Readable] {
  const [read, write] = native.openPipe();
  return [`own:${write}`, readable(read)];
}

/**
 * Runs a module as a process, on another thread, until its end.
 *
 * It gets what the options give it and nothing else: no environment, no directories, no input.
 *
 * @throws the trap that it ended with; {@link TimeoutError} after `timeout`; the reason of `signal`.
 * The errors have a property `result` with what the guest wrote and used until then.
 */
export async function run(source: RunSource, options: RunOptions = {}): Promise<RunResult> {
  const configured = configure(options, RUN_OPTIONS);
  const { stdin, stdout, stderr } = options;
  checkStreams(stdin, { stdout, stderr });
  const module = await load(source, configured[0]);
  options.signal?.throwIfAborted();
  const streams: Streams = { stdin: "null", stdout: "buffer", stderr: "buffer" };
  const pumps: Promise<unknown>[] = [];
  if (stdin === "inherit") {
    streams.stdin = "inherit";
  } else if (typeof (stdin as Readable | undefined)?.pipe === "function") {
    const [mode, ours] = inputPipe();
    streams.stdin = mode;
    // What the guest did not read is of no interest.
    pump(stdin as Readable, ours).catch(() => {});
  } else if (stdin !== undefined && stdin !== null) {
    const text =
      typeof stdin === "string"
        ? stdin
        : "text" in (stdin as object)
          ? (stdin as { text: string }).text
          : undefined;
    streams.stdin = "bytes";
    streams.stdinBytes = text === undefined ? toBytes(stdin) : Buffer.from(text);
  }
  for (const [name, value] of [
    ["stdout", stdout],
    ["stderr", stderr],
  ] as const) {
    if (value === "inherit") streams[name] = "inherit";
    else if (value === "ignore") streams[name] = "null";
    else if (value !== undefined && value !== "buffer") {
      const [mode, ours] = outputPipe();
      streams[name] = mode;
      pumps.push(pump(ours, value, { end: false }));
    }
  }
  try {
    return await start(module, configured, nameOf(source, options), streams, options);
  } finally {
    await Promise.allSettled(pumps);
  }
}

/** Fails for what can't be a guest's standard stream. */
function checkStreams(stdin: unknown, outputs: Record<string, unknown>): void {
  if (typeof stdin === "number" || typeof stdin === "boolean") {
    throw new TypeError("the option 'stdin' must be text, bytes, a stream or \"inherit\"");
  }
  for (const [name, value] of Object.entries(outputs)) {
    const isWord = value === undefined || ["buffer", "inherit", "ignore"].includes(value as string);
    if (!isWord && typeof (value as Writable | null)?.write !== "function") {
      throw new TypeError(`the option '${name}' must be "buffer", "inherit", "ignore" or a stream`);
    }
  }
}

/** A guest that runs as a process. */
export interface GuestProcess extends EventEmitter {
  /** Standard input, if it is a pipe. */
  readonly stdin: Writable | null;
  /** Standard output, if it is a pipe. */
  readonly stdout: Readable | null;
  /** Standard error, if it is a pipe. */
  readonly stderr: Readable | null;
  /** What the guest ended with; null before, and if it did not end by itself. */
  readonly exitCode: number | null;
  /** How it ended; rejected as the promise of {@link run} is. */
  readonly finished: Promise<RunResult>;
  /** Stops the guest. */
  kill(): void;
  /** Stops the guest and waits until it has ended. */
  [Symbol.asyncDispose](): Promise<void>;
  /** The guest has ended: with a code, or with an error. */
  on(event: "exit", listener: (code: number | null, error: Error | undefined) => void): this;
  once(event: "exit", listener: (code: number | null, error: Error | undefined) => void): this;
}

/** A guest all of whose standard streams are pipes, as they are unless {@link SpawnOptions.stdio} says otherwise. */
export interface PipedGuestProcess extends GuestProcess {
  /** Standard input. */
  readonly stdin: Writable;
  /** Standard output. */
  readonly stdout: Readable;
  /** Standard error. */
  readonly stderr: Readable;
}

class Guest extends events.EventEmitter {
  readonly stdin: Writable | null = null;
  readonly stdout: Readable | null = null;
  readonly stderr: Readable | null = null;
  exitCode: number | null = null;
  readonly finished: Promise<RunResult>;
  readonly #killer = new AbortController();

  constructor(source: RunSource, options: SpawnOptions) {
    super();
    const streams: Streams = { stdin: "null", stdout: "null", stderr: "null" };
    const { signal } = options;
    const stdio = options.stdio ?? {};
    const mode = (value: string | undefined) => (value === "inherit" ? "inherit" : "null");
    if ((stdio.stdin ?? "pipe") === "pipe") [streams.stdin, this.stdin] = inputPipe();
    else streams.stdin = mode(stdio.stdin);
    if ((stdio.stdout ?? "pipe") === "pipe") [streams.stdout, this.stdout] = outputPipe();
    else streams.stdout = mode(stdio.stdout);
    if ((stdio.stderr ?? "pipe") === "pipe") [streams.stderr, this.stderr] = outputPipe();
    else streams.stderr = mode(stdio.stderr);
    const killed = this.#killer.signal;
    // What is no signal is refused where the other options are.
    const either =
      signal instanceof AbortSignal ? AbortSignal.any([signal, killed]) : (signal ?? killed);
    this.finished = this.#run(source, streams, { ...options, signal: either });
    // Whoever listens for `exit` hears of failures there.
    this.finished.then(
      (result) => this.#end(result.exitCode, undefined),
      (error) => this.#end(null, error),
    );
  }

  async #run(source: RunSource, streams: Streams, options: SpawnOptions): Promise<RunResult> {
    let configured: [Config, NativeLimits];
    let module: Module;
    try {
      checkStdio(options.stdio);
      configured = configure(options, SPAWN_OPTIONS);
      module = await load(source, configured[0]);
      options.signal?.throwIfAborted();
    } catch (error) {
      for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy();
      closeOwned(streams);
      throw error;
    }
    return start(module, configured, nameOf(source, options), streams, options);
  }

  #end(code: number | null, error: Error | undefined): void {
    this.exitCode = code;
    this.stdin?.destroy();
    this.emit("exit", code, error);
  }

  kill(): void {
    this.#killer.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.finished.catch(() => {});
  }
}

/** Fails for what can't be said about a guest's standard streams. */
function checkStdio(stdio: SpawnOptions["stdio"]): void {
  checkOptions(stdio, STDIO_OPTIONS);
  for (const [name, value] of Object.entries(stdio ?? {})) {
    if (value !== undefined && !["pipe", "inherit", "ignore"].includes(value)) {
      throw new TypeError(`the option 'stdio.${name}' must be "pipe", "inherit" or "ignore"`);
    }
  }
}

/** Closes the guest's ends of pipes that no guest will get. */
function closeOwned(streams: Streams): void {
  for (const mode of [streams.stdin, streams.stdout, streams.stderr]) {
    if (mode.startsWith("own:")) native.closePipe(Number(mode.slice(4)));
  }
}

/** Starts a module as a process, with pipes as its standard streams. */
export function spawn(
  source: RunSource,
  options?: SpawnOptions & { stdio?: undefined },
): PipedGuestProcess;
export function spawn(source: RunSource, options?: SpawnOptions): GuestProcess;
export function spawn(source: RunSource, options: SpawnOptions = {}): GuestProcess {
  return new Guest(source, options);
}
