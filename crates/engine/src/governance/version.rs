//! The registry of versions: contracts are immutable, so a name points to the address in force.

use super::{Address, Hash};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::Seconds;

/// The name of the clearing house in the registry: its letters, then zeros. Between the versions under it accounts
/// migrate.
pub const CLEARING: Hash = *b"clearing\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What a name points to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// The contract in force.
    pub target: Address,
    /// The contract in force before it, zero for the first: from here accounts migrate.
    pub previous: Address,
    /// Counts the versions of this name, from one.
    pub version: u32,
    /// Since when it is in force.
    pub since: Seconds,
}

impl Cell for Version {
    const MAX_BYTES: usize = 20 + 20 + 4 + 4;

    fn write(&self, out: &mut Writer) {
        out.put(&self.target);
        out.put(&self.previous);
        out.uint(u64::from(self.version), 4);
        out.uint(u64::from(self.since.0), 4);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { target: from.array(), previous: from.array(), version: from.u32(4), since: Seconds(from.u32(4)) }
    }
}

const _: () = assert!(Version::MAX_BYTES <= CELL_BYTES);
