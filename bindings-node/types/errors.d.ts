/**
 * Error classes, and how the addon makes errors of them.
 */
/** What the runtime adds to an error. */
export interface ErrorDetails {
    /** The code in WasmEdge's table, or the code that a host function gave. */
    code?: number;
    /** WebAssembly frames, innermost first: module, function, offset and source line where known. */
    frames?: string[];
}
/** Shared by the runtime's errors. */
declare class WasmError extends Error {
    /** The code in WasmEdge's table; 0 if the error has none. */
    readonly code: number;
    /** WebAssembly frames, innermost first. */
    readonly frames: readonly string[];
    constructor(message?: string, options?: ErrorOptions & ErrorDetails);
}
/** A module is malformed or invalid. */
export declare class CompileError extends WasmError {
}
/** A module can't be instantiated with the imports that it was given. */
export declare class LinkError extends WasmError {
}
/** Running code trapped, or the runtime was used in a way that its state does not allow. */
export declare class RuntimeError extends WasmError {
}
/** A call was stopped because its time was over. */
export declare class TimeoutError extends RuntimeError {
}
/** A synchronous call met an instance that runs a call on another thread. */
export declare class BusyError extends RuntimeError {
}
/** The guest ended its run, as `proc_exit` does. */
export declare class ExitError extends RuntimeError {
}
/** A function of a guest of wasmedge-bindgen failed with this message. */
export declare class GuestError extends WasmError {
}
export {};
