/**
 * Modules as processes.
 */
import type { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";
import { type Config, type ConfigOptions } from "./config.js";
import { type Bytes } from "./idl.js";
import { type Imports } from "./instance.js";
import { Module } from "./module.js";
import { Store } from "./store.js";
import { type CallOptions } from "./task.js";
import type { Denial } from "./types.js";
import { type Mount, type WasiLimits } from "./wasi.js";
/** A module, or where its bytes are: a path, a URL, bytes, a response, or a stream. */
export type RunSource = Module | string | URL | Bytes | {
    arrayBuffer(): Promise<ArrayBuffer>;
} | AsyncIterable<Uint8Array>;
/** What a guest gets, and its limits. */
interface ProcessOptions extends CallOptions, WasiLimits {
    /** Arguments, without the program's name. */
    args?: readonly string[];
    /** The program's name, argument 0; by default that of the file. */
    name?: string;
    /** Environment variables; none are inherited. */
    env?: Readonly<Record<string, string | undefined>>;
    /** Directories, by the paths under which the guest sees them; by default none. */
    fs?: Readonly<Record<string, Mount>>;
    /** Most bytes of each memory of the guest. */
    memory?: number;
    /** Most cost of the guest, by default one for each instruction; then it ends with an error. */
    fuel?: number;
    /** How the module is compiled and run. */
    config?: Config | ConfigOptions;
    /**
     * What the module imports besides WASI: an import object, or a store. Functions of JavaScript run on this
     * thread, and may return promises.
     */
    imports?: Imports | Store;
}
/** Settings of {@link run}. */
export interface RunOptions extends ProcessOptions {
    /** Standard input: nothing unless told otherwise. Text, bytes, a stream, or that of this process. */
    stdin?: string | Bytes | Readable | "inherit" | null | {
        text: string;
    };
    /** Standard output: kept unless told otherwise. */
    stdout?: "buffer" | "inherit" | "ignore" | Writable;
    /** Standard error: kept unless told otherwise. */
    stderr?: "buffer" | "inherit" | "ignore" | Writable;
    /** Most bytes of each stream that are kept, 16 MiB by default; what is more fails to be written. */
    outputLimit?: number;
}
/** Settings of {@link spawn}. */
export interface SpawnOptions extends ProcessOptions {
    /** Streams that are not pipes to this process, but its own, or nothing. */
    stdio?: {
        stdin?: "pipe" | "inherit" | "ignore";
        stdout?: "pipe" | "inherit" | "ignore";
        stderr?: "pipe" | "inherit" | "ignore";
    };
}
/** How a run ended, what it wrote and what it used. */
export interface RunResult {
    /** What the guest ended with; 0 if it named nothing. */
    exitCode: number;
    /** Standard output, if that was kept. */
    stdout: Buffer;
    /** Standard error, if that was kept. */
    stderr: Buffer;
    /** Whether the guest wanted to write more than was kept, so that something is missing here. */
    truncated: boolean;
    /** Milliseconds from the start of its code to its end. */
    wallTime: number;
    /** Milliseconds that the processor worked for it. */
    cpuTime: number;
    /** Most bytes that its exported memories had. */
    peakMemory: number;
    /** What it asked for and did not get, each thing once, and at most 1000. */
    denials: Denial[];
}
/**
 * Runs a module as a process, on another thread, until its end.
 *
 * It gets what the options give it and nothing else: no environment, no directories, no input.
 *
 * @throws the trap that it ended with; {@link TimeoutError} after `timeout`; the reason of `signal`.
 * The errors have a property `result` with what the guest wrote and used until then.
 */
export declare function run(source: RunSource, options?: RunOptions): Promise<RunResult>;
/** A guest that runs as a process. */
export interface GuestProcess extends EventEmitter {
    /** Standard input, if it is a pipe. */
    readonly stdin: Writable | null;
    /** Standard output, if it is a pipe. */
    readonly stdout: Readable | null;
    /** Standard error, if it is a pipe. */
    readonly stderr: Readable | null;
    /** What the guest ended with; null before, and if it did not end by itself. */
    readonly exitCode: number | null;
    /** How it ended; rejected as the promise of {@link run} is. */
    readonly finished: Promise<RunResult>;
    /** Stops the guest. */
    kill(): void;
    /** Stops the guest and waits until it has ended. */
    [Symbol.asyncDispose](): Promise<void>;
    /** The guest has ended: with a code, or with an error. */
    on(event: "exit", listener: (code: number | null, error: Error | undefined) => void): this;
    once(event: "exit", listener: (code: number | null, error: Error | undefined) => void): this;
}
/** A guest all of whose standard streams are pipes, as they are unless {@link SpawnOptions.stdio} says otherwise. */
export interface PipedGuestProcess extends GuestProcess {
    /** Standard input. */
    readonly stdin: Writable;
    /** Standard output. */
    readonly stdout: Readable;
    /** Standard error. */
    readonly stderr: Readable;
}
/** Starts a module as a process, with pipes as its standard streams. */
export declare function spawn(source: RunSource, options?: SpawnOptions & {
    stdio?: undefined;
}): PipedGuestProcess;
export declare function spawn(source: RunSource, options?: SpawnOptions): GuestProcess;
export {};
