// Imports, exports and exported functions; traps and other ends; what validates.
import { binary, EMPTY, list, property } from "./kit.mjs";

const [checks, check] = list();

export { checks };

const IMPORTS = {
  undefined: undefined,
  null: null,
  number: 5,
  text: "s",
  true: true,
  symbol: Symbol("s"),
  function: () => 1,
  array: [],
};
for (const [name, imports] of Object.entries(IMPORTS)) {
  const importing = `(module (import "a" "b" (global i32)))`;
  check(`instantiate of bytes with ${name}`, ({ api }) => api.instantiate(EMPTY, imports));
  check(`instantiate with ${name}`, ({ api }) => api.instantiate(new api.Module(EMPTY), imports));
  check(`Instance with ${name}`, ({ api }) => new api.Instance(new api.Module(EMPTY), imports));
  check(`Instance that imports with ${name}`, ({ exports }) => exports(importing, imports));
  check(`Instance that imports with a module ${name}`, ({ exports }) => {
    return exports(importing, { a: imports });
  });
}
check("Instance without arguments", ({ api }) => new api.Instance());
check("Instance of an object", ({ api }) => new api.Instance({}));
check("instantiate of an object", ({ api }) => api.instantiate({}));

/** Imports of `a.b` and `a.c` that note when they are read. */
function noting() {
  const seen = [];
  const group = {
    get b() {
      seen.push("b");
      return 1;
    },
    get c() {
      seen.push("c");
      return () => 1;
    },
  };
  return [seen, Object.defineProperty({}, "a", { get: () => seen.push("a") && group })];
}
const NOTED = `(module (import "a" "c" (func)) (import "a" "b" (global i32)))`;
check("imports are read in order", ({ exports }) => {
  const [seen, imports] = noting();
  exports(NOTED, imports);
  return seen;
});
check("imports are read after the bytes are compiled", async ({ api }) => {
  const [seen, imports] = noting();
  const promise = api.instantiate(binary(NOTED), imports);
  seen.push("returned");
  await promise;
  return seen;
});
check("imports are read when there is a module", async ({ api, compile }) => {
  const [seen, imports] = noting();
  const promise = api.instantiate(compile(NOTED), imports);
  seen.push("returned");
  await promise;
  return seen;
});
check("a getter of an import throws", ({ exports }) => {
  const imports = {
    get a() {
      throw new SyntaxError("thrown");
    },
  };
  return exports(NOTED, imports);
});

const WANTED = {
  function: "(func)",
  "function of i32": "(func (param i32))",
  memory: "(memory 1)",
  "memory up to 2": "(memory 1 2)",
  "shared memory": "(memory 1 2 shared)",
  table: "(table 1 funcref)",
  "table of values": "(table 1 externref)",
  "table up to 2": "(table 1 2 funcref)",
  i32: "(global i32)",
  i64: "(global i64)",
  f32: "(global f32)",
  f64: "(global f64)",
  v128: "(global v128)",
  externref: "(global externref)",
  funcref: "(global funcref)",
  "mut i32": "(global (mut i32))",
  "mut i64": "(global (mut i64))",
  "mut externref": "(global (mut externref))",
};
const EXPORTING = `(module (func $f (export "f")) (func (export "g") (param i32))
  (memory (export "m") 1) (table (export "t") 1 funcref)
  (global (export "i32") i32 (i32.const 1)) (global (export "mut") (mut i32) (i32.const 1))
  (global (export "i64") i64 (i64.const 1)) (global (export "extern") externref (ref.null extern))
  (global (export "func") funcref (ref.func $f)))`;
