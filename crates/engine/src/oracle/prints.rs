//! The prints of the index, kept for ever: 64 days a cell, six cells a year.
//!
//! There is no accumulator beside them: every day weighs the same, and an averaging window lies in at most two cells,
//! as many as the two ends of an accumulator would.

use super::{IndexId, Store};
use crate::{
    calendar::Day,
    codec::{self, Cell, Reader, Writer},
};

/// Days of a page.
pub const PAGE_DAYS: usize = 64;

/// The prints of the days `page * 64 .. (page + 1) * 64`, in atoms per million units; zero where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrintPage(pub [u32; PAGE_DAYS]);

impl Default for PrintPage {
    fn default() -> Self {
        Self([0; PAGE_DAYS])
    }
}

/// Page of a day and its place there.
fn locate(day: Day) -> (u32, usize) {
    // A place is below 64 and fits any usize.
    (day.0 / 64, usize::from((day.0 % 64).to_le_bytes()[0]))
}

impl PrintPage {
    fn price(&self, place: usize) -> Option<u32> {
        self.0.get(place).copied().filter(|price| *price > 0)
    }
}

/// The print of a day.
pub(super) fn price_on<S: Store>(store: &S, index: IndexId, day: Day) -> Option<u32> {
    let (page, place) = locate(day);
    store.prints(index, page).price(place)
}

/// The page of a day's print, read once for all that a message does with it: every read of a cell costs its proof.
pub(super) struct Held {
    number: u32,
    page: PrintPage,
}

impl Held {
    /// Reads the page of a day.
    pub(super) fn of<S: Store>(store: &S, index: IndexId, day: Day) -> Self {
        let (number, _) = locate(day);
        Self { number, page: store.prints(index, number) }
    }

    /// Writes the print of a day; of another page than this one by reading that.
    pub(super) fn write<S: Store>(&mut self, store: &mut S, index: IndexId, day: Day, price: u32) {
        let (number, place) = locate(day);
        if number != self.number {
            *self = Self { number, page: store.prints(index, number) };
        }
        if let Some(held) = self.page.0.get_mut(place) {
            *held = price;
        }
        store.set_prints(index, number, &self.page);
    }

    /// The prints of at most so many days up to a day of this page, newest first. Reads a second cell only where a page
    /// begins in between.
    pub(super) fn recent<S: Store>(
        &self,
        store: &S,
        index: IndexId,
        last: Day,
        days: u32,
    ) -> impl Iterator<Item = Option<u32>> {
        let (page, place) = locate(last);
        let reaches = usize::try_from(days).unwrap_or(PAGE_DAYS);
        let newer = self.page;
        let older = page.checked_sub(1).filter(|_| place.saturating_add(1) < reaches);
        let older = older.map(|page| store.prints(index, page)).unwrap_or_default();
        (0..reaches).map(move |back| match place.checked_sub(back) {
            Some(place) => newer.price(place),
            None => older.price(place.saturating_add(PAGE_DAYS).saturating_sub(back)),
        })
    }
}

/// The prints of the 64 days that end with a day, newest first. Reads two cells at most.
pub(super) fn back_from<S: Store>(store: &S, index: IndexId, last: Day) -> [Option<u32>; PAGE_DAYS] {
    let (page, place) = locate(last);
    let newer = store.prints(index, page);
    let older = page.checked_sub(1).map(|page| store.prints(index, page)).unwrap_or_default();
    core::array::from_fn(|back| match place.checked_sub(back) {
        Some(place) => newer.price(place),
        None => older.price(place.saturating_add(PAGE_DAYS).saturating_sub(back)),
    })
}

impl Cell for PrintPage {
    const MAX_BYTES: usize = 4 * PAGE_DAYS;

    fn write(&self, out: &mut Writer) {
        let used = self.0.iter().rposition(|price| *price > 0).map_or(0, |last| last.saturating_add(1));
        for price in self.0.iter().take(used) {
            out.uint((*price).into(), 4);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self(core::array::from_fn(|_| from.u32(4)))
    }
}

const _: () = assert!(PrintPage::MAX_BYTES <= codec::CELL_BYTES);
