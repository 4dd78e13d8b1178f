import { Config, type ConfigOptions, limitsToJson } from "./config.js";
import { RuntimeError } from "./errors.js";
import { type Bytes, toBytes } from "./idl.js";
import { type FunctionType, type Imports, Instance, ModuleInstance } from "./instance.js";
import type { Memory } from "./memory.js";
import { Module } from "./module.js";
import {
  type Denial,
  type NativeExecutor,
  type NativeStatistics,
  type NativeStore,
  type NativeVm,
  native,
} from "./native.js";
import { fs } from "./node.js";
import { checkOptions } from "./options.js";
import { CALL_OPTIONS, type CallOptions, limitOf, stoppable } from "./task.js";
import { nativeOptions, WASI_OPTIONS, type WasiOptions } from "./wasi.js";

/** A module's bytes, the path of its file, or a module that was loaded. */
export type ModuleSource = Bytes | string | URL | Module;

/** How far a VM's module has come. */
export type VMState = "inited" | "loaded" | "validated" | "instantiated";

/** A function of the host with its type, to be put into a {@link ModuleInstance}. */
export class HostFunction {
  /** The type by which WebAssembly calls it. */
  readonly type: FunctionType;
  /** What is called. */
  readonly fn: (...args: any[]) => unknown;

  /** Joins a function and its type. */
  constructor(type: FunctionType, fn: (...args: any[]) => unknown) {
    if (typeof fn !== "function") {
      throw new TypeError("a host function must be a function");
    }
    this.type = { parameters: [...type.parameters], results: [...type.results] };
    this.fn = fn;
  }
}

/** Module instances by the names that others import them by. */
export class Store {
  readonly #native: NativeStore;

  /** An empty store. */
  constructor();
  constructor(item?: unknown) {
    this.#native =
      item instanceof native.NativeStore ? (item as NativeStore) : new native.NativeStore();
    this.#native.attach();
  }

  /** Names of the registered instances, sorted. */
  get names(): string[] {
    return this.#native.names();
  }

  /** The instance of this name. */
  find(name: string): ModuleInstance | undefined {
    const found = this.#native.find(String(name));
    return found === null ? undefined : ModuleInstance.wrap(found);
  }

  /** Registers an instance, by default under the name it has. */
  register(instance: ModuleInstance<any>, name: string = instance.name): this {
    this.#native.register(name, ModuleInstance.nativeOf(instance));
    return this;
  }

  /** @internal */
  static nativeOf(store: Store): NativeStore;
  /** @internal */
  static nativeOf(store: Store | undefined): NativeStore | undefined;
  static nativeOf(store: Store | undefined): NativeStore | undefined {
    return store === undefined ? undefined : store.#native;
  }

  /** @internal */
  static wrap(item: NativeStore): Store {
    return new (Store as unknown as new (item: NativeStore) => Store)(item);
  }
}

/** What calls of a {@link VM} or an {@link Executor} count, if the configuration asks for it. */
export class Statistics {
  readonly #native: NativeStatistics;

  /** Figures that are all zero, every instruction at a cost of 1, and no limit. */
  constructor();
  constructor(item?: unknown) {
    this.#native =
      item instanceof native.NativeStatistics
        ? (item as NativeStatistics)
        : new native.NativeStatistics();
  }

  /** Instructions that ended calls have run. */
  get instructionCount(): number {
    return this.#native.instructionCount;
  }

  /** Instructions for each second spent in WebAssembly. */
  get instructionsPerSecond(): number {
    return this.#native.instructionsPerSecond;
  }

  /** Cost of what ended calls have run. */
  get totalCost(): number {
    return this.#native.totalCost;
  }

  /** Milliseconds spent in WebAssembly. */
  get wasmTime(): number {
    return this.#native.times[0] ?? 0;
  }

  /** Milliseconds spent in functions of the host. */
  get hostTime(): number {
    return this.#native.times[1] ?? 0;
  }

  /** What the total cost may not exceed; infinite without a limit. */
  get costLimit(): number {
    return this.#native.costLimit;
  }

