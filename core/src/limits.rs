//! Every limit of the engine, on one page; each is tested at N and N+1.
//!
//! Limits of the binary format itself (types, functions, names, nesting …) are those the
//! WebAssembly JavaScript API states and wasmparser enforces; they are repeated here where a user
//! is likely to meet them.

/// Largest size of a 32-bit memory, in pages of 64 KiB (4 GiB).
pub const MAX_MEMORY_PAGES: u32 = 65_536;

/// Largest size of a memory indexed by `i64`, in pages of 64 KiB (16 GiB).
pub const MAX_MEMORY64_PAGES: u64 = 262_144;

/// Largest number of elements of a table.
pub const MAX_TABLE_ELEMENTS: u64 = 10_000_000;

/// Largest number of locals of a function, parameters included.
pub const MAX_LOCALS: u32 = 50_000;

/// Largest number of bytes of a name.
pub const MAX_NAME_BYTES: usize = 100_000;

/// Largest number of entries of a section, and of custom sections.
pub const MAX_ENTRIES: u32 = 1_000_000;

/// Largest number of instructions of a constant expression.
pub const MAX_CONST_OPS: usize = 10_000;

/// Largest number of parameters, and of results, of a function.
pub const MAX_PARAMS: usize = 1_000;

/// Values that the instructions of any function body may work on: arguments, results, and locals where
/// ways meet.
pub const SMALL_BODY_VALUES: usize = 4 << 20;

/// What each byte of a function body adds to that. A call with a thousand results is two bytes long:
/// without a limit a small module would take hours to compile.
pub const MAX_VALUES_PER_BYTE: usize = 32;

/// Largest size of a module file, in bytes (1 GiB).
pub const MAX_MODULE_BYTES: u64 = 1 << 30;

/// Targets of one `br_table`.
pub const MAX_BR_TABLE_TARGETS: u32 = 65_520;

/// Least stack kept free below WebAssembly frames for host functions and signal handlers, in bytes.
pub const STACK_RESERVE: usize = 64 * 1024;

/// The part of a thread's stack that is kept free, between the least and the most.
pub const STACK_RESERVE_SHARE: usize = 4;

/// Most stack kept free below WebAssembly frames, in bytes.
pub const MAX_STACK_RESERVE: usize = 1024 * 1024;

/// Most bytes above the first call on a stack that the program made, for it to be taken for one stack.
pub const UNKNOWN_STACK_ROOM: usize = 256 * 1024;

/// Most stack that a host function is thought to use between its caller and the WebAssembly that it
/// calls, on a stack whose end nobody knows; what lies further apart is taken for two stacks, in bytes.
pub const UNKNOWN_STACK_NEAR: usize = 64 * 1024;

/// Stack that making a call stub needs; where less is left it happens on a thread of its own, in bytes.
pub const STUB_COMPILER_STACK: usize = 256 * 1024;

/// WebAssembly frames a backtrace keeps.
pub const MAX_BACKTRACE_FRAMES: usize = 64;

/// Descriptors a WASI guest has open at once, standard streams and preopened directories included.
pub const MAX_WASI_DESCRIPTORS: usize = 1024;

/// Most parameters and results together of a host function that gets records, which lie on the stack.
pub const MAX_RECORDS: usize = 32;

/// Largest length of a path that a WASI guest gives, in bytes.
pub const MAX_WASI_PATH_BYTES: u32 = 4095;

/// Most that one instruction can cost.
pub const MAX_INSTRUCTION_COST: u64 = 1 << 39;

/// Functions of a module that are compiled on demand on threads of their own at once: those whose call was
/// stopped meanwhile go on. Further ones wait.
pub const MAX_LAZY_COMPILATIONS: usize = 8;

/// Threads that compile one module at most.
pub const MAX_COMPILE_THREADS: usize = 256;

/// Threads that run asynchronous calls at most.
pub const MAX_TASK_THREADS: usize = 512;

/// Stack of a thread that runs asynchronous calls, in bytes.
pub const TASK_STACK_BYTES: usize = 8 << 20;

/// Largest length of one name in a file system in memory, in bytes.
pub const MAX_WASI_NAME_BYTES: usize = 255;

/// Most directories in one another in a file system in memory.
pub const MAX_MEMORY_FS_DEPTH: usize = 256;

/// Bytes that a file system in memory takes unless told otherwise (256 MiB).
pub const DEFAULT_MEMORY_FS_BYTES: u64 = 256 << 20;

/// Most bytes that one read or write of a WASI guest moves; a guest that asks for more gets this
/// much and asks again (16 MiB).
pub const MAX_WASI_TRANSFER: usize = 16 << 20;

/// Most bytes that one read or write of a file system which the host implements is asked to move; what
/// a guest wants beyond is asked for in turn.
pub const CUSTOM_FS_BYTES: usize = 256 * 1024;

/// Refusals that a record of them keeps.
pub const MAX_DENIALS: usize = 1000;

/// Bytes of each output stream that are captured unless told otherwise, by a
/// [`Command`](crate::Command) and by an [`OutputBuffer`](crate::wasi::OutputBuffer) (64 MiB).
pub const DEFAULT_OUTPUT_BYTES: usize = 64 << 20;

/// Subscriptions that one `poll_oneoff` of a WASI guest takes.
pub const MAX_WASI_SUBSCRIPTIONS: u32 = 65_536;

/// Addresses that one `sock_getaddrinfo` of a WASI guest gives.
pub const MAX_WASI_ADDRESSES: u32 = 256;

/// Name look-ups of WASI guests that run at once in this process, those that were left behind when
/// their guest was stopped included.
pub const MAX_WASI_RESOLVERS: usize = 64;

/// Names of a module's exports that an error tells at most.
pub const MAX_NAMES_SHOWN: usize = 16;

/// Pairs of mappings that are kept back for what runs already: memories that grow, functions that are
/// compiled at their first call. A new memory is refused while the system does not grant them.
pub const KEPT_MAPPINGS: usize = 32;

/// One part in this many of the mappings and the address space of a process is left to the program
/// around the engine.
pub const PROGRAM_SHARE: usize = 8;

/// Bytes that a bulk instruction or a segment moves before it looks whether the call is to stop.
pub const BULK_BYTES: usize = 1 << 20;

/// How long the first writer of a pipe is waited for from which a module is read.
pub const PIPE_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// Smallest module whose compiled code the disk cache keeps, in bytes: smaller ones are compiled as fast as
/// their code is found.
pub const MIN_CACHED_BYTES: usize = 2048;
