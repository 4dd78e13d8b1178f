import { Config, type ConfigOptions } from "./config.js";
import { RuntimeError } from "./errors.js";
import { toBytes } from "./idl.js";
import { ModuleInstance } from "./instance.js";
import type { Memory } from "./memory.js";
import { Module } from "./module.js";
import { type NativeVm, native } from "./native.js";
import { fs } from "./node.js";
import { checkOptions } from "./options.js";
import { loaded, type ModuleSource } from "./stages.js";
import { Statistics } from "./statistics.js";
import { Store } from "./store.js";
import { type CallOptions, limitOf, stoppable } from "./task.js";
import type { Denial, FunctionType } from "./types.js";
import { nativeOptions, WASI_OPTIONS, type WasiOptions } from "./wasi.js";

/** How far a VM's module has come. */
export type VMState = "inited" | "loaded" | "validated" | "instantiated";

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