  set costLimit(limit: number) {
    this.#native.costLimit = Number(limit);
  }

  /** Sets what instructions cost, by opcode. */
  setCostTable(costs: readonly number[]): void {
    this.#native.setCostTable([...costs]);
  }

  /** Sets all figures to zero. */
  clear(): void {
    this.#native.clear();
  }

  /** @internal */
  static nativeOf(statistics: Statistics): NativeStatistics {
    return statistics.#native;
  }

  /** @internal */
  static wrap(item: NativeStatistics): Statistics {
    return new (Statistics as unknown as new (item: NativeStatistics) => Statistics)(item);
  }
}

/** The loaded, not yet validated module of a source. */
function loaded(source: ModuleSource, config: Config | undefined): Module {
  if (source instanceof Module) {
    return source;
  }
  const isPath = typeof source === "string" || source instanceof URL;
  return Module.load(isPath ? fs.readFileSync(source) : toBytes(source), config);
}

/** Reads modules. */
export class Loader {
  readonly #config: Config;

  /** A loader with a copy of this configuration. */
  constructor(config?: Config) {
    this.#config = new Config(config);
  }

  /** Reads a module; it is not validated yet. */
  load(source: ModuleSource): Module {
    return loaded(source, this.#config);
  }
}

/** Checks modules. */
export class Validator {
  /** Checks a module; the result is kept with it. */
  validate(module: Module): void {
    module.validate();
  }
}

/** Compiles modules ahead of time, into files that {@link Module.loadCompiled} runs. */
export class Compiler {
  readonly #config: Config;

  /** A compiler with a copy of this configuration. */
  constructor(config?: Config) {
    this.#config = new Config(config);
  }

