// Many requests at once, each with an instance of its own that begins in the module's first state.
import { Module, Pool } from "wasmspan";

const module = await Module.compile(
  Buffer.from(`(module
    (import "host" "fetch" (func $fetch (param i32) (result i32)))
    (global $seen (mut i32) (i32.const 0))
    (func (export "handle") (param i32) (result i32)
      (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
      (i32.add (i32.mul (call $fetch (local.get 0)) (i32.const 1000)) (global.get $seen))))`),
);

let [running, most] = [0, 0];
const fetch = async (n) => {
  most = Math.max(most, ++running);
  await new Promise((done) => setTimeout(done, 20));
  running--;
  return n;
};
const pool = new Pool(module, { size: 4, imports: { host: { fetch } } });

const requests = Array.from({ length: 12 }, (_, n) => n);
const answers = await Promise.all(
  requests.map((n) => pool.use((instance) => instance.callAsync("handle", [n], { timeout: 5000 }))),
);
console.log("answers:", answers.join(" "));
console.log("at once, at most 4:", most <= 4 && most > 1);
console.log("in use:", pool.inUse, "of", pool.size);
