// An HTTP server that runs untrusted handlers: each request gets a fresh instance, so much time and so much memory.
//
//   node server-deadline.mjs [PORT [DEADLINE]]          then: curl localhost:8080/double/21, /spin, /grow, /trap
import { createServer } from "node:http";
import { Config, Module, Pool, TimeoutError } from "wasmspan";

const DEADLINE = Number(process.argv[3] ?? 100); // milliseconds for each request
const config = new Config({ limits: { memoryPages: 16 } });

// What users uploaded. Compiled once; instances share the code and nothing else.
const handlers = new Module(
  Buffer.from(`(module
    (import "host" "lookup" (func $lookup (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "double") (param i32) (result i32) (i32.mul (call $lookup (local.get 0)) (i32.const 2)))
    (func (export "spin") (param i32) (result i32) (loop (br 0)) (unreachable))
    (func (export "grow") (param i32) (result i32)
      (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
    (func (export "trap") (param i32) (result i32) (unreachable)))`),
  config,
);
const names = new Set(Module.exports(handlers).map(({ name }) => name));

// A function of the host may take its time; the guest waits on its own thread.
const lookup = async (key) => key;
const pool = new Pool(handlers, { size: 100, imports: { host: { lookup } } });

async function handle(url) {
  const [, name, argument] = url.split("/");
  if (!names.has(name)) return [404, "no such handler"];
  try {
    const run = (instance) => instance.callAsync(name, [Number(argument)], { timeout: DEADLINE });
    return [200, await pool.use(run)];
  } catch (error) {
    if (error instanceof TimeoutError) return [504, "the handler ran out of time"];
    return [500, error.message];
  }
}

const server = createServer(async (request, response) => {
  const [status, text] = await handle(request.url);
  response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`);
});

server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log("listening on", server.address().port);
});
