// Puts our namespace in the place of JavaScript's own.
import { WebAssembly } from "../../index.mjs";

globalThis.WebAssembly = WebAssembly;
