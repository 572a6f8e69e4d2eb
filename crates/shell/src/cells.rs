//! Cells under raw keys.

use ink::env::{get_contract_storage, set_contract_storage};
use ink::scale::{self, Encode, Output};
use ink::sol::DynBytes;
use ink::storage::traits::Storable;
use sit_engine::codec::{CELL_BYTES, Cell, Writer};

/// Longest key: a tag and a hash, or an address and numbers.
const KEY_BYTES: usize = 33;

/// The key of a cell: a tag and what tells cells of one kind apart.
#[derive(Clone)]
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

    /// The cell of some bytes, for example an address. What is beyond the longest key is cut; every use has a fixed length.
    #[must_use]
    pub fn with(mut self, bytes: &[u8]) -> Self {
        for (place, byte) in self.bytes.iter_mut().skip(self.used).zip(bytes) {
            *place = *byte;
        }
        self.used = self.used.saturating_add(bytes.len()).min(KEY_BYTES);
        self
    }
}

impl Encode for Key {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        out.write(self.bytes.get(..self.used).unwrap_or_default());
    }
}

/// A cell as it is stored.
struct Raw(Writer);

impl Storable for Raw {
    fn encode<O: Output + ?Sized>(&self, dest: &mut O) {
        dest.write(self.0.as_bytes());
    }

    fn decode<I: scale::Input>(input: &mut I) -> Result<Self, scale::Error> {
        let mut bytes = [0; CELL_BYTES];
        let length = input.remaining_len()?.unwrap_or(0);
        let used = bytes.get_mut(..length).ok_or("cell too long")?;
        input.read(used)?;
        let mut writer = Writer::new();
        writer.put(used);
        Ok(Self(writer))
    }

    fn encoded_size(&self) -> usize {
        self.0.as_bytes().len()
    }
}

#[inline(never)]
fn read(key: &Key) -> Option<Raw> {
    get_contract_storage(key).ok().flatten()
}

#[inline(never)]
fn write(key: &Key, raw: Raw) {
    set_contract_storage(key, &raw);
}

/// The value of a cell; `None` when it was never written.
pub fn load<T: Cell>(key: &Key) -> Option<T> {
    read(key).map(|raw| T::from_cell(raw.0.as_bytes()))
}

/// The bytes of a cell, for clients that run the engine on them; empty when it was never written.
pub fn load_bytes(key: &Key) -> DynBytes {
    DynBytes(read(key).map(|raw| raw.0.as_bytes().into()).unwrap_or_default())
}

/// Writes a cell.
pub fn save<T: Cell>(key: &Key, value: &T) {
    write(key, Raw(value.to_cell()));
}
