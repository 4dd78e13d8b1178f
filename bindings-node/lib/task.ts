/**
 * Waiting for work on other threads, with time limits and abort signals.
 */
import { addCallers, TimeoutError } from "./errors.js";
import { native, type Started } from "./native.js";
import { checkOptions } from "./options.js";

/** How long something may take, and what stops it before. */
export interface CallOptions {
  /** Milliseconds after which the guest is stopped with a {@link TimeoutError}. */
  timeout?: number;
  /** Stops the guest when it is aborted; the call is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** The code in WasmEdge's table. */
const INTERRUPTED = 7;

/** What Node.js's timers can wait for; longer times fire at once there. */
const LONGEST = 2 ** 31 - 1;

/**
 * A time limit in milliseconds, if there is one; longer than 24 days is as long as that.
 * @internal
 */
export function toTimeout(timeout: unknown): number | undefined {
  if (timeout === undefined || timeout === Number.POSITIVE_INFINITY) return undefined;
  if (typeof timeout !== "number") {
    throw new TypeError("the option 'timeout' must be a number of milliseconds");
  }
  if (!(timeout >= 0)) throw new RangeError("the option 'timeout' must not be less than 0");
  return Math.min(timeout, LONGEST);
}

/**
 * The names in {@link CallOptions}.
 * @internal
 */
export const CALL_OPTIONS: ReadonlySet<string> = new Set(["timeout", "signal"]);

/**
 * The time limit of a synchronous call; throws what an aborted signal says.
 *
 * @param known - the names of all options that the caller takes.
 * @internal
 */
export function limitOf(
  options: CallOptions | undefined,
  known: ReadonlySet<string> = CALL_OPTIONS,
): number | undefined {
  checkOptions(options, known);
  const signal = options?.signal;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("the option 'signal' must be an AbortSignal");
  }
  signal?.throwIfAborted();
  return toTimeout(options?.timeout);
}

/**
 * The promise of work that is started with a time limit, and that a signal may stop.
 *
 * @param known - the names of all options that the caller takes.
 * @internal
 */
export async function stoppable<T>(
  start: (limit: number | undefined) => Started<T>,
  options: CallOptions | null = {},
  known: ReadonlySet<string> = CALL_OPTIONS,
): Promise<T> {
  const limit = limitOf(options ?? undefined, known);
  const signal = options?.signal;
  const [promise, run] = start(limit);
  const abort = () => native.stop(run);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await promise;
  } catch (error) {
    // A call that failed on its own while it was being stopped keeps its error.
    const stopped =
      signal?.aborted &&
      (error as { code?: unknown } | null | undefined)?.code === INTERRUPTED &&
      !(error instanceof TimeoutError);
    const thrown = stopped ? signal.reason : error;
    addCallers(thrown, stoppable);
    throw thrown;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
