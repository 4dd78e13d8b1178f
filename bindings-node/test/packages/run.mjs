// Runs each program on JavaScript's own WebAssembly and on ours; the outputs must be the same.
//
//   node run.mjs [NAME …]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PROGRAMS } from "./programs.mjs";

/** What can't run yet, and what it says then. */
const MISSING = { "@hpcc-js/wasm-graphviz": /requires enabling proposal Exception handling/ };

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const wanted = process.argv.slice(2);

function run(name, flags) {
  const begin = performance.now();
  const args = ["--no-warnings", ...flags, here("programs.mjs"), name];
  const ended = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
  const { status, stdout, stderr } = ended;
  return { status, stdout, stderr, seconds: (performance.now() - begin) / 1000 };
}

let [same, missing, failed] = [0, 0, 0];
for (const name of Object.keys(PROGRAMS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const theirs = run(name, []);
  const ours = run(name, ["--import", here("ours.mjs")]);
  const times = `${theirs.seconds.toFixed(1)} s, ours ${ours.seconds.toFixed(1)} s`;
  if (theirs.status !== 0) {
    console.log(`${name}: fails on JavaScript's own WebAssembly\n${theirs.stderr}`);
    failed++;
  } else if (MISSING[name]?.test(ours.stderr)) {
    console.log(`${name}: needs what is not there yet`);
    missing++;
  } else if (MISSING[name] || ours.status !== 0 || ours.stdout !== theirs.stdout) {
    console.log(`${name}: differs\n  ${theirs.stdout}  ${ours.stdout}${ours.stderr}`);
    failed++;
  } else {
    console.log(`${name}: same (${times})`);
    same++;
  }
}
console.log(`${same} packages give the same, ${missing} can't run yet, ${failed} differ`);
process.exitCode = failed > 0 ? 1 : 0;
