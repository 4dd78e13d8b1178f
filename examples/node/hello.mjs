import { Instance, Module } from "wasmspan";

const module = new Module(
  Buffer.from(`(module
    (import "env" "double" (func $double (param i32) (result i32)))
    (func (export "quadruple") (param i32) (result i32)
      (call $double (call $double (local.get 0)))))`),
);
const instance = new Instance(module, { env: { double: (n) => n * 2 } });
console.log(instance.exports.quadruple(5));
