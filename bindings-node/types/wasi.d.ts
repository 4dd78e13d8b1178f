import { type Bytes } from "./idl.js";
import { ModuleInstance } from "./instance.js";
import { Memory } from "./memory.js";
import { type CallOptions } from "./task.js";
import type { Denial } from "./types.js";
/** A directory of the guest: one of this machine, by its path, or files in memory. */
export type Mount = string | MemoryFs | {
    path: string | MemoryFs;
    readOnly?: boolean;
};
/** What a guest may use besides its arguments, variables, directories and streams. */
export interface WasiLimits {
    /**
     * Sockets: none (`false`, if nothing is said), any, or those for the addresses, nets and names of a
     * list, such as `127.0.0.1:8080`, `10.0.0.0/8`, `[::1]:80`, `example.org:443` or `*:53`. The list
     * goes for what a socket is bound to, connected to or sends to, and for names that are looked up.
     */
    sockets?: boolean | {
        allow: readonly string[];
    };
    /** Most descriptors that are open at once, streams and directories included; 1024 by default. */
    maxDescriptors?: number;
    /**
     * Numbers of open sockets that listen, of which the guest gets copies, to take connections from with
     * `sock_accept`; their descriptors come after those of the directories.
     */
    listeners?: readonly number[];
    /** Whether the guest sees, as `/`, a directory that lists those it was given. */
    listPreopens?: boolean;
    /**
     * Makes random bytes follow from a number of 64 bits, the same ones in every run. They protect
     * nothing: for tests.
     */
    randomSeed?: number | bigint;
    /**
     * Tells the time of day, in nanoseconds since 1970, for runs that shall repeat exactly. What it throws
     * ends the guest's call. It lives as long as a guest can ask it; one that refers to the guest keeps that.
     */
    realtimeClock?: () => number | bigint;
    /** Tells what the other clocks show, in nanoseconds. Waiting still takes real time. */
    monotonicClock?: () => number | bigint;
}
/** What a guest may use; it gets nothing else. */
export interface WasiOptions extends WasiLimits {
    /** Arguments; the first is the program's name. */
    args?: readonly string[];
    /** Environment variables. */
    env?: Readonly<Record<string, string | undefined>>;
    /** Directories, by the paths under which the guest sees them. */
    preopens?: Readonly<Record<string, Mount>>;
    /**
     * Standard input: that of this process (`"inherit"`), nothing (`"ignore"`), text, bytes, or the
     * number of an open file, which is copied.
     */
    stdin?: "inherit" | "ignore" | {
        text: string;
    } | Bytes | number;
    /**
     * Standard output: that of this process (`"inherit"`), nowhere (`"ignore"`), kept to be read
     * (`"buffer"`), or the number of an open file, which is copied.
     */
    stdout?: "inherit" | "ignore" | "buffer" | number;
    /** Standard error, as standard output. */
    stderr?: "inherit" | "ignore" | "buffer" | number;
    /** Most bytes of each stream that are kept, 16 MiB by default; what is more fails to be written. */
    outputLimit?: number;
}
/** A difference between files in memory and the directory that they lie over. */
export interface Change {
    /** Where, without a slash at the front. */
    path: string;
    /** What happened there. */
    kind: "added" | "modified" | "removed";
}
/** Files in memory, perhaps over a directory of this machine, which stays as it is. */
export declare class MemoryFs {
    #private;
    /**
     * Makes a file system.
     *
     * @param options - `over` is a directory that is seen below what is written; `capacity` the most
     * bytes that are taken, 256 MiB unless told otherwise; `files` what is in it at first.
     */
    constructor(options?: {
        over?: string;
        capacity?: number;
        files?: Readonly<Record<string, string | Bytes>>;
    });
    /** Bytes in use. */
    get used(): number;
    /** Writes a file, which is made if it is not there. */
    write(path: string, content: string | Bytes): void;
    /** Makes a directory, and those above it. */
    createDir(path: string): void;
    /** The content of a file. */
    read(path: string): Uint8Array;
    /** The content of a file as text. */
    readText(path: string): string;
    /** Names in a directory, sorted. */
    list(path?: string): string[];
    /** What differs from the directory below; without one, everything. */
    changes(): Change[];
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
    /** Whether the guest wanted to write more than is kept. */
    get truncated(): boolean;
    /** What the guest was refused so far, each thing once, and at most 1000. */
    get denials(): Denial[];
}
/** Options of {@link WASI}: those of `node:wasi`, and what {@link WasiOptions} adds. */
export interface WASIOptions extends WasiOptions {
    /** The version of WASI; `unstable` is the one before preview 1, which guests import as `wasi_unstable`. */
    version?: "preview1" | "unstable";
    /** Whether `start` returns the exit code instead of ending this process; true by default. */
    returnOnExit?: boolean;
}
/** What {@link WASI} works with: an instance, or something else that has exports. */
export interface WithExports {
    /** What it exports; among it the memory. */
    readonly exports: Record<string, any>;
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
    /**
     * Runs the guest as a command: calls `_start`, and gives the exit code. From now on functions of
     * {@link WASI.wasiImport} that JavaScript calls work on the memory that it exports.
     */
    start(instance: WithExports, options?: CallOptions): number;
    /** Prepares a guest that is a library, as {@link WASI.start} does: calls `_initialize` if there is one. */
    initialize(instance: WithExports, options?: CallOptions): void;
    /** Gives the functions the memory, as {@link WASI.start} does, and calls nothing. */
    finalizeBindings(instance: WithExports, options?: {
        memory?: Memory;
    }): void;
}
