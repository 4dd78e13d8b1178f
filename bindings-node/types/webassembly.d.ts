/**
 * The names of JavaScript's `WebAssembly`, on this runtime.
 */
import { Config, type ConfigOptions } from "./config.js";
import { type Bytes } from "./idl.js";
import { type Imports, Instance } from "./instance.js";
import { type CompileOptions, type GlobalModule, Module } from "./module.js";
export { CompileError, LinkError, RuntimeError } from "./errors.js";
export { Global, type GlobalDescriptor, type ValueType } from "./global.js";
export type { Bytes } from "./idl.js";
export { type Exports, type ExportValue, type Imports, type ImportValue, Instance, } from "./instance.js";
export { Memory, type MemoryDescriptor } from "./memory.js";
export { Module, type ModuleExportDescriptor, type ModuleImportDescriptor, } from "./module.js";
export { Table, type TableDescriptor } from "./table.js";
export type { ExternKind } from "./types.js";
/** What {@link instantiate} gives for bytes. */
export interface InstantiatedSource<E extends object = Record<string, any>> {
    /** The compiled module. */
    module: Module;
    /** Its first instance. */
    instance: Instance<E>;
}
/** Something with the bytes of a module, such as the result of `fetch`. */
export interface ByteSource {
    /** Gives the bytes. */
    arrayBuffer(): Promise<ArrayBuffer>;
}
/** How a module is compiled: a configuration or its settings, or what JavaScript's own API has. */
export type HowToCompile = Config | ConfigOptions | CompileOptions | null;
/** Whether bytes are a valid module. */
export declare function validate(bytes: Bytes, options?: HowToCompile | undefined): boolean;
/** Compiles a module on another thread. */
export declare function compile(bytes: Bytes, options?: HowToCompile | undefined): Promise<Module>;
/** Instantiates a module: of bytes, which are compiled on another thread, or one that is compiled. */
export declare function instantiate<E extends object = Record<string, any>>(bytes: Bytes, imports?: Imports, options?: HowToCompile): Promise<InstantiatedSource<E>>;
export declare function instantiate<E extends object = Record<string, any>>(module: Module | GlobalModule, imports?: Imports): Promise<Instance<E>>;
/**
 * Compiles what a response, or a promise of one, brings. The status of a response must be good, and
 * its type `application/wasm`.
 */
export declare function compileStreaming(source: ByteSource | PromiseLike<ByteSource>, options?: HowToCompile | undefined): Promise<Module>;
/** As {@link compileStreaming}, and instantiates it. */
export declare function instantiateStreaming<E extends object = Record<string, any>>(source: ByteSource | PromiseLike<ByteSource>, imports?: Imports | undefined, options?: HowToCompile | undefined): Promise<InstantiatedSource<E>>;
