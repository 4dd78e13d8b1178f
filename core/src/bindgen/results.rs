//! What a function of wasmedge-bindgen leaves in the guest's memory.

use super::broken;
use super::value::{Kind, Value};
use crate::error::{ErrCode, Error, Result};
use crate::limits::MAX_PARAMS;
use crate::runtime::Memory;
use std::mem::MaybeUninit;
use std::str::{self, Utf8Error};

/// What the address that a function returns points to: a flag, an address and a length.
pub(super) enum Record<'a> {
    /// The function returned.
    Results(Results<'a>),
    /// It failed, with a message.
    Failure { address: u32, size: u32 },
}

impl Record<'_> {
    /// Bytes of a record.
    pub const SIZE: u32 = 9;

    pub fn read(memory: &Memory, at: u32) -> Result<Record<'_>> {
        let mut bytes = [0; Record::SIZE as usize];
        memory.read(at as usize, &mut bytes)?;
        let [flag, place @ ..] = bytes;
        let place = u64::from_le_bytes(place);
        let (address, len) = (place as u32, (place >> 32) as u32);
        if flag != 0 {
            return Ok(Record::Failure { address, size: len });
        }
        Ok(Record::Results(Results::check(memory, address, len)?))
    }
}

/// Results in the guest's memory.
pub struct Results<'a> {
    memory: &'a Memory,
    /// Address, number of the kind and size for each.
    table: u32,
    len: u32,
    /// The only one, or the first, which then isn't looked up again.
    first: Option<Found>,
}

/// A result in the guest's memory.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub address: u32,
    /// Its size in bytes, a multiple of its items' size.
    pub size: u32,
}

impl<'a> Results<'a> {
    /// Bytes of one entry of the table.
    pub(super) const TABLE_ITEM: u32 = 12;

