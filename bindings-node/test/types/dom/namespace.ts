// Compiled, not run: where a program knows JavaScript's own namespace, ours can stand in its place.
import { WebAssembly as ours } from "wasmspan";

globalThis.WebAssembly = ours;

const empty = new Uint8Array(8);
export const namespace: typeof WebAssembly = ours;
export const memory: WebAssembly.Memory = new ours.Memory({ initial: 1 });
export const table: WebAssembly.Table = new ours.Table({ initial: 1, element: "anyfunc" });
export const global: WebAssembly.Global = new ours.Global({ value: "i32" }, 1);
export const module: WebAssembly.Module = new ours.Module(empty);
export const instance: WebAssembly.Instance = new ours.Instance(new ours.Module(empty));
export const error: WebAssembly.RuntimeError = ours.RuntimeError("without new");

export async function main(bytes: BufferSource, imports: WebAssembly.Imports): Promise<number> {
  const { instance, module } = await ours.instantiate<{ f(): number }>(bytes, imports);
  const another = await ours.instantiate<{ f(): number }>(module);
  return instance.exports.f() + another.exports.f();
}
