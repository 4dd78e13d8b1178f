// Files that are only in memory, and a directory that a guest may change without changing it.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryFs, run } from "wasmspan";

// Reads a text from "in/text", writes it in capitals to "out/text", and removes what it read.
const shout = Buffer.from(`(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 64) "text")
  (func $or_exit (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func (export "_start") (local $at i32)
    (call $or_exit (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
    (call $or_exit (call $open (i32.const 4) (i32.const 0) (i32.const 64) (i32.const 4)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 4)))
    (i32.store (i32.const 16) (i32.const 1024)) (i32.store (i32.const 20) (i32.const 4096))
    (call $or_exit (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)))
    (local.set $at (i32.add (i32.const 1024) (i32.load (i32.const 8))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $at) (i32.const 1024)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (if (i32.lt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 97)) (i32.const 26))
        (then (i32.store8 (local.get $at) (i32.sub (i32.load8_u (local.get $at)) (i32.const 32)))))
      (br $next)))
    (i32.store (i32.const 20) (i32.load (i32.const 8)))
    (call $or_exit (call $write (i32.load (i32.const 4)) (i32.const 16) (i32.const 1) (i32.const 8)))
    (call $or_exit (call $unlink (i32.const 3) (i32.const 64) (i32.const 4)))))`);

const [input, output] = [new MemoryFs({ files: { text: "quiet please" } }), new MemoryFs()];
const result = await run(shout, { fs: { "/in": input, "/out": output } });
console.log("exit code:", result.exitCode);
console.log("written:", output.readText("text"), output.list());
console.log("left:", input.list());

// Over a directory of this machine: the guest sees what is there, and only the memory changes.
const folder = mkdtempSync(join(tmpdir(), "wasmspan-"));
writeFileSync(join(folder, "text"), "as it was");
const over = new MemoryFs({ over: folder });
await run(shout, { fs: { "/in": over, "/out": new MemoryFs() } });
console.log("changes:", over.changes());
console.log("on disk:", readdirSync(folder));
rmSync(folder, { recursive: true });

// Prints:
// exit code: 0
// written: QUIET PLEASE [ 'text' ]
// left: []
// changes: [ { path: 'text', kind: 'removed' } ]
// on disk: [ 'text' ]
