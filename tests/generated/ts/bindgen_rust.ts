// Functions of the module bindgen-rust, made by `wasmspan bindgen`.
import { Bindgen, type Instance } from "wasmspan";

/** An instance of the module. */
export class BindgenRust {
  readonly #guest: Bindgen;

  /** Prepares calls of a new instance, whose `_initialize` is called if it has one. */
  constructor(instance: Instance) {
    this.#guest = new Bindgen(instance);
  }

  /** Calls `bool_to_u8`. */
  boolToU8(value: boolean): number {
    return this.#guest.call("bool_to_u8", [value]) as number;
  }

  /** Calls `char_to_u32`. */
  charToU32(value: string): number {
    return this.#guest.call("char_to_u32", [{ char: value }]) as number;
  }

  /**
   * Makes a line of two points, as JSON.
   *
   * Points are JSON, too: `{"x": 1.5, "y": 3.8}`.
   */
  createLine(from: string, to: string, desc: string): string {
    return this.#guest.call("create_line", [from, to, desc]) as string;
  }

  /** All scalar types at once, as text. */
  describe(
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: bigint,
    h: bigint,
    i: number,
    j: number,
    k: boolean,
    l: string,
    m: string,
    n: Int16Array,
  ): string {
    return this.#guest.call("describe", [
      { u8: a },
      { i8: b },
      { u16: c },
      { i16: d },
      { u32: e },
      { i32: f },
      { u64: g },
      { i64: h },
      { f32: i },
      { f64: j },
      k,
      { char: l },
      m,
      n,
    ]) as string;
  }

  /** Divides; by zero it fails. */
  divide(a: number, b: number): number {
    return this.#guest.call("divide", [{ i32: a }, { i32: b }]) as number;
  }

  /** Calls `echo_f32`. */
  echoF32(value: number): number {
    return this.#guest.call("echo_f32", [{ f32: value }]) as number;
  }

  /** Calls `echo_f64`. */
  echoF64(value: number): number {
    return this.#guest.call("echo_f64", [{ f64: value }]) as number;
  }

  /** Calls `echo_i16`. */
  echoI16(value: number): number {
    return this.#guest.call("echo_i16", [{ i16: value }]) as number;
  }

  /** Calls `echo_i16s`. */
  echoI16s(value: Int16Array): Int16Array {
    return this.#guest.call("echo_i16s", [value]) as Int16Array;
  }

  /** Calls `echo_i32`. */
  echoI32(value: number): number {
    return this.#guest.call("echo_i32", [{ i32: value }]) as number;
  }

  /** Calls `echo_i32s`. */
  echoI32s(value: Int32Array): Int32Array {
    return this.#guest.call("echo_i32s", [value]) as Int32Array;
  }

  /** Calls `echo_i64`. */
  echoI64(value: bigint): bigint {
    return this.#guest.call("echo_i64", [{ i64: value }]) as bigint;
  }

  /** Calls `echo_i64s`. */
  echoI64s(value: BigInt64Array): BigInt64Array {
    return this.#guest.call("echo_i64s", [value]) as BigInt64Array;
  }

  /** Calls `echo_i8`. */
  echoI8(value: number): number {
    return this.#guest.call("echo_i8", [{ i8: value }]) as number;
  }

  /** Calls `echo_i8s`. */
  echoI8s(value: Int8Array): Int8Array {
    return this.#guest.call("echo_i8s", [value]) as Int8Array;
  }

  /** Calls `echo_string`. */
  echoString(value: string): string {
    return this.#guest.call("echo_string", [value]) as string;
  }

  /** Calls `echo_u16`. */
  echoU16(value: number): number {
    return this.#guest.call("echo_u16", [{ u16: value }]) as number;
  }

  /** Calls `echo_u16s`. */
  echoU16s(value: Uint16Array): Uint16Array {
    return this.#guest.call("echo_u16s", [value]) as Uint16Array;
  }

  /** Calls `echo_u32`. */
  echoU32(value: number): number {
    return this.#guest.call("echo_u32", [{ u32: value }]) as number;
  }

  /** Calls `echo_u32s`. */
  echoU32s(value: Uint32Array): Uint32Array {
    return this.#guest.call("echo_u32s", [value]) as Uint32Array;
  }

  /** Calls `echo_u64`. */
  echoU64(value: bigint): bigint {
    return this.#guest.call("echo_u64", [{ u64: value }]) as bigint;
  }

  /** Calls `echo_u64s`. */
  echoU64s(value: BigUint64Array): BigUint64Array {
    return this.#guest.call("echo_u64s", [value]) as BigUint64Array;
  }

  /** Calls `echo_u8`. */
  echoU8(value: number): number {
    return this.#guest.call("echo_u8", [{ u8: value }]) as number;
  }

  /** Calls `echo_u8s`. */
  echoU8s(value: Uint8Array): Uint8Array {
    return this.#guest.call("echo_u8s", [value]) as Uint8Array;
  }

  /** Calls `exits`. */
  exits(code: number): number {
    return this.#guest.call("exits", [{ i32: code }]) as number;
  }

  /** Calls `fail_empty`. */
  failEmpty(): number {
    return this.#guest.call("fail_empty", []) as number;
  }

  /** Keccak-256 of bytes. */
  keccakDigest(data: Uint8Array): Uint8Array {
    return this.#guest.call("keccak_digest", [data]) as Uint8Array;
  }

  /** The least number that both divide. */
  lowestCommonMultiple(a: number, b: number): number {
    return this.#guest.call("lowest_common_multiple", [
      { i32: a },
      { i32: b },
    ]) as number;
  }

  /** Calls `make_bytes`. */
  makeBytes(len: number): Uint8Array {
    return this.#guest.call("make_bytes", [{ u32: len }]) as Uint8Array;
  }

  /** Calls `nothing`. */
  nothing(): void {
    this.#guest.call("nothing", []);
  }

  /** Turns letters by 13 places. */
  obfusticate(text: string): string {
    return this.#guest.call("obfusticate", [text]) as string;
  }

  /** Calls `panics`. */
  panics(message: string): number {
    return this.#guest.call("panics", [message]) as number;
  }

  /** Calls `prints`. */
  prints(text: string): void {
    this.#guest.call("prints", [text]);
  }

  /** Greets somebody. */
  say(name: string): string {
    return this.#guest.call("say", [name]) as string;
  }

  /** SHA3-256 of bytes. */
  sha3Digest(data: Uint8Array): Uint8Array {
    return this.#guest.call("sha3_digest", [data]) as Uint8Array;
  }

  /** Divides a text where the separator first is; fails where it isn't. */
  split(text: string, separator: string): [string, string] {
    return this.#guest.call("split", [text, separator]) as [string, string];
  }

  /** Gives both back, in the other order. */
  swap(a: number, b: string): [string, number] {
    return this.#guest.call("swap", [{ i32: a }, b]) as [string, number];
  }

  /** Calls `take_bytes`. */
  takeBytes(data: Uint8Array): number {
    return this.#guest.call("take_bytes", [data]) as number;
  }
}
