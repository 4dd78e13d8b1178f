// The namespace, its classes and their members; errors; modules, and the bytes that they are made of.
import { inspect, types } from "node:util";
import { binary, EMPTY, list, property } from "./kit.mjs";

const [checks, check] = list();

export { checks };

const reference = globalThis.WebAssembly;
const ERRORS = ["CompileError", "LinkError", "RuntimeError"];
const CLASSES = ["Module", "Instance", "Memory", "Table", "Global", ...ERRORS];

for (const key of Reflect.ownKeys(reference)) {
  const title = typeof key === "symbol" ? key.description : key;
  check(`namespace ${title}`, ({ api }) => property(api, key));
}
check("namespace's keys", ({ api }) => Object.keys(api).sort());
check("namespace as text", ({ api }) => String(api));
check("namespace's prototype", ({ api }) => Object.getPrototypeOf(api) === Object.prototype);
check("namespace can be extended", ({ api }) => Object.isExtensible(api));

for (const name of CLASSES) {
  for (const key of Reflect.ownKeys(reference[name])) {
    check(`${name}.${String(key)}`, ({ api }) => property(api[name], key));
  }
  for (const key of Reflect.ownKeys(reference[name].prototype)) {
    check(`${name}.prototype.${String(key)}`, ({ api }) => property(api[name].prototype, key));
  }
  check(`${name} static members`, ({ api }) => Reflect.ownKeys(api[name]).map(String).sort());
  check(`${name} members`, ({ api }) => Reflect.ownKeys(api[name].prototype).map(String).sort());
  check(`${name} inherits`, ({ api }) => {
    const [type, prototype] = [api[name], api[name].prototype].map(Object.getPrototypeOf);
    return [type === Function.prototype, type === Error, prototype === Error.prototype];
  });
  check(`${name} without new`, ({ api }) => api[name]());
  check(`${name}'s prototype as text`, ({ api }) => {
    return Object.prototype.toString.call(api[name].prototype);
  });
}

const strangers = [undefined, null, true, "", Symbol("s"), 1, {}];
for (const [name, method] of [
  ["Memory", "grow"],
  ["Table", "get"],
  ["Table", "set"],
  ["Table", "grow"],
  ["Global", "valueOf"],
]) {
  for (const stranger of strangers) {
    const untouched = {
      valueOf() {
        throw new SyntaxError("the argument is not looked at");
      },
    };
    check(`${name}.${method} of ${String(stranger)}`, ({ api }) => {
      return api[name].prototype[method].call(stranger, untouched, null);
    });
  }
  check(`${name}.${method} of the prototype`, ({ api }) => {
    return api[name].prototype[method].call(api[name].prototype, 0, null);
  });
}
for (const [name, getter] of [
  ["Memory", "buffer"],
  ["Table", "length"],
  ["Global", "value"],
  ["Instance", "exports"],
]) {
  const get = (api) => Object.getOwnPropertyDescriptor(api[name].prototype, getter).get;
  for (const stranger of strangers) {
    check(`${name}.${getter} of ${String(stranger)}`, ({ api }) => get(api).call(stranger));
  }
  check(`${name}.${getter} of the prototype`, ({ api }) => get(api).call(api[name].prototype));
}
check("Global.value set to nothing", ({ api }) => {
  const global = new api.Global({ value: "i32", mutable: true }, 4);
  Object.getOwnPropertyDescriptor(api.Global.prototype, "value").set.call(global);
  return global.value;
});
check("Global.value set on a stranger", ({ api }) => {
  Object.getOwnPropertyDescriptor(api.Global.prototype, "value").set.call({}, 1);
});

for (const name of ERRORS) {
  check(`${name} of a message`, ({ api }) => {
    const error = new api[name]("m");
    const kinds = [error instanceof Error, types.isNativeError(error)];
    const texts = [error.name, String(error), Object.prototype.toString.call(error)];
    return [...texts, ...kinds, Object.keys(error), property(error, "message")];
  });
  check(`${name} own keys`, ({ api }) => Reflect.ownKeys(new api[name]("m")).sort());
  check(`${name} of nothing`, ({ api }) => {
    const error = new api[name]();
    return [Object.hasOwn(error, "message"), error.message, String(error)];
  });
  check(`${name} with a cause`, ({ api }) => {
    const error = new api[name]("m", { cause: 5 });
    return [property(error, "cause"), property(new api[name]("m", {}), "cause")];
  });
  check(`${name} of other messages`, ({ api }) => {
    return [5, null, undefined, {}].map((message) => new api[name](message).message);
  });
  check(`${name} with strange options`, ({ api }) => {
    return [null, 5, "s"].map((options) => new api[name]("m", options).message);
  });
  check(`${name} without new and a message`, ({ api }) => api[name]("m").message);
  check(`${name}'s stack`, ({ api }) => new api[name]("m").stack.split("\n")[0]);
  check(`${name} derived`, ({ api }) => {
    class Derived extends api[name] {}
    const error = new Derived("m");
    return [error instanceof Derived, error instanceof api[name], error.name, error.message];
  });
}

