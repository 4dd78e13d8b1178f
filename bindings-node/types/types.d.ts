/**
 * Types of what crosses between guests and JavaScript.
 */
/** The kinds of imports and exports. */
export type ExternKind = "function" | "table" | "memory" | "global";
/** The names of a function's parameter and result types. */
export interface FunctionType {
    /** Types of the parameters, in order. */
    parameters: string[];
    /** Types of the results, in order. */
    results: string[];
}
/** Something that a guest asked for and did not get. */
export interface Denial {
    /** The function of WASI that it called. */
    readonly function: string;
    /** What it asked for: a path, an address, or words. */
    readonly wanted: string;
    /** The error number that it got. */
    readonly errno: number;
    /** What would allow it, as an option of the command `wasmspan run`, or in words. */
    readonly option: string;
}
