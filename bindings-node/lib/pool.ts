import { type Imports, ModuleInstance, readImports } from "./instance.js";
import { Module } from "./module.js";
import { type NativePool, native } from "./native.js";
import { checkOptions } from "./options.js";
import { Statistics } from "./statistics.js";
import { Store } from "./store.js";
import { type CallOptions, limitOf, stoppable } from "./task.js";

/** Settings of a {@link Pool}. */
export interface PoolOptions {
  /** Most instances at a time. */
  size: number;
  /** What the module imports: an import object, or a store. All instances share it. */
  imports?: Imports | Store;
}

const POOL_OPTIONS: ReadonlySet<string> = new Set(["size", "imports"]);

/** An instance from a {@link Pool}, to which it must be given back. */
export class PooledInstance<E extends object = Record<string, any>> extends ModuleInstance<E> {
  readonly #imports: readonly unknown[];

  /** @internal */
  constructor(item: unknown, imports: readonly unknown[]) {
    super(item as string);
    this.#imports = imports;
  }

  /**
   * Gives the instance back to its pool; also what `using` calls. What it did goes with it, and its
   * exports can't be used any more.
   *
   * @throws {@link BusyError} while it is running.
   */
  dispose(): void {
    ModuleInstance.release(this, this.#imports);
  }

  /** As {@link PooledInstance.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Hands out instances of one module, never more than so many at a time, each in the state that the
 * module begins with. The limits of the module's configuration apply to them.
 */
export class Pool<E extends object = Record<string, any>> {
  readonly #native: NativePool;
  readonly #imports: unknown[] = [];

  /** A pool of instances of this module, which is compiled now if it was not. */
  constructor(module: Module, options: PoolOptions) {
    if (!(module instanceof Module)) {
      throw new TypeError("the first argument must be a Module");
    }
    checkOptions(options, POOL_OPTIONS);
    const { size, imports } = options ?? {};
    if (!(Number.isInteger(size) && size > 0 && size <= 0xffff_ffff)) {
      throw new RangeError("the size of a pool must be an integer from 1 on");
    }
    const inner = Module.nativeOf(module);
    if (imports instanceof Store) {
      const store = Store.nativeOf(imports);
      this.#native = native.NativePool.inStore(inner, store, size);
    } else {
      this.#imports = readImports(inner, imports);
      this.#native = native.NativePool.withImports(inner, this.#imports, size);
    }
    this.#native.attach();
  }

  /** Instances that are handed out. */
  get inUse(): number {
    return this.#native.inUse;
  }

  /** Most instances at a time. */
  get size(): number {
    return this.#native.size;
  }

  /** What its instances count together, if the module's configuration says that they count. */
  get statistics(): Statistics {
    return Statistics.wrap(this.#native.statistics());
  }

  /** A fresh instance; undefined if all are in use. */
  tryGet(): PooledInstance<E> | undefined {
    const item = this.#native.tryGet();
    return item === null ? undefined : new PooledInstance<E>(item, this.#imports);
  }

  /**
   * A fresh instance; waits for one that is given back if all are in use. Who came first is served
   * first.
   *
   * @throws {@link TimeoutError} if there was none after `timeout`; the reason of `signal`.
   */
  async get(options: CallOptions = {}): Promise<PooledInstance<E>> {
    limitOf(options);
    const free = this.tryGet();
    if (free !== undefined) return free;
    const item = await stoppable((limit) => this.#native.wait(limit), options);
    return new PooledInstance<E>(item, this.#imports);
  }

  /** Lends an instance to `work` until what that returns has settled. */
  async use<T>(
    work: (instance: PooledInstance<E>) => T | Promise<T>,
    options?: CallOptions,
  ): Promise<T> {
    const instance = await this.get(options);
    try {
      return await work(instance);
    } finally {
      instance.dispose();
    }
  }
}
