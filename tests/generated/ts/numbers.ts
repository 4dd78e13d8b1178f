// Functions of the module numbers, made by `wasmspan bindgen`.
import type { Instance } from "wasmspan";

/** An instance of the module. */
export class Numbers {
  readonly #add: (a: bigint, b: bigint) => bigint;
  readonly #divRem: (dividend: number, divisor: number) => [number, number];
  readonly #new: (type: number) => number;
  readonly #import: (class_: number) => void;
  readonly #notMuch: () => void;

  /** Finds the functions of an instance. */
  constructor(instance: Instance) {
    this.#add = instance.exports.add;
    this.#divRem = instance.exports["div-rem"];
    this.#new = instance.exports.new;
    this.#import = instance.exports.import;
    this.#notMuch = instance.exports.notMuch;
  }

  /** Calls `add`. */
  add(a: bigint, b: bigint): bigint {
    return this.#add(a, b);
  }

  /**
   * Divides, and gives quotient and rest.
   *
   * Traps if the divisor is zero.
   */
  divRem(dividend: number, divisor: number): [number, number] {
    return this.#divRem(dividend, divisor);
  }

  /** Calls `new`. */
  new(type: number): number {
    return this.#new(type);
  }

  /** Calls `import`. */
  import(class_: number): void {
    this.#import(class_);
  }

  /** Calls `notMuch`. */
  notMuch(): void {
    this.#notMuch();
  }
}
