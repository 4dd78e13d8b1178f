/**
 * Waiting for work on other threads, with time limits and abort signals.
 */
import { TimeoutError } from "./errors.js";
import { native, type Started } from "./native.js";

/** How long something may take, and what stops it before. */
export interface CallOptions {
  /** Milliseconds after which the guest is stopped with a {@link TimeoutError}. */
  timeout?: number;
  /** Stops the guest when it is aborted; the call is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

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
 * The time limit of a synchronous call; throws what an aborted signal says.
 * @internal
 */
export function limitOf(options: CallOptions | undefined): number | undefined {
  const signal = options?.signal;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("the option 'signal' must be an AbortSignal");
  }
  signal?.throwIfAborted();
  return toTimeout(options?.timeout);
}

/**
 * The promise of started work, which a time limit or a signal may stop.
 * @internal
 */
export async function stoppable<T>(start: () => Started<T>, options: CallOptions = {}): Promise<T> {
  const timeout = limitOf(options);
  const { signal } = options;
  const [promise, run] = start();
  if (timeout === undefined && signal === undefined) {
    return promise;
  }
  let reason: unknown;
  let stopped = false;
  const stop = (why: unknown) => {
    if (!stopped) {
      stopped = true;
      reason = why;
      native.stop(run);
    }
  };
  const abort = () => stop(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(
          () =>
            stop(
              new TimeoutError(`execution interrupted: the time limit is ${timeout} ms`, {
                code: 7,
              }),
            ),
          timeout,
        );
  try {
    return await promise;
  } catch (error) {
    // A call that failed on its own while it was being stopped keeps its error.
    const interrupted = (error as { code?: unknown }).code === 7;
    throw stopped && interrupted ? reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