/** Without its buffer, which is detached. */
function detached() {
  const view = new Uint8Array(8);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}
const shared = new SharedArrayBuffer(8);
new Uint8Array(shared).set(EMPTY);
const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
new Uint8Array(resizable).set(EMPTY);
const SOURCES = {
  undefined: undefined,
  null: null,
  number: 5,
  string: "abc",
  array: [0, 97, 115, 109],
  object: {},
  nothing: new Uint8Array(0),
  "an empty buffer": new ArrayBuffer(0),
  "a good array": EMPTY,
  buffer: EMPTY.buffer,
  dataview: new DataView(EMPTY.buffer),
  "16-bit": new Uint16Array(EMPTY.buffer),
  "a part": new Uint8Array([9, ...EMPTY, 9]).subarray(1, 9),
  shared,
  "a view of shared": new Uint8Array(shared),
  resizable,
  detached: detached().buffer,
  "a detached view": detached(),
  "a half": EMPTY.subarray(0, 4),
  zeros: new Uint8Array(8),
  "another version": new Uint8Array([0, 97, 115, 109, 2, 0, 0, 0]),
  "one too many": new Uint8Array([...EMPTY, 1]),
  Buffer: Buffer.from(EMPTY),
  text: Buffer.from("(module)"),
};
for (const [name, source] of Object.entries(SOURCES)) {
  check(`validate of ${name}`, ({ api }) => api.validate(source));
  check(`Module of ${name}`, ({ api }) => new api.Module(source));
  check(`compile of ${name}`, ({ api }) => api.compile(source));
  check(`instantiate of ${name}`, ({ api }) => api.instantiate(source));
}
/** What may follow the bytes, by newer drafts of the specification. */
const OPTIONS = {
  undefined: undefined,
  null: null,
  "no options": {},
  "no builtins": { builtins: [] },
  "no texts": { importedStringConstants: undefined },
  both: { builtins: [], importedStringConstants: null },
  "the number": 5,
  "the text": "text",
  true: true,
};
for (const [name, options] of Object.entries(OPTIONS)) {
  check(`Module with ${name}`, ({ api }) => new api.Module(EMPTY, options) instanceof api.Module);
  check(`validate with ${name}`, ({ api }) => api.validate(EMPTY, options));
  check(`compile with ${name}`, async ({ api }) => {
    return (await api.compile(EMPTY, options)) instanceof api.Module;
  });
  check(`instantiate with ${name}`, async ({ api }) => {
    return (await api.instantiate(EMPTY, {}, options)).instance instanceof api.Instance;
  });
}
check("validate without arguments", ({ api }) => api.validate());
check("Module without arguments", ({ api }) => new api.Module());
for (const name of ["compile", "instantiate"]) {
  check(`${name} without arguments gives a promise`, ({ api }) => {
    const promise = api[name]();
    promise.catch(() => {});
    return promise instanceof Promise;
  });
  check(`${name} copies the bytes`, async ({ api }) => {
    const bytes = binary(`(module (func (export "f") (result i32) (i32.const 7)))`);
    const promise = api[name](bytes);
    bytes.fill(0);
    const made = await promise;
    const instance = name === "compile" ? new api.Instance(made) : made.instance;
    return instance.exports.f();
  });
}
check("instantiate of a module", async ({ api }) => {
  return (await api.instantiate(new api.Module(EMPTY))) instanceof api.Instance;
});
check("instantiate's result", async ({ api }) => {
  const result = await api.instantiate(EMPTY);
  const plain = Object.getPrototypeOf(result) === Object.prototype;
  return [Object.keys(result), plain, property(result, "module"), property(result, "instance")];
});

const ITEMS = `(module (import "m" "f" (func)) (import "m" "g" (global i32))
  (import "n" "t" (table 1 funcref)) (import "n" "m" (memory 1))
  (export "a" (func 0)) (export "b" (global 0)) (export "c" (table 0)) (export "d" (memory 0)))`;
