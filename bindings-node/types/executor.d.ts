import { type Config } from "./config.js";
import { type Imports, ModuleInstance } from "./instance.js";
import { Module } from "./module.js";
import { Statistics } from "./statistics.js";
import { Store } from "./store.js";
import { type CallOptions } from "./task.js";
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
