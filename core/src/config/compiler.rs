//! Settings of ahead-of-time compilation: they act in a compiler only.

/// WasmEdge's optimisation levels; the discriminant is its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u32)]
pub enum OptimizationLevel {
    /// No optimisation.
    O0 = 0,
    /// For speed, as are 2 and 3.
    O1 = 1,
    /// For speed.
    O2 = 2,
    /// For speed; the default of the API.
    #[default]
    O3 = 3,
    /// For speed and size.
    Os = 4,
    /// For speed and size.
    Oz = 5,
}

/// What a compiler writes; the discriminant is WasmEdge's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u32)]
pub enum OutputFormat {
    /// A shared object that carries code and module.
    Native = 0,
    /// The module with its code in a custom section, which other runtimes ignore.
    #[default]
    Wasm = 1,
}

/// How a compiler makes compiled files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct CompilerOptions {
    /// Effort.
    pub optimization_level: OptimizationLevel,
    /// Form of the file.
    pub output_format: OutputFormat,
    /// Write Cranelift's intermediate code before and after optimisation to `wasm.clif` and
    /// `wasm-opt.clif` in the working directory.
    pub dump_ir: bool,
    /// Use only instructions that every supported processor of this kind has.
    pub generic_binary: bool,
    /// Make code that tests a flag, so that it can be stopped where signals are forbidden.
    pub interruptible: bool,
}
