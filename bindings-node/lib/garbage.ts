/**
 * What the addon needs of JavaScript's garbage collector.
 */
import { native } from "./native.js";

// Not the global one, which tests replace.
const { setTimeout } = process.getBuiltinModule("node:timers");

/** What the core holds for an object, as far as the collector may decide about it. */
const knots = new WeakMap<object, unknown>();

/**
 * Has the core surveyed later; the process need not live for that.
 * @internal
 */
export function surveyLater(milliseconds: number): void {
  setTimeout(native.surveyCore, milliseconds).unref();
}

/**
 * Lets an object hold what the core holds for it.
 * @internal
 */
export function tie(object: object, knot: unknown): void {
  knots.set(object, knot);
}
