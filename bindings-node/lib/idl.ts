/**
 * What the JavaScript API's interface definitions demand of arguments and of classes.
 */

import { native } from "./native.js";

/** Bytes as callers give them: a buffer, or a view of a part of one. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/** Whether it is a buffer; by its tag, since it may come from another realm. */
function isBuffer(source: unknown): boolean {
  const tag = Object.prototype.toString.call(source);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]";
}

/**
 * Whether these are {@link Bytes}.
 * @internal
 */
export function isBytes(source: unknown): boolean {
  return ArrayBuffer.isView(source) || isBuffer(source);
}

/**
 * The bytes themselves.
 * @internal
 */
export function toBytes(source: unknown): Uint8Array {
  if (source instanceof Uint8Array) {
    return source;
  }
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  if (isBuffer(source)) {
    const buffer = source as ArrayBuffer;
    // No view can be made of a detached one.
    return buffer.byteLength === 0 ? new Uint8Array() : new Uint8Array(buffer);
  }
  throw new TypeError("the first argument must be an ArrayBuffer or a view of one");
}

/**
 * An index or a size: `[EnforceRange] unsigned long`.
 * @internal
 */
export function toIndex(value: unknown, what: string): number {
  // Not `Number`, which takes BigInts.
  const number = Math.trunc(+(value as number));
  if (!(number >= 0 && number <= 0xffff_ffff)) {
    throw new TypeError(`${what} must be an integer from 0 to 4294967295`);
  }
  return number;
}

/**
 * A size, in the type of addresses: an index, or a BigInt of 64 bits. What no memory can have is
 * rounded.
 * @internal
 */
export function toSize(value: unknown, address: "i32" | "i64", what: string): number {
  if (address === "i32") return toIndex(value, what);
  // By the rules of ToBigInt, which take no numbers.
  if (typeof value === "number") throw new TypeError(`${what} must be a BigInt`);
  const big = BigInt(value as bigint);
  if (big !== BigInt.asUintN(64, big)) {
    throw new TypeError(`${what} must be an integer from 0 to 18446744073709551615`);
  }
  return Number(big);
}

/**
 * The type of addresses of a descriptor.
 * @internal
 */
export function toAddress(value: unknown): "i32" | "i64" {
  const address = value === undefined ? "i32" : String(value);
  if (address !== "i32" && address !== "i64") {
    throw new TypeError("the property 'address' must be 'i32' or 'i64'");
  }
  return address;
}

/**
 * A descriptor's object.
 * @internal
 */
export function toDescriptor(value: unknown, what: string): Record<string, unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) {
    throw new TypeError(`${what} must be an object`);
  }
  return value as Record<string, unknown>;
}

/**
 * Sizes of a descriptor.
 * @internal
 */
export function toLimits(
  descriptor: Record<string, unknown>,
  address: "i32" | "i64" = "i32",
): [initial: number, maximum: number | undefined] {
  const { initial } = descriptor;
  if (initial === undefined) {
    throw new TypeError("the property 'initial' is required");
  }
  const least = toSize(initial, address, "the property 'initial'");
  const { maximum } = descriptor;
  const most =
    maximum === undefined ? undefined : toSize(maximum, address, "the property 'maximum'");
  if (most !== undefined && most < least) {
    throw new RangeError("the property 'maximum' is smaller than 'initial'");
  }
  return [least, most];
}

/**
 * Gives a class its tag and makes its members enumerable, as interfaces of the web are.
 *
 * @param statics - functions of the class itself that belong to the interface.
 * @internal
 */
export function defineInterface(
  name: string,
  type: { prototype: object },
  statics: readonly string[] = [],
): void {
  const { prototype } = type;
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (key !== "constructor") {
      Object.defineProperty(prototype, key, { enumerable: true });
    }
  }
  for (const key of statics) {
    Object.defineProperty(type, key, { enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, {
    value: `WebAssembly.${name}`,
    configurable: true,
  });
}

/**
 * Gives a namespace of the web its tag, and its classes as properties that are not enumerated.
 * @internal
 */
export function defineNamespace(name: string, namespace: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(namespace)) {
    const enumerable = !/^[A-Z]/.test(key);
    const descriptor = { value, enumerable, writable: true, configurable: true };
    Object.defineProperty(namespace, key, descriptor);
  }
  Object.defineProperty(namespace, Symbol.toStringTag, { value: name, configurable: true });
}

/**
 * One object for each native one, as long as somebody holds it.
 * @internal
 */
export class Identities<T extends object> {
  readonly #known = new native.NativeIdentities<T>();

  /** Remembers an object. */
  add(id: number, object: T): void {
    this.#known.add(id, object);
  }

  /** Forgets an object, after whose end its number may be another one's. */
  delete(id: number, object: T): void {
    if (this.#known.get(id) === object) this.#known.remove(id);
  }

  /** The object of this number, or a new one. */
  get(id: number, make: () => T): T {
    return this.#known.get(id) ?? make();
  }
}
