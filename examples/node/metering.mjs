// What a guest costs: instructions counted exactly, a price for each, and an end when the budget is spent.
import { Config, Executor, Module, Statistics } from "wasmspan";

const module = new Module(
  Buffer.from(`(module (func (export "count") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`),
);
const statistics = new Statistics();
const config = new Config({ instructionCounting: true, limits: { fuel: 100_000 } });
const executor = new Executor(config, statistics);
const { exports } = executor.instantiate(module);

executor.invoke(exports.count, [100]);
console.log("instructions:", statistics.instructionCount);
executor.invoke(exports.count, [100]);
console.log("the same again:", statistics.instructionCount);

// A budget for one call, within what all calls together may cost.
const attempt = (turns, fuel) => {
  try {
    executor.invoke(exports.count, [turns], { fuel });
    return "done";
  } catch (error) {
    return error.message.split(":")[0];
  }
};
console.log("100 turns for 1000:", attempt(100, 1000));
console.log("1000 turns for 1000:", attempt(1000, 1000));
console.log("a million turns:", attempt(1_000_000));
console.log("cost of all calls:", statistics.totalCost);