  /** Compiles the module in one file into another, which is replaced when all is done. */
  compile(input: string, output: string): void {
    native.NativeModule.compileFile(Config.nativeOf(this.#config), String(input), String(output));
  }

  /** Compiles bytes into the bytes of a compiled file. */
  compileBytes(bytes: Bytes): Uint8Array {
    return native.NativeModule.compileToBytes(Config.nativeOf(this.#config), toBytes(bytes));
  }
}

/** Settings of {@link Executor.invoke}. */
export interface InvokeOptions extends CallOptions {
  /** What the call may cost, by default one for each instruction; the executor must measure costs. */
  fuel?: number;
  /** Bytes of stack of the call. */
  stackBytes?: number;
}

const INVOKE_OPTIONS: ReadonlySet<string> = new Set([...CALL_OPTIONS, "fuel", "stackBytes"]);

/** Limits of one call as the addon takes them. */
function within(options: InvokeOptions | undefined): string | undefined {
  const { fuel, stackBytes } = options ?? {};
  if (fuel === undefined && stackBytes === undefined) return undefined;
  return limitsToJson({
    ...(fuel === undefined ? {} : { fuel }),
    ...(stackBytes === undefined ? {} : { stackBytes }),
  });
}

/** Instantiates modules and calls functions under one configuration. */
export class Executor {
  readonly #native: NativeExecutor;

  /** An executor with a copy of this configuration, which may add to figures that others share. */
  constructor(config?: Config, statistics?: Statistics) {
    const shared = statistics && Statistics.nativeOf(statistics);
    this.#native = new native.NativeExecutor(Config.nativeOf(config), shared);
  }

  /** What its instances and calls count. */
  get statistics(): Statistics {
    return Statistics.wrap(this.#native.statistics());
  }

  /** An anonymous instance; its imports are looked up in the store, or in an import object. */
  instantiate(module: Module, imports: Store | Imports = {}): ModuleInstance {
    if (imports instanceof Store) {
      return this.#inStore(imports, module);
    }
    return new Instance(module, imports, { executor: this.#native });
  }

  /** An instance that is registered in the store. */
  register(store: Store, module: Module, name: string): ModuleInstance {
    return this.#inStore(store, module, String(name));
  }

  #inStore(store: Store, module: Module, name?: string): ModuleInstance {
    const [inner, items] = [Module.nativeOf(module), Store.nativeOf(store)];
    const made = native.NativeInstance.instantiateIn(inner, this.#native, items, name);
    return ModuleInstance.wrap(made);
  }

  /** Calls an exported function on this thread. */
  invoke(
    fn: (...args: any[]) => any,
    args: readonly unknown[] = [],
    options?: InvokeOptions,
  ): unknown {
    const limit = limitOf(options, INVOKE_OPTIONS);
    return this.#native.invoke(fn, [...args], limit, within(options));
  }

  /** Calls an exported function on another thread. */
  async invokeAsync(
    fn: (...args: any[]) => any,
    args: readonly unknown[] = [],
    options?: InvokeOptions,
  ): Promise<unknown> {
    const start = (limit: number | undefined) =>
      this.#native.invokeAsync(fn, [...args], limit, within(options));
    return stoppable(start, options, INVOKE_OPTIONS);
  }
}

/** Settings of a VM that is made of a module. */
export interface VMOptions extends WasiOptions {
  /** The configuration; WASI is added to it. */
  config?: Config | ConfigOptions;
}

/** Names of options; the last ones are those of the old package that change nothing here. */
const VM_OPTIONS: ReadonlySet<string> = new Set([
  ...WASI_OPTIONS,
  "config",
  "EnableAOT",
  "EnableMeasure",
]);

/** Where wasm-bindgen's functions write a pointer and a length of what they return. */
const RETURN_AREA = 8;

/**
 * Loads, validates, instantiates and runs modules, one step after another or all at once.
 *
 * A VM has one active module, and a {@link Store} of registered modules that it can import from.
 */
export class VM {
  readonly #native: NativeVm;
  readonly #config: Config;
  #module: Module | undefined;
  #active: ModuleInstance | undefined;

  /** A VM on a store of its own, or on one that others use too. */
  constructor(config?: Config, store?: Store);
  /** A VM with WASI whose module is loaded and ready to be started or run. */
  constructor(source: ModuleSource, options?: VMOptions);
  constructor(first?: Config | ModuleSource, second?: Store | VMOptions) {
    if (first === undefined || first instanceof Config) {
      this.#config = new Config(first);
      const store = Store.nativeOf(second as Store | undefined);
      this.#native = new native.NativeVm(Config.nativeOf(this.#config), store);
      this.#native.attach();
      return;
    }
    checkOptions(second, VM_OPTIONS);
    const options = (second ?? {}) as VMOptions;
    this.#config = new Config(options.config);
    this.#config.wasi = true;
    this.#native = new native.NativeVm(Config.nativeOf(this.#config), undefined);
    this.#native.attach();
    this.configureWasi(options);
    this.load(first);
  }

  /** How far the module has come. */
  get state(): VMState {
    return this.#native.state;
  }

  /** Takes a module; allowed in every state. */
  load(source: ModuleSource): this {
    const module = loaded(source, this.#config);
    this.#native.load(Module.nativeOf(module));
    this.#module = module;
    return this;
  }

  /** Validates the loaded module. */
  validate(): this {
    this.#native.validate();
    return this;
  }

  /** Instantiates the validated module and makes the instance the active one. */
  instantiate(options?: CallOptions): this {
    this.#native.instantiate(limitOf(options));
    this.#active = undefined;
    return this;
  }

  /** Forgets the module, the active instance and everything that is registered. */
  cleanup(): void {
    this.#native.cleanup();
    this.#active = undefined;
    this.#module = undefined;
  }

  /** As {@link VM.cleanup}; what `using` calls. */
  [Symbol.dispose](): void {
    this.cleanup();
  }

  /** Instantiates a module and registers the instance, for others to import from. */
  register(name: string, source: ModuleSource): this {
    this.#native.register(String(name), Module.nativeOf(loaded(source, this.#config)));
    return this;
  }

  /** Registers an instance, such as a host module, under the name it has. */
  registerInstance(instance: ModuleInstance<any>): this {
    this.#native.registerInstance(ModuleInstance.nativeOf(instance));
    return this;
  }

  /** Calls a function of the active module and gives its results. */
  execute(name: string, args: readonly unknown[] = [], options?: CallOptions): any[] {
    const limit = limitOf(options);
    return this.#native.execute(null, String(name), [...args], limit);
  }

  /** As {@link VM.execute}, on another thread. */
  async executeAsync(
    name: string,
    args: readonly unknown[] = [],
    options?: CallOptions,
  ): Promise<any[]> {
    const start = (limit: number | undefined) =>
      this.#native.executeAsync(null, String(name), [...args], limit);
    return stoppable(start, options);
  }

  /** Calls a function of a registered module; allowed in every state. */
  executeRegistered(
    module: string,
    name: string,
    args: readonly unknown[] = [],
    options?: CallOptions,
  ): any[] {
    const limit = limitOf(options);
    return this.#native.execute(String(module), String(name), [...args], limit);
  }

  /** As {@link VM.executeRegistered}, on another thread. */
  async executeRegisteredAsync(
    module: string,
    name: string,
    args: readonly unknown[] = [],
    options?: CallOptions,
  ): Promise<any[]> {
    const start = (limit: number | undefined) =>
      this.#native.executeAsync(String(module), String(name), [...args], limit);
    return stoppable(start, options);
  }

  /** Loads, validates and instantiates a module, and calls a function of it. */
  runModule(
    source: ModuleSource,
    name: string,
    args: readonly unknown[] = [],
    options?: CallOptions,
  ): any[] {
    const limit = limitOf(options);
    this.#active = undefined;
    const module = Module.nativeOf(loaded(source, this.#config));
    return this.#native.runModule(module, String(name), [...args], limit);
  }

  /** As {@link VM.runModule}, on another thread. */
  async runModuleAsync(
    source: ModuleSource,
    name: string,
    args: readonly unknown[] = [],
    options?: CallOptions,
  ): Promise<any[]> {
    this.#active = undefined;
    const module = Module.nativeOf(loaded(source, this.#config));
    const start = (limit: number | undefined) =>
      this.#native.runModuleAsync(module, String(name), [...args], limit);
    return stoppable(start, options);
  }

  /** The instance that {@link VM.execute} calls into. */
  get activeModule(): ModuleInstance | undefined {
    if (this.#active === undefined) {
      const active = this.#native.activeModule();
      this.#active = active === null ? undefined : ModuleInstance.wrap(active);
    }
    return this.#active;
  }

  /** The functions of the active module, in the order of its exports. */
  get functions(): { name: string; type: FunctionType }[] {
    return this.#native.functionList().map(([name, parameters, results]) => ({
      name: name[0] as string,
      type: { parameters, results },
    }));
  }

  /** The type of a function: of the active module, or of a registered one. */
  functionType(name: string, module?: string): FunctionType | undefined {
    const type = this.#native.functionType(module ?? null, String(name));
    return type === null ? undefined : { parameters: type[0], results: type[1] };
  }

  /** The store of registered modules. */
  get store(): Store {
    return Store.wrap(this.#native.store());
  }

  /** What calls count. */
  get statistics(): Statistics {
    return Statistics.wrap(this.#native.statistics());
  }

  /** Gives the guest's WASI module another environment; the configuration must have asked for it. */
  configureWasi(options: WasiOptions): this {
    checkOptions(options, VM_OPTIONS);
    if (!this.#native.configureWasi(...nativeOptions(options))) {
      throw new RuntimeError("the configuration registers no WASI: set 'wasi' in it");
    }
    return this;
  }

  /** What the guest gave to `proc_exit`; 0 if nothing. */
  get exitCode(): number {
    return this.#native.exitCode ?? 0;
  }

  /** What was written to standard output, if WASI was told to keep it. */
  get stdout(): Uint8Array | undefined {
    return this.#native.output(1) ?? undefined;
  }

  /** What was written to standard error, if WASI was told to keep it. */
  get stderr(): Uint8Array | undefined {
    return this.#native.output(2) ?? undefined;
  }

  /** Whether the guest wanted to write more than is kept. */
  get truncated(): boolean {
    return this.#native.truncated;
  }

  /** What the guest was refused, each thing once, and at most 1000. */
  get denials(): Denial[] {
    return this.#native.denials();
  }

  /** Calls `_start`, and gives the exit code. */
  start(options?: CallOptions): number {
    this.#ready();
    try {
      this.execute("_start", [], options);
    } catch (error) {
      if ((error as Error).name !== "ExitError") throw error;
    }
    return this.exitCode;
  }

  /** Calls a function of the module, and gives what it returns. */
  run(name: string, ...args: unknown[]): any {
    this.#ready();
    const type = this.functionType(name);
    if (type === undefined || args.every((arg) => typeof arg !== "string" && !isBytes(arg))) {
      const results = this.execute(name, args);
      return results.length > 1 ? results : results[0];
    }
    return this.#bound(name, args, false).direct;
  }

  /** Calls a function that returns a signed 32-bit integer. */
  runInt(name: string, ...args: unknown[]): number {
    return Number(this.run(name, ...args)) | 0;
  }

  /** Calls a function that returns an unsigned 32-bit integer. */
  runUInt(name: string, ...args: unknown[]): number {
    return Number(this.run(name, ...args)) >>> 0;
  }

  /** Calls a function that returns a signed 64-bit integer. */
  runInt64(name: string, ...args: unknown[]): bigint {
    return BigInt.asIntN(64, BigInt(this.run(name, ...args)));
  }

  /** Calls a function that returns an unsigned 64-bit integer. */
  runUInt64(name: string, ...args: unknown[]): bigint {
    return BigInt.asUintN(64, BigInt(this.run(name, ...args)));
  }

  /** Calls a function made with wasm-bindgen that returns text; texts and bytes may be passed. */
  runString(name: string, ...args: unknown[]): string {
    return new TextDecoder().decode(this.runUint8Array(name, ...args));
  }

  /** As {@link VM.runString}, of a function that returns bytes. */
  runUint8Array(name: string, ...args: unknown[]): Uint8Array {
    this.#ready();
    return this.#bound(name, args, true).bytes as Uint8Array;
  }

  /** Compiles the loaded module ahead of time into a file that {@link Module.loadCompiled} runs. */
  compile(path: string | URL): void {
    if (this.#module === undefined) throw new RuntimeError("the VM has no module to compile");
    const bytes = Module.bytes(this.#module);
    const compiled = native.NativeModule.compileToBytes(Config.nativeOf(this.#config), bytes);
    fs.writeFileSync(path, compiled);
  }

  /** Takes the loaded module through the steps that are left. */
  #ready(): void {
    if (this.state === "loaded") this.validate();
    if (this.state === "validated") this.instantiate();
  }

  /** A call by the rules of wasm-bindgen: texts and bytes are copied into the guest's memory. */
  #bound(
    name: string,
    args: unknown[],
    returnsBytes: boolean,
  ): { direct?: unknown; bytes?: Uint8Array } {
    const memory = this.activeModule?.exports["memory"] as Memory | undefined;
    if (memory === undefined) {
      throw new RuntimeError("the module exports no memory through which bytes could be passed");
    }
    const values: unknown[] = returnsBytes ? [RETURN_AREA] : [];
    for (const arg of args) {
      if (typeof arg !== "string" && !isBytes(arg)) {
        values.push(arg);
        continue;
      }
      const bytes = typeof arg === "string" ? new TextEncoder().encode(arg) : toBytes(arg);
      const [address] = this.execute("__wbindgen_malloc", [bytes.length]);
      memory.write(address >>> 0, bytes);
      values.push(address, bytes.length);
    }
    const results = this.execute(name, values);
    if (!returnsBytes) {
      return { direct: results.length > 1 ? results : results[0] };
    }
    const area = new DataView(memory.buffer);
    const address = area.getUint32(RETURN_AREA, true);
    const length = area.getUint32(RETURN_AREA + 4, true);
    const bytes = memory.read(address, length);
    this.execute("__wbindgen_free", [address, length]);
    return { bytes };
  }
}

function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}
