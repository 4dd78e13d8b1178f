import { Config } from "./config.js";
import { LinkError, makeError } from "./errors.js";
import { Global } from "./global.js";
import { defineInterface, toDescriptor } from "./idl.js";
import { Memory } from "./memory.js";
import { type GlobalModule, Module } from "./module.js";
import {
  type NativeExecutor,
  type NativeGlobal,
  type NativeInstance,
  type NativeMemory,
  type NativeModule,
  type NativeTable,
  native,
} from "./native.js";
import { checkOptions } from "./options.js";
import { Table } from "./table.js";
import { type CallOptions, limitOf, stoppable, toTimeout } from "./task.js";
import type { ExternKind, FunctionType } from "./types.js";

/** The code in WasmEdge's table. */
const FUNCTION_NOT_FOUND = 5;

/** What can be exported. */
export type ExportValue = ((...args: any[]) => any) | Memory | Table | Global;
/** What can be imported; a global that is not mutable may be given as its value. */
export type ImportValue = ExportValue | number | bigint | object | null | undefined;
/** Exports by name. */
export type Exports = Record<string, ExportValue>;
/** Items by name. */
export type ModuleImports = Record<string, ImportValue>;
/** Items by name, by the name of the module that they are imported from. */
export type Imports = Record<string, ModuleImports>;

/** A function of the host with its type, to be put into a {@link ModuleInstance}. */
export class HostFunction {
  /** The type by which WebAssembly calls it. */
  readonly type: FunctionType;
  /** What is called. */
  readonly fn: (...args: any[]) => unknown;

  /** Joins a function and its type. */
  constructor(type: FunctionType, fn: (...args: any[]) => unknown) {
    if (typeof fn !== "function") {
      throw new TypeError("a host function must be a function");
    }
    this.type = { parameters: [...type.parameters], results: [...type.results] };
    this.fn = fn;
  }
}

/** What wraps each kind of export. */
function wrap(kind: ExternKind, item: unknown): ExportValue {
  switch (kind) {
    case "memory":
      return Memory.wrap(item as NativeMemory);
    case "table":
      return Table.wrap(item as NativeTable);
    case "global":
      return Global.wrap(item as NativeGlobal);
    default:
      return item as (...args: any[]) => any;
  }
}

/** A module instance: of a WebAssembly module, or a host module made by hand. */
export class ModuleInstance<E extends object = Record<string, any>> {
  #native: NativeInstance;
  #exports: E | undefined;

  /** An empty host module of this name; see {@link ModuleInstance.addFunction}. */
  constructor(name: string) {
    this.#native =
      (name as unknown) instanceof (native.NativeInstance as unknown as new () => object)
        ? (name as unknown as NativeInstance)
        : native.NativeInstance.host(String(name));
    this.#native.attach();
  }

  /** The name it is registered under or was made with; empty for an anonymous instance. */
  get name(): string {
    return this.#native.name;
  }

  /** Everything it exports, by name. */
  get exports(): E {
    if (this.#exports === undefined) {
      const exports = Object.create(null);
      for (const [name, kind, item] of this.#native.exports()) {
        Object.defineProperty(exports, name, { value: wrap(kind, item), enumerable: true });
      }
      this.#exports = Object.freeze(exports) as E;
    }
    return this.#exports;
  }

  /** The type of an exported function. */
  functionType(name: string): FunctionType | undefined {
    const type = this.#native.functionType(String(name));
    return type === null ? undefined : { parameters: type[0], results: type[1] };
  }

