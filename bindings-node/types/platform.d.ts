/**
 * Machines for which there is an addon.
 */
export {};
