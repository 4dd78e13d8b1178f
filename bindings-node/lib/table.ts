import { defineInterface, Identities, toDescriptor, toIndex, toLimits } from "./idl.js";
import { type NativeTable, native } from "./native.js";

/** What a table holds, and its size in elements. */
export interface TableDescriptor {
  /** Functions (`anyfunc` and `funcref` are the same), or any values. */
  element: "anyfunc" | "funcref" | "externref";
  /** Number of elements that it starts with. */
  initial: number;
  /** Number of elements up to which it may grow. */
  maximum?: number;
}

const known = new Identities<Table>();
const MOST = 10_000_000;

/** A table of references. */
export class Table {
  readonly #native: NativeTable;
  // Made when they are needed.
  #get: ((index: number) => unknown) | undefined;
  #set: ((index: number, value: unknown) => void) | undefined;

  /** Makes a table whose elements are `value`: null, or undefined in one of any values. */
  constructor(descriptor: TableDescriptor, value: unknown = undefined) {
    if (descriptor instanceof native.NativeTable) {
      this.#native = descriptor;
    } else {
      const wanted = toDescriptor(descriptor, "the descriptor of a table");
      const element = String(wanted.element);
      if (element !== "anyfunc" && element !== "funcref" && element !== "externref") {
        throw new TypeError("the property 'element' must be 'anyfunc' or 'externref'");
      }
      const [initial, maximum] = toLimits(wanted);
      if (initial > MOST) {
        throw new RangeError(`a table has at most ${MOST} elements`);
      }
      this.#native = new native.NativeTable(element !== "externref", initial, maximum);
      const first = this.#default(arguments.length > 1, value);
      if (first !== null) {
        for (let index = 0; index < initial; index++) {
          this.#store(index, first);
        }
      }
    }
    this.#native.attach();
    known.add(this.#native.id, this);
  }

  #default(given: boolean, value: unknown): unknown {
    return this.#native.functions && (!given || value === undefined) ? null : value;
  }

  /** Current number of elements. */
  get length(): number {
    return this.#native.length;
  }

  /** Grows by `delta` elements of `value` and gives the old length. */
  grow(delta: number, value: unknown = undefined): number {
    return this.#native.grow(
      toIndex(delta, "the number of elements"),
      this.#default(arguments.length > 1, value),
    );
  }

  /** The element at `index`. */
  get(index: number): any {
    let get = this.#get;
    if (get === undefined) {
      get = this.#native.getter();
      this.#get = get;
    }
    return get(toIndex(index, "the index"));
  }

  /** Stores `value` at `index`. */
  set(index: number, value: unknown = undefined): void {
    const missing = arguments.length < 2 && this.#native.functions;
    this.#store(toIndex(index, "the index"), missing ? null : value);
  }

  #store(index: number, value: unknown): void {
    let set = this.#set;
    if (set === undefined) {
      set = this.#native.setter();
      this.#set = set;
    }
    set(index, value);
  }

  /**
   * Whether it is a table, and not something that only has the prototype of one.
   * @internal
   */
  static is(item: unknown): item is Table {
    return item instanceof Table && #native in item;
  }

  /** @internal */
  static nativeOf(table: Table): NativeTable {
    if (!Table.is(table)) throw new TypeError("it must be a Table of this package");
    return table.#native;
  }

  /** @internal */
  static wrap(item: NativeTable): Table {
    return known.get(item.id, () => new Table(item as unknown as TableDescriptor));
  }
}

defineInterface("Table", Table);
