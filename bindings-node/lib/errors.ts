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
class WasmError extends Error {
  /** The code in WasmEdge's table; 0 if the error has none. */
  readonly code: number;
  /** WebAssembly frames, innermost first. */
  readonly frames: readonly string[];

  constructor(message?: string, options?: ErrorOptions & ErrorDetails) {
    super(message, options);
    this.code = options?.code ?? 0;
    this.frames = options?.frames ?? [];
    Object.defineProperty(this, "code", { enumerable: false });
    Object.defineProperty(this, "frames", { enumerable: false });
  }
}

/** Names and empty messages stand on the prototype, as JavaScript's own errors have it. */
function named(name: string, type: { prototype: object }): void {
  for (const [key, value] of [
    ["name", name],
    ["message", ""],
  ] as const) {
    Object.defineProperty(type.prototype, key, { value, writable: true, configurable: true });
  }
  Object.defineProperty(type, "length", { value: 1, configurable: true });
}

/** A module is malformed or invalid. */
export class CompileError extends WasmError {}
named("CompileError", CompileError);

/** A module can't be instantiated with the imports that it was given. */
export class LinkError extends WasmError {}
named("LinkError", LinkError);

/** Running code trapped, or the runtime was used in a way that its state does not allow. */
export class RuntimeError extends WasmError {}
named("RuntimeError", RuntimeError);

/** A call was stopped because its time was over. */
export class TimeoutError extends RuntimeError {}
named("TimeoutError", TimeoutError);

/** A synchronous call met an instance that runs a call on another thread. */
export class BusyError extends RuntimeError {}
named("BusyError", BusyError);

/** The guest ended its run, as `proc_exit` does. */
export class ExitError extends RuntimeError {}
named("ExitError", ExitError);

/** A function of a guest of wasmedge-bindgen failed with this message. */
export class GuestError extends WasmError {}
named("GuestError", GuestError);

const CLASSES: Record<string, new (message?: string, options?: ErrorDetails) => Error> = {
  CompileError,
  LinkError,
  RuntimeError,
  TimeoutError,
  BusyError,
  ExitError,
  GuestError,
  TypeError: globalThis.TypeError,
  RangeError: globalThis.RangeError,
};

/**
 * Makes the error that the addon throws; its stack begins with the WebAssembly frames.
 * @internal
 */
export function makeError(kind: string, message: string, code: number, frames: string[]): Error {
  const type = CLASSES[kind] ?? RuntimeError;
  const error = new type(message, { code, frames });
  if (code !== 0 && !(error instanceof WasmError)) {
    Object.defineProperty(error, "code", { value: code, configurable: true, writable: true });
  }
  if (Error.captureStackTrace) {
    Error.captureStackTrace(error, makeError);
  }
  if (frames.length > 0 && error.stack) {
    const head = `${error.name}: ${message}`;
    const wasm = frames.map((frame) => `\n    at ${frame}`).join("");
    error.stack = head + wasm + error.stack.slice(head.length);
  }
  return error;
}
