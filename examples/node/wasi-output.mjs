// A command-line program for WASI with arguments and input; output, exit code and usage come back.
import { run } from "wasmspan";

// A Lua interpreter that was written in C, which reads a script from its standard input.
const program = new URL("../../tests/wasm/lua-cli.wasm", import.meta.url);
const script = `local sum = 0
for at = 1, #arg do sum = sum + tonumber(arg[at]) end
print("sum", sum)
error("nothing left to do")`;

const result = await run(program, { args: ["19", "23"], stdin: script, timeout: 10_000 });
console.log("exit code:", result.exitCode);
process.stdout.write(`output: ${result.stdout}`);
process.stdout.write(`errors: ${result.stderr}`);
console.log("pages of memory:", result.peakMemory >> 16);
