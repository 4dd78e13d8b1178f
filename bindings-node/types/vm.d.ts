import { Config, type ConfigOptions } from "./config.js";
import { type Bytes } from "./idl.js";
import { type FunctionType, type Imports, ModuleInstance } from "./instance.js";
import { Module } from "./module.js";
import { type Denial } from "./native.js";
import { type CallOptions } from "./task.js";
import { type WasiOptions } from "./wasi.js";
/** A module's bytes, the path of its file, or a module that was loaded. */
export type ModuleSource = Bytes | string | URL | Module;
/** How far a VM's module has come. */
export type VMState = "inited" | "loaded" | "validated" | "instantiated";
/** A function of the host with its type, to be put into a {@link ModuleInstance}. */
export declare class HostFunction {
    /** The type by which WebAssembly calls it. */
    readonly type: FunctionType;
    /** What is called. */
    readonly fn: (...args: any[]) => unknown;
    /** Joins a function and its type. */
    constructor(type: FunctionType, fn: (...args: any[]) => unknown);
}
/** Module instances by the names that others import them by. */
export declare class Store {
    #private;
    /** An empty store. */
    constructor();
    /** Names of the registered instances, sorted. */
    get names(): string[];
    /** The instance of this name. */
    find(name: string): ModuleInstance | undefined;
    /** Registers an instance, by default under the name it has. */
    register(instance: ModuleInstance<any>, name?: string): this;
}
/** What calls of a {@link VM} or an {@link Executor} count, if the configuration asks for it. */
export declare class Statistics {
    #private;
    /** Figures that are all zero, every instruction at a cost of 1, and no limit. */
    constructor();
    /** Instructions that ended calls have run. */
    get instructionCount(): number;
    /** Instructions for each second spent in WebAssembly. */
    get instructionsPerSecond(): number;
    /** Cost of what ended calls have run. */
    get totalCost(): number;
    /** Milliseconds spent in WebAssembly. */
    get wasmTime(): number;
    /** Milliseconds spent in functions of the host. */
    get hostTime(): number;
    /** What the total cost may not exceed; infinite without a limit. */
    get costLimit(): number;
    set costLimit(limit: number);
    /** Sets what instructions cost, by opcode. */
    setCostTable(costs: readonly number[]): void;
    /** Sets all figures to zero. */
    clear(): void;
}
/** Reads modules. */
export declare class Loader {
    #private;
    /** A loader with a copy of this configuration. */
    constructor(config?: Config);
    /** Reads a module; it is not validated yet. */
    load(source: ModuleSource): Module;
}
/** Checks modules. */
export declare class Validator {
    /** Checks a module; the result is kept with it. */
    validate(module: Module): void;
}
/** Compiles modules ahead of time, into files that {@link Module.loadCompiled} runs. */
export declare class Compiler {
    #private;
    /** A compiler with a copy of this configuration. */
    constructor(config?: Config);
    /** Compiles the module in one file into another, which is replaced when all is done. */
    compile(input: string, output: string): void;
    /** Compiles bytes into the bytes of a compiled file. */
    compileBytes(bytes: Bytes): Uint8Array;
}
/** Settings of {@link Executor.invoke}. */
export interface InvokeOptions extends CallOptions {
    /** What the call may cost, by default one for each instruction; the executor must measure costs. */
    fuel?: number;
    /** Bytes of stack of the call. */
    stackBytes?: number;
}
/** Instantiates modules and calls functions under one configuration. */
export declare class Executor {
    #private;
    /** An executor with a copy of this configuration, which may add to figures that others share. */
    constructor(config?: Config, statistics?: Statistics);
    /** What its instances and calls count. */
    get statistics(): Statistics;
    /** An anonymous instance; its imports are looked up in the store, or in an import object. */
    instantiate(module: Module, imports?: Store | Imports): ModuleInstance;
    /** An instance that is registered in the store. */
    register(store: Store, module: Module, name: string): ModuleInstance;
    /** Calls an exported function on this thread. */
    invoke(fn: (...args: any[]) => any, args?: readonly unknown[], options?: InvokeOptions): unknown;
    /** Calls an exported function on another thread. */
    invokeAsync(fn: (...args: any[]) => any, args?: readonly unknown[], options?: InvokeOptions): Promise<unknown>;
}
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
