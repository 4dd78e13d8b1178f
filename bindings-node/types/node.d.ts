/**
 * Node.js's own modules that this package uses, and where its files lie.
 *
 * The modules are asked for at run time: a bundler that writes ES modules can't translate `require`.
 */
export {};
