/**
 * Wasmspan: a WebAssembly runtime with limits, time limits and cancellation.
 *
 * @packageDocumentation
 */
import { makeError } from "./errors.js";
import { surveyLater, tie } from "./garbage.js";
import { native } from "./native.js";

const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");

native.begin([
  makeError,
  (value: unknown) => {
    // By the rules of ToBigInt, which take no numbers.
    if (typeof value === "number") throw new TypeError("a number is no BigInt");
    return BigInt(value as bigint);
  },
  (value: unknown) => {
    // Programs may see how often it is read.
    const iterate = (value as Iterable<unknown> | undefined)?.[Symbol.iterator];
    if (typeof iterate !== "function") {
      throw new TypeError("an imported function with several results must return an iterable");
    }
    return [...{ [Symbol.iterator]: () => Reflect.apply(iterate, value, []) }];
  },
  (value: unknown, done: (value: unknown) => void, fail: (reason: unknown) => void) => {
    Promise.resolve(value).then(done, fail);
  },
  surveyLater,
  tie,
  () => AsyncLocalStorage.snapshot(),
]);

export {
  Bindgen,
  type BindgenValue,
  Heap,
  type IntegerArray,
  type Span,
  type TypedValue,
} from "./bindgen.js";
export {
  type CacheOptions,
  type CompileTime,
  Config,
  type ConfigOptions,
  type Limits,
  OptimizationLevel,
  OutputFormat,
  Proposal,
} from "./config.js";
export {
  BusyError,
  CompileError,
  type ErrorDetails,
  type ErrorFacts,
  ExitError,
  GuestError,
  type ImportFault,
  LinkError,
  RuntimeError,
  TimeoutError,
} from "./errors.js";
export { Executor, type InvokeOptions } from "./executor.js";
export { Global, type GlobalDescriptor, type ValueType } from "./global.js";
export type { Bytes } from "./idl.js";
export {
  type Exports,
  type ExportValue,
  HostFunction,
  type Imports,
  type ImportValue,
  Instance,
  type InstanceOptions,
  ModuleInstance,
} from "./instance.js";
export { Memory, type MemoryDescriptor } from "./memory.js";
export {
  Module,
  type ModuleExportDescriptor,
  type ModuleImportDescriptor,
  type ModuleToken,
} from "./module.js";
export { Pool, PooledInstance, type PoolOptions } from "./pool.js";
export {
  type GuestProcess,
  type PipedGuestProcess,
  type RunOptions,
  type RunResult,
  run,
  type SpawnOptions,
  spawn,
} from "./run.js";
export { Compiler, Loader, type ModuleSource, Validator } from "./stages.js";
export { Statistics } from "./statistics.js";
export { Store } from "./store.js";
export { Table, type TableDescriptor } from "./table.js";
export type { CallOptions } from "./task.js";
export type { Denial, ExternKind, FunctionType } from "./types.js";
export { VM, type VMOptions, type VMState } from "./vm.js";
export {
  type Change,
  MemoryFs,
  type Mount,
  WASI,
  type WASIOptions,
  Wasi,
  type WasiLimits,
  type WasiOptions,
} from "./wasi.js";
export * as WebAssembly from "./webassembly.js";

/** The version of this package. */
export const version: string = native.version();

/**
 * Live objects of the process, for leak tests.
 * @internal
 */
export const liveObjects: () => number = native.liveObjects;
