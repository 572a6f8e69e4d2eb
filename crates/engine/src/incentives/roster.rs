//! The roster: which seat stands in which slot, a hundred seats a cell.

use crate::codec::{CELL_BYTES, Cell, Reader, Writer};

/// Seats of one page: with four bytes each they nearly fill a cell.
pub const PAGE_SEATS: u16 = 100;

/// Most makers at one time: two pages. Closing an epoch reads each once and pays each once, eight a message.
pub const MAX_MAKERS: u16 = 2 * PAGE_SEATS;

/// A page of the roster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Seat number plus one; zero is a free slot.
    seats: [u32; PAGE_SEATS as usize],
}

impl Default for Page {
    fn default() -> Self {
        Self { seats: [0; PAGE_SEATS as usize] }
    }
}

impl Page {
    /// The page of a slot, and the index of its entry there.
    pub fn locate(slot: u16) -> (u16, usize) {
        (slot.div_euclid(PAGE_SEATS), usize::from(slot.rem_euclid(PAGE_SEATS)))
    }

    /// The seat in an entry.
    pub fn seat(&self, index: usize) -> Option<u32> {
        self.seats.get(index)?.checked_sub(1)
    }

    /// Puts a seat in an entry, or frees it.
    pub fn set(&mut self, index: usize, seat: Option<u32>) {
        if let Some(entry) = self.seats.get_mut(index) {
            *entry = seat.map_or(0, |seat| seat.saturating_add(1));
        }
    }

    /// The index of the first free entry.
    pub fn free(&self) -> Option<usize> {
        self.seats.iter().position(|entry| *entry == 0)
    }
}

impl Cell for Page {
    const MAX_BYTES: usize = PAGE_SEATS as usize * 4;

    fn write(&self, out: &mut Writer) {
        // Free slots at the end need no bytes: what is missing reads as zero.
        let used = self.seats.iter().rposition(|entry| *entry != 0).map_or(0, |last| last.saturating_add(1));
        for entry in self.seats.iter().take(used) {
            out.uint(u64::from(*entry), 4);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { seats: core::array::from_fn(|_| from.u32(4)) }
    }
}

const _: () = assert!(Page::MAX_BYTES <= CELL_BYTES);
