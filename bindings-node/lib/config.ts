import { toDescriptor } from "./idl.js";
import { type NativeConfig, native } from "./native.js";
import { checkOptions, toCount } from "./options.js";

/** WebAssembly proposals, by WasmEdge's numbers. */
export enum Proposal {
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
  RelaxedSIMD = 64,
}

/** How hard a compiler works, by WasmEdge's numbers. */
export enum OptimizationLevel {
  O0 = 0,
  O1 = 1,
  O2 = 2,
  O3 = 3,
  Os = 4,
  Oz = 5,
}

/** What a compiler writes. */
export enum OutputFormat {
  /** A shared object. */
  Native = 0,
  /** The module with its code in a custom section, which other runtimes ignore. */
  Wasm = 1,
}

/** When functions are compiled. */
export type CompileTime = "auto" | "eager" | "lazy";

const COMPILE_TIMES: readonly CompileTime[] = ["auto", "eager", "lazy"];

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

/** The runtime's names of limits. */
const LIMITS: Record<keyof Limits, string> = {
  timeout: "time_ms",
  fuel: "cost",
  memoryPages: "memory_pages",
  tableElements: "table_elements",
  stackBytes: "stack_bytes",
  instances: "instances",
  openFiles: "open_files",
  outputBytes: "output_bytes",
};

/**
 * Limits as the addon takes them.
 * @internal
 */
export function limitsToJson(limits: Limits): string {
  toDescriptor(limits, "the limits");
  const inner: Record<string, number> = {};
  for (const [name, value] of Object.entries(limits)) {
    const known = LIMITS[name as keyof Limits];
    if (known === undefined) throw new TypeError(`there is no limit '${name}'`);
    if (value === undefined || value === Number.POSITIVE_INFINITY) continue;
    // What is no number must not be taken for no limit.
    const count = toCount(value, name) as number;
    // More than any memory has; a larger number doesn't fit.
    inner[known] = name === "memoryPages" ? Math.min(count, 0xffff_ffff) : count;
  }
  return JSON.stringify(inner);
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
export class Config {
  readonly #native: NativeConfig;

  /** The defaults, changed by `options`; of another configuration, a copy. */
  constructor(options: ConfigOptions | Config = {}) {
    toDescriptor(options, "the settings of a configuration");
    this.#native = new native.NativeConfig((options as ConfigOptions).wasmedge === true);
    if (!(options instanceof Config)) {
      // One that is misspelt may be a limit.
      const known: readonly string[] = [...SETTINGS, "wasmedge"];
      const unknown = Object.keys(options).find((name) => !known.includes(name));
      if (unknown !== undefined) throw new TypeError(`there is no setting '${unknown}'`);
    } else {
      for (const proposal of Object.values(Proposal)) {
        if (typeof proposal === "number") {
          this.setProposal(proposal, options.hasProposal(proposal));
        }
      }
    }
    for (const name of SETTINGS) {
      const value = options[name];
      if (value !== undefined) {
        (this as Record<string, unknown>)[name] = value;
      }
    }
  }

  /** Whether a proposal is on. */
  hasProposal(proposal: Proposal): boolean {
    return this.#native.hasProposal(toProposal(proposal));
  }

  /** Switches a proposal on. */
  addProposal(proposal: Proposal): this {
    return this.setProposal(proposal, true);
  }

  /** Switches a proposal off. */
  removeProposal(proposal: Proposal): this {
    return this.setProposal(proposal, false);
  }

  /** Switches a proposal on or off. */
  setProposal(proposal: Proposal, on: boolean): this {
    this.#native.setProposal(toProposal(proposal), on);
    return this;
  }

  /** What calls and instances may use at most; set as a whole. */
  get limits(): Limits {
    const set = JSON.parse(this.#native.limits());
    const entries = Object.entries(LIMITS).filter(([, inner]) => set[inner] !== undefined);
    return Object.fromEntries(entries.map(([name, inner]) => [name, set[inner]]));
  }

  set limits(limits: Limits) {
    this.#native.setLimits(limitsToJson(limits));
  }

  /** Whether and where compiled code is kept on disk. */
  get cache(): boolean | CacheOptions {
    const [maxBytes, directory] = this.#native.cache();
    if (maxBytes === undefined) return false;
    return directory ? { directory, maxBytes: Number(maxBytes) } : { maxBytes: Number(maxBytes) };
  }

  set cache(cache: boolean | CacheOptions) {
    const options = typeof cache === "object" && cache !== null ? cache : {};
    checkOptions(options, CACHE_OPTIONS);
    const { directory } = options;
    if (directory !== undefined && typeof directory !== "string") {
      throw new TypeError("the directory of the cache must be a path");
    }
    this.#native.setCache(Boolean(cache), directory, toCount(options.maxBytes, "cache.maxBytes"));
  }

  /** When functions are compiled. */
  get compileTime(): CompileTime {
    return COMPILE_TIMES[this.#native.get("compileTime")] as CompileTime;
  }

  set compileTime(time: CompileTime) {
    const number = COMPILE_TIMES.indexOf(time);
    if (number < 0) throw new TypeError(`compileTime must be one of ${COMPILE_TIMES.join(", ")}`);
    this.#native.set("compileTime", number);
  }

  /** Whether VMs register WASI. */
  get wasi(): boolean {
    return this.#native.wasi;
  }

  set wasi(on: boolean) {
    this.#native.wasi = Boolean(on);
  }

  /** @internal */
  static nativeOf(config: Config | undefined): NativeConfig | undefined {
    if (config !== undefined && !(config instanceof Config)) {
      throw new TypeError("a configuration must be a Config");
    }
    return config === undefined ? undefined : config.#native;
  }

  /** @internal */
  static read(config: Config, name: string): number {
    return config.#native.get(name);
  }

  /** @internal */
  static write(config: Config, name: string, value: number): void {
    config.#native.set(name, value);
  }
}

function toProposal(proposal: unknown): number {
  if (typeof proposal === "number") return proposal;
  throw new TypeError("a proposal must be one of Proposal");
}

const CACHE_OPTIONS: ReadonlySet<string> = new Set(["directory", "maxBytes"]);
const SWITCHES = [
  "forceInterpreter",
  "loadCompiled",
  "instructionCounting",
  "costMeasuring",
  "timeMeasuring",
  "dumpIR",
  "genericBinary",
  "genericCode",
  "lenientInput",
  "interruptible",
  "signals",
] as const;
const NUMBERS = ["maxMemoryPages", "compileThreads", "optimizationLevel", "outputFormat"] as const;
const SETTINGS = [...SWITCHES, ...NUMBERS, "cache", "compileTime", "limits", "wasi"] as const;

for (const name of [...SWITCHES, ...NUMBERS]) {
  const isSwitch = (SWITCHES as readonly string[]).includes(name);
  Object.defineProperty(Config.prototype, name, {
    get(this: Config) {
      const value = Config.read(this, name);
      return isSwitch ? value !== 0 : value;
    },
    set(this: Config, value: unknown) {
      const number = Number(value);
      if (!(number >= 0 && number <= 0xffff_ffff)) {
        throw new RangeError(`${name} must be an integer from 0 to 4294967295`);
      }
      Config.write(this, name, number);
    },
    enumerable: true,
  });
}

/** The settings, as properties; see {@link ConfigOptions}. */
export interface Config
  extends Required<Omit<ConfigOptions, "wasmedge" | "cache" | "compileTime" | "limits" | "wasi">> {}
