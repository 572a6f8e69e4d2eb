//! Cells under the engine's keys.

use ink::env::{get_contract_storage, set_contract_storage};
use ink::scale::{self, Encode, Output};
use ink::sol::DynBytes;
use ink::storage::traits::Storable;
use sit_engine::codec::{CELL_BYTES, Cell, Writer};
use sit_engine::key::Key;

/// A key as the chain takes it.
struct Stored<'a>(&'a Key);

impl Encode for Stored<'_> {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        out.write(self.0.as_bytes());
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
    get_contract_storage(&Stored(key)).ok().flatten()
}

#[inline(never)]
fn write(key: &Key, raw: Raw) {
    set_contract_storage(&Stored(key), &raw);
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