const GIVEN = {
  undefined: () => undefined,
  null: () => null,
  1: () => 1,
  1.5: () => 1.5,
  "1n": () => 1n,
  text: () => "s",
  object: () => ({}),
  symbol: () => Symbol("s"),
  true: () => true,
  "a function": () => () => 1,
  "a bound function": () => (() => 1).bind(null),
  "a proxy of a function": () => new Proxy(() => 1, {}),
  "a class": () => class {},
  "Object 1": () => Object(1),
  "16 bytes": () => new Uint8Array(16),
  "an exported function": ({ exports }) => exports(EXPORTING).f,
  "an exported function of i32": ({ exports }) => exports(EXPORTING).g,
  "an exported memory": ({ exports }) => exports(EXPORTING).m,
  "an exported table": ({ exports }) => exports(EXPORTING).t,
  "an exported i32": ({ exports }) => exports(EXPORTING).i32,
  "an exported variable": ({ exports }) => exports(EXPORTING).mut,
  "an exported i64": ({ exports }) => exports(EXPORTING).i64,
  "an exported externref": ({ exports }) => exports(EXPORTING).extern,
  "an exported funcref": ({ exports }) => exports(EXPORTING).func,
  "memory 0": ({ api }) => new api.Memory({ initial: 0 }),
  "memory 1-2": ({ api }) => new api.Memory({ initial: 1, maximum: 2 }),
  "memory 1-3": ({ api }) => new api.Memory({ initial: 1, maximum: 3 }),
  "shared memory 1-2": ({ api }) => new api.Memory({ initial: 1, maximum: 2, shared: true }),
  "table 0": ({ api }) => new api.Table({ element: "anyfunc", initial: 0 }),
  "table 1-2": ({ api }) => new api.Table({ element: "anyfunc", initial: 1, maximum: 2 }),
  "table of values": ({ api }) => new api.Table({ element: "externref", initial: 1 }),
  "a false memory": ({ api }) => Object.create(api.Memory.prototype),
  "a false table": ({ api }) => Object.create(api.Table.prototype),
  "a false global": ({ api }) => Object.create(api.Global.prototype),
  "a proxy of a memory": ({ api }) => new Proxy(new api.Memory({ initial: 1 }), {}),
};
for (const [wanted, text] of Object.entries(WANTED)) {
  for (const [given, make] of Object.entries(GIVEN)) {
    check(`import of ${wanted} given ${given}`, (kit) => {
      kit.exports(`(module (import "a" "b" ${text}))`, { a: { b: make(kit) } });
      return "linked";
    });
  }
}

const CALL = `(module (import "a" "b" (func $b (result i32)))
  (func (export "f") (result i32) (call $b)))`;
const called = ({ exports }, b) => exports(CALL, { a: { b } }).f();
check("an import's this", (kit) => {
  return called(kit, function () {
    return this === undefined ? 1 : 2;
  });
});
check("a sloppy import's this", (kit) => {
  return called(kit, new Function("return this === globalThis ? 1 : 2"));
});
check("a class is called", (kit) => called(kit, class {}));
check("a proxy is called", (kit) => called(kit, new Proxy(() => 9, {})));
check("an import throws", (kit) => {
  return called(kit, () => {
    throw new SyntaxError("thrown");
  });
});

