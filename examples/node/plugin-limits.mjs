// A plug-in that nobody has read: so much time, memory and stack, and no way out but what it is given.
import { Config, Instance, Module, TimeoutError } from "wasmspan";

const plugin = Buffer.from(`(module
  (memory (export "memory") 1)
  (func (export "price") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func (export "hang") (loop (br 0)))
  (func (export "hoard") (result i32)
    (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
  (func $deep (export "deep") (call $deep)))`);

const config = new Config({ limits: { memoryPages: 4, stackBytes: 256 * 1024 } });
const instance = new Instance(new Module(plugin, config));

console.log("price:", instance.call("price", [14], { timeout: 500 }));
console.log("pages that it got:", instance.call("hoard", [], { timeout: 500 }));
for (const name of ["hang", "deep"]) {
  try {
    instance.call(name, [], { timeout: 500 });
  } catch (error) {
    const why = error instanceof TimeoutError ? "it ran out of time" : error.message;
    console.log(`${name} was stopped:`, why);
  }
}
// Stopped is not broken.
console.log("price:", instance.call("price", [2], { timeout: 500 }));
