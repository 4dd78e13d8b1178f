/**
 * The addon: its private interface, and the search for the file that fits this machine.
 */
import { fs, homes, path, requireFrom } from "./node.js";
import { ADDONS, candidates, machine } from "./platform.js";
import type { Denial, ExternKind } from "./types.js";

/** What the addon exports. Users see only the classes of the other files. */
export interface Native {
  begin(hooks: unknown[]): void;
  version(): string;
  liveObjects(): number;
  faults(): number;
  provokeFault(text: string): void;
  stop(run: number): void;
  surveyCore(): void;
  call(fn: unknown, args: unknown[], timeout: number | undefined): unknown;
  callAsync(fn: unknown, args: unknown[], timeout: number | undefined): Started<unknown>;
  functionType(fn: unknown): [string[], string[]] | null;
  NativeIdentities: { new <T extends object>(): NativeIdentities<T> };
  NativeConfig: { new (wasmedge: boolean): NativeConfig };
  NativeModule: {
    compile(config: NativeConfig | undefined, bytes: Uint8Array): NativeModule;
    compileAsync(config: NativeConfig | undefined, bytes: Uint8Array): Started<NativeModule>;
    load(config: NativeConfig | undefined, bytes: Uint8Array): NativeModule;
    loadFile(config: NativeConfig | undefined, path: string): NativeModule;
    isValid(config: NativeConfig | undefined, bytes: Uint8Array): boolean;
    fromShared(number: number): NativeModule;
    compileToBytes(config: NativeConfig | undefined, bytes: Uint8Array): Uint8Array;
    compileFile(config: NativeConfig | undefined, input: string, output: string): void;
  };
  NativeInstance: {
    host(name: string): NativeInstance;
    instantiate(
      module: NativeModule,
      by: NativeExecutor | undefined,
      config: NativeConfig | undefined,
      imports: unknown[],
      timeout: number | undefined,
    ): NativeInstance;
  };
  NativeStore: { new (): NativeStore };
  NativeExecutor: {
    new (
      config: NativeConfig | undefined,
      statistics: NativeStatistics | undefined,
    ): NativeExecutor;
  };
  NativeBindgen: { new (instance: NativeInstance, attached: boolean): NativeBindgen };
  NativeHeap: { new (instance: NativeInstance): NativeHeap };
  NativePool: {
    withImports(module: NativeModule, imports: unknown[], size: number): NativePool;
    inStore(module: NativeModule, store: NativeStore, size: number): NativePool;
  };
  NativeMemory: {
    new (
      initial: number,
      maximum: number | undefined,
      shared: boolean,
      memory64: boolean,
    ): NativeMemory;
  };
  NativeTable: {
    new (functions: boolean, initial: number, maximum: number | undefined): NativeTable;
  };
  NativeGlobal: { new (type: string, mutable: boolean, value: unknown): NativeGlobal };
  NativeStatistics: { new (): NativeStatistics };
  NativeVm: { new (config: NativeConfig | undefined, store: NativeStore | undefined): NativeVm };
  NativeWasi: {
    new (...given: NativeWasiGiven): NativeWasi;
  };
  NativeMemoryFs: {
    new (over: string | undefined, capacity: number | undefined): NativeMemoryFs;
  };
  openPipe(): [read: number, write: number];
  closePipe(descriptor: number): void;
  runCommand(
    module: NativeModule,
    config: NativeConfig | undefined,
    options: NativeWasiOptions,
    mounts: NativeMemoryFs[],
    places: string[][],
    clocks: unknown[],
    limits: NativeLimits,
    imports: NativeStore | undefined,
  ): Started<[finished: NativeFinished, error?: Error]>;
}

/** Work on another thread: its promise, and the number that stops it. */
export type Started<T> = [Promise<T>, number];

export interface NativeIdentities<T extends object> {
  add(id: number, object: T): void;
  get(id: number): T | undefined;
  remove(id: number): void;
}

export interface NativeConfig {
  get(name: string): number;
  set(name: string, value: number): void;
  hasProposal(number: number): boolean;
  setProposal(number: number, on: boolean): void;
  wasi: boolean;
  setCache(on: boolean, directory: string | undefined, maxBytes: number | undefined): void;
  setLimits(json: string): void;
  limits(): string;
  cache(): [] | [maxBytes: string, directory: string];
}

