// Values that cross: parameters, results of imports, globals and elements of tables.
import { list } from "./kit.mjs";

const [checks, check] = list();

export { checks };

const VALUES = {
  undefined: undefined,
  null: null,
  true: true,
  false: false,
  0: 0,
  "-0": -0,
  1: 1,
  "-1": -1,
  1.5: 1.5,
  "-1.5": -1.5,
  "2^31": 2 ** 31,
  "-2^31-1": -(2 ** 31) - 1,
  "2^32+5": 2 ** 32 + 5,
  "2^53": 2 ** 53,
  "2^63": 2 ** 63,
  "2^80": 2 ** 80 + 2 ** 30,
  "2^24+1": 2 ** 24 + 1,
  NaN: NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
  "1e300": 1e300,
  "5e-324": 5e-324,
  pi: Math.PI,
  "no text": "",
  "text 12": "12",
  "text x": "x",
  "text 0x10": "0x10",
  "text  7 ": " 7 ",
  "a large text": "9007199254740993",
  "no items": [],
  "one item": [5],
  "two items": [1, 2],
  object: {},
  "valueOf 3": { valueOf: () => 3 },
  "toString 4": { toString: () => "4" },
  "toPrimitive 6": { [Symbol.toPrimitive]: (hint) => (hint === "number" ? 6 : 7) },
  "valueOf 3n": { valueOf: () => 3n },
  date: new Date(5),
  symbol: Symbol("s"),
  "0n": 0n,
  "1n": 1n,
  "-1n": -1n,
  "2^63n": 2n ** 63n,
  "2^64n+3n": 2n ** 64n + 3n,
  "Object 5n": Object(5n),
  "Object 5": Object(5),
  function: () => 1,
  promise: Promise.resolve(1),
  "nothing to convert": { valueOf: null, toString: null },
  "no prototype": Object.create(null),
  proxy: new Proxy({}, {}),
  throwing: {
    valueOf() {
      throw new SyntaxError("thrown");
    },
  },
};
const TYPES = ["i32", "i64", "f32", "f64", "externref", "funcref"];
const named = (type) => (type === "funcref" ? "anyfunc" : type);

for (const type of TYPES) {
  for (const [name, value] of Object.entries(VALUES)) {
    const same = (result) => (Object.is(result, value) ? "the same" : result);
    check(`param ${type} from ${name}`, ({ exports }) => {
      const text = `(func (export "f") (param ${type}) (result ${type}) (local.get 0))`;
      return same(exports(`(module ${text})`).f(value));
    });
    check(`result ${type} from ${name}`, ({ exports }) => {
      const text = `(module (import "a" "b" (func $b (result ${type})))
        (func (export "f") (result ${type}) (call $b)))`;
      return same(exports(text, { a: { b: () => value } }).f());
    });
    check(`imported global ${type} from ${name}`, ({ exports }) => {
      const text = `(module (import "a" "b" (global ${type}))
        (func (export "f") (result ${type}) (global.get 0)))`;
      return same(exports(text, { a: { b: value } }).f());
    });
    check(`global ${type} from ${name}`, ({ api }) => {
      return same(new api.Global({ value: named(type), mutable: true }, value).value);
    });
    check(`set global ${type} from ${name}`, ({ api }) => {
      const global = new api.Global({ value: named(type), mutable: true });
      global.value = value;
      return same(global.value);
    });
    if (!type.endsWith("ref")) continue;
    check(`table of ${type} from ${name}`, ({ api }) => {
      return same(new api.Table({ element: named(type), initial: 1 }, value).get(0));
    });
    check(`element ${type} from ${name}`, ({ api }) => {
      const table = new api.Table({ element: named(type), initial: 1 });
      table.set(0, value);
      return same(table.get(0));
    });
    check(`grown element ${type} from ${name}`, ({ api }) => {
      const table = new api.Table({ element: named(type), initial: 1 });
      table.grow(1, value);
      return same(table.get(1));
    });
  }
  check(`param ${type} missing`, ({ exports }) => {
    return exports(
      `(module (func (export "f") (param ${type}) (result ${type}) (local.get 0)))`,
    ).f();
  });
  check(`global ${type} missing`, ({ api }) => new api.Global({ value: named(type) }).value);
  check(`global ${type} by name`, ({ api }) => new api.Global({ value: type }).value);
  check(`arguments of an import, ${type}`, ({ exports }) => {
    let seen;
    const import_ = {
      b(...args) {
        seen = args;
      },
    };
    const text = `(module (import "a" "b" (func $b (param ${type} ${type})))
      (func (export "f") (param ${type} ${type}) (call $b (local.get 0) (local.get 1))))`;
    const value = { i64: 5n, externref: "x", funcref: null }[type];
    exports(text, { a: import_ }).f(...Array(4).fill(value === undefined ? 5 : value));
    return seen;
  });
}

