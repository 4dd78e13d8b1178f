/**
 * Texts, bytes and the like for guests: of wasmedge-bindgen, AssemblyScript, TinyGo and C.
 */
import { type Bytes, toBytes } from "./idl.js";
import { ModuleInstance } from "./instance.js";
import { type NativeBindgen, type NativeHeap, native } from "./native.js";
import { checkOptions } from "./options.js";
import { type CallOptions, limitOf, stoppable } from "./task.js";

/** Arrays of integers, of the width that their items have in the guest. */
export type IntegerArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

/** A value together with its type in the guest, such as `{ u8: 5 }`. */
export type TypedValue =
  | { u8: number }
  | { i8: number }
  | { u16: number }
  | { i16: number }
  | { u32: number }
  | { i32: number }
  | { u64: bigint | number }
  | { i64: bigint | number }
  | { f32: number }
  | { f64: number }
  | { bool: boolean }
  | { char: string };

/**
 * What a guest of wasmedge-bindgen can be given: texts; booleans; integers as `i32`, other numbers as
 * `f64`, BigInts as `i64`; vectors as typed arrays; everything else, and numbers of another type,
 * together with their type.
 */
export type BindgenValue = string | boolean | number | bigint | IntegerArray | TypedValue;

const BINDGEN_OPTIONS: ReadonlySet<string> = new Set(["initialized"]);

function nativeOf(instance: ModuleInstance<any>) {
  if (!(instance instanceof ModuleInstance)) {
    throw new TypeError("the first argument must be an instance");
  }
  return ModuleInstance.nativeOf(instance);
}

/** Calls of a guest that was built with the crates `wasmedge-bindgen` 0.4. */
export class Bindgen {
  readonly #native: NativeBindgen;
  readonly #functions = new Map<string, (...args: unknown[]) => unknown>();

  /**
   * Prepares calls of an instance, and initialises it, if it exports `_initialize`.
   *
   * @param options - `initialized` says that this has happened already.
   * @throws {@link RuntimeError} if the instance is no such guest.
   */
  constructor(instance: ModuleInstance<any>, options: { initialized?: boolean } = {}) {
    checkOptions(options, BINDGEN_OPTIONS);
    this.#native = new native.NativeBindgen(nativeOf(instance), options.initialized === true);
  }

  /** Names of the exports that can be functions of wasmedge-bindgen, sorted. */
  get functions(): string[] {
    return this.#native.functions;
  }

  /**
   * Calls a function on this thread, and gives its result: several as an array, none as undefined.
   * `u64` and `i64` come as BigInt, vectors as typed arrays.
   *
   * The guest takes arguments for what its function says they are; where types differ, it reads other
   * values, or traps.
   *
   * @throws {@link GuestError} with the message that the function failed with.
   */
  call(name: string, args: readonly BindgenValue[] = [], options?: CallOptions): any {
    const limit = limitOf(options);
    if (limit !== undefined) return this.#native.call(String(name), [...args], limit);
    const known = this.#functions.get(name);
    if (known !== undefined) return known(...args);
    const made = this.#native.function(String(name));
    const result = made(...args);
    // Kept only if there is one of this name.
    this.#functions.set(name, made);
    return result;
  }

  /** As {@link Bindgen.call}, on another thread. */
  async callAsync(
    name: string,
    args: readonly BindgenValue[] = [],
    options?: CallOptions,
  ): Promise<any> {
    const start = (limit: number | undefined) =>
      this.#native.callAsync(String(name), [...args], limit);
    return stoppable(start, options);
  }
}

/** Bytes in a guest's memory. */
export interface Span {
  /** Where they begin. */
  address: number;
  /** How many there are. */
  length: number;
}

/**
 * The heap of a guest, for passing texts and bytes: of AssemblyScript (built with `--exportRuntime`),
 * whose strings are UTF-16, or one with `malloc` and `free`, as from C, C++ and TinyGo, whose strings
 * are UTF-8. What is put there stays until it is freed.
 */
export class Heap {
  readonly #native: NativeHeap;

  /**
   * Finds how the guest allocates.
   *
   * @throws {@link RuntimeError} if it exports nothing for that.
   */
  constructor(instance: ModuleInstance<any>) {
    this.#native = new native.NativeHeap(nativeOf(instance));
  }

  /** How the guest allocates. */
  get style(): "assemblyscript" | "malloc" {
    return this.#native.style;
  }

  /** Copies a text into the guest; for `malloc` with a zero behind it that the length does not count. */
  putString(text: string): Span {
    const [address, length] = this.#native.putString(String(text));
    return { address, length };
  }

  /** Copies bytes into the guest: an `ArrayBuffer` of AssemblyScript, or plain bytes. */
  putBytes(bytes: Bytes): Span {
    const [address, length] = this.#native.putBytes(toBytes(bytes));
    return { address, length };
  }

  /** Makes a typed array of AssemblyScript; `kind` is the number that the guest has for its class. */
  putArray(kind: number, bytes: Bytes): Span {
    const [address, length] = this.#native.putArray(kind, toBytes(bytes));
    return { address, length };
  }

  /**
   * Copies a text out of the guest.
   *
   * @param length - in bytes; without it the text ends where AssemblyScript's object does, or before
   * the first zero byte.
   */
  getString(address: number, length?: number): string {
    return this.#native.getString(address, length);
  }

  /** Copies bytes out of the guest; only of AssemblyScript's objects the length is known. */
  getBytes(address: number, length?: number): Uint8Array {
    return this.#native.getBytes(address, length);
  }

  /** Copies the bytes of a typed array of AssemblyScript out of the guest. */
  getArray(address: number): Uint8Array {
    return this.#native.getArray(address);
  }

  /** Gives back what was put into the guest, or what it returned for that. */
  free(address: number): void {
    this.#native.free(address);
  }
}
