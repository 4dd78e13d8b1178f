import { type Imports, ModuleInstance } from "./instance.js";
import { Module } from "./module.js";
import { Statistics } from "./statistics.js";
import { Store } from "./store.js";
import { type CallOptions } from "./task.js";
/** Settings of a {@link Pool}. */
export interface PoolOptions {
    /** Most instances at a time. */
    size: number;
    /** What the module imports: an import object, or a store. All instances share it. */
    imports?: Imports | Store;
}
/** An instance from a {@link Pool}, to which it must be given back. */
export declare class PooledInstance<E extends object = Record<string, any>> extends ModuleInstance<E> {
    #private;
    /**
     * Gives the instance back to its pool; also what `using` calls. What it did goes with it, and its
     * exports can't be used any more.
     *
     * @throws {@link BusyError} while it is running.
     */
    dispose(): void;
    /** As {@link PooledInstance.dispose}. */
    [Symbol.dispose](): void;
}
/**
 * Hands out instances of one module, never more than so many at a time, each in the state that the
 * module begins with. The limits of the module's configuration apply to them.
 */
export declare class Pool<E extends object = Record<string, any>> {
    #private;
    /** A pool of instances of this module, which is compiled now if it was not. */
    constructor(module: Module, options: PoolOptions);
    /** Instances that are handed out. */
    get inUse(): number;
    /** Most instances at a time. */
    get size(): number;
    /** What its instances count together, if the module's configuration says that they count. */
    get statistics(): Statistics;
    /** A fresh instance; undefined if all are in use. */
    tryGet(): PooledInstance<E> | undefined;
    /**
     * A fresh instance; waits for one that is given back if all are in use. Who came first is served
     * first.
     *
     * @throws {@link TimeoutError} if there was none after `timeout`; the reason of `signal`.
     */
    get(options?: CallOptions): Promise<PooledInstance<E>>;
    /** Lends an instance to `work` until what that returns has settled. */
    use<T>(work: (instance: PooledInstance<E>) => T | Promise<T>, options?: CallOptions): Promise<T>;
}
