import {
  defineInterface,
  Identities,
  toAddress,
  toBytes,
  toDescriptor,
  toLimits,
  toSize,
} from "./idl.js";
import { type NativeMemory, native } from "./native.js";

/** Sizes of a memory, in pages of 64 KiB. */
export interface MemoryDescriptor {
  /** Size that it starts with; a BigInt if addresses have 64 bits. */
  initial: number | bigint;
  /** Size up to which it may grow; a BigInt if addresses have 64 bits. */
  maximum?: number | bigint;
  /** The type of addresses; `i32` by default. */
  address?: "i32" | "i64";
  /** Whether threads may share it. */
  shared?: boolean;
}

const known = new Identities<Memory>();
const PAGE = 65536;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A linear memory. */
export class Memory {
  readonly #native: NativeMemory;
  #buffer: ArrayBuffer | undefined;
  readonly #shared: boolean;
  readonly #address: "i32" | "i64";

  /** Makes a memory that is all zero. */
  constructor(descriptor: MemoryDescriptor) {
    if (descriptor instanceof native.NativeMemory) {
      this.#native = descriptor;
    } else {
      const wanted = toDescriptor(descriptor, "the descriptor of a memory");
      const address = toAddress(wanted.address);
      const [initial, maximum] = toLimits(wanted, address);
      const shared = Boolean(wanted.shared);
      if (shared && maximum === undefined) {
        throw new TypeError("a shared memory must have the property 'maximum'");
      }
      if (address === "i32" && (initial > PAGE || (maximum ?? 0) > PAGE)) {
        throw new RangeError("a memory has at most 65536 pages");
      }
      try {
        this.#native = new native.NativeMemory(initial, maximum, shared, address === "i64");
      } catch (cause) {
        throw new RangeError(`the memory can't be made: ${(cause as Error).message}`, { cause });
      }
    }
    const [, shared, wide] = this.#native.limits;
    this.#shared = shared === 1;
    this.#address = wide === 1 ? "i64" : "i32";
    this.#native.attach();
    known.add(this.#native.id, this);
  }

  /**
   * The memory as an `ArrayBuffer`, without a copy. When the memory grows, the buffer is detached
   * and this gives another one. Where the JavaScript runtime forbids such buffers (Electron), this
   * throws; use {@link Memory.read} and {@link Memory.write} there.
   */
  get buffer(): ArrayBuffer {
    const known = this.#buffer;
    // Whoever grows a memory, its buffers are detached before JavaScript runs again; only another
    // thread that shares it may grow it meanwhile.
    if (known !== undefined && known.byteLength > 0 && !this.#shared) return known;
    const { byteLength } = this.#native;
    if (this.#buffer === undefined || this.#buffer.byteLength !== byteLength) {
      const buffer = this.#native.buffer();
      if (buffer === null) {
        throw new RangeError(
          "this JavaScript runtime forbids buffers over foreign memory: use read and write",
        );
      }
      this.#buffer = buffer;
    }
    return this.#buffer;
  }

  /** Grows by `delta` pages and gives the old size in pages: BigInts if addresses have 64 bits. */
  grow(delta: number): number;
  grow(delta: bigint): bigint;
  grow(delta: number | bigint): number | bigint {
    const old = this.#native.grow(toSize(delta, this.#address, "the number of pages"));
    this.#buffer = undefined;
    return this.#address === "i64" ? BigInt(old) : old;
  }

  /** Current size in bytes. */
  get byteLength(): number {
    return this.#native.byteLength;
  }

  /** Current size in pages of 64 KiB. */
  get pages(): number {
    return this.#native.byteLength / PAGE;
  }

  /** A copy of `length` bytes from `offset`. */
  read(offset: number, length: number): Uint8Array {
    return this.#native.read(size(offset), size(length));
  }

  /** Writes bytes at `offset`. */
  write(offset: number, bytes: Uint8Array | ArrayBuffer | ArrayBufferView): void {
    this.#native.write(size(offset), toBytes(bytes));
  }

  /** The text of `length` bytes of UTF-8 from `offset`. */
  readString(offset: number, length: number): string {
    return decoder.decode(this.read(offset, length));
  }

  /** Writes text as UTF-8 at `offset` and gives the number of bytes. */
  writeString(offset: number, text: string): number {
    const bytes = encoder.encode(text);
    this.write(offset, bytes);
    return bytes.length;
  }

  /**
   * Detaches the buffers of the memory and lets go of it.
   * @internal
   */
  static release(memory: Memory): void {
    known.delete(memory.#native.id, memory);
    memory.#native.dispose();
    memory.#buffer = undefined;
  }

  /**
   * Whether it is a memory, and not something that only has the prototype of one.
   * @internal
   */
  static is(item: unknown): item is Memory {
    return item instanceof Memory && #native in item;
  }

  /** @internal */
  static nativeOf(memory: Memory): NativeMemory {
    if (!Memory.is(memory)) throw new TypeError("it must be a Memory of this package");
    return memory.#native;
  }

  /** @internal */
  static wrap(item: NativeMemory): Memory {
    return known.get(item.id, () => new Memory(item as unknown as MemoryDescriptor));
  }
}

function size(value: number): number {
  const number = Number(value);
  if (!(number >= 0 && Number.isSafeInteger(number))) {
    throw new RangeError("offsets and lengths are integers from 0 on");
  }
  return number;
}

defineInterface("Memory", Memory);
