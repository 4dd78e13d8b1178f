export { Bindgen, type BindgenValue, Heap, type IntegerArray, type Span, type TypedValue, } from "./bindgen.js";
export { type CacheOptions, Config, type ConfigOptions, type Limits, OptimizationLevel, OutputFormat, Proposal, } from "./config.js";
export { BusyError, CompileError, type ErrorDetails, type ErrorFacts, ExitError, GuestError, type ImportFault, LinkError, RuntimeError, TimeoutError, } from "./errors.js";
export { Global, type GlobalDescriptor, type ValueType } from "./global.js";
export type { Bytes } from "./idl.js";
export { type Exports, type ExportValue, type FunctionType, type Imports, type ImportValue, Instance, type InstanceOptions, ModuleInstance, } from "./instance.js";
export { Memory, type MemoryDescriptor } from "./memory.js";
export { Module, type ModuleExportDescriptor, type ModuleImportDescriptor, type ModuleToken, } from "./module.js";
export type { Denial, ExternKind } from "./native.js";
export { Pool, PooledInstance, type PoolOptions } from "./pool.js";
export { type GuestProcess, type PipedGuestProcess, type RunOptions, type RunResult, run, type SpawnOptions, spawn, } from "./run.js";
export { Table, type TableDescriptor } from "./table.js";
export type { CallOptions } from "./task.js";
export { Compiler, Executor, HostFunction, type InvokeOptions, Loader, type ModuleSource, Statistics, Store, Validator, VM, type VMOptions, type VMState, } from "./vm.js";
export { type Change, MemoryFs, type Mount, WASI, type WASIOptions, Wasi, type WasiLimits, type WasiOptions, } from "./wasi.js";
export * as WebAssembly from "./webassembly.js";
/** The version of this package. */
export declare const version: string;
