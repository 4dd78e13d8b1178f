import { type Bytes } from "./idl.js";
import { ModuleInstance } from "./instance.js";
import type { CallOptions } from "./task.js";
/** Where a directory of the guest is on this machine. */
export type Preopen = string | {
    path: string;
    readOnly?: boolean;
};
/** What a guest may use; it gets nothing else. */
export interface WasiOptions {
    /** Arguments; the first is the program's name. */
    args?: readonly string[];
    /** Environment variables. */
    env?: Readonly<Record<string, string | undefined>>;
    /** Directories of this machine, by the paths under which the guest sees them. */
    preopens?: Readonly<Record<string, Preopen>>;
    /** Standard input: that of this process (0 or "inherit"), nothing ("ignore"), text or bytes. */
    stdin?: "inherit" | "ignore" | {
        text: string;
    } | Bytes | number;
    /** Standard output: that of this process (1 or "inherit"), nowhere, or kept to be read. */
    stdout?: "inherit" | "ignore" | "buffer" | number;
    /** Standard error: that of this process (2 or "inherit"), nowhere, or kept to be read. */
    stderr?: "inherit" | "ignore" | "buffer" | number;
    /** Most bytes of each stream that is kept; 16 MiB unless told otherwise. */
    outputLimit?: number;
}
/** The module `wasi_snapshot_preview1` and the environment of the guest that imports it. */
export declare class Wasi {
    #private;
    /** Makes the module; directories are opened now. */
    constructor(options?: WasiOptions);
    /** The host module, to be registered in stores. */
    get instance(): ModuleInstance;
    /** What the guest gave to `proc_exit`; 0 if nothing. */
    get exitCode(): number;
    /** What was written to standard output so far, if that is kept. */
    get stdout(): Uint8Array | undefined;
    /** What was written to standard error so far, if that is kept. */
    get stderr(): Uint8Array | undefined;
}
/** Options of {@link WASI}: those of `node:wasi`, and what {@link WasiOptions} adds. */
export interface WASIOptions extends WasiOptions {
    /** The version of WASI; both are the same here. */
    version?: "preview1" | "unstable";
    /** Whether `start` returns the exit code instead of ending this process; true by default. */
    returnOnExit?: boolean;
}
/** WASI in the shape of `node:wasi`. */
export declare class WASI extends Wasi {
    #private;
    /** The functions that guests import. */
    readonly wasiImport: Record<string, (...args: any[]) => any>;
    /** Makes the module; directories are opened now. */
    constructor(options?: WASIOptions);
    /** An import object with the functions. */
    getImportObject(): Record<string, Record<string, (...args: any[]) => any>>;
    /** Runs the guest as a command: calls `_start`, and gives the exit code. */
    start(instance: ModuleInstance<any>, options?: CallOptions): number;
    /** Prepares a guest that is a library: calls `_initialize` if there is one. */
    initialize(instance: ModuleInstance<any>, options?: CallOptions): void;
}
