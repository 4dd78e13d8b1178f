import { Config, type ConfigOptions } from "./config.js";
import { ModuleInstance } from "./instance.js";
import { type ModuleSource } from "./stages.js";
import { Statistics } from "./statistics.js";
import { Store } from "./store.js";
import { type CallOptions } from "./task.js";
import type { Denial, FunctionType } from "./types.js";
import { type WasiOptions } from "./wasi.js";
/** How far a VM's module has come. */
export type VMState = "inited" | "loaded" | "validated" | "instantiated";
/** Settings of a VM that is made of a module. */
export interface VMOptions extends WasiOptions {
    /** The configuration; WASI is added to it. */
    config?: Config | ConfigOptions;
}
/**
 * Loads, validates, instantiates and runs modules, one step after another or all at once.
 *
 * A VM has one active module, and a {@link Store} of registered modules that it can import from.
 */
export declare class VM {
    #private;
    /** A VM on a store of its own, or on one that others use too. */
    constructor(config?: Config, store?: Store);
    /** A VM with WASI whose module is loaded and ready to be started or run. */
    constructor(source: ModuleSource, options?: VMOptions);
    /** How far the module has come. */
    get state(): VMState;
    /** Takes a module; allowed in every state. */
    load(source: ModuleSource): this;
    /** Validates the loaded module. */
    validate(): this;
    /** Instantiates the validated module and makes the instance the active one. */
    instantiate(options?: CallOptions): this;
    /** Forgets the module, the active instance and everything that is registered. */
    cleanup(): void;
    /** As {@link VM.cleanup}; what `using` calls. */
    [Symbol.dispose](): void;
    /** Instantiates a module and registers the instance, for others to import from. */
    register(name: string, source: ModuleSource): this;
    /** Registers an instance, such as a host module, under the name it has. */
    registerInstance(instance: ModuleInstance<any>): this;
    /** Calls a function of the active module and gives its results. */
    execute(name: string, args?: readonly unknown[], options?: CallOptions): any[];
    /** As {@link VM.execute}, on another thread. */
    executeAsync(name: string, args?: readonly unknown[], options?: CallOptions): Promise<any[]>;
    /** Calls a function of a registered module; allowed in every state. */
    executeRegistered(module: string, name: string, args?: readonly unknown[], options?: CallOptions): any[];
    /** As {@link VM.executeRegistered}, on another thread. */
    executeRegisteredAsync(module: string, name: string, args?: readonly unknown[], options?: CallOptions): Promise<any[]>;
    /** Loads, validates and instantiates a module, and calls a function of it. */
    runModule(source: ModuleSource, name: string, args?: readonly unknown[], options?: CallOptions): any[];
    /** As {@link VM.runModule}, on another thread. */
    runModuleAsync(source: ModuleSource, name: string, args?: readonly unknown[], options?: CallOptions): Promise<any[]>;
    /** The instance that {@link VM.execute} calls into. */
    get activeModule(): ModuleInstance | undefined;
    /** The functions of the active module, in the order of its exports. */
    get functions(): {
        name: string;
        type: FunctionType;
    }[];
    /** The type of a function: of the active module, or of a registered one. */
    functionType(name: string, module?: string): FunctionType | undefined;
    /** The store of registered modules. */
    get store(): Store;
    /** What calls count. */
    get statistics(): Statistics;
    /** Gives the guest's WASI module another environment; the configuration must have asked for it. */
    configureWasi(options: WasiOptions): this;
    /** What the guest gave to `proc_exit`; 0 if nothing. */
    get exitCode(): number;
    /** What was written to standard output, if WASI was told to keep it. */
    get stdout(): Uint8Array | undefined;
    /** What was written to standard error, if WASI was told to keep it. */
    get stderr(): Uint8Array | undefined;
    /** Whether the guest wanted to write more than is kept. */
    get truncated(): boolean;
    /** What the guest was refused, each thing once, and at most 1000. */
    get denials(): Denial[];
    /** Calls `_start`, and gives the exit code. */
    start(options?: CallOptions): number;
    /** Calls a function of the module, and gives what it returns. */
    run(name: string, ...args: unknown[]): any;
    /** Calls a function that returns a signed 32-bit integer. */
    runInt(name: string, ...args: unknown[]): number;
    /** Calls a function that returns an unsigned 32-bit integer. */
    runUInt(name: string, ...args: unknown[]): number;
    /** Calls a function that returns a signed 64-bit integer. */
    runInt64(name: string, ...args: unknown[]): bigint;
    /** Calls a function that returns an unsigned 64-bit integer. */
    runUInt64(name: string, ...args: unknown[]): bigint;
    /** Calls a function made with wasm-bindgen that returns text; texts and bytes may be passed. */
    runString(name: string, ...args: unknown[]): string;
    /** As {@link VM.runString}, of a function that returns bytes. */
    runUint8Array(name: string, ...args: unknown[]): Uint8Array;
    /** Compiles the loaded module ahead of time into a file that {@link Module.loadCompiled} runs. */
    compile(path: string | URL): void;
}
