/** WebAssembly proposals, by WasmEdge's numbers. */
export declare enum Proposal {
    ImportExportMutGlobals = 0,
    NonTrapFloatToIntConversions = 1,
    SignExtensionOperators = 2,
    MultiValue = 3,
    BulkMemoryOperations = 4,
    ReferenceTypes = 5,
    SIMD = 6,
    TailCall = 7,
    MultiMemories = 8,
    Annotations = 9,
    Memory64 = 10,
    ExceptionHandling = 11,
    ExtendedConst = 12,
    Threads = 13,
    FunctionReferences = 14,
    /** Includes {@link Proposal.SIMD}. */
    RelaxedSIMD = 64
}
/** How hard a compiler works, by WasmEdge's numbers. */
export declare enum OptimizationLevel {
    O0 = 0,
    O1 = 1,
    O2 = 2,
    O3 = 3,
    Os = 4,
    Oz = 5
}
/** What a compiler writes. */
export declare enum OutputFormat {
    /** A shared object. */
    Native = 0,
    /** The module with its code in a custom section, which other runtimes ignore. */
    Wasm = 1
}
/** When functions are compiled. */
export type CompileTime = "auto" | "eager" | "lazy";
/** Where compiled code is kept from one process to the next; that of modules of 2,048 bytes and more is. */
export interface CacheOptions {
    /** The folder; by default `wasmspan` in the user's cache folder. */
    directory?: string;
    /** Bytes that it may take, 1 GiB by default; what was not used for longest goes first. */
    maxBytes?: number;
}
/** What calls and instances may use at most; what is left out is not limited. */
export interface Limits {
    /** Milliseconds of one call, or of one instantiation. */
    timeout?: number;
    /** Cost of all calls together, by default one for each instruction. */
    fuel?: number;
    /** Pages of 64 KiB of each memory. */
    memoryPages?: number;
    /** Elements of each table. */
    tableElements?: number;
    /** Bytes of stack of one call. */
    stackBytes?: number;
    /** Module instances that exist at the same time. */
    instances?: number;
    /** Descriptors that a guest of WASI has open at the same time, streams and directories included. */
    openFiles?: number;
    /** Bytes that one call, or one instantiation, writes to standard output and error together. */
    outputBytes?: number;
}
/** The settings of a configuration. */
export interface ConfigOptions {
    /** Largest size of any memory, in pages of 64 KiB. */
    maxMemoryPages?: number;
    /** Ignore compiled code that travels with a module. */
    forceInterpreter?: boolean;
    /** Run compiled code that travels with a module, trusting the file it is in. */
    loadCompiled?: boolean;
    /** Threads that compile one module; 0 means all cores. */
    compileThreads?: number;
    /** Count instructions. */
    instructionCounting?: boolean;
    /** Add up costs of instructions and enforce the limit. */
    costMeasuring?: boolean;
    /** Measure time in wasm and in host functions. */
    timeMeasuring?: boolean;
    /** How hard the compiler works. */
    optimizationLevel?: OptimizationLevel;
    /** What a {@link Compiler} writes. */
    outputFormat?: OutputFormat;
    /** Write the compiler's intermediate code to the working directory. */
    dumpIR?: boolean;
    /** Use only instructions that every supported processor has, in files of a {@link Compiler}. */
    genericBinary?: boolean;
    /** Use only instructions that every supported processor has, in code that runs here. */
    genericCode?: boolean;
    /** Take text where a module is expected; on by default, except with `wasmedge`. */
    lenientInput?: boolean;
    /**
     * When functions are compiled: all before the module runs (`"eager"`), each when it is first called
     * (`"lazy"`), or by the module's size (`"auto"`, the default).
     */
    compileTime?: CompileTime;
    /** Make code of a {@link Compiler} that tests a flag instead of being stopped by signals. */
    interruptible?: boolean;
    /** Find traps by the processor's faults and stop calls by signals; off, the code tests instead. */
    signals?: boolean;
    /** What calls and instances may use at most. */
    limits?: Limits;
    /** Keep compiled code on disk: in the user's cache folder, or where and how these say. */
    cache?: boolean | CacheOptions;
    /** Register WASI in VMs. */
    wasi?: boolean;
    /** Start from WasmEdge 0.11.2's defaults: its seven proposals, and compiled files run. */
    wasmedge?: boolean;
}
/** Everything that can be set before a module is loaded. Who is given one takes a copy. */
export declare class Config {
    #private;
    /** The defaults, changed by `options`; of another configuration, a copy. */
    constructor(options?: ConfigOptions | Config);
    /** Whether a proposal is on. */
    hasProposal(proposal: Proposal): boolean;
    /** Switches a proposal on. */
    addProposal(proposal: Proposal): this;
    /** Switches a proposal off. */
    removeProposal(proposal: Proposal): this;
    /** Switches a proposal on or off. */
    setProposal(proposal: Proposal, on: boolean): this;
    /** What calls and instances may use at most; set as a whole. */
    get limits(): Limits;
    set limits(limits: Limits);
    /** Whether and where compiled code is kept on disk. */
    get cache(): boolean | CacheOptions;
    set cache(cache: boolean | CacheOptions);
    /** When functions are compiled. */
    get compileTime(): CompileTime;
    set compileTime(time: CompileTime);
    /** Whether VMs register WASI. */
    get wasi(): boolean;
    set wasi(on: boolean);
}
/** The settings, as properties; see {@link ConfigOptions}. */
export interface Config extends Required<Omit<ConfigOptions, "wasmedge" | "cache" | "compileTime" | "limits" | "wasi">> {
}