export interface NativeModule {
  validate(): void;
  readonly isPrecompiled: boolean;
  readonly name: string | null;
  imports(): [module: string, name: string, kind: string, type: string][];
  exports(): [name: string, kind: string, type: string][];
  globalImports(): ([type: string, mutability: string] | [])[];
  functionTypes(imports: boolean): ([string[], string[]] | [])[];
  customSections(name: string): Uint8Array[];
  bytes(): Uint8Array;
  share(): number;
}

export interface NativeExecutor {
  statistics(): NativeStatistics;
  invoke(
    fn: unknown,
    args: unknown[],
    timeout: number | undefined,
    limits: string | undefined,
  ): unknown;
  invokeAsync(
    fn: unknown,
    args: unknown[],
    timeout: number | undefined,
    limits: string | undefined,
  ): Started<unknown>;
}

export interface NativeBindgen {
  readonly functions: string[];
  function(name: string): (...args: unknown[]) => unknown;
  call(name: string, args: unknown[], timeout: number | undefined): unknown;
  callAsync(name: string, args: unknown[], timeout: number | undefined): Started<unknown>;
}

export interface NativeHeap {
  readonly style: "assemblyscript" | "malloc";
  putString(text: string): [address: number, length: number];
  putBytes(bytes: Uint8Array): [address: number, length: number];
  putArray(kind: number, bytes: Uint8Array): [address: number, length: number];
  getString(address: number, length: number | undefined): string;
  getBytes(address: number, length: number | undefined): Uint8Array;
  getArray(address: number): Uint8Array;
  free(address: number): void;
}

export interface NativePool {
  attach(): void;
  readonly inUse: number;
  readonly size: number;
  tryGet(): NativeInstance | null;
  wait(timeout: number | undefined): Started<NativeInstance>;
  statistics(): NativeStatistics;
}

export interface NativeInstance {
  attach(): void;
  readonly name: string;
  dispose(): void;
  exports(): [name: string, kind: ExternKind, item: unknown][];
  defineFunction(name: string, parameters: string[], results: string[], fn: unknown): void;
  defineMemory(name: string, item: NativeMemory): void;
  defineTable(name: string, item: NativeTable): void;
  defineGlobal(name: string, item: NativeGlobal): void;
  functionType(name: string): [string[], string[]] | null;
}

export interface NativeStore {
  attach(): void;
  names(): string[];
  find(name: string): NativeInstance | null;
  register(name: string, instance: NativeInstance): void;
  instantiate(module: NativeModule, by: NativeExecutor, name: string | undefined): NativeInstance;
}

export interface NativeMemory {
  attach(): void;
  readonly id: number;
  readonly byteLength: number;
  readonly limits: number[];
  dispose(): void;
  grow(delta: number): number;
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
  buffer(): ArrayBuffer | null;
}

export interface NativeTable {
  attach(): void;
  readonly id: number;
  readonly length: number;
  readonly functions: boolean;
  readonly limits: number[];
  getter(): (index: number) => unknown;
  setter(): (index: number, value: unknown) => void;
  grow(delta: number, value: unknown): number;
}

export interface NativeGlobal {
  attach(): void;
  readonly id: number;
  readonly typeName: string;
  readonly mutable: boolean;
  getter(): () => unknown;
  setter(): (value: unknown) => void;
}

export interface NativeWasiOptions {
  args: string[];
  env: [string, string][];
  preopens: string[][];
  stdin?: Uint8Array;
  stdinMode: string;
  stdoutMode: string;
  stderrMode: string;
  outputLimit?: number;
  sockets: boolean;
  allowedAddresses: string[];
  maxDescriptors?: number;
  likeNode?: boolean;
  listeners: number[];
  listPreopens: boolean;
  randomSeed?: string;
}

/** What a guest is given: settings, files in memory and their places, and functions that tell the time. */
export type NativeWasiGiven = [
  options: NativeWasiOptions,
  mounts: NativeMemoryFs[],
  places: string[][],
  clocks: unknown[],
];

export interface NativeMemoryFs {
  readonly used: number;
  write(path: string, bytes: Uint8Array): void;
  createDir(path: string): void;
  read(path: string): Uint8Array;
  list(path: string): string[];
  changes(): [path: string, kind: "added" | "modified" | "removed"][];
}

export interface NativeLimits {
  timeout?: number;
  memoryPages?: number;
}

