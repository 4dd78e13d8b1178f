// Written by scripts/build.mjs.
import wasmspan from "./dist/index.js";

export const BusyError = wasmspan.BusyError;
export const CompileError = wasmspan.CompileError;
export const Config = wasmspan.Config;
export const ExitError = wasmspan.ExitError;
export const Global = wasmspan.Global;
export const Instance = wasmspan.Instance;
export const LinkError = wasmspan.LinkError;
export const Memory = wasmspan.Memory;
export const Module = wasmspan.Module;
export const ModuleInstance = wasmspan.ModuleInstance;
export const OptimizationLevel = wasmspan.OptimizationLevel;
export const OutputFormat = wasmspan.OutputFormat;
export const Proposal = wasmspan.Proposal;
export const RuntimeError = wasmspan.RuntimeError;
export const Table = wasmspan.Table;
export const TimeoutError = wasmspan.TimeoutError;
export const WebAssembly = wasmspan.WebAssembly;
export const liveObjects = wasmspan.liveObjects;
export const version = wasmspan.version;
