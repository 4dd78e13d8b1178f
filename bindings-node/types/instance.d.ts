import { Config } from "./config.js";
import { Global } from "./global.js";
import { Memory } from "./memory.js";
import { type GlobalModule, Module } from "./module.js";
import { Table } from "./table.js";
import { type CallOptions } from "./task.js";
import type { FunctionType } from "./types.js";
/** What can be exported. */
export type ExportValue = ((...args: any[]) => any) | Memory | Table | Global;
/** What can be imported; a global that is not mutable may be given as its value. */
export type ImportValue = ExportValue | number | bigint | object | null | undefined;
/** Exports by name. */
export type Exports = Record<string, ExportValue>;
/** Items by name. */
export type ModuleImports = Record<string, ImportValue>;
/** Items by name, by the name of the module that they are imported from. */
export type Imports = Record<string, ModuleImports>;
/** A function of the host with its type, to be put into a {@link ModuleInstance}. */
export declare class HostFunction {
    /** The type by which WebAssembly calls it. */
    readonly type: FunctionType;
    /** What is called. */
    readonly fn: (...args: any[]) => unknown;
    /** Joins a function and its type. */
    constructor(type: FunctionType, fn: (...args: any[]) => unknown);
}
/** A module instance: of a WebAssembly module, or a host module made by hand. */
export declare class ModuleInstance<E extends object = Record<string, any>> {
    #private;
    /** An empty host module of this name; see {@link ModuleInstance.addFunction}. */
    constructor(name: string);
    /** The name it is registered under or was made with; empty for an anonymous instance. */
    get name(): string;
    /** Everything it exports, by name. */
    get exports(): E;
    /** The type of an exported function. */
    functionType(name: string): FunctionType | undefined;
    /**
     * Calls an exported function on this thread.
     *
     * @param options - `timeout` stops the guest; an aborted `signal` throws before it starts.
     */
    call(name: string, args?: readonly unknown[], options?: CallOptions): any;
    /**
     * Calls an exported function on another thread. Functions of JavaScript that the guest imports run
     * on this thread, and may return promises. Until the call has ended, other calls of this instance
     * throw {@link BusyError}.
     */
    callAsync(name: string, args?: readonly unknown[], options?: CallOptions): Promise<any>;
    /** Puts a function into a host module: one of a type, or a {@link HostFunction}. */
    addFunction(name: string, host: {
        type: FunctionType;
        fn: (...args: any[]) => unknown;
    }): this;
    /** Puts a memory into a host module. */
    addMemory(name: string, memory: Memory): this;
    /** Puts a table into a host module. */
    addTable(name: string, table: Table): this;
    /** Puts a global into a host module. */
    addGlobal(name: string, global: Global): this;
}
/** Settings of an instantiation. */
export interface InstanceOptions {
    /** The configuration; by default the module's. */
    config?: Config;
    /** Milliseconds after which the start function is stopped. */
    timeout?: number;
}
/** An instance of a module. */
export declare class Instance<E extends object = Record<string, any>> extends ModuleInstance<E> {
    #private;
    /**
     * Instantiates a module and runs its start function on this thread.
     *
     * @throws {@link LinkError} if an import is missing or of another type.
     */
    constructor(module: Module | GlobalModule, imports?: Imports | undefined, options?: InstanceOptions | undefined);
    /** Everything it exports, by name. */
    get exports(): E;
    /**
     * Frees the instance and its memories now, not when they are collected; also what `using` calls.
     * Its exports can't be used any more then. Others that import something of it keep that.
     *
     * @throws {@link BusyError} while it is running.
     */
    dispose(): void;
    /** As {@link Instance.dispose}. */
    [Symbol.dispose](): void;
}
