import { defineInterface, Identities, toDescriptor } from "./idl.js";
import { type NativeGlobal, native } from "./native.js";

/** The name of a value type. */
export type ValueType =
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "v128"
  | "externref"
  | "anyfunc"
  | "funcref";

/** The type of a global. */
export interface GlobalDescriptor {
  /** The value's type. */
  value: ValueType;
  /** Whether it may be written. */
  mutable?: boolean;
}

const known = new Identities<Global>();

const DEFAULTS: Record<string, () => unknown> = {
  i32: () => 0,
  i64: () => 0n,
  f32: () => 0,
  f64: () => 0,
  v128: () => new Uint8Array(16),
  externref: () => undefined,
  anyfunc: () => null,
  funcref: () => null,
};

/** A global. */
export class Global {
  readonly #native: NativeGlobal;
  // Made when they are needed.
  #get: (() => unknown) | undefined;
  #set: ((value: unknown) => void) | undefined;

  /** Makes a global; without a value it is zero, null or undefined. */
  constructor(descriptor: GlobalDescriptor, value: unknown = undefined) {
    if (descriptor instanceof native.NativeGlobal) {
      this.#native = descriptor;
    } else {
      const wanted = toDescriptor(descriptor, "the descriptor of a global");
      const mutable = Boolean(wanted.mutable);
      const type = String(wanted.value);
      const zero = DEFAULTS[type];
      if (zero === undefined) {
        throw new TypeError("the property 'value' must be the name of a value type");
      }
      // Undefined stands for no value, except that it is none of the values of a function.
      const missing = zero() === null ? arguments.length < 2 : value === undefined;
      const first = missing ? zero() : value;
      this.#native = new native.NativeGlobal(type, mutable, first);
    }
    this.#native.attach();
    known.add(this.#native.id, this);
  }

  /** The value; only that of a mutable global can be set. */
  get value(): any {
    return this.#read();
  }

  set value(value: any) {
    let set = this.#set;
    if (set === undefined) {
      set = this.#native.setter();
      this.#set = set;
    }
    set(value);
  }

  /** The value. */
  valueOf(): any {
    return this.#read();
  }

  #read(): unknown {
    let get = this.#get;
    if (get === undefined) {
      get = this.#native.getter();
      this.#get = get;
    }
    return get();
  }

  /**
   * Whether it is a global, and not something that only has the prototype of one.
   * @internal
   */
  static is(item: unknown): item is Global {
    return item instanceof Global && #native in item;
  }

  /** @internal */
  static nativeOf(global: Global): NativeGlobal {
    if (!Global.is(global)) throw new TypeError("it must be a Global of this package");
    return global.#native;
  }

  /** @internal */
  static wrap(item: NativeGlobal): Global {
    return known.get(item.id, () => new Global(item as unknown as GlobalDescriptor));
  }
}

defineInterface("Global", Global);
