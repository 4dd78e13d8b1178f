/**
 * The names of JavaScript's `WebAssembly`, on this runtime.
 */
import { Config, type ConfigOptions } from "./config.js";
import { type Bytes, defineNamespace, toBytes } from "./idl.js";
import { checkImports, type Imports, Instance } from "./instance.js";
import { type CompileOptions, type GlobalModule, Module, toConfig } from "./module.js";
import { native } from "./native.js";

export { CompileError, LinkError, RuntimeError } from "./errors.js";
export { Global, type GlobalDescriptor, type ValueType } from "./global.js";
export type { Bytes } from "./idl.js";
export {
  type Exports,
  type ExportValue,
  type Imports,
  type ImportValue,
  Instance,
} from "./instance.js";
export { Memory, type MemoryDescriptor } from "./memory.js";
export {
  Module,
  type ModuleExportDescriptor,
  type ModuleImportDescriptor,
} from "./module.js";
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
export function validate(bytes: Bytes, options: HowToCompile | undefined = undefined): boolean {
  return native.NativeModule.isValid(Config.nativeOf(toConfig(options)), toBytes(bytes));
}

/** Compiles a module on another thread. */
export async function compile(
  bytes: Bytes,
  options: HowToCompile | undefined = undefined,
): Promise<Module> {
  return Module.compile(bytes, options);
}

/** Instantiates a module: of bytes, which are compiled on another thread, or one that is compiled. */
export function instantiate<E extends object = Record<string, any>>(
  bytes: Bytes,
  imports?: Imports,
  options?: HowToCompile,
): Promise<InstantiatedSource<E>>;
export function instantiate<E extends object = Record<string, any>>(
  module: Module | GlobalModule,
  imports?: Imports,
): Promise<Instance<E>>;
export async function instantiate(
  source: Bytes | Module | GlobalModule,
  imports: Imports | undefined = undefined,
  options: HowToCompile | undefined = undefined,
): Promise<InstantiatedSource | Instance> {
  checkImports(imports);
  if (source instanceof Module) {
    return new Instance(source, imports);
  }
  const module = await compile(source as Bytes, options);
  return { module, instance: new Instance(module, imports) };
}

/**
 * Compiles what a response, or a promise of one, brings. The status of a response must be good, and
 * its type `application/wasm`.
 */
export async function compileStreaming(
  source: ByteSource | PromiseLike<ByteSource>,
  options: HowToCompile | undefined = undefined,
): Promise<Module> {
  return compile(await bytesOf(source), options);
}

/** As {@link compileStreaming}, and instantiates it. */
export async function instantiateStreaming<E extends object = Record<string, any>>(
  source: ByteSource | PromiseLike<ByteSource>,
  imports: Imports | undefined = undefined,
  options: HowToCompile | undefined = undefined,
): Promise<InstantiatedSource<E>> {
  return instantiate<E>(await bytesOf(source), imports, options);
}

async function bytesOf(given: ByteSource | PromiseLike<ByteSource>): Promise<ArrayBuffer> {
  const source = await given;
  if (source instanceof Response) {
    const type = source.headers.get("content-type");
    if (!source.ok || type !== "application/wasm") {
      throw new TypeError(
        `the response has status ${source.status} and type ${type}, and should have a good one and application/wasm`,
      );
    }
  } else if (typeof source?.arrayBuffer !== "function") {
    throw new TypeError("the first argument must be a Response, or something with arrayBuffer()");
  }
  return source.arrayBuffer();
}

defineNamespace("WebAssembly", exports);
