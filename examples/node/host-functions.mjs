// Functions of JavaScript that a guest calls: with values, through its memory, with errors, and asynchronous ones.
import { Instance, Module } from "wasmspan";

const guest = new Module(
  Buffer.from(`(module
    (import "host" "log" (func $log (param i32 i32)))
    (import "host" "rate" (func $rate (param i32) (result f64)))
    (import "host" "check" (func $check (param i64)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello from the guest")
    (func (export "greet") (call $log (i32.const 16) (i32.const 20)))
    (func (export "convert") (param f64 i32) (result f64)
      (f64.mul (local.get 0) (call $rate (local.get 1))))
    (func (export "withdraw") (param i64) (call $check (local.get 0))))`),
);

const instance = new Instance(guest, {
  host: {
    log: (address, length) => {
      console.log(instance.exports.memory.readString(address, length));
    },
    // The guest waits on another thread for what the promise brings.
    rate: async (currency) => [1, 1.25][currency],
    check: (amount) => {
      if (amount > 100n) throw new RangeError(`${amount} is more than there is`);
    },
  },
});

instance.exports.greet();
console.log("converted:", await instance.callAsync("convert", [8, 1]));
instance.exports.withdraw(100n);
try {
  instance.exports.withdraw(101n);
} catch (error) {
  // The very error that was thrown, through the guest.
  if (error instanceof RangeError) console.log("refused:", error.message);
}
