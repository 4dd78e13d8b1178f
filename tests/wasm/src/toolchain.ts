// What an AssemblyScript program asks of the system: files, directories, clocks, variables, random numbers, an exit code.
// Its library has no files, so that these go through the imports as they are.
import {
  fd_close,
  fd_read,
  fd_write,
  path_create_directory,
  path_open,
  path_remove_directory,
  path_unlink_file,
} from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";

// The one directory that is given.
const DATA: u32 = 3;

function check(ok: bool, what: string): void {
  if (!ok) {
    console.log(what);
    process.exit(1);
  }
}

function open(name: ArrayBuffer, oflags: u16, rights: u64): u32 {
  const fd = memory.data(4);
  const failed = path_open(DATA, 0, changetype<usize>(name), name.byteLength, oflags, rights, 0, 0, fd);
  check(failed == 0, "open");
  return load<u32>(fd);
}

const words = process.argv;
check(words.length == 3 && words[1] == "one" && words[2] == "two words", "arguments");
console.log("hello " + process.env.get("GREETING"));

const directory = String.UTF8.encode("made");
const name = String.UTF8.encode("made/a");
check(path_create_directory(DATA, changetype<usize>(directory), directory.byteLength) == 0, "create directory");
const text = String.UTF8.encode("0123456789");
const piece = memory.data(8);
const moved = memory.data(4);
let file = open(name, 1, 1 << 6);
store<usize>(piece, changetype<usize>(text));
store<u32>(piece + 4, text.byteLength);
check(fd_write(file, piece, 1, moved) == 0 && load<u32>(moved) == 10 && fd_close(file) == 0, "write");
file = open(name, 0, 1 << 1);
const got = new ArrayBuffer(100);
store<usize>(piece, changetype<usize>(got));
store<u32>(piece + 4, got.byteLength);
check(fd_read(file, piece, 1, moved) == 0 && load<u32>(moved) == 10 && fd_close(file) == 0, "read");
check(String.UTF8.decode(got.slice(0, 10)) == "0123456789", "text");
check(path_unlink_file(DATA, changetype<usize>(name), name.byteLength) == 0, "unlink");
check(path_remove_directory(DATA, changetype<usize>(directory), directory.byteLength) == 0, "remove directory");

check(Date.now() > 1500000000000, "time");
const began = process.hrtime();
while (process.hrtime() - began < 2000000) {}
const a = new Uint8Array(16);
const b = new Uint8Array(16);
crypto.getRandomValues(a);
crypto.getRandomValues(b);
let same = true;
for (let i = 0; i < 16; i++) same = same && a[i] == b[i];
check(!same && Math.random() != Math.random(), "random");

const input = new ArrayBuffer(100);
const n = process.stdin.read(input);
process.stderr.write(input.slice(0, n));
process.exit(7);