    /// Nothing that a guest writes can make the host allocate more than the guest itself has.
    fn check(memory: &'a Memory, table: u32, len: u32) -> Result<Results<'a>> {
        if len as usize > MAX_PARAMS {
            return Err(broken(format_args!("more than {MAX_PARAMS} results")));
        }
        let mut results = Results { memory, table, len, first: None };
        let mut sum = 0;
        for at in 0..results.len() {
            let found = results.look_up(at)?;
            sum += found.size as usize;
            results.first.get_or_insert(found);
        }
        if sum > memory.len() {
            return Err(broken("the results are larger than the guest's memory"));
        }
        Ok(results)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The guest's memory, in which they lie.
    pub fn memory(&self) -> &Memory {
        self.memory
    }

    pub(super) fn table(&self) -> u32 {
        self.table
    }

    /// Where result `at` lies.
    ///
    /// # Errors
    ///
    /// If there is no such result or the guest describes it wrongly.
    pub fn found(&self, at: usize) -> Result<Found> {
        match self.first {
            Some(first) if at == 0 => Ok(first),
            _ if at < self.len() => self.look_up(at),
            _ => Err(broken(format_args!("there is no result {at} of {}", self.len))),
        }
    }

    fn look_up(&self, at: usize) -> Result<Found> {
        let mut entry = [0; Results::TABLE_ITEM as usize];
        self.memory.read(self.table as usize + entry.len() * at, &mut entry)?;
        let word = |at: usize| {
            u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]])
        };
        let (address, number, size) = (word(0), word(4), word(8));
        let kind = Kind::from_number(number)
            .ok_or_else(|| broken(format_args!("no type has the number {number}")))?;
        let one = kind.item_size();
        let fits = match kind.is_sequence() {
            true => (size as usize).is_multiple_of(one),
            false => size as usize == one,
        };
        match fits {
            true => Ok(Found { kind, address, size }),
            false => Err(broken(format_args!("a {kind} cannot have {size} bytes"))),
        }
    }

    /// Copies result `at` to where nothing is yet: as many bytes as [`found`](Results::found) says, checked as
    /// [`get`](Results::get) does. Numbers are little-endian.
    ///
    /// # Errors
    ///
    /// As [`get`](Results::get).
    pub fn copy<'b>(&self, at: usize, into: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        let Found { kind, address, size } = self.found(at)?;
        let into =
            into.get_mut(..size as usize).ok_or_else(|| broken("there is too little room"))?;
        // What is empty may lie anywhere.
        let bytes = self.memory.read_uninit(if size == 0 { 0 } else { address as usize }, into)?;
        match (kind, &mut *bytes) {
            (Kind::String, bytes) => check_text(bytes)?,
            (Kind::Char, &mut [a, b, c, d]) => {
                char_of(u32::from_le_bytes([a, b, c, d]))?;
            }
            (Kind::Bool, [byte]) => *byte = (*byte != 0).into(),
            _ => {}
        }
        Ok(bytes)
    }

    /// All of them.
    ///
    /// # Errors
    ///
    /// As [`get`](Results::get).
    pub fn to_vec(&self) -> Result<Vec<Value<'static>>> {
        let mut values = Vec::with_capacity(self.len());
        for at in 0..self.len() {
            values.push(self.get(at)?);
        }
        Ok(values)
    }

    /// Result `at`.
    ///
    /// # Errors
    ///
    /// As [`found`](Results::found); `out of bounds memory access`, `malformed UTF-8 encoding`.
    pub fn get(&self, at: usize) -> Result<Value<'static>> {
        let Found { kind, address, size } = self.found(at)?;
        let (memory, at, size) = (self.memory, address as usize, size as usize);
        let count = size / kind.item_size();
        Ok(match kind {
            Kind::U8 => Value::U8(memory.read_value(at)?),
            Kind::I8 => Value::I8(memory.read_value(at)?),
            Kind::U16 => Value::U16(memory.read_value(at)?),
            Kind::I16 => Value::I16(memory.read_value(at)?),
            Kind::U32 => Value::U32(memory.read_value(at)?),
            Kind::I32 => Value::I32(memory.read_value(at)?),
            Kind::U64 => Value::U64(memory.read_value(at)?),
            Kind::I64 => Value::I64(memory.read_value(at)?),
            Kind::F32 => Value::F32(memory.read_value(at)?),
            Kind::F64 => Value::F64(memory.read_value(at)?),
            Kind::Bool => Value::Bool(memory.read_value::<u8>(at)? != 0),
            Kind::Char => Value::Char(char_of(memory.read_value(at)?)?),
            // What is empty may lie anywhere.
            Kind::U8s if size == 0 => Value::from(Vec::<u8>::new()),
            Kind::String if size == 0 => Value::from(String::new()),
            Kind::U8s => Value::from(memory.read_values::<u8>(at, count)?),
            Kind::I8s => Value::from(memory.read_values::<i8>(at, count)?),
            Kind::U16s => Value::from(memory.read_values::<u16>(at, count)?),
            Kind::I16s => Value::from(memory.read_values::<i16>(at, count)?),
            Kind::U32s => Value::from(memory.read_values::<u32>(at, count)?),
            Kind::I32s => Value::from(memory.read_values::<i32>(at, count)?),
            Kind::U64s => Value::from(memory.read_values::<u64>(at, count)?),
            Kind::I64s => Value::from(memory.read_values::<i64>(at, count)?),
            Kind::String => {
                let text = String::from_utf8(memory.read_values(at, count)?);
                Value::from(text.map_err(|error| no_text(error.utf8_error()))?)
            }
        })
    }
}

fn char_of(number: u32) -> Result<char> {
    char::from_u32(number).ok_or_else(|| broken("a char is no Unicode scalar value"))
}

fn check_text(bytes: &[u8]) -> Result<()> {
    str::from_utf8(bytes).map(drop).map_err(no_text)
}

fn no_text(error: Utf8Error) -> Error {
    Error::with_detail(ErrCode::MalformedUTF8, format!("in a result of bindgen: {error}"))
}