  /**
   * Calls an exported function on this thread.
   *
   * @param options - `timeout` stops the guest; an aborted `signal` throws before it starts.
   */
  call(name: string, args: readonly unknown[] = [], options?: CallOptions): any {
    const limit = limitOf(options);
    return native.call(this.#function(name), [...args], limit);
  }

  /**
   * Calls an exported function on another thread. Functions of JavaScript that the guest imports run
   * on this thread, and may return promises. Until the call has ended, other calls of this instance
   * throw {@link BusyError}.
   */
  async callAsync(
    name: string,
    args: readonly unknown[] = [],
    options?: CallOptions,
  ): Promise<any> {
    const fn = this.#function(name);
    return stoppable((limit) => native.callAsync(fn, [...args], limit), options);
  }

  #function(name: string): unknown {
    const fn = (this.exports as Record<string, unknown>)[name];
    if (typeof fn !== "function") {
      const text = `wasm function not found: the instance exports no function "${name}"`;
      throw makeError("TypeError", text, FUNCTION_NOT_FOUND, []);
    }
    return fn;
  }

  /** Puts a function into a host module: one of a type, or a {@link HostFunction}. */
  addFunction(name: string, host: { type: FunctionType; fn: (...args: any[]) => unknown }): this {
    const { type, fn } = toDescriptor(host, "a host function") as typeof host;
    toDescriptor(type, "the type of a host function");
    if (typeof fn !== "function") throw new TypeError("a host function must have a function 'fn'");
    this.#native.defineFunction(name, type.parameters, type.results, fn);
    return this.#changed();
  }

  /** Puts a memory into a host module. */
  addMemory(name: string, memory: Memory): this {
    this.#native.defineMemory(name, Memory.nativeOf(memory));
    return this.#changed();
  }

  /** Puts a table into a host module. */
  addTable(name: string, table: Table): this {
    this.#native.defineTable(name, Table.nativeOf(table));
    return this.#changed();
  }

  /** Puts a global into a host module. */
  addGlobal(name: string, global: Global): this {
    this.#native.defineGlobal(name, Global.nativeOf(global));
    return this.#changed();
  }

  /**
   * Lets go of an instance, its functions, and its memories but those that it imports.
   * @internal
   */
  static release(instance: ModuleInstance<any>, imports: readonly unknown[]): void {
    instance.#native.dispose();
    for (const item of Object.values(instance.#exports ?? {})) {
      if (item instanceof Memory && !imports.includes(Memory.nativeOf(item))) Memory.release(item);
    }
  }

  #changed(): this {
    this.#exports = undefined;
    return this;
  }

