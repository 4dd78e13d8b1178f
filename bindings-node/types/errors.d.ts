/**
 * Error classes, and how the addon makes errors of them.
 */
/** An import at fault. */
export interface ImportFault {
    /** The module that it is imported from. */
    readonly module: string;
    /** The name within that module. */
    readonly name: string;
    /** The type of what is imported, as text. */
    readonly wanted: string;
    /** The type of what was found in its place; undefined if nothing was. */
    readonly found?: string;
    /** Why it is at fault, in words. */
    readonly reason: string;
}
/** What is known of why something failed, as far as it applies. */
export interface ErrorFacts {
    /** The limit that was reached: milliseconds in a {@link TimeoutError}, else bytes of output. */
    readonly limit?: number;
    /** What the guest ended with, in an {@link ExitError}. */
    readonly exitCode?: number;
    /** Every import at fault, in a {@link LinkError}. */
    readonly missing?: readonly ImportFault[];
    /** The proposal that a module needs, in a {@link CompileError}. */
    readonly proposal?: string;
}
/** What the runtime adds to an error. */
export interface ErrorDetails extends ErrorFacts {
    /** The code in WasmEdge's table, or the code that a host function gave. */
    code?: number;
    /** WebAssembly frames, innermost first: module, function, offset and source line where known. */
    frames?: string[];
}
/** What the runtime's errors have in common. */
export interface WasmError extends Error, ErrorFacts {
    /** The code in WasmEdge's table; 0 if the error has none. */
    readonly code: number;
    /** WebAssembly frames, innermost first. */
    readonly frames: readonly string[];
}
/** A class of errors; as those of JavaScript it may be called without `new`. */
export interface ErrorClass<T extends Error> {
    readonly prototype: T;
    new (message?: string, options?: ErrorOptions & ErrorDetails): T;
    (message?: string, options?: ErrorOptions & ErrorDetails): T;
}
/** A module is malformed or invalid. */
export interface CompileError extends WasmError {
}
/** A module is malformed or invalid. */
export declare const CompileError: ErrorClass<CompileError>;
/** A module can't be instantiated with the imports that it was given. */
export interface LinkError extends WasmError {
}
/** A module can't be instantiated with the imports that it was given. */
export declare const LinkError: ErrorClass<LinkError>;
/** Running code trapped, or the runtime was used in a way that its state does not allow. */
export interface RuntimeError extends WasmError {
}
/** Running code trapped, or the runtime was used in a way that its state does not allow. */
export declare const RuntimeError: ErrorClass<RuntimeError>;
/** A call was stopped because its time was over. */
export interface TimeoutError extends RuntimeError {
}
/** A call was stopped because its time was over. */
export declare const TimeoutError: ErrorClass<TimeoutError>;
/** A synchronous call met an instance that runs a call on another thread. */
export interface BusyError extends RuntimeError {
}
/** A synchronous call met an instance that runs a call on another thread. */
export declare const BusyError: ErrorClass<BusyError>;
/** The guest ended its run, as `proc_exit` does. */
export interface ExitError extends RuntimeError {
}
/** The guest ended its run, as `proc_exit` does. */
export declare const ExitError: ErrorClass<ExitError>;
/** A function of a guest of wasmedge-bindgen failed with this message. */
export interface GuestError extends WasmError {
}
/** A function of a guest of wasmedge-bindgen failed with this message. */
export declare const GuestError: ErrorClass<GuestError>;
