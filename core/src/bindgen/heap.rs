//! Strings and buffers of guests that allocate as AssemblyScript, TinyGo or C does.

use super::{broken, memory_of};
use crate::error::{ErrCode, Error, Result};
use crate::runtime::{Instance, Memory, TypedFunc};

/// How a guest allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeapStyle {
    /// Objects that are collected: AssemblyScript, built with `--exportRuntime`. Strings are UTF-16.
    AssemblyScript,
    /// `malloc` and `free`: C, C++, TinyGo and others. Strings are UTF-8.
    Malloc,
}

/// Bytes in the guest's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where they begin.
    pub address: u32,
    /// How many there are.
    pub length: u32,
}

impl Span {
    /// From one number, with the address in its upper half: the way in which functions of TinyGo return strings.
    pub fn from_packed(number: u64) -> Span {
        Span { address: (number >> 32) as u32, length: number as u32 }
    }

    /// As one number, with the address in its upper half.
    pub fn packed(self) -> u64 {
        u64::from(self.address) << 32 | u64::from(self.length)
    }
}

/// Numbers that AssemblyScript gives to the classes of its runtime.
const ARRAY_BUFFER: u32 = 1;
const STRING: u32 = 2;

/// Bytes before an object, the last 8 of which are the number of its class and its size.
const HEADER: usize = 20;

/// Bytes of a typed array: its buffer, where it begins, how long it is.
const VIEW: u32 = 12;

/// What AssemblyScript's runtime exports.
struct Objects {
    new: TypedFunc<(u32, u32), u32>,
    pin: TypedFunc<u32, u32>,
    unpin: TypedFunc<u32, ()>,
}

enum Allocator {
    AssemblyScript(Objects),
    Malloc { malloc: TypedFunc<u32, u32>, free: TypedFunc<u32, ()> },
}

/// The heap of a guest, for passing strings and buffers. May be used from several threads as the instance may.
///
/// ```
/// use wasmspan::bindgen::Heap;
/// # let bytes = include_bytes!("../../../tests/wasm/strings-c.wasm");
/// let instance = wasmspan::Module::new(bytes)?.instantiate(&wasmspan::Store::new())?;
/// let heap = Heap::new(&instance)?;
/// let name = heap.put_string("world")?;
/// let greeting = instance.typed::<u32, u32>("greet")?.call(name.address)?;
/// assert_eq!(heap.get_string(greeting, None)?, "hello world");
/// heap.free(name.address)?;
/// heap.free(greeting)?;
/// # Ok::<(), wasmspan::Error>(())
/// ```
pub struct Heap {
    memory: Memory,
    allocator: Allocator,
}

impl Heap {
    /// Finds how the guest allocates.
    ///
    /// # Errors
    ///
    /// If it exports no memory as `memory`, or neither `malloc` and `free` nor `__new`, `__pin` and `__unpin`.
    pub fn new(instance: &Instance) -> Result<Heap> {
        let get = |name| instance.get_func(name);
        let allocator = match (
            get("__new"),
            get("__pin"),
            get("__unpin"),
            get("malloc"),
            get("free"),
        ) {
            (Some(new), Some(pin), Some(unpin), ..) => Allocator::AssemblyScript(Objects {
                new: new.typed()?,
                pin: pin.typed()?,
                unpin: unpin.typed()?,
            }),
            (.., Some(malloc), Some(free)) => {
                Allocator::Malloc { malloc: malloc.typed()?, free: free.typed()? }
            }
            _ => {
                return Err(Error::with_detail(
                    ErrCode::FuncNotFound,
                    "the guest exports neither \"malloc\" and \"free\" nor \"__new\", \"__pin\" and \"__unpin\" \
                     (AssemblyScript: --exportRuntime)",
                ));
            }
        };
        Ok(Heap { memory: memory_of(instance)?, allocator })
    }

    /// How the guest allocates.
    pub fn style(&self) -> HeapStyle {
        match self.allocator {
            Allocator::AssemblyScript(_) => HeapStyle::AssemblyScript,
            Allocator::Malloc { .. } => HeapStyle::Malloc,
        }
    }

