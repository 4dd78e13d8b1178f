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

/**
 * On each prototype: the class's name, by which `instanceof` knows errors of other copies of this
 * package. A process has several where it was bundled twice, and in test runners, which load it once
 * for each file of tests.
 */
const KIND = Symbol.for("wasmspan.error");

function kindOf(prototype: object): unknown {
  return Object.getOwnPropertyDescriptor(prototype, KIND)?.value;
}

class Base extends Error implements WasmError {
  declare readonly code: number;
  declare readonly frames: readonly string[];

  constructor(message?: string, options?: ErrorOptions & ErrorDetails) {
    super(message, options);
    Object.defineProperty(this, "code", {
      value: options?.code ?? 0,
      configurable: true,
      writable: true,
    });
    Object.defineProperty(this, "frames", {
      value: options?.frames ?? [],
      configurable: true,
      writable: true,
    });
    if (options) addFacts(this, options);
  }
}

const FACTS = ["limit", "exitCode", "missing", "proposal"] as const;

/** Gives an error what is known of its cause. */
function addFacts(error: object, facts: ErrorFacts): void {
  for (const name of FACTS) {
    const value = facts[name];
    if (value !== undefined) Object.defineProperty(error, name, { value, configurable: true });
  }
}

/** What `error instanceof type` gives. */
function isInstance(type: { prototype: object }, error: unknown): boolean {
  const kind = kindOf(type.prototype);
  // Classes of others that extend one of these.
  if (kind === undefined) return Function.prototype[Symbol.hasInstance].call(type, error);
  if (typeof error !== "object" || error === null) return false;
  for (let at = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    if (kindOf(at) === kind) return true;
  }
  return false;
}

Object.defineProperty(Base, Symbol.hasInstance, {
  value(this: { prototype: object }, error: unknown) {
    return isInstance(this, error);
  },
});
Object.defineProperty(Base.prototype, KIND, { value: "WasmError" });

/** The classes of which the addon wants errors. */
const CLASSES: Record<string, new (message?: string, options?: ErrorDetails) => Error> = {
  TypeError: globalThis.TypeError,
  RangeError: globalThis.RangeError,
};

function define<T extends Error>(name: string, base: unknown = Base): ErrorClass<T> {
  const inner = class extends (base as typeof Base) {};
  function make(type: typeof inner, args: ArrayLike<unknown>, target: unknown): object {
    // Of a class that extends this one, the stack begins where that is made.
    if (target !== outer) return Reflect.construct(type, args, target as typeof inner);
    const error = Reflect.construct(type, args);
    Error.captureStackTrace?.(error, make);
    return error;
  }
  // Users see this, which may be called without `new`.
  const outer: typeof inner = new Proxy(inner, {
    apply: (type, _, args) => make(type, args, outer),
    construct: make,
  });
  Object.defineProperty(inner, "name", { value: name, configurable: true });
  Object.defineProperty(inner, "length", { value: 1, configurable: true });
  // Names and empty messages stand on the prototype, as JavaScript's own errors have it.
  for (const [key, value] of [
    ["constructor", outer],
    ["name", name],
    ["message", ""],
  ] as const) {
    Object.defineProperty(inner.prototype, key, { value, writable: true, configurable: true });
  }
  Object.defineProperty(inner.prototype, KIND, { value: name });
  CLASSES[name] = inner;
  return outer as unknown as ErrorClass<T>;
}

/** A module is malformed or invalid. */
export interface CompileError extends WasmError {}
/** A module is malformed or invalid. */
export const CompileError = define<CompileError>("CompileError");

/** A module can't be instantiated with the imports that it was given. */
export interface LinkError extends WasmError {}
/** A module can't be instantiated with the imports that it was given. */
export const LinkError = define<LinkError>("LinkError");

/** Running code trapped, or the runtime was used in a way that its state does not allow. */
export interface RuntimeError extends WasmError {}
/** Running code trapped, or the runtime was used in a way that its state does not allow. */
export const RuntimeError = define<RuntimeError>("RuntimeError");