check("v128 as a parameter", ({ exports }) => {
  return exports(`(module (func (export "f") (param v128)))`).f(new Uint8Array(16));
});
check("v128 as a result", ({ exports }) => {
  return exports(`(module (func (export "f") (result v128) (v128.const i64x2 1 2)))`).f();
});
check("v128 as an import's parameter", ({ exports }) => {
  const text = `(module (import "a" "b" (func $b (param v128)))
    (func (export "f") (call $b (v128.const i64x2 1 2))))`;
  return exports(text, { a: { b() {} } }).f();
});
check("v128 in a global", ({ api }) => new api.Global({ value: "v128" }));
check("v128 out of a global", ({ exports }) => {
  return exports(`(module (global (export "g") v128 (v128.const i64x2 1 2)))`).g.value;
});

check("more arguments than parameters", ({ exports }) => {
  return exports(`(module (func (export "f") (param i32) (result i32) (local.get 0)))`).f(1, 2, 3);
});
check("order of conversions", ({ exports }) => {
  const seen = [];
  const noting = (number) => ({
    valueOf() {
      seen.push(number);
      if (number === 3) throw number;
      return number;
    },
  });
  try {
    const text = `(module (func (export "f") (param i32 f64 i32 i32)))`;
    exports(text).f(...[1, 2, 3, 4].map(noting));
  } catch (error) {
    seen.push("thrown", error);
  }
  return seen;
});
for (const count of [1, 4, 5, 8, 9, 16, 17, 40]) {
  const params = "i32 ".repeat(count);
  const text = `(module (func (export "f") (param ${params}) (result i32) (local.get ${count - 1})))`;
  check(`${count} parameters`, ({ exports }) => exports(text).f(...Array(count).keys()));
  check(`${count} parameters, one argument`, ({ exports }) => exports(text).f(1));
  check(`${count} parameters, length`, ({ exports }) => exports(text).f.length);
}
check("a conversion that calls the function", ({ exports }) => {
  const { f } = exports(`(module (func (export "f") (param i32 i32) (result i32)
    (i32.sub (local.get 0) (local.get 1))))`);
  return f(10, { valueOf: () => f(5, 2) });
});
check("several results", ({ exports }) => {
  const results = exports(`(module (func (export "f") (result i32 i64 f32 f64 externref funcref)
    (i32.const 1) (i64.const 2) (f32.const 0.1) (f64.const 0.1) (ref.null extern) (ref.null func)))`).f();
  return [results, Object.getPrototypeOf(results) === Array.prototype, Object.isFrozen(results)];
});
check("no results", ({ exports }) => exports(`(module (func (export "f")))`).f());
check("an import without results returns something", ({ exports }) => {
  const text = `(module (import "a" "b" (func $b)) (func (export "f") (call $b)))`;
  return exports(text, { a: { b: () => Symbol("s") } }).f();
});
const RETURNED = {
  two: [1, 2],
  one: [1],
  three: [1, 2, 3],
  text: "12",
  iterator: [4, 5].values(),
  set: new Set([1, 2]),
  "like an array": { length: 2, 0: 1, 1: 2 },
  undefined: undefined,
  null: null,
  number: 5,
  "a wrong type": [1n, 2],
  "typed array": new Uint8Array([1, 2]),
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tried.
  hole: [, 1],
  "no results of next": { [Symbol.iterator]: () => ({ next: () => 5 }) },
  "no function": { [Symbol.iterator]: 5 },
  throwing: {
    [Symbol.iterator]() {
      throw new SyntaxError("thrown");
    },
  },
};
for (const [name, value] of Object.entries(RETURNED)) {
  check(`several results of an import from ${name}`, ({ exports }) => {
    const text = `(module (import "a" "b" (func $b (result i32 i32)))
      (func (export "f") (result i32 i32) (call $b)))`;
    const fresh = name === "iterator" ? [4, 5].values() : value;
    return exports(text, { a: { b: () => fresh } }).f();
  });
}
