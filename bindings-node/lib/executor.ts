import { type Config, Config as Configuration, limitsToJson } from "./config.js";
import { type Imports, Instance, ModuleInstance } from "./instance.js";
import { Module } from "./module.js";
import { type NativeExecutor, native } from "./native.js";
import { Statistics } from "./statistics.js";
import { Store } from "./store.js";
import { CALL_OPTIONS, type CallOptions, limitOf, stoppable } from "./task.js";

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
    this.#native = new native.NativeExecutor(Configuration.nativeOf(config), shared);
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
    const made = Store.nativeOf(store).instantiate(Module.nativeOf(module), this.#native, name);
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