/** A call was stopped because its time was over. */
export interface TimeoutError extends RuntimeError {}
/** A call was stopped because its time was over. */
export const TimeoutError = define<TimeoutError>("TimeoutError", RuntimeError);

/** A synchronous call met an instance that runs a call on another thread. */
export interface BusyError extends RuntimeError {}
/** A synchronous call met an instance that runs a call on another thread. */
export const BusyError = define<BusyError>("BusyError", RuntimeError);

/** The guest ended its run, as `proc_exit` does. */
export interface ExitError extends RuntimeError {}
/** The guest ended its run, as `proc_exit` does. */
export const ExitError = define<ExitError>("ExitError", RuntimeError);

/** A function of a guest of wasmedge-bindgen failed with this message. */
export interface GuestError extends WasmError {}
/** A function of a guest of wasmedge-bindgen failed with this message. */
export const GuestError = define<GuestError>("GuestError");

/**
 * Makes the error that the addon throws; its stack begins with the WebAssembly frames.
 * @internal
 */
export function makeError(
  kind: string,
  message: string,
  code: number,
  frames: string[],
  facts?: ErrorFacts,
): Error {
  const type = CLASSES[kind] ?? Error;
  const details = facts === undefined ? { code, frames } : { code, frames, ...facts };
  const error = withoutStack(() => new type(message, details));
  if (code !== 0 && !("code" in error)) {
    Object.defineProperty(error, "code", { value: code, configurable: true, writable: true });
  }
  if (frames.length > 0) putStack(error, message, frames);
  else Error.captureStackTrace?.(error, makeError);
  return error;
}

/** Makes an error whose stack is made afterwards: V8 takes long for each. */
function withoutStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  if (typeof limit !== "number" || !Error.captureStackTrace) return make();
  try {
    Error.stackTraceLimit = 0;
  } catch {
    // Of a program that has frozen what JavaScript has of its own.
    return make();
  }
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/**
 * Gives an error a stack with WebAssembly frames, which is put together when somebody asks for it: many errors
 * are caught and forgotten.
 */
function putStack(error: Error, message: string, frames: string[]): void {
  if (!Error.captureStackTrace) return;
  // Its stack is written, by whoever does that in this program, as the error's would be.
  const holder: Error = Object.create(Object.getPrototypeOf(error));
  holder.message = message;
  Error.captureStackTrace(holder, makeError);
  const set = (value: unknown) => {
    Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
  };
  const get = () => {
    const head = `${error.name}: ${message}`;
    let { stack } = holder;
    // A program may have stacks of its own form, which stay as they are.
    if (typeof stack === "string" && stack.startsWith(head)) {
      const wasm = frames.map((frame) => `\n    at ${frame}`).join("");
      stack = head + wasm + stack.slice(head.length);
    }
    set(stack);
    return stack;
  };
  // To replace it would write the stack that it has.
  delete (error as { stack?: unknown }).stack;
  Object.defineProperty(error, "stack", { get, set, configurable: true });
}

/** The stack as text, unless `Error.prepareStackTrace` gives something else. */
function stackOf(error: Error): string | undefined {
  try {
    const { stack } = error;
    return typeof stack === "string" ? stack : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Adds the frames of those who await to an error that was made when no JavaScript ran.
 * @internal
 */
export function addCallers(error: unknown, below: (...args: any[]) => unknown): void {
  if (!(error instanceof Base)) return;
  const stack = stackOf(error);
  const lines = stack?.split("\n    at ").length ?? 0;
  if (stack === undefined || lines - 1 > error.frames.length) return;
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace?.(holder, below);
  if (typeof holder.stack !== "string") return;
  const callers = holder.stack.indexOf("\n    at ");
  if (callers >= 0) error.stack = stack + holder.stack.slice(callers);
}
