import { TimeoutError } from "./errors.js";
import { type Imports, ModuleInstance, readImports } from "./instance.js";
import { Module } from "./module.js";
import { type NativePool, native } from "./native.js";
import { checkOptions } from "./options.js";
import { type CallOptions, limitOf } from "./task.js";
import { Statistics, Store } from "./vm.js";

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
  #giveBack: (() => void) | undefined;

  /** @internal */
  constructor(item: unknown, imports: readonly unknown[], giveBack: () => void) {
    super(item as string);
    this.#imports = imports;
    this.#giveBack = giveBack;
  }

  /**
   * Gives the instance back to its pool; also what `using` calls. What it did goes with it, and its
   * exports can't be used any more.
   *
   * @throws {@link BusyError} while it is running.
   */
  dispose(): void {
    ModuleInstance.release(this, this.#imports);
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }

  /** As {@link PooledInstance.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Somebody who waits for an instance. */
interface Waiter<E extends object> {
  take(instance: PooledInstance<E>): void;
  fail(reason: unknown): void;
}

/**
 * Hands out instances of one module, never more than so many at a time, each in the state that the
 * module begins with. The limits of the module's configuration apply to them.
 */
export class Pool<E extends object = Record<string, any>> {
  readonly #native: NativePool;
  readonly #imports: unknown[] = [];
  readonly #waiting: Waiter<E>[] = [];

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
    this.#native.enter();
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
    return item === null
      ? undefined
      : new PooledInstance<E>(item, this.#imports, () => this.#serve());
  }

  /**
   * A fresh instance; waits for one that is given back if all are in use. Who came first is served
   * first.
   *
   * @throws {@link TimeoutError} if there was none after `timeout`; the reason of `signal`.
   */
  async get(options: CallOptions = {}): Promise<PooledInstance<E>> {
    const timeout = limitOf(options);
    const { signal } = options;
    const free = this.#waiting.length === 0 ? this.tryGet() : undefined;
    if (free !== undefined) return free;
    let timer: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    try {
      return await new Promise((take, fail) => {
        const waiter: Waiter<E> = { take, fail };
        this.#waiting.push(waiter);
        const giveUp = (reason: unknown) => {
          const at = this.#waiting.indexOf(waiter);
          if (at >= 0) this.#waiting.splice(at, 1);
          fail(reason);
        };
        if (timeout !== undefined) {
          const text = `all ${this.size} instances of the pool were in use for ${timeout} ms`;
          timer = setTimeout(() => giveUp(new TimeoutError(text)), timeout);
        }
        abort = () => giveUp(signal?.reason);
        signal?.addEventListener("abort", abort, { once: true });
      });
    } finally {
      clearTimeout(timer);
      if (abort !== undefined) signal?.removeEventListener("abort", abort);
    }
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

  #serve(): void {
    const first = this.#waiting[0];
    if (first === undefined) return;
    try {
      const instance = this.tryGet();
      if (instance === undefined) return;
      this.#waiting.shift();
      first.take(instance);
    } catch (error) {
      this.#waiting.shift();
      first.fail(error);
      this.#serve();
    }
  }
}
