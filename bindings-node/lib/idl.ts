/**
 * What the JavaScript API's interface definitions demand of arguments and of classes.
 */

/** Bytes as callers give them: a buffer, or a view of a part of one. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

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
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) {
    return new Uint8Array(source);
  }
  const tag = Object.prototype.toString.call(source);
  if (tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]") {
    return new Uint8Array(source as ArrayBuffer);
  }
  throw new TypeError("the first argument must be an ArrayBuffer or a view of one");
}

/**
 * An index or a size: `[EnforceRange] unsigned long`.
 * @internal
 */
export function toIndex(value: unknown, what: string): number {
  const number = Math.trunc(Number(value));
  if (!(number >= 0 && number <= 0xffff_ffff)) {
    throw new TypeError(`${what} must be an integer from 0 to 4294967295`);
  }
  return number;
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
): [initial: number, maximum: number | undefined] {
  const { initial, maximum } = descriptor;
  if (initial === undefined) {
    throw new TypeError("the property 'initial' is required");
  }
  const least = toIndex(initial, "the property 'initial'");
  const most = maximum === undefined ? undefined : toIndex(maximum, "the property 'maximum'");
  if (most !== undefined && most < least) {
    throw new RangeError("the property 'maximum' is smaller than 'initial'");
  }
  return [least, most];
}

/**
 * Gives a class its tag and makes its members enumerable, as interfaces of the web are.
 * @internal
 */
export function defineInterface(name: string, type: { prototype: object }): void {
  const { prototype } = type;
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (key !== "constructor") {
      Object.defineProperty(prototype, key, { enumerable: true });
    }
  }
  Object.defineProperty(prototype, Symbol.toStringTag, {
    value: `WebAssembly.${name}`,
    configurable: true,
  });
}

/**
 * One object for each native one, as long as somebody holds it.
 * @internal
 */
export class Identities<T extends object> {
  readonly #known = new Map<number, WeakRef<T>>();
  readonly #collected = new FinalizationRegistry<number>((id) => {
    if (this.#known.get(id)?.deref() === undefined) {
      this.#known.delete(id);
    }
  });

  /** Remembers an object. */
  add(id: number, object: T): void {
    this.#known.set(id, new WeakRef(object));
    this.#collected.register(object, id);
  }

  /** The object of this number, or a new one. */
  get(id: number, make: () => T): T {
    return this.#known.get(id)?.deref() ?? make();
  }
}
