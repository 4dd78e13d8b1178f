/**
 * The steps before a module runs: loading, validating, compiling ahead of time.
 */
import { Config } from "./config.js";
import { type Bytes, toBytes } from "./idl.js";
import { Module } from "./module.js";
import { native } from "./native.js";
import { fs } from "./node.js";

/** A module's bytes, the path of its file, or a module that was loaded. */
export type ModuleSource = Bytes | string | URL | Module;

/**
 * The loaded, not yet validated module of a source.
 * @internal
 */
export function loaded(source: ModuleSource, config: Config | undefined): Module {
  if (source instanceof Module) {
    return source;
  }
  const isPath = typeof source === "string" || source instanceof URL;
  return Module.load(isPath ? fs.readFileSync(source) : toBytes(source), config);
}

/** Reads modules. */
export class Loader {
  readonly #config: Config;

  /** A loader with a copy of this configuration. */
  constructor(config?: Config) {
    this.#config = new Config(config);
  }

  /** Reads a module; it is not validated yet. */
  load(source: ModuleSource): Module {
    return loaded(source, this.#config);
  }
}

/** Checks modules. */
export class Validator {
  /** Checks a module; the result is kept with it. */
  validate(module: Module): void {
    module.validate();
  }
}

/** Compiles modules ahead of time, into files that {@link Module.loadCompiled} runs. */
export class Compiler {
  readonly #config: Config;

  /** A compiler with a copy of this configuration. */
  constructor(config?: Config) {
    this.#config = new Config(config);
  }

  /** Compiles the module in one file into another, which is replaced when all is done. */
  compile(input: string, output: string): void {
    native.NativeModule.compileFile(Config.nativeOf(this.#config), String(input), String(output));
  }

  /** Compiles bytes into the bytes of a compiled file. */
  compileBytes(bytes: Bytes): Uint8Array {
    return native.NativeModule.compileToBytes(Config.nativeOf(this.#config), toBytes(bytes));
  }
}
