//! Numbers by rising offset in code: tables of traps, and of places in the module.
//!
//! A module has as many entries as a third of its instructions, and few are ever looked up. They are
//! kept as differences, in the bytes that files carry too; a lookup finds its block and reads on from
//! the block's start.

use super::leb;

/// Entries of a block: what a lookup reads through at most.
const BLOCK: usize = 64;

/// A table from offsets to numbers. Any bytes are safe to look things up in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OffsetTable {
    /// First offset of each block, and where the block begins in `bytes`.
    blocks: Vec<(u32, u32)>,
    /// Of each block, the first entry's number; then, of each entry, its differences from the one
    /// before.
    bytes: Vec<u8>,
}

/// Makes a table of entries that come by rising offset.
#[derive(Default)]
pub(crate) struct OffsetTableBuilder {
    table: OffsetTable,
    count: usize,
    last: (u32, u32),
}

impl OffsetTableBuilder {
    pub fn push(&mut self, offset: u32, number: u32) {
        debug_assert!(offset >= self.last.0);
        let OffsetTable { blocks, bytes } = &mut self.table;
        if self.count.is_multiple_of(BLOCK) {
            blocks.push((offset, bytes.len() as u32));
            leb::write(bytes, number.into());
        } else {
            let difference = number.wrapping_sub(self.last.1) as i32;
            leb::write(bytes, (offset - self.last.0).into());
            // The sign in the lowest bit, so that small differences of either sign are short.
            leb::write(bytes, ((difference << 1 ^ difference >> 31) as u32).into());
        }
        self.count += 1;
        self.last = (offset, number);
    }

    pub fn finish(mut self) -> OffsetTable {
        self.table.bytes.shrink_to_fit();
        self.table
    }
}

impl FromIterator<(u32, u32)> for OffsetTable {
    fn from_iter<I: IntoIterator<Item = (u32, u32)>>(entries: I) -> OffsetTable {
        let mut builder = OffsetTableBuilder::default();
        entries.into_iter().for_each(|(offset, number)| builder.push(offset, number));
        builder.finish()
    }
}

impl OffsetTable {
    /// The table of these parts; `None` if they are no table's.
    pub fn from_parts(blocks: Vec<(u32, u32)>, bytes: &[u8]) -> Option<OffsetTable> {
        let rising = blocks.is_sorted_by(|a, b| a.0 <= b.0 && a.1 < b.1);
        let inside = blocks.last().is_none_or(|last| (last.1 as usize) < bytes.len());
        (rising && inside).then(|| OffsetTable { blocks, bytes: bytes.to_vec() })
    }

    /// What [`from_parts`](OffsetTable::from_parts) takes.
    pub fn parts(&self) -> (&[(u32, u32)], &[u8]) {
        (&self.blocks, &self.bytes)
    }

    /// The last entry whose offset is not above `offset`.
    pub fn up_to(&self, offset: u32) -> Option<(u32, u32)> {
        let block = self.blocks.partition_point(|block| block.0 <= offset).checked_sub(1)?;
        self.block(block).take_while(|entry| entry.0 <= offset).last()
    }

    /// The number at an offset.
    pub fn at(&self, offset: u32) -> Option<u32> {
        self.up_to(offset).filter(|entry| entry.0 == offset).map(|entry| entry.1)
    }

    /// All entries, by rising offset.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.blocks.len()).flat_map(|block| self.block(block))
    }

    fn block(&self, block: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (mut offset, start) = self.blocks[block];
        let end = self.blocks.get(block + 1).map_or(self.bytes.len(), |next| next.1 as usize);
        let mut bytes = &self.bytes[start as usize..end];
        let mut number = None;
        std::iter::from_fn(move || {
            number = match number {
                None => Some(leb::read(&mut bytes)?),
                Some(number) => {
                    offset = offset.checked_add(leb::read(&mut bytes)?)?;
                    let difference = leb::read(&mut bytes)?;
                    let difference = (difference >> 1) ^ (difference & 1).wrapping_neg();
                    Some(u32::wrapping_add(number, difference))
                }
            };
            Some((offset, number?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<(u32, u32)> {
        let mut entries: Vec<(u32, u32)> =
            (0..1000u32).map(|n| (n * n / 7, n.wrapping_mul(0x9E37_79B9))).collect();
        entries.extend([(200_000, 0), (u32::MAX, u32::MAX)]);
        entries
    }

    #[test]
    fn what_goes_in_comes_out() {
        let entries = entries();
        let table = OffsetTable::from_iter(entries.iter().copied());
        assert!(table.iter().eq(entries.iter().copied()));
        let (blocks, bytes) = table.parts();
        assert_eq!(OffsetTable::from_parts(blocks.to_vec(), bytes).as_ref(), Some(&table));
        for offset in (0..200_100).chain([u32::MAX - 1, u32::MAX]) {
            let found = entries.partition_point(|entry| entry.0 <= offset).checked_sub(1);
            let found = found.map(|at| entries[at]);
            assert_eq!(table.up_to(offset), found, "{offset}");
            assert_eq!(table.at(offset), found.filter(|e| e.0 == offset).map(|e| e.1), "{offset}");
        }
    }

    #[test]
    fn an_empty_table_has_nothing() {
        let table = OffsetTable::default();
        assert_eq!((table.up_to(5), table.iter().next()), (None, None));
        assert_eq!(OffsetTable::from_parts(Vec::new(), &[]), Some(table));
    }

    #[test]
    fn any_bytes_can_be_looked_up_in() {
        let table = OffsetTable::from_iter(entries());
        let (blocks, bytes) = table.parts();
        for value in [0, 0x7F, 0x80, 0xFF] {
            for at in (0..bytes.len()).step_by(7) {
                let mut bytes = bytes.to_vec();
                bytes[at] = value;
                let table = OffsetTable::from_parts(blocks.to_vec(), &bytes).expect("blocks fit");
                let known = table.iter().count();
                assert!(known <= 2 * bytes.len(), "{known}");
                for offset in (0..200_000).step_by(1009) {
                    assert!(table.up_to(offset).is_none_or(|entry| entry.0 <= offset));
                }
            }
        }
        for blocks in [vec![(0, 9)], vec![(5, 0), (4, 1)], vec![(0, 0), (1, 0)]] {
            assert_eq!(OffsetTable::from_parts(blocks, &[0; 9]), None);
        }
    }
}
