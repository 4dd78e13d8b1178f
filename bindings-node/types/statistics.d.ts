/** What calls of a VM or an Executor count, if the configuration asks for it. */
export declare class Statistics {
    #private;
    /** Figures that are all zero, every instruction at a cost of 1, and no limit. */
    constructor();
    /** Instructions that ended calls have run. */
    get instructionCount(): number;
    /** Instructions for each second spent in WebAssembly. */
    get instructionsPerSecond(): number;
    /** Cost of what ended calls have run. */
    get totalCost(): number;
    /** Milliseconds spent in WebAssembly. */
    get wasmTime(): number;
    /** Milliseconds spent in functions of the host. */
    get hostTime(): number;
    /** What the total cost may not exceed; infinite without a limit. */
    get costLimit(): number;
    set costLimit(limit: number);
    /** Sets what instructions cost, by opcode. */
    setCostTable(costs: readonly number[]): void;
    /** Sets all figures to zero. */
    clear(): void;
}
