import { Config, type ConfigOptions } from "./config.js";
import { type Bytes } from "./idl.js";
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
/**
 * The type of modules in the namespace `WebAssembly` of a program that has one, so that this
 * namespace can stand in its place.
 */
export type GlobalModule = typeof globalThis extends {
    WebAssembly: {
        Module: {
            prototype: infer M;
        };
    };
} ? M : never;
/** A WebAssembly module. It never changes, and any number of instances can be made of it. */
export declare class Module {
    #private;
    /**
     * Loads, validates and compiles a module, which blocks the event loop meanwhile; prefer
     * `WebAssembly.compile`. The text format is accepted too.
     *
     * @throws {@link CompileError} if the bytes are no valid module.
     */
    constructor(bytes: Bytes, config?: Config | ConfigOptions | CompileOptions | null | undefined);
    /** What a module exports, in its order. */
    static exports(module: Module): ModuleExportDescriptor[];
    /** What a module imports, in its order. */
    static imports(module: Module): ModuleImportDescriptor[];
    /** Copies of the contents of the custom sections of this name. */
    static customSections(module: Module, sectionName: string): ArrayBuffer[];
    /** A copy of a module in the binary format. */
    static bytes(module: Module): Uint8Array;
    /** Compiles on another thread. */
    static compile(bytes: Bytes, config?: Config | ConfigOptions | CompileOptions | null): Promise<Module>;
    /** Compiles the module in a file, which may be in the text format. */
    static fromFile(path: string | URL, config?: Config): Module;
    /**
     * Loads a file that a compiler wrote and runs the machine code in it: the file is trusted as a
     * program is. Where the code does not fit this machine, the module is compiled anew.
     */
    static loadCompiled(path: string | URL, config?: Config): Module;
    /** Loads without validating; the module must be validated before it is instantiated. */
    static load(bytes: Bytes, config?: Config): Module;
    /** Opens a module that another thread of this process shared. */
    static fromShared(token: ModuleToken): Module;
    /**
     * A token that can be posted to workers, which open it with {@link Module.fromShared}: they then
     * use the same compiled code. Keep this object until they have.
     */
    share(): ModuleToken;
    /** Checks a module that was only loaded. */
    validate(): void;
    /** The name that the module gives itself. */
    get name(): string | null;
    /** Whether its compiled code came with the file. */
    get isPrecompiled(): boolean;
    /** The types of what it imports, in the order of {@link Module.imports}; undefined for other kinds. */
    get importedFunctionTypes(): (FunctionType | undefined)[];
    /** The types of what it exports, in the order of {@link Module.exports}; undefined for other kinds. */
    get exportedFunctionTypes(): (FunctionType | undefined)[];
}
