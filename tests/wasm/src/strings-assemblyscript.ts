// Functions of strings and buffers as AssemblyScript passes them: objects of its own heap.

export function greet(name: string): string {
  return "hello " + name;
}

export function count(text: string): i32 {
  return text.length;
}

export function reverse(data: ArrayBuffer): ArrayBuffer {
  const from = Uint8Array.wrap(data);
  const to = new Uint8Array(from.length);
  for (let at = 0; at < from.length; at++) to[at] = from[from.length - 1 - at];
  return to.buffer;
}

// The number by which hosts make arrays of bytes.
export const Uint8Array_ID = idof<Uint8Array>();

export function sum(data: Uint8Array): i32 {
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum += data[at];
  return sum;
}

export function firstBytes(count: i32): Uint8Array {
  const data = new Uint8Array(count + 2);
  for (let at = 0; at < data.length; at++) data[at] = at as u8;
  // A view that does not begin where its buffer does.
  return data.subarray(1, count + 1);
}

export function nothing(): string | null {
  return null;
}

export function lone(): string {
  return String.fromCharCode(0xd800);
}