    /// Copies a string into the guest: as a string object of AssemblyScript, or as UTF-8 with a zero behind it that
    /// the length does not count. It stays until it is [freed](Heap::free).
    ///
    /// # Errors
    ///
    /// If the guest has no room, and what ends its allocator.
    pub fn put_string(&self, text: &str) -> Result<Span> {
        match &self.allocator {
            Allocator::AssemblyScript(_) => {
                let units: Vec<u16> = text.encode_utf16().collect();
                let span = self.object(STRING, units.len().saturating_mul(2))?;
                self.memory.write_values(span.address as usize, &units)?;
                Ok(span)
            }
            Allocator::Malloc { .. } => {
                let length = length_of(text.len())?;
                let size = length.checked_add(1).ok_or_else(|| no_room(text.len()))?;
                let address = self.allocate(size)?;
                self.memory.write(address as usize, text.as_bytes())?;
                self.memory.write_value(address as usize + text.len(), 0_u8)?;
                Ok(Span { address, length })
            }
        }
    }

    /// Copies bytes into the guest: as an `ArrayBuffer` of AssemblyScript, or as they are. They stay until they are
    /// [freed](Heap::free).
    ///
    /// # Errors
    ///
    /// As [`put_string`](Heap::put_string).
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<Span> {
        let span = match &self.allocator {
            Allocator::AssemblyScript(_) => self.object(ARRAY_BUFFER, bytes.len())?,
            Allocator::Malloc { .. } => {
                let length = length_of(bytes.len())?;
                Span { address: self.allocate(length.max(1))?, length }
            }
        };
        self.memory.write(span.address as usize, bytes)?;
        Ok(span)
    }

    /// Makes a typed array of AssemblyScript, such as a `Uint8Array`, over a copy of bytes. `class` is the number that
    /// the guest has for it: `export const Uint8Array_ID = idof<Uint8Array>()`. It stays until it is
    /// [freed](Heap::free).
    ///
    /// # Errors
    ///
    /// As [`put_string`](Heap::put_string), and for guests of another kind.
    pub fn put_array(&self, class: u32, bytes: &[u8]) -> Result<Span> {
        let buffer = self.put_bytes(bytes)?;
        let view = self.object(class, VIEW as usize)?;
        self.memory.write_values(
            view.address as usize,
            &[buffer.address, buffer.address, buffer.length],
        )?;
        // The array holds it.
        self.free(buffer.address)?;
        Ok(view)
    }

    /// Copies a string out of the guest. Without a length it ends where the object of AssemblyScript does, or before
    /// the first zero byte; `length` is in bytes. Halves of surrogate pairs of UTF-16 that stand alone become U+FFFD.
    ///
    /// # Errors
    ///
    /// If the address is null or no string is there: `out of bounds memory access`, `malformed UTF-8 encoding`.
    pub fn get_string(&self, address: u32, length: Option<u32>) -> Result<String> {
        match &self.allocator {
            Allocator::AssemblyScript(_) => {
                let length = self.object_length(address, STRING, length)?;
                let units =
                    self.memory.read_values::<u16>(address as usize, length as usize / 2)?;
                Ok(String::from_utf16_lossy(&units))
            }
            Allocator::Malloc { .. } => {
                let length = match length {
                    Some(length) => length as usize,
                    None => self.c_length(address)?,
                };
                let bytes = self.read(address, length)?;
                String::from_utf8(bytes).map_err(|_| {
                    Error::with_detail(ErrCode::MalformedUTF8, "in a string of the guest")
                })
            }
        }
    }

    /// Copies bytes out of the guest. `length` may be left out for an `ArrayBuffer` of AssemblyScript.
    ///
    /// # Errors
    ///
    /// If the address is null or no buffer is there, or the length is missing: `out of bounds memory access`.
    pub fn get_bytes(&self, address: u32, length: Option<u32>) -> Result<Vec<u8>> {
        let length = match &self.allocator {
            Allocator::AssemblyScript(_) => self.object_length(address, ARRAY_BUFFER, length)?,
            Allocator::Malloc { .. } => length.ok_or_else(|| broken("bytes need a length"))?,
        };
        self.read(address, length as usize)
    }

