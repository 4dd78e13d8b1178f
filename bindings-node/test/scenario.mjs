// Replays the scenarios of tests/scenarios, whose README says what they are made of.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  Bindgen,
  Compiler,
  Config,
  Executor,
  ExitError,
  GuestError,
  Heap,
  HostFunction,
  Memory,
  Module,
  ModuleInstance,
  RuntimeError,
  run,
  Store,
  Wasi,
} from "../index.mjs";
import { guest } from "./helper.mjs";

/** The fields of each step besides `do`, `gives` and `fails`. */
const FIELDS = {
  host: ["name", "functions"],
  module: ["as", "wat", "file", "hex", "compiled"],
  instance: ["as", "module", "register", "limits", "measure", "wasi"],
  call: ["instance", "function", "args", "within", "cancel_after_ms"],
  recorded: [],
  memory: ["instance", "memory", "op", "at", "len", "by", "bytes"],
  global: ["instance", "global", "op", "value"],
  table: ["instance", "table", "op", "at", "by", "value"],
  statistics: ["instance"],
  exports: ["module"],
  imports: ["module"],
  command: ["module", "args", "env", "stdin", "files", "read_only", "within"],
  bindgen: ["instance", "function", "args"],
  heap: ["instance", "function", "text", "bytes", "returns"],
};

/** The core's names of limits, and ours. */
const LIMITS = {
  time_ms: "timeout",
  cost: "fuel",
  memory_pages: "memoryPages",
  table_elements: "tableElements",
  stack_bytes: "stackBytes",
  instances: "instances",
};

const ARRAYS = {
  u8s: Uint8Array,
  i8s: Int8Array,
  u16s: Uint16Array,
  i16s: Int16Array,
  u32s: Uint32Array,
  i32s: Int32Array,
  u64s: BigUint64Array,
  i64s: BigInt64Array,
};

class Wrong extends Error {}

const wrong = (text) => {
  throw new Wrong(text);
};
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const show = (value) =>
  JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item));

function limits(described = {}) {
  const entries = Object.entries(described).map(([name, value]) => [
    LIMITS[name] ?? wrong(`there is no limit "${name}"`),
    value,
  ]);
  return Object.fromEntries(entries);
}

function number(text) {
  if (text === "inf") return Number.POSITIVE_INFINITY;
  if (text === "-inf") return Number.NEGATIVE_INFINITY;
  if (text === "nan") return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? wrong(`"${text}" is no number`) : value;
}

function split(text) {
  const at = text.indexOf(":");
  return at < 0 ? wrong(`"${text}" has no type`) : [text.slice(0, at), text.slice(at + 1)];
}

/** A value of bindgen, with its type where JavaScript has none. */
function bindgenValue(text) {
  const [type, value] = split(text);
  if (type === "string") return value;
  if (type === "char" || type === "bool") {
    return { [type]: type === "bool" ? value === "true" : value };
  }
  if (ARRAYS[type]) {
    const items = value === "" ? [] : value.split(",");
    return ARRAYS[type].from(items, /64/.test(type) ? BigInt : Number);
  }
  return { [type]: /64/.test(type) && type !== "f64" ? BigInt(value) : number(value) };
}