check("what an iterable is asked", ({ exports }) => {
  const asked = [];
  const watched = (object, name) => {
    return new Proxy(object, {
      get(target, key) {
        asked.push(`${name}.${String(key)}`);
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  const values = [1, 2, 3][Symbol.iterator]();
  const iterable = { [Symbol.iterator]: () => watched(values, "iterator") };
  const text = `(module (import "m" "f" (func (result i32 i32))) (export "f" (func 0))
    (func (export "g") (result i32 i32) (call 0)))`;
  const { g } = exports(text, { m: { f: () => watched(iterable, "iterable") } });
  try {
    g();
  } catch (error) {
    asked.push(error.constructor.name);
  }
  return asked;
});

const FUNCTION = `(module (func (export "named") (export "second") (param i32 i64) (result i32)
  (local.get 0)))`;
const named = ({ exports }) => exports(FUNCTION).named;
check("function name", (kit) => named(kit).name);
check("function name's property", (kit) => property(named(kit), "name"));
check("function length's property", (kit) => property(named(kit), "length"));
check("function text", (kit) => String(named(kit)));
check("function is native", (kit) => /\{ \[native code\] \}$/.test(String(named(kit))));
check("function keys", (kit) => Reflect.ownKeys(named(kit)));
check("function has a prototype", (kit) => "prototype" in named(kit));
check("function with new", (kit) => new (named(kit))(1, 2n));
check("function constructed", (kit) => Reflect.construct(named(kit), [1, 2n]));
check("function as new.target", (kit) => typeof Reflect.construct(Object, [], named(kit)));
check("function extended", (kit) => {
  class Derived extends named(kit) {}
  return typeof Derived;
});
check("function instanceof", (kit) => ({}) instanceof named(kit));
check("function inherits", (kit) => Object.getPrototypeOf(named(kit)) === Function.prototype);
check("function can be extended", (kit) => Object.isExtensible(named(kit)));
check("function with another this", (kit) => named(kit).call({}, 7, 1n));
check("function under two names", ({ exports }) => {
  const { named, second } = exports(FUNCTION);
  return named === second;
});
check("import exported again", ({ exports }) => {
  const b = (value) => `${value}${value}`;
  const text = `(module (import "a" "b" (func $b (param i32) (result i32))) (export "c" (func $b)))`;
  const { c } = exports(text, { a: { b } });
  return [c === b, c.name, c(1.7)];
});
check("exported function imported and exported again", ({ exports }) => {
  const { named } = exports(FUNCTION);
  const text = `(module (import "a" "b" (func $b (param i32 i64) (result i32))) (export "c" (func $b)))`;
  return exports(text, { a: { b: named } }).c === named;
});
check("one function imported twice", ({ exports }) => {
  const b = () => 1;
  const text = `(module (import "a" "b" (func $b)) (import "a" "c" (func $c))
    (export "x" (func $b)) (export "y" (func $c)))`;
  const { x, y } = exports(text, { a: { b, c: b } });
  return x === y;
});
check("a derived memory stays itself", ({ api, exports }) => {
  class Derived extends api.Memory {}
  const b = new Derived({ initial: 1 });
  return (
    exports(`(module (import "a" "b" (memory 1)) (export "m" (memory 0)))`, { a: { b } }).m === b
  );
});

check("exports are frozen", ({ exports }) => {
  const made = exports(FUNCTION);
  const kinds = [Object.isFrozen(made), Object.getPrototypeOf(made), String(Object.keys(made))];
  return [...kinds, property(made, "named"), Object.prototype.toString.call(made)];
});
check("an export is set", ({ exports }) => {
  exports(FUNCTION).named = 1;
});
check("an export is deleted", ({ exports }) => delete exports(FUNCTION).named);
check("an export is added", ({ exports }) => {
  exports(FUNCTION).other = 1;
});
check("exports is set", ({ api }) => {
  new api.Instance(new api.Module(EMPTY)).exports = 5;
});
check("exports of odd names", ({ exports }) => {
  const names = ["", "__proto__", "constructor", "2", "1", "é\\00x", "b", "a"];
  const functions = names.map((name) => `(func (export "${name}"))`);
  return Object.keys(exports(`(module ${functions.join("")})`));
});

const TRAPS = {
  unreachable: "(unreachable)",
  "division by zero": "(drop (i32.div_s (i32.const 1) (i32.const 0)))",
  "division overflow": "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
  "truncation overflow": "(drop (i32.trunc_f64_s (f64.const 1e30)))",
  "load beyond the end": "(drop (i32.load (i32.const -4)))",
  "fill beyond the end": "(memory.fill (i32.const -1) (i32.const 0) (i32.const 5))",
  "element beyond the end": "(drop (table.get 0 (i32.const 9)))",
  "call of null": "(call_indirect (i32.const 0))",
  "call of another type": "(call_indirect (param i32) (i32.const 0) (i32.const 1))",
};
for (const [name, text] of Object.entries(TRAPS)) {
  check(`trap: ${name}`, ({ exports }) => {
    return exports(`(module (memory 1) (table 2 funcref) (elem (i32.const 1) $g) (func $g)
      (func (export "f") ${text}))`).f();
  });
}
check("a trap's error", ({ exports }) => {
  try {
    return exports(`(module (func (export "f") (unreachable)))`).f();
  } catch (error) {
    const own = ["message", "stack"].map((key) => Object.hasOwn(error, key));
    return [error.name, Object.keys(error), Object.prototype.toString.call(error), ...own];
  }
});
const ENDS = {
  "a trap": `(module (func $f (unreachable)) (start $f))`,
  "data beyond the end": `(module (memory 1) (data (i32.const 65536) "x"))`,
  "elements beyond the end": `(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))`,
};
for (const [name, text] of Object.entries(ENDS)) {
  check(`start: ${name}`, ({ exports }) => exports(text));
  check(`start of bytes: ${name}`, ({ api }) => api.instantiate(binary(text)));
}
check("start: an exception", ({ exports }) => {
  const b = () => {
    throw new SyntaxError("thrown");
  };
  return exports(`(module (import "a" "b" (func $b)) (start $b))`, { a: { b } });
});
check("endless recursion", ({ exports }) => {
  return exports(
    `(module (func $f (export "f") (result i32) (i32.add (call $f) (i32.const 1))))`,
  ).f();
});
check("endless recursion through JavaScript", ({ exports }) => {
  const text = `(module (import "a" "b" (func $b)) (func (export "f") (call $b)))`;
  const made = exports(text, { a: { b: () => made.f() } });
  made.f();
});

const PROPOSALS = {
  "several memories": `(module (memory 1) (memory 1))`,
  "tail calls": `(module (func $f (return_call $f)))`,
  vectors: `(module (func (drop (v128.const i64x2 0 0))))`,
  "relaxed vectors": `(module (func (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))`,
  threads: `(module (memory 1 1 shared))`,
  "64-bit memories": `(module (memory i64 1))`,
  "extended constants": `(module (global i32 (i32.add (i32.const 1) (i32.const 2))))`,
  "bulk operations": `(module (memory 1)
    (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))`,
  references: `(module (func (param externref)))`,
  "saturating conversions": `(module (func (drop (i32.trunc_sat_f32_s (f32.const 1)))))`,
  "no two exports of one name": `(module (func (export "a")) (func (export "a")))`,
  "no memory of 65537 pages": `(module (memory 65537))`,
};
for (const [name, text] of Object.entries(PROPOSALS)) {
  check(`proposal ${name}`, ({ api }) => api.validate(binary(text)));
}
