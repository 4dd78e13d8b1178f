/**
 * The steps before a module runs: loading, validating, compiling ahead of time.
 */
import { Config } from "./config.js";
import { type Bytes } from "./idl.js";
import { Module } from "./module.js";
/** A module's bytes, the path of its file, or a module that was loaded. */
export type ModuleSource = Bytes | string | URL | Module;
/** Reads modules. */
export declare class Loader {
    #private;
    /** A loader with a copy of this configuration. */
    constructor(config?: Config);
    /** Reads a module; it is not validated yet. */
    load(source: ModuleSource): Module;
}
/** Checks modules. */
export declare class Validator {
    /** Checks a module; the result is kept with it. */
    validate(module: Module): void;
}
/** Compiles modules ahead of time, into files that {@link Module.loadCompiled} runs. */
export declare class Compiler {
    #private;
    /** A compiler with a copy of this configuration. */
    constructor(config?: Config);
    /** Compiles the module in one file into another, which is replaced when all is done. */
    compile(input: string, output: string): void;
    /** Compiles bytes into the bytes of a compiled file. */
    compileBytes(bytes: Bytes): Uint8Array;
}
