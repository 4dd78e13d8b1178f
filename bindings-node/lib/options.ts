/**
 * What callers say about how something is to be done, and errors in Node.js's manner.
 */

/**
 * Fails for options that are none, or that don't exist: one that is misspelt may be a limit.
 * @internal
 */
export function checkOptions(
  options: unknown,
  known: ReadonlySet<string>,
  what = "the options",
): void {
  if (options === undefined || options === null) return;
  if (typeof options !== "object") throw new TypeError(`${what} must be an object`);
  for (const name in options) {
    if (!known.has(name)) {
      throw new TypeError(`there is no option '${name}'; there are ${[...known].join(", ")}`);
    }
  }
}

/**
 * An option that says how many: undefined if it is left out. What is no number must not be taken for
 * one, least of all for a limit.
 * @internal
 */
export function toCount(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw new TypeError(`'${name}' must be a number`);
  if (!(value >= 0)) throw new RangeError(`'${name}' must not be less than 0`);
  return Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER);
}

/** An error with a code of Node.js's, which also stands in its stack. */
function coded<E extends Error>(error: E, code: string): E {
  const { name } = error;
  Error.captureStackTrace?.(error, coded);
  error.name = `${name} [${code}]`;
  // The stack is made with the name that the error has when it is first asked for.
  void error.stack;
  delete (error as { name?: string }).name;
  return Object.assign(error, { code });
}

function received(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") return `an instance of ${value.constructor?.name || "Object"}`;
  return `type ${typeof value} (${String(value).slice(0, 25)})`;
}

const named = (name: string) => `The "${name}" ${name.includes(".") ? "property" : "argument"}`;

/**
 * An argument is of another type than it must be.
 * @internal
 */
export function wrongType(name: string, expected: string, value: unknown): TypeError {
  const message = `${named(name)} must be ${expected}. Received ${received(value)}`;
  return coded(new TypeError(message), "ERR_INVALID_ARG_TYPE");
}

/**
 * An argument has a value that doesn't do.
 * @internal
 */
export function wrongValue(name: string, reason: string, value: unknown): TypeError {
  const message = `${named(name)} ${reason}. Received ${received(value)}`;
  return coded(new TypeError(message), "ERR_INVALID_ARG_VALUE");
}

/**
 * A number is too small or too large.
 * @internal
 */
export function outOfRange(name: string, range: string, value: number): RangeError {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${value}`;
  return coded(new RangeError(message), "ERR_OUT_OF_RANGE");
}

/**
 * A guest is started a second time.
 * @internal
 */
export function alreadyStarted(): Error {
  return coded(new Error("WASI instance has already started"), "ERR_WASI_ALREADY_STARTED");
}

/**
 * Fails for what is no plain object, by Node.js's rules.
 * @internal
 */
export function checkObject(value: unknown, name: string): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongType(name, "of type object", value);
  }
}
