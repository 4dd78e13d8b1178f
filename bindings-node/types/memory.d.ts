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
/** A linear memory. */
export declare class Memory {
    #private;
    /** Makes a memory that is all zero. */
    constructor(descriptor: MemoryDescriptor);
    /**
     * The memory as an `ArrayBuffer`, without a copy. When the memory grows, the buffer is detached
     * and this gives another one. Where the JavaScript runtime forbids such buffers (Electron), this
     * throws; use {@link Memory.read} and {@link Memory.write} there.
     */
    get buffer(): ArrayBuffer;
    /** Grows by `delta` pages and gives the old size in pages: BigInts if addresses have 64 bits. */
    grow(delta: number): number;
    grow(delta: bigint): bigint;
    /** Current size in bytes. */
    get byteLength(): number;
    /** Current size in pages of 64 KiB. */
    get pages(): number;
    /** A copy of `length` bytes from `offset`. */
    read(offset: number, length: number): Uint8Array;
    /** Writes bytes at `offset`. */
    write(offset: number, bytes: Uint8Array | ArrayBuffer | ArrayBufferView): void;
    /** The text of `length` bytes of UTF-8 from `offset`. */
    readString(offset: number, length: number): string;
    /** Writes text as UTF-8 at `offset` and gives the number of bytes. */
    writeString(offset: number, text: string): number;
}