/** What that value looks like when it comes back. */
function plain(text) {
  const value = bindgenValue(text);
  if (typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  const [type, inner] = Object.entries(value)[0];
  return type === "f32" ? Math.fround(inner) : inner;
}

function sameBindgen(value, wanted) {
  if (!ArrayBuffer.isView(wanted)) return Object.is(value, wanted);
  return value?.constructor === wanted.constructor && `${value}` === `${wanted}`;
}

export class Scenario {
  #store = new Store();
  #modules = new Map();
  #instances = new Map();
  #objects = [];
  #record = [];
  /** The instance that is being called: functions of JavaScript are not told. */
  #caller;
  #folder = mkdtempSync(join(tmpdir(), "wasmspan-"));

  /** Replays a scenario; throws what is wrong. */
  static async replay({ steps }) {
    const scenario = new Scenario();
    try {
      for (const [at, step] of steps.entries()) {
        try {
          await scenario.#step(step);
        } catch (error) {
          throw new Wrong(`step ${at + 1}: ${error.message}`, { cause: error });
        }
      }
    } finally {
      rmSync(scenario.#folder, { recursive: true });
    }
  }

  async #step(step) {
    const known = FIELDS[step.do] ?? wrong(`no step does "${step.do}"`);
    for (const name of Object.keys(step)) {
      if (!["do", "gives", "fails", ...known].includes(name)) wrong(`the step has no "${name}"`);
    }
    let result;
    try {
      result = await this[`_${step.do}`](step);
    } catch (error) {
      if (error instanceof Wrong || step.fails === undefined) throw error;
      return this.#checkFailure(error, step.fails);
    }
    if (step.fails) wrong(`it succeeded instead of failing with ${show(step.fails)}`);
    if (step.gives === undefined || result?.checked) return;
    const same = Array.isArray(result?.values)
      ? this.#same(result.values, [step.gives].flat())
      : result?.bindgen
        ? result.bindgen.length === step.gives.length &&
          result.bindgen.every((value, at) => sameBindgen(value, plain(step.gives[at])))
        : JSON.stringify(result) === JSON.stringify(step.gives);
    if (!same) wrong(`${show(result)} instead of ${show(step.gives)}`);
  }

  #checkFailure(error, wanted) {
    const own = error?.scenario;
    for (const [field, value] of Object.entries(wanted)) {
      const text = `${error?.stack}`;
      const holds = {
        // A call that is aborted fails with the signal's reason, which is ours.
        code: () => own !== "user" && (error.code === value || (own === "abort" && value === 7)),
        message: () => own === "abort" || error.message.split(": ")[0] === value,
        user: () => own === "user" && error.code === value,
        thrown: () => own === "throw" && error.message.includes(value),
        guest: () => error instanceof GuestError && error.message === value,
        detail: () => text.includes(value),
      }[field];
      if (holds === undefined) wrong(`a failure has no field "${field}"`);
      if (!holds())
        wrong(`${error?.name} ${error?.code}: ${error?.message} instead of ${show(wanted)}`);
    }
  }

  // --- values

  #object(at) {
    while (this.#objects.length <= at) this.#objects.push({ number: this.#objects.length });
    return this.#objects[at];
  }

  #value(text) {
    const [type, value] = split(text);
    switch (type) {
      case "i32":
        return Number(value) | 0;
      case "i64":
        return BigInt(value);
      case "f32":
        return Math.fround(number(value));
      case "f64":
        return number(value);
      case "v128":
        return Uint8Array.from(
          Buffer.from(value.replace("0x", "").padStart(32, "0"), "hex"),
        ).reverse();
      case "externref":
        return value === "null" ? null : this.#object(Number(value));
      case "funcref":
        return null;
      default:
        return wrong(`no type is ${type}`);
    }
  }

  #values(list = []) {
    return list.map((text) => this.#value(text));
  }

  #same(values, wanted) {
    return (
      values.length === wanted.length &&
      wanted.every((text, at) => {
        const value = values[at];
        if (text === "funcref:any") return typeof value === "function";
        const expected = this.#value(text);
        return expected instanceof Uint8Array
          ? value instanceof Uint8Array && hex(value) === hex(expected)
          : Object.is(value, expected);
      })
    );
  }

  // --- what there is

  #made({ instance = "main" }) {
    return this.#instances.get(instance) ?? wrong(`there is no instance "${instance}"`);
  }

  #module({ module = "main" }) {
    return this.#modules.get(module) ?? wrong(`there is no module "${module}"`);
  }

  #export(step, name) {
    return this.#made(step).instance.exports[name] ?? wrong(`nothing is exported as "${name}"`);
  }

  // --- host functions

  _host({ name, functions }) {
    const module = new ModuleInstance(name);
    for (const [key, { params, results, ...described }] of Object.entries(functions)) {
      const fn = this.#function(described);
      module.addFunction(key, new HostFunction({ parameters: params, results }, fn));
    }
    this.#store.register(module);
  }

  #function({ does, values, code, message, function: name, ms }) {
    const give = (list) => (list.length > 1 ? list : list[0]);
    const fail = (error, scenario) => {
      throw Object.assign(error, { scenario });
    };
    const memory = () =>
      Object.values(this.#caller.exports).find((item) => item instanceof Memory) ??
      fail(new Error("the caller has no memory"), "throw");
    switch (does) {
      case "return":
        return () => give(this.#values(values));
      case "same":
        return (...args) => give(args);
      case "sum":
        return (first, ...rest) => rest.reduce((sum, next) => sum + next, first);
      case "record":
        return (...args) => {
          this.#record.push(args);
          return give(this.#values(values));
        };
      case "fail":
        return () => fail(new RuntimeError(`error ${code}`, { code }), "user");
      case "throw":
        return () => fail(new Error(message), "throw");
      case "terminate":
        return () => fail(new ExitError("terminated", { code: 1 }), "terminate");
      case "call":
        return (...args) => this.#caller.call(name, args);
      case "peek":
        return (at) => memory().read(at >>> 0, 1)[0];
      case "poke":
        return (at, byte) => memory().write(at >>> 0, Uint8Array.of(byte));
      case "sleep":
        return () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      default:
        return wrong(`no host function does "${does}"`);
    }
  }

  // --- steps

  _module({ as = "main", wat, file, hex: digits, compiled }) {
    let bytes;
    if (wat) bytes = Buffer.from(wat.join("\n"));
    else if (file) bytes = readFileSync(guest(file.replace(/\.wasm$/, "")));
    else bytes = Buffer.from(digits, "hex");
    let module;
    if (compiled) {
      const path = join(this.#folder, "compiled.wasm");
      writeFileSync(path, new Compiler().compileBytes(bytes));
      module = Module.loadCompiled(path);
      if (!module.isPrecompiled) wrong("the compiled code was not taken");
    } else {
      module = new Module(bytes);
    }
    this.#modules.set(as, module);
  }

  _instance({ as = "main", module, register, limits: most, measure, wasi }) {
    const config = new Config({ limits: limits(most) });
    if (measure) {
      config.instructionCounting = true;
      config.costMeasuring = true;
    }
    const executor = new Executor(config);
    if (wasi) {
      const { args = [], env = {}, stdin } = wasi;
      const input = stdin === undefined ? "ignore" : { text: stdin };
      const { instance } = new Wasi({
        args,
        env,
        stdin: input,
        stdout: "buffer",
        stderr: "buffer",
      });
      this.#store.register(instance, "wasi_snapshot_preview1");
    }
    const made = this.#module({ module });
    const instance = register
      ? executor.register(this.#store, made, register)
      : executor.instantiate(made, this.#store);
    this.#instances.set(as, { instance, executor });
  }

  async _call(step) {
    const { function: name, args, within, cancel_after_ms: time } = step;
    const { instance, executor } = this.#made(step);
    const values = this.#values(args);
    const fn = instance.exports[name];
    // An executor is given functions, so only the instance can miss one.
    if (typeof fn !== "function") return instance.call(name, values);
    const options = limits(within);
    const before = this.#caller;
    this.#caller = instance;
    let result;
    try {
      if (time === undefined) {
        result = executor.invoke(fn, values, options);
      } else {
        const controller = new AbortController();
        const reason = Object.assign(new Error("aborted"), { scenario: "abort" });
        const timer = setTimeout(() => controller.abort(reason), time);
        try {
          const { signal } = controller;
          result = await executor.invokeAsync(fn, values, { ...options, signal });
        } finally {
          clearTimeout(timer);
        }
      }
    } finally {
      this.#caller = before;
    }
    const { length } = instance.functionType(name).results;
    return { values: length === 0 ? [] : length === 1 ? [result] : result };
  }

  _recorded({ gives }) {
    const calls = this.#record.splice(0);
    const same =
      calls.length === gives.length && calls.every((args, at) => this.#same(args, gives[at]));
    if (!same) wrong(`${show(calls)} instead of ${show(gives)}`);
    return { checked: true };
  }

  _memory(step) {
    const { memory: name = "memory", op, at, len, by, bytes } = step;
    const memory = this.#export(step, name);
    switch (op) {
      case "pages":
        return memory.pages;
      case "grow":
        return memory.grow(by);
      case "read":
        return hex(memory.read(at, len));
      case "write":
        return memory.write(at, Buffer.from(bytes, "hex"));
      default:
        return wrong(`a memory has no "${op}"`);
    }
  }

  _global(step) {
    const { global: name, op, value } = step;
    const global = this.#export(step, name);
    if (op === "get") return { values: [global.value] };
    if (op !== "set") wrong(`a global has no "${op}"`);
    global.value = this.#value(value);
  }

  _table(step) {
    const { table: name, op, at, by, value } = step;
    const table = this.#export(step, name);
    switch (op) {
      case "size":
        return table.length;
      case "grow":
        return table.grow(by, null);
      case "get":
        return { values: [table.get(at)] };
      case "set":
        return table.set(at, this.#value(value));
      default:
        return wrong(`a table has no "${op}"`);
    }
  }

  _statistics(step) {
    const { instructionCount, totalCost } = this.#made(step).executor.statistics;
    return { instructions: instructionCount, cost: totalCost };
  }

  _imports(step) {
    const module = this.#module(step);
    const types = module.importedFunctionTypes;
    return Module.imports(module).map(
      (item, at) => `${item.module} ${item.name} ${described(item.kind, types[at])}`,
    );
  }

  _exports(step) {
    const module = this.#module(step);
    const types = module.exportedFunctionTypes;
    return Module.exports(module).map(
      (item, at) => `${item.name} ${described(item.kind, types[at])}`,
    );
  }

  async _command(step) {
    const { args, env, stdin, files, read_only: readOnly = false, within, gives = {} } = step;
    const folder = mkdtempSync(join(this.#folder, "data-"));
    const options = { ...limits(within) };
    // Argument 0 is an option of its own.
    if (args) {
      [options.name] = args;
      options.args = args.slice(1);
    }
    if (env) options.env = env;
    if (stdin !== undefined) options.stdin = stdin;
    if (files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      options.fs = { "/data": { path: folder, readOnly } };
    }
    const module = this.#module(step);
    if (args?.length === 0 && (env || stdin !== undefined || files || within)) {
      wrong("a command without arguments gets nothing else");
    }
    const result = args?.length === 0 ? bare(module) : await run(module, options);
    for (const [what, wanted] of Object.entries(gives)) {
      const read = (path) => {
        try {
          return readFileSync(join(folder, path), "utf8");
        } catch {
          return null;
        }
      };
      const got = {
        exit: () => result.exitCode,
        stdout: () => result.stdout.toString(),
        stderr: () => result.stderr.toString(),
        files: () => Object.fromEntries(Object.keys(wanted).map((path) => [path, read(path)])),
      }[what]?.();
      if (show(got) !== show(wanted)) wrong(`${what}: ${show(got)} instead of ${show(wanted)}`);
    }
    return { checked: true };
  }

  _bindgen(step) {
    const made = this.#made(step);
    made.bindgen ??= new Bindgen(made.instance);
    const result = made.bindgen.call(step.function, (step.args ?? []).map(bindgenValue));
    return { bindgen: Array.isArray(result) ? result : result === undefined ? [] : [result] };
  }

  _heap(step) {
    const { text, bytes, function: name, returns = "string" } = step;
    const { instance } = this.#made(step);
    const heap = new Heap(instance);
    const span =
      text === undefined ? heap.putBytes(Buffer.from(bytes, "hex")) : heap.putString(text);
    const both = instance.functionType(name)?.parameters.length === 2;
    const result = instance.call(name, both ? [span.address, span.length] : [span.address]);
    heap.free(span.address);
    switch (returns) {
      case "i32":
        return { values: [result] };
      case "packed": {
        const packed = BigInt.asUintN(64, result);
        return heap.getString(Number(packed >> 32n), Number(packed & 0xffff_ffffn));
      }
      case "bytes":
        return hex(heap.getBytes(result >>> 0));
      case "string":
        return heap.getString(result >>> 0);
      default:
        return wrong(`nothing returns "${returns}"`);
    }
  }
}

/** Runs a command without argument 0, which `run` always gives. */
function bare(module) {
  const wasi = new Wasi({ args: [], stdin: "ignore", stdout: "buffer", stderr: "buffer" });
  const store = new Store();
  store.register(wasi.instance, "wasi_snapshot_preview1");
  const instance = new Executor().instantiate(module, store);
  try {
    instance.call("_start");
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
  }
  return {
    exitCode: wasi.exitCode,
    stdout: Buffer.from(wasi.stdout),
    stderr: Buffer.from(wasi.stderr),
  };
}

function described(kind, type) {
  if (kind !== "function") return kind;
  return `func (${type.parameters.join(" ")}) -> (${type.results.join(" ")})`;
}
