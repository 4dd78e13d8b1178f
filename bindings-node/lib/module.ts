import { Config, type ConfigOptions } from "./config.js";
import { type Bytes, defineInterface, toBytes } from "./idl.js";
import { type NativeModule, native } from "./native.js";
import { fs } from "./node.js";
import { stoppable } from "./task.js";
import type { ExternKind, FunctionType } from "./types.js";

/** One import of a module. */
export interface ModuleImportDescriptor {
  /** Name of the module that it is asked from. */
  module: string;
  /** Name of the item in that module. */
  name: string;
  /** What it is. */
  kind: ExternKind;
}

/** One export of a module. */
export interface ModuleExportDescriptor {
  /** Name of the item. */
  name: string;
  /** What it is. */
  kind: ExternKind;
}

/** What {@link Module.share} gives: a plain value that can be posted to a worker. */
export interface ModuleToken {
  /** Marks the value as a token, with the number of the module. */
  readonly wasmspanModule: number;
}

/** What JavaScript's own API lets a program say about a module; nothing of it has an effect here. */
export interface CompileOptions {
  /** Sets of functions that a runtime may put in place of imports: there are none. */
  builtins?: readonly string[];
  /** The name of a module whose imports are texts: there is none. */
  importedStringConstants?: string | null;
}

const COMPILE_OPTIONS: readonly string[] = ["builtins", "importedStringConstants"];

/**
 * What stands in a second argument: a configuration, its settings, or options of the JavaScript API.
 * @internal
 */
export function toConfig(
  given: Config | ConfigOptions | CompileOptions | null | undefined,
): Config | undefined {
  if (given === undefined || given === null || given instanceof Config) return given ?? undefined;
  if (typeof given !== "object" && typeof given !== "function") {
    throw new TypeError("the second argument must be a Config, or options");
  }
  const settings = Object.entries(given).filter(([name]) => !COMPILE_OPTIONS.includes(name));
  return settings.length === 0 ? undefined : new Config(Object.fromEntries(settings));
}

/**
 * The type of modules in the namespace `WebAssembly` of a program that has one, so that this
 * namespace can stand in its place.
 */
export type GlobalModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer M } };
}
  ? M
  : never;

/** A WebAssembly module. It never changes, and any number of instances can be made of it. */
export class Module {
  readonly #native: NativeModule;

  /**
   * Loads, validates and compiles a module, which blocks the event loop meanwhile; prefer
   * `WebAssembly.compile`. The text format is accepted too.
   *
   * @throws {@link CompileError} if the bytes are no valid module.
   */
  constructor(
    bytes: Bytes,
    config: Config | ConfigOptions | CompileOptions | null | undefined = undefined,
  ) {
    this.#native =
      bytes instanceof (native.NativeModule as unknown as new () => NativeModule)
        ? (bytes as unknown as NativeModule)
        : native.NativeModule.compile(Config.nativeOf(toConfig(config)), toBytes(bytes));
  }

  /** What a module exports, in its order. */
  static exports(module: Module): ModuleExportDescriptor[] {
    const list = nativeOf(module).exports();
    return list.map(([name, kind]) => ({ name, kind: kind as ExternKind }));
  }

  /** What a module imports, in its order. */
  static imports(module: Module): ModuleImportDescriptor[] {
    const list = nativeOf(module).imports();
    return list.map(([from, name, kind]) => ({ module: from, name, kind: kind as ExternKind }));
  }

  /** Copies of the contents of the custom sections of this name. */
  static customSections(module: Module, sectionName: string): ArrayBuffer[] {
    const inner = nativeOf(module);
    if (sectionName === undefined) {
      throw new TypeError("the name of the sections is required");
    }
    const name = `${sectionName}`;
    // A name in a module is never one with half a surrogate pair.
    if (/\p{Surrogate}/u.test(name)) return [];
    return inner.customSections(name).map((section) => section.slice().buffer as ArrayBuffer);
  }

  /** A copy of a module in the binary format. */
  static bytes(module: Module): Uint8Array {
    return nativeOf(module).bytes();
  }

  /** Compiles on another thread. */
  static async compile(
    bytes: Bytes,
    config?: Config | ConfigOptions | CompileOptions | null,
  ): Promise<Module> {
    const source = toBytes(bytes);
    const inner = Config.nativeOf(toConfig(config));
    const start = () => native.NativeModule.compileAsync(inner, source);
    return Module.wrap(await stoppable(start));
  }

  /** Compiles the module in a file, which may be in the text format. */
  static fromFile(path: string | URL, config?: Config): Module {
    return new Module(fs.readFileSync(path), config);
  }

  /**
   * Loads a file that a compiler wrote and runs the machine code in it: the file is trusted as a
   * program is. Where the code does not fit this machine, the module is compiled anew.
   */
  static loadCompiled(path: string | URL, config?: Config): Module {
    const trusting = new Config(config);
    trusting.loadCompiled = true;
    const module = Module.load(fs.readFileSync(path), trusting);
    module.validate();
    return module;
  }

  /** Loads without validating; the module must be validated before it is instantiated. */
  static load(bytes: Bytes, config?: Config): Module {
    return Module.wrap(native.NativeModule.load(Config.nativeOf(config), toBytes(bytes)));
  }

  /** Opens a module that another thread of this process shared. */
  static fromShared(token: ModuleToken): Module {
    return Module.wrap(native.NativeModule.fromShared(Number(token?.wasmspanModule)));
  }

  /**
   * A token that can be posted to workers, which open it with {@link Module.fromShared}: they then
   * use the same compiled code. Keep this object until they have.
   */
  share(): ModuleToken {
    return { wasmspanModule: this.#native.share() };
  }

  /** Checks a module that was only loaded. */
  validate(): void {
    this.#native.validate();
  }

  /** The name that the module gives itself. */
  get name(): string | null {
    return this.#native.name;
  }

  /** Whether its compiled code came with the file. */
  get isPrecompiled(): boolean {
    return this.#native.isPrecompiled;
  }

  /** The types of what it imports, in the order of {@link Module.imports}; undefined for other kinds. */
  get importedFunctionTypes(): (FunctionType | undefined)[] {
    return this.#native.functionTypes(true).map(toType);
  }

  /** The types of what it exports, in the order of {@link Module.exports}; undefined for other kinds. */
  get exportedFunctionTypes(): (FunctionType | undefined)[] {
    return this.#native.functionTypes(false).map(toType);
  }

  /** @internal */
  static nativeOf(module: Module): NativeModule {
    return module.#native;
  }

  /** @internal */
  static wrap(item: NativeModule): Module {
    return new Module(item as unknown as Bytes);
  }
}

function toType([parameters, results]: [string[], string[]] | []): FunctionType | undefined {
  return parameters === undefined || results === undefined ? undefined : { parameters, results };
}

function nativeOf(module: unknown): NativeModule {
  if (!(module instanceof Module)) {
    throw new TypeError("the first argument must be a Module");
  }
  return Module.nativeOf(module);
}

defineInterface("Module", Module, ["exports", "imports", "customSections"]);
