/** What a table holds, and its size in elements. */
export interface TableDescriptor {
    /** Functions (`anyfunc` and `funcref` are the same), or any values. */
    element: "anyfunc" | "funcref" | "externref";
    /** Number of elements that it starts with. */
    initial: number;
    /** Number of elements up to which it may grow. */
    maximum?: number;
}
/** A table of references. */
export declare class Table {
    #private;
    /** Makes a table whose elements are `value`: null, or undefined in one of any values. */
    constructor(descriptor: TableDescriptor, value?: unknown);
    /** Current number of elements. */
    get length(): number;
    /** Grows by `delta` elements of `value` and gives the old length. */
    grow(delta: number, value?: unknown): number;
    /** The element at `index`. */
    get(index: number): any;
    /** Stores `value` at `index`. */
    set(index: number, value?: unknown): void;
}
