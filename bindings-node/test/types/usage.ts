// Compiled, not run: what users write must type-check, and what is wrong must not.
import { Config, Instance, type Memory, Module, WebAssembly } from "wasmspan";

interface Calculator {
  add(a: number, b: number): number;
  memory: Memory;
}

const module = new Module(new Uint8Array(8), new Config({ maxMemoryPages: 16 }));
const instance = new Instance<Calculator>(module, { env: { log: (n: number) => n } });
const sum: number = instance.exports.add(1, 2);
// @ts-expect-error: the parameters are numbers
instance.exports.add("1", 2);
// @ts-expect-error: a memory has no such member
instance.exports.memory.shrink();

export async function main(): Promise<number> {
  const { instance: other } = await WebAssembly.instantiate<Calculator>(new Uint8Array(8));
  const late: number = await other.callAsync("add", [1, 2], { timeout: 10 });
  // @ts-expect-error: a time limit is a number
  await other.callAsync("add", [], { timeout: "10" });
  const memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1 });
  // @ts-expect-error: the initial size is required
  new WebAssembly.Memory({});
  // @ts-expect-error: there is no such setting
  new Config({ maximum: 1 });
  return late + sum + memory.buffer.byteLength;
}

// As generated wrappers do for functions whose names every object has.
export class Wrapper {
  readonly #constructor_: (n: number) => number;
  constructor(of: Instance) {
    this.#constructor_ = of.exports.constructor as never;
  }
  constructor_(n: number): number {
    return this.#constructor_(n);
  }
}
