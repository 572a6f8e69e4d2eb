//! Keys of storage cells: one tag byte and the identifiers, as the contracts store them.
//!
//! Every part lists its tags and keys once, in its `keys` module; contracts store under them, clients and tests read
//! under them. A number takes four bytes, little endian.

/// Longest key: a tag and a hash, or an address and numbers.
const KEY_BYTES: usize = 33;

/// The key of a cell: a tag and what distinguishes cells of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    bytes: [u8; KEY_BYTES],
    used: usize,
}

impl Key {
    /// The key of a kind that has one cell.
    pub fn new(tag: u8) -> Self {
        Self { bytes: [0; KEY_BYTES], used: 0 }.with(&[tag])
    }

    /// The cell of a number.
    #[must_use]
    pub fn number(self, number: u32) -> Self {
        self.with(&number.to_le_bytes())
    }

    /// The cell of some bytes, for example an address. What is beyond the longest key is cut; every use has a fixed
    /// length.
    #[must_use]
    pub fn with(mut self, bytes: &[u8]) -> Self {
        for (out, byte) in self.bytes.iter_mut().skip(self.used).zip(bytes) {
            *out = *byte;
        }
        self.used = self.used.saturating_add(bytes.len()).min(KEY_BYTES);
        self
    }

    /// The bytes under which the cell is stored.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}
