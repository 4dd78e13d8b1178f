// Descriptors, sizes and indices; memories, tables and globals.
import { list } from "./kit.mjs";

const [checks, check] = list();

export { checks };

const NUMBERS = {
  undefined: undefined,
  null: null,
  0: 0,
  1: 1,
  "-1": -1,
  1.9: 1.9,
  "minus half": -0.5,
  NaN: NaN,
  Infinity: Infinity,
  "text 1": "1",
  "text x": "x",
  65536: 65536,
  65537: 65537,
  "2^32-1": 2 ** 32 - 1,
  "2^32": 2 ** 32,
  "text 2^32": "0x100000000",
  true: true,
  "valueOf 1": { valueOf: () => 1 },
  "valueOf 2^32": { valueOf: () => 2 ** 32 },
  object: {},
  "no items": [],
  "1n": 1n,
  symbol: Symbol("s"),
  10000000: 10_000_000,
  10000001: 10_000_001,
};
for (const [name, value] of Object.entries(NUMBERS)) {
  // Sizes that a small machine may not have.
  if (name !== "65536") {
    check(`Memory initial ${name}`, ({ api }) => new api.Memory({ initial: value }).buffer);
  }
  if (name !== "10000000") {
    check(`Table initial ${name}`, ({ api }) => {
      return new api.Table({ element: "anyfunc", initial: value }).length;
    });
  }
  for (const initial of [0, 1]) {
    check(`Memory initial ${initial} maximum ${name}`, ({ api }) => {
      return new api.Memory({ initial, maximum: value }).buffer.byteLength;
    });
    check(`Table initial ${initial} maximum ${name}`, ({ api }) => {
      return new api.Table({ element: "anyfunc", initial, maximum: value }).length;
    });
  }
  check(`Memory.grow ${name}`, ({ api }) => new api.Memory({ initial: 1, maximum: 3 }).grow(value));
  for (const element of ["anyfunc", "externref"]) {
    const table = (api) => new api.Table({ element, initial: 2, maximum: 4 }, null);
    check(`${element} Table.grow ${name}`, ({ api }) => table(api).grow(value));
    check(`${element} Table.get ${name}`, ({ api }) => table(api).get(value));
    check(`${element} Table.set ${name}`, ({ api }) => table(api).set(value, null));
    check(`${element} Table.set ${name} alone`, ({ api }) => {
      const made = table(api);
      made.set(value);
      return [made.get(0), made.get(1)];
    });
  }
}
check("Memory.grow of nothing", ({ api }) => new api.Memory({ initial: 1 }).grow());
for (const method of ["grow", "get", "set"]) {
  for (const element of ["anyfunc", "externref"]) {
    check(`${element} Table.${method} of nothing`, ({ api }) => {
      return new api.Table({ element, initial: 1 })[method]();
    });
  }
}
for (const descriptor of [undefined, null, 5, "s", true, Symbol("s"), () => 1, {}, []]) {
  for (const name of ["Memory", "Table", "Global"]) {
    const title = `${name} of ${typeof descriptor} ${String(descriptor)}`;
    check(title, ({ api }) => new api[name](descriptor));
  }
}
check("a function as descriptor", ({ api }) => {
  return new api.Memory(Object.assign(() => 1, { initial: 1 })).buffer.byteLength;
});

/** An object that notes in which order it is read and converted. */
function noting(values) {
  const seen = [];
  const object = {};
  for (const [key, value] of Object.entries(values)) {
    const convert = () => {
      seen.push(`convert ${key}`);
      return value;
    };
    Object.defineProperty(object, key, {
      get() {
        seen.push(key);
        return { valueOf: convert, toString: convert };
      },
    });
  }
  return [seen, object];
}
const ORDERS = {
  Memory: { shared: false, maximum: 2, initial: 1, extra: 0 },
  Table: { maximum: 2, initial: 1, element: "anyfunc", extra: 0 },
  Global: { value: "i32", mutable: true, extra: 0 },
};
for (const [name, values] of Object.entries(ORDERS)) {
  check(`${name} reads in order`, ({ api }) => {
    const [seen, descriptor] = noting(values);
    // A shared memory, since every object is true.
    const made = new api[name](descriptor);
    return [seen, String(made)];
  });
}
const NAMES = [
  "anyfunc",
  "funcref",
  "externref",
  "i32",
  "",
  undefined,
  null,
  5,
  "i32\0",
  "AnyFunc",
];
for (const name of [...NAMES, { toString: () => "anyfunc" }, Symbol("anyfunc")]) {
  check(`Table element ${String(name)}`, ({ api }) => {
    return new api.Table({ element: name, initial: 1 }).get(0);
  });
  check(`Global value ${String(name)}`, ({ api }) => new api.Global({ value: name }).value);
}
check("a global of truthy mutability", ({ api }) => {
  const global = new api.Global({ value: "i32", mutable: "no" }, 1);
  global.value = 2;
  return global.value;
});
check("a constant global is set", ({ api }) => {
  new api.Global({ value: "i32" }, 1).value = 2;
});
check("a global in a sum", ({ api }) => new api.Global({ value: "i32" }, 4) + 1);
check("a function in a global", ({ api, exports }) => {
  const { f } = exports(`(module (func (export "f")))`);
  return new api.Global({ value: "anyfunc" }, f).value === f;
});
check("an exported constant is set", ({ exports }) => {
  exports(`(module (global (export "g") i32 (i32.const 4)))`).g.value = 5;
});
check("an exported variable", ({ exports }) => {
  const { f, g } = exports(`(module (global (export "g") (mut i32) (i32.const 4))
    (func (export "f") (result i32) (global.set 0 (i32.add (global.get 0) (i32.const 1))) (global.get 0)))`);
  const first = [f(), g.value];
  g.value = 20;
  return [...first, f(), g.value];
});