check("Module.imports", ({ api, compile }) => api.Module.imports(compile(ITEMS)));
check("Module.exports", ({ api, compile }) => api.Module.exports(compile(ITEMS)));
check("Module.imports gives plain objects", ({ api, compile }) => {
  const [first] = api.Module.imports(compile(ITEMS));
  const keys = ["module", "name", "kind"].map((key) => property(first, key));
  return [Object.getPrototypeOf(first) === Object.prototype, Object.isFrozen(first), ...keys];
});
check("Module.imports gives new objects", ({ api, compile }) => {
  const module = compile(ITEMS);
  const first = api.Module.imports(module);
  return api.Module.imports(module) === first;
});
check("Module.imports of odd names", ({ api, compile }) => {
  return api.Module.imports(compile(`(module (import "" "\\00é" (func)))`));
});
for (const name of ["imports", "exports", "customSections"]) {
  for (const stranger of strangers) {
    check(`Module.${name} of ${String(stranger)}`, ({ api }) => api.Module[name](stranger, "x"));
  }
  check(`Module.${name} of the class`, ({ api }) => api.Module[name](api.Module, "x"));
  check(`Module.${name} of a false one`, ({ api }) => {
    return api.Module[name](Object.create(api.Module.prototype), "x");
  });
}
const SECTIONS = new Uint8Array([
  ...EMPTY,
  ...[0, 5, 1, 120, 1, 2, 3],
  ...[0, 3, 1, 120, 9],
  ...[0, 2, 1, 121],
  ...[0, 1, 0],
]);
for (const name of ["x", "y", "", "z", undefined, null, 5, { toString: () => "x" }, Symbol("x")]) {
  check(`customSections ${typeof name} ${String(name)}`, ({ api }) => {
    const sections = api.Module.customSections(new api.Module(SECTIONS), name);
    return sections.map((section) => [section instanceof ArrayBuffer, ...new Uint8Array(section)]);
  });
}
// Named by the letter that stands for what can't be decoded.
const REPLACED = new Uint8Array([...EMPTY, 0, 4, 3, 0xef, 0xbf, 0xbd]);
for (const name of ["\ufffd", "\ud800", "\udc00", "\udc00\ud800", "\ud83d\ude00"]) {
  check(`customSections of surrogates ${escape(name)}`, ({ api }) => {
    return api.Module.customSections(new api.Module(REPLACED), name).length;
  });
}
check("customSections without a name", ({ api }) => {
  return api.Module.customSections(new api.Module(SECTIONS));
});
check("customSections gives copies", ({ api }) => {
  const module = new api.Module(SECTIONS);
  new Uint8Array(api.Module.customSections(module, "x")[0])[0] = 99;
  return new Uint8Array(api.Module.customSections(module, "x")[0])[0];
});

const MAKE = {
  Memory: () => [{ initial: 1 }],
  Table: () => [{ initial: 1, element: "anyfunc" }],
  Global: () => [{ value: "i32" }],
  Module: () => [EMPTY],
  Instance: (api) => [new api.Module(EMPTY)],
};
for (const [name, args] of Object.entries(MAKE)) {
  const make = (api) => new api[name](...args(api));
  check(`${name} as text`, ({ api }) => String(make(api)));
  check(`${name} inspected`, ({ api }) => inspect(make(api)));
  check(`${name}'s own keys`, ({ api }) => Reflect.ownKeys(make(api)));
  check(`${name} can be extended`, ({ api }) => Object.isExtensible(make(api)));
  check(`${name} derived`, ({ api }) => {
    class Derived extends api[name] {}
    const made = new Derived(...args(api));
    return [made instanceof Derived, made instanceof api[name]];
  });
  check(`${name} constructed for another`, ({ api }) => {
    class Other {}
    return Reflect.construct(api[name], args(api), Other) instanceof Other;
  });
}
for (const [name, article] of [
  ["Module", "a"],
  ["Memory", "a"],
  ["Instance", "an"],
]) {
  check(`structuredClone of ${article} ${name.toLowerCase()}`, ({ api }) => {
    try {
      return structuredClone(new api[name](...MAKE[name](api)));
    } catch (error) {
      return error.name;
    }
  });
}

const WASM = { headers: { "content-type": "application/wasm" } };
const RESPONSES = {
  good: () => new Response(EMPTY, WASM),
  "a promise": () => Promise.resolve(new Response(EMPTY, WASM)),
  "another type": () => new Response(EMPTY, { headers: { "content-type": "text/plain" } }),
  "a type with more": () => {
    return new Response(EMPTY, { headers: { "content-type": "application/wasm; charset=x" } });
  },
  "no type": () => new Response(EMPTY),
  "a bad status": () => new Response(EMPTY, { status: 404, ...WASM }),
  "bad bytes": () => new Response("abc", WASM),
  used: () => {
    const response = new Response(EMPTY, WASM);
    response.arrayBuffer();
    return response;
  },
  number: () => 5,
  undefined: () => undefined,
  bytes: () => EMPTY,
  "a failure": () => Promise.reject(new SyntaxError("failed")),
};
for (const [name, response] of Object.entries(RESPONSES)) {
  check(`compileStreaming of ${name}`, ({ api }) => api.compileStreaming(response()));
  check(`instantiateStreaming of ${name}`, ({ api }) => api.instantiateStreaming(response()));
}
