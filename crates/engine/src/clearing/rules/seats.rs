//! Lists of seats in messages that work through many accounts.

use crate::units::Seat;

/// Accounts that one message settles at most.
pub const MAX_SEATS: usize = 32;

/// The seats of an encoded list: four bytes each, big endian; fewer than four bytes at the end are ignored.
pub fn parse_seats(bytes: &[u8]) -> impl Iterator<Item = Seat> + Clone {
    bytes.chunks_exact(4).map(|chunk| Seat(crate::codec::Reader::new(chunk).u32(4)))
}