check("Table.grow beyond the maximum", ({ api }) => {
  return new api.Table({ element: "anyfunc", initial: 1, maximum: 2 }).grow(2);
});
check("Table.grow with a value", ({ api }) => {
  const table = new api.Table({ element: "externref", initial: 1 }, "a");
  return [table.grow(2, "b"), table.get(0), table.get(1), table.get(2), table.length];
});
check("Table.grow without a value", ({ api }) => {
  const table = new api.Table({ element: "externref", initial: 0 });
  table.grow(1);
  return table.get(0);
});
check("a table of a function", ({ api, exports }) => {
  const { f } = exports(`(module (func (export "f")))`);
  const table = new api.Table({ element: "anyfunc", initial: 2 }, f);
  table.set(1);
  return [table.get(0) === f, table.get(1)];
});
check("a table's length is set", ({ api }) => {
  new api.Table({ element: "anyfunc", initial: 2 }).length = 5;
});
check("elements are the exports", ({ exports }) => {
  const { f, t } = exports(`(module (table (export "t") 2 funcref) (elem (i32.const 0) $f)
    (func $f (export "f") (result i32) (i32.const 3)))`);
  return [t.get(0) === f, t.get(1), t.get(0)()];
});
check("internal function's name", ({ exports }) => {
  const { t } = exports(`(module (table (export "t") 1 funcref) (elem (i32.const 0) $f)
    (func $g) (func $f (param i32) (result i32) (i32.const 3)))`);
  const [first, again] = [t.get(0), t.get(0)];
  return [first.name, first.length, first === again];
});
check("table of 10000001 elements", ({ exports }) => exports(`(module (table 10000001 funcref))`));

const GROWING = `(module (memory (export "m") 1 3)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;
check("a buffer is the same each time", ({ api }) => {
  const memory = new api.Memory({ initial: 1 });
  const { buffer } = memory;
  return memory.buffer === buffer;
});
check("a buffer's properties", ({ api }) => {
  const { buffer } = new api.Memory({ initial: 1 });
  const sizes = [buffer.byteLength, buffer.resizable, buffer.maxByteLength];
  return [String(buffer), ...sizes, Object.isFrozen(buffer), Object.isExtensible(buffer)];
});
check("shared memory's buffer", ({ api }) => {
  return String(new api.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
});
for (const delta of [0, 1]) {
  check(`buffer after grow by ${delta}`, ({ api }) => {
    const memory = new api.Memory({ initial: 1 });
    const { buffer } = memory;
    const view = new Uint8Array(buffer);
    const old = memory.grow(delta);
    return [old, buffer.byteLength, view.length, view[0], memory.buffer.byteLength];
  });
  check(`buffer after memory.grow by ${delta}`, ({ exports }) => {
    const { grow, m } = exports(GROWING);
    const { buffer } = m;
    return [grow(delta), buffer.byteLength, m.buffer.byteLength, m.buffer === buffer];
  });
  check(`buffer of no pages after grow by ${delta}`, ({ api }) => {
    const memory = new api.Memory({ initial: 0 });
    const { buffer } = memory;
    return [memory.grow(delta), memory.buffer === buffer, memory.buffer.byteLength];
  });
}
check("buffer after a growth that failed", ({ api }) => {
  const memory = new api.Memory({ initial: 1, maximum: 1 });
  const { buffer } = memory;
  try {
    memory.grow(1);
  } catch {}
  return [buffer.byteLength, memory.buffer === buffer];
});
check("buffer after memory.grow that failed", ({ exports }) => {
  const { grow, m } = exports(GROWING);
  const { buffer } = m;
  return [grow(9), buffer.byteLength, m.buffer === buffer];
});
check("buffer in an import after memory.grow", ({ exports }) => {
  let seen;
  const text = `(module (import "a" "b" (func $b)) (memory (export "m") 1)
    (func (export "f") (drop (memory.grow (i32.const 1))) (call $b)))`;
  const import_ = {
    b() {
      seen = [buffer.byteLength, m.buffer.byteLength];
    },
  };
  const { f, m } = exports(text, { a: import_ });
  const { buffer } = m;
  f();
  return seen;
});
check("a buffer can't be transferred", ({ api }) => {
  const { buffer } = new api.Memory({ initial: 1 });
  try {
    structuredClone(buffer, { transfer: [buffer] });
    return "it was";
  } catch (error) {
    return error.name;
  }
});
check("a buffer can be cloned", ({ api }) => {
  return structuredClone(new api.Memory({ initial: 1 }).buffer).byteLength;
});
check("a buffer is set", ({ api }) => {
  new api.Memory({ initial: 1 }).buffer = 1;
});
check("one memory under two names", ({ exports }) => {
  const { m, n } = exports(`(module (memory (export "m") 1) (export "n" (memory 0)))`);
  return [m === n, m.buffer === n.buffer];
});
