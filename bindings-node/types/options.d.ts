/**
 * What callers say about how something is to be done, and errors in Node.js's manner.
 */
export {};
