// Data that guest and host share without copying it.
import { Instance, Memory, Module } from "wasmspan";

const memory = new Memory({ initial: 16, maximum: 256 });
const guest = new Module(
  Buffer.from(`(module (import "host" "memory" (memory 16 256))
    (func (export "invert") (param $at i32) (param $length i32)
      (loop $next
        (i32.store (local.get $at) (i32.xor (i32.load (local.get $at)) (i32.const -1)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 4)))))))`),
);
const { exports } = new Instance(guest, { host: { memory } });

// A view of the guest's own memory: what one writes, the other reads.
let pixels = new Uint8Array(memory.buffer, 65536, 640 * 480);
pixels.fill(200);
exports.invert(pixels.byteOffset, pixels.length);
console.log("inverted:", pixels[0], pixels.at(-1));

// Growing detaches views, as in browsers; a new one has the same bytes.
const before = memory.buffer.byteLength;
memory.grow(1);
pixels = new Uint8Array(memory.buffer, 65536, 640 * 480);
const more = memory.buffer.byteLength - before;
console.log(`grown: ${more} bytes more,`, pixels[0], pixels.at(-1));

// Copies where those are wanted, with checked bounds.
memory.writeString(0, "text");
console.log("copied:", memory.readString(0, 4));
