/** The name of a value type. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "externref" | "anyfunc" | "funcref";
/** The type of a global. */
export interface GlobalDescriptor {
    /** The value's type. */
    value: ValueType;
    /** Whether it may be written. */
    mutable?: boolean;
}
/** A global. */
export declare class Global {
    #private;
    /** Makes a global; without a value it is zero, null or undefined. */
    constructor(descriptor: GlobalDescriptor, value?: unknown);
    /** The value; only that of a mutable global can be set. */
    get value(): any;
    set value(value: any);
    /** The value. */
    valueOf(): any;
}
