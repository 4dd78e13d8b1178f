import { type NativeStatistics, native } from "./native.js";
import { toCount } from "./options.js";

/** What calls of a VM or an Executor count, if the configuration asks for it. */
export class Statistics {
  readonly #native: NativeStatistics;

  /** Figures that are all zero, every instruction at a cost of 1, and no limit. */
  constructor();
  constructor(item?: unknown) {
    this.#native =
      item instanceof native.NativeStatistics
        ? (item as NativeStatistics)
        : new native.NativeStatistics();
  }

  /** Instructions that ended calls have run. */
  get instructionCount(): number {
    return this.#native.instructionCount;
  }

  /** Instructions for each second spent in WebAssembly. */
  get instructionsPerSecond(): number {
    return this.#native.instructionsPerSecond;
  }

  /** Cost of what ended calls have run. */
  get totalCost(): number {
    return this.#native.totalCost;
  }

  /** Milliseconds spent in WebAssembly. */
  get wasmTime(): number {
    return this.#native.times[0] ?? 0;
  }

  /** Milliseconds spent in functions of the host. */
  get hostTime(): number {
    return this.#native.times[1] ?? 0;
  }

  /** What the total cost may not exceed; infinite without a limit. */
  get costLimit(): number {
    return this.#native.costLimit;
  }

  set costLimit(limit: number) {
    const count = toCount(limit, "costLimit");
    if (count === undefined) throw new TypeError("'costLimit' must be a number");
    this.#native.costLimit = limit === Number.POSITIVE_INFINITY ? limit : count;
  }

  /** Sets what instructions cost, by opcode. */
  setCostTable(costs: readonly number[]): void {
    this.#native.setCostTable([...costs].map((cost) => toCount(cost, "costs") ?? 1));
  }

  /** Sets all figures to zero. */
  clear(): void {
    this.#native.clear();
  }

  /** @internal */
  static nativeOf(statistics: Statistics): NativeStatistics {
    return statistics.#native;
  }

  /** @internal */
  static wrap(item: NativeStatistics): Statistics {
    return new (Statistics as unknown as new (item: NativeStatistics) => Statistics)(item);
  }
}
