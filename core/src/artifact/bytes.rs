//! Numbers, lists and tables as bytes: little-endian, lists behind their length.

use crate::abi::{OffsetTable, StubCode, StubKind};

/// Appends to a buffer.
#[derive(Default)]
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.u64(bytes.len() as u64);
        self.raw(bytes);
    }

    pub fn list<T, const N: usize>(&mut self, items: &[T], to_bytes: impl Fn(&T) -> [u8; N]) {
        self.u64(items.len() as u64);
        self.0.reserve(items.len() * N);
        items.iter().for_each(|item| self.0.extend_from_slice(&to_bytes(item)));
    }
}

/// Takes from the front of a slice; `None` where it ends too early.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn raw(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.u64()?).ok()?;
        self.raw(len)
    }

    pub fn string(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub fn list<T, const N: usize>(
        &mut self,
        from_bytes: impl Fn(&[u8; N]) -> T,
    ) -> Option<Vec<T>> {
        let count = usize::try_from(self.u64()?).ok()?;
        let bytes = self.raw(count.checked_mul(N)?)?;
        let (items, _) = bytes.as_chunks::<N>();
        Some(items.iter().map(from_bytes).collect())
    }
}

impl Writer {
    pub fn table(&mut self, table: &OffsetTable) {
        let (blocks, bytes) = table.parts();
        self.list(blocks, pair);
        self.bytes(bytes);
    }

    pub fn stub(&mut self, stub: &StubCode) {
        self.u32(stub.type_index);
        self.raw(&[stub.kind as u8]);
        self.bytes(&stub.text);
    }
}

impl Reader<'_> {
    pub fn table(&mut self) -> Option<OffsetTable> {
        OffsetTable::from_parts(self.list(to_pair)?, self.bytes()?)
    }

    pub fn stub(&mut self) -> Option<StubCode> {
        let type_index = self.u32()?;
        let kinds = [StubKind::Entry, StubKind::Exit];
        let [kind] = self.array()?;
        let kind = kinds.into_iter().find(|known| *known as u8 == kind)?;
        Some(StubCode { type_index, kind, text: self.bytes()?.to_vec() })
    }
}

/// Two numbers as bytes.
pub(super) fn pair(pair: &(u32, u32)) -> [u8; 8] {
    (u64::from(pair.0) | u64::from(pair.1) << 32).to_le_bytes()
}

/// The inverse of [`pair`].
pub(super) fn to_pair(bytes: &[u8; 8]) -> (u32, u32) {
    let both = u64::from_le_bytes(*bytes);
    (both as u32, (both >> 32) as u32)
}