  /** @internal */
  static nativeOf(instance: ModuleInstance<any>): NativeInstance {
    if (!(isObject(instance) && #native in instance)) {
      throw new TypeError("an instance must be a ModuleInstance");
    }
    return instance.#native;
  }

  /** @internal */
  static wrap(item: NativeInstance): ModuleInstance {
    return new ModuleInstance(item as unknown as string);
  }
}

/**
 * Fails for imports that are no object.
 * @internal
 */
export function checkImports(imports: unknown): void {
  if (imports !== undefined && !isObject(imports)) {
    throw new TypeError("the imports must be an object");
  }
}

function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Functions that may stand for each other, as the type of an import wants it. */
const alternates = new WeakMap<object, object>();

/**
 * Says that an import of `other`'s type gets `other` where `item` is given, and the other way round.
 * @internal
 */
export function addAlternate(item: object, other: object): void {
  alternates.set(item, other).set(other, item);
}

/** The given function, or the one that stands for it in an import of this type. */
function ofType(item: object, wanted: [string[], string[]] | [] | undefined): object {
  const other = alternates.get(item);
  if (other === undefined || wanted === undefined) return item;
  return String(native.functionType(other)) === String(wanted) ? other : item;
}

/**
 * What a module asks for, taken from an import object by the JavaScript API's rules.
 *
 * @param wants - whether what is imported from a module is asked for; all is, by default.
 * @internal
 */
export function readImports(
  module: NativeModule,
  imports: unknown,
  wants: (from: string) => boolean = () => true,
): unknown[] {
  const wanted = module.imports();
  checkImports(imports);
  if (wanted.length > 0 && imports === undefined) {
    throw new TypeError("the module has imports, so an object with them is required");
  }
  let globals: ([string, string] | [])[] | undefined;
  let functions: ([string[], string[]] | [])[] | undefined;
  return wanted.map(([from, name, kind, type], index) => {
    if (!wants(from)) return undefined;
    const group = (imports as Record<string, unknown>)[from];
    if (!isObject(group)) {
      throw new TypeError(`the imports have no object "${from}", from which "${name}" is asked`);
    }
    const item = (group as Record<string, unknown>)[name];
    const wrong = (what: string) => {
      const reason = `it must be ${what}`;
      const missing = [{ module: from, name, wanted: type, reason }];
      const text = `the import "${from}"."${name}" must be ${what} (wanted: ${type})`;
      return new LinkError(text, { missing });
    };
    switch (kind) {
      case "function":
        if (typeof item !== "function") throw wrong("a function");
        if (!alternates.has(item)) return item;
        functions ??= module.functionTypes(true);
        return ofType(item, functions[index]);
      case "memory":
        if (!Memory.is(item)) throw wrong("a Memory");
        return Memory.nativeOf(item);
      case "table":
        if (!Table.is(item)) throw wrong("a Table");
        return Table.nativeOf(item);
      default: {
        if (Global.is(item)) return Global.nativeOf(item);
        globals ??= module.globalImports();
        const [content = "", mutability] = globals[index] ?? [];
        if (mutability !== "const") throw wrong("a Global, since it is mutable");
        if (content === "i64" ? typeof item !== "bigint" : isNumeric(content)) {
          if (content === "i64" || typeof item !== "number") {
            throw wrong(content === "i64" ? "a BigInt or a Global" : "a number or a Global");
          }
        }
        try {
          return new native.NativeGlobal(content, false, item);
        } catch {
          throw wrong("a value of its type");
        }
      }
    }
  });
}

function isNumeric(type: string): boolean {
  return type === "i32" || type === "f32" || type === "f64";
}

/** Settings of an instantiation. */
export interface InstanceOptions {
  /** The configuration; by default the module's. */
  config?: Config;
  /** Milliseconds after which the start function is stopped. */
  timeout?: number;
  /** @internal */
  executor?: NativeExecutor;
}

const INSTANCE_OPTIONS: ReadonlySet<string> = new Set(["config", "timeout", "executor"]);

/** An instance of a module. */
export class Instance<E extends object = Record<string, any>> extends ModuleInstance<E> {
  readonly #imports: readonly unknown[];

  /**
   * Instantiates a module and runs its start function on this thread.
   *
   * @throws {@link LinkError} if an import is missing or of another type.
   */
  constructor(
    module: Module | GlobalModule,
    imports: Imports | undefined = undefined,
    options: InstanceOptions | undefined = undefined,
  ) {
    if (!(module instanceof Module)) {
      throw new TypeError(
        "the first argument must be a Module; what a worker was sent is none, but Module.fromShared opens the token of module.share()",
      );
    }
    const inner = Module.nativeOf(module);
    const list = readImports(inner, imports);
    checkOptions(options, INSTANCE_OPTIONS);
    const { config, executor, timeout } = options ?? {};
    super(
      native.NativeInstance.instantiate(
        inner,
        executor,
        Config.nativeOf(config),
        list,
        toTimeout(timeout),
      ) as unknown as string,
    );
    this.#imports = list;
  }

  /** Everything it exports, by name. */
  override get exports(): E {
    return super.exports;
  }

  /**
   * Frees the instance and its memories now, not when they are collected; also what `using` calls.
   * Its exports can't be used any more then. Others that import something of it keep that.
   *
   * @throws {@link BusyError} while it is running.
   */
  dispose(): void {
    ModuleInstance.release(this, this.#imports);
  }

  /** As {@link Instance.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

Object.defineProperty(ModuleInstance.prototype, Symbol.toStringTag, {
  value: "ModuleInstance",
  configurable: true,
});
defineInterface("Instance", Instance);
