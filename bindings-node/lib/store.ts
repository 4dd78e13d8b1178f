import { ModuleInstance } from "./instance.js";
import { type NativeStore, native } from "./native.js";

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
    if (store !== undefined && !(store instanceof Store)) {
      throw new TypeError("a store must be a Store");
    }
    return store === undefined ? undefined : store.#native;
  }

  /** @internal */
  static wrap(item: NativeStore): Store {
    return new (Store as unknown as new (item: NativeStore) => Store)(item);
  }
}