export interface NativeFinished {
  ending: "exited" | "failed" | "timeout" | "interrupted";
  code: number;
  stdout: Uint8Array;
  stderr: Uint8Array;
  truncated: boolean;
  wallTime: number;
  cpuTime: number;
  memoryPages: number;
  denials: Denial[];
}

export interface NativeWasi {
  readonly exitCode: number;
  instance(unstable: boolean): NativeInstance;
  setMemory(memory: NativeMemory): void;
  stdout(): Uint8Array | null;
  stderr(): Uint8Array | null;
  readonly truncated: boolean;
  denials(): Denial[];
}

export interface NativeStatistics {
  readonly instructionCount: number;
  readonly totalCost: number;
  readonly instructionsPerSecond: number;
  readonly times: number[];
  costLimit: number;
  setCostTable(costs: number[]): void;
  clear(): void;
}

export interface NativeVm {
  attach(): void;
  readonly state: "inited" | "loaded" | "validated" | "instantiated";
  load(module: NativeModule): void;
  validate(): void;
  instantiate(timeout: number | undefined): void;
  cleanup(): void;
  register(name: string, module: NativeModule): void;
  registerInstance(instance: NativeInstance): void;
  execute(
    module: string | null,
    name: string,
    args: unknown[],
    timeout: number | undefined,
  ): unknown[];
  executeAsync(
    module: string | null,
    name: string,
    args: unknown[],
    timeout: number | undefined,
  ): Started<unknown[]>;
  runModule(
    module: NativeModule,
    name: string,
    args: unknown[],
    timeout: number | undefined,
  ): unknown[];
  runModuleAsync(
    module: NativeModule,
    name: string,
    args: unknown[],
    timeout: number | undefined,
  ): Started<unknown[]>;
  activeModule(): NativeInstance | null;
  functionList(): [name: string[], parameters: string[], results: string[]][];
  functionType(module: string | null, name: string): [string[], string[]] | null;
  store(): NativeStore;
  statistics(): NativeStatistics;
  configureWasi(...given: NativeWasiGiven): boolean;
  readonly exitCode: number | null;
  output(descriptor: number): Uint8Array | null;
  readonly truncated: boolean;
  denials(): Denial[];
}

/** The environment variable that names the addon's file, for those who build it themselves. */
const OVERRIDE = "WASMSPAN_NATIVE_PATH";

/**
 * Loads the addon: from a file beside this package or the bundle that has it, or from its own package.
 * The folder of the program comes last, so that only bundles load something from there.
 */
function load(): Native {
  const folders = homes();
  const override = process.env[OVERRIDE];
  if (override) return requireFrom(".")(path.resolve(override));
  const failures: unknown[] = [];
  for (const folder of folders) {
    for (const [view, place] of views(folder)) {
      for (const name of candidates()) {
        const file = path.join(place, `wasmspan.${name}.node`);
        try {
          return view(fs.existsSync(file) ? file : `wasmspan-${name}`);
        } catch (failure) {
          failures.push(failure);
        }
      }
    }
  }
  throw new AggregateError(failures, advice(folders, failures));
}

/**
 * What loads things as a folder sees them, and then as the package sees them that is found from
 * there: a bundle may not see all that the package does.
 */
function* views(folder: string): Generator<[NodeJS.Require, place: string]> {
  const load = requireFrom(folder);
  yield [load, folder];
  let found: string;
  try {
    found = path.dirname(load.resolve("wasmspan/package.json"));
  } catch {
    return;
  }
  yield [requireFrom(found), found];
}

function advice(folders: string[], failures: unknown[]): string {
  const here = machine();
  // One that was there says more than those that were not.
  const broken = failures.find((failure) => {
    return (failure as NodeJS.ErrnoException)?.code !== "MODULE_NOT_FOUND";
  });
  const known = broken
    ? `${(broken as Error).message ?? broken}`
    : ADDONS.includes(here)
      ? `neither a file wasmspan.${here}.node in ${folders.join(" or ")}, nor the package wasmspan-${here}. ` +
        `That comes as an optional dependency; if a lock file from another machine or --omit=optional ` +
        `left it out, run "npm install wasmspan-${here}". For bundles, copy the file beside the bundle`
      : `there is none for ${here} yet, only for ${ADDONS.join(", ")}`;
  return (
    `Wasmspan's addon for this machine can't be loaded: ${known}. ` +
    `To use an addon that you built yourself, set ${OVERRIDE} to its path.`
  );
}

/** The loaded addon. */
export const native: Native = load();