    /// Copies the bytes of a typed array of AssemblyScript, such as a `Uint8Array`, out of the guest.
    ///
    /// # Errors
    ///
    /// As [`get_bytes`](Heap::get_bytes), and for guests of another kind.
    pub fn get_array(&self, address: u32) -> Result<Vec<u8>> {
        self.objects()?;
        not_null(address)?;
        let [_, start, length] = *self.memory.read_values::<u32>(address as usize, 3)? else {
            return Err(broken("an array has three words"));
        };
        self.read(start, length as usize)
    }

    /// Frees memory of `malloc`, or lets go of an object that the host made: the guest's collector frees it when
    /// nothing in the guest holds it either. Objects that the guest's functions returned need no freeing.
    ///
    /// # Errors
    ///
    /// What ends the guest's function.
    pub fn free(&self, address: u32) -> Result<()> {
        match &self.allocator {
            Allocator::AssemblyScript(objects) => objects.unpin.call(address),
            Allocator::Malloc { free, .. } => free.call(address),
        }
    }

    fn objects(&self) -> Result<&Objects> {
        match &self.allocator {
            Allocator::AssemblyScript(objects) => Ok(objects),
            Allocator::Malloc { .. } => Err(broken("only AssemblyScript has objects")),
        }
    }

    /// An object that the collector leaves alone.
    fn object(&self, class: u32, size: usize) -> Result<Span> {
        let Objects { new, pin, .. } = self.objects()?;
        let length = length_of(size)?;
        let address = pin.call(new.call((length, class))?)?;
        Ok(Span { address, length })
    }

    fn allocate(&self, size: u32) -> Result<u32> {
        match &self.allocator {
            Allocator::Malloc { malloc, .. } => match malloc.call(size)? {
                0 => Err(no_room(size as usize)),
                address => Ok(address),
            },
            Allocator::AssemblyScript(_) => Err(broken("AssemblyScript has only objects")),
        }
    }

    /// The length of an object of this class, unless another is given.
    fn object_length(&self, address: u32, class: u32, length: Option<u32>) -> Result<u32> {
        not_null(address)?;
        if let Some(length) = length {
            return Ok(length);
        }
        let header = (address as usize).checked_sub(HEADER);
        let header = header.ok_or_else(|| broken("no object is there"))?;
        let words = self.memory.read_values::<u32>(header, HEADER / 4)?;
        match words[..] {
            [.., found, length] if found == class => Ok(length),
            [.., found, _] => {
                Err(broken(format_args!("an object of class {found} is there, not of {class}")))
            }
            _ => Err(broken("no object is there")),
        }
    }

    /// Bytes before the first zero.
    fn c_length(&self, address: u32) -> Result<usize> {
        not_null(address)?;
        let mut at = address as usize;
        let mut chunk = [0; 256];
        loop {
            let len = self.memory.len().saturating_sub(at).min(chunk.len());
            if len == 0 {
                return Err(Error::with_detail(
                    ErrCode::MemoryOutOfBounds,
                    "no zero byte ends the string",
                ));
            }
            let chunk = &mut chunk[..len];
            self.memory.read(at, chunk)?;
            match chunk.iter().position(|byte| *byte == 0) {
                Some(end) => return Ok(at + end - address as usize),
                None => at += len,
            }
        }
    }

    fn read(&self, address: u32, length: usize) -> Result<Vec<u8>> {
        not_null(address)?;
        self.memory.read_values(address as usize, length)
    }
}

impl std::fmt::Debug for Heap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heap({:?})", self.style())
    }
}

fn length_of(size: usize) -> Result<u32> {
    u32::try_from(size).map_err(|_| no_room(size))
}

fn no_room(size: usize) -> Error {
    Error::with_detail(
        ErrCode::MemoryOutOfBounds,
        format!("the guest has no room for {size} bytes"),
    )
}

fn not_null(address: u32) -> Result<()> {
    match address {
        0 => Err(Error::with_detail(ErrCode::MemoryOutOfBounds, "the address is null")),
        _ => Ok(()),
    }
}
