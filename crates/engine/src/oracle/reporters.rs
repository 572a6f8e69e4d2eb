//! The reporters of an index, and what they did.

use super::{Address, MAX_REPORTERS};
use crate::{
    codec::{self, Cell, Reader, Writer},
    fault::{self, Fault},
};

/// The record of one reporter since they were registered. Counters stick at their ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// Published days for which they submitted.
    pub submissions: u16,
    /// Published days for which they did not submit.
    pub misses: u16,
    /// Published days on which their batch alone would have given a price that needs confirmation against the print.
    pub deviations: u8,
}

/// The reporters of an index. A reporter keeps their place as long as they are registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reporters {
    places: [Option<(Address, Record)>; MAX_REPORTERS],
    /// A bit for each place whose bond suffices, so that a submission need not read the stakes.
    bonded: u16,
}

impl Reporters {
    /// How many are registered.
    pub fn count(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Batches without which there is no print of a day: more than two thirds of those who are registered, and no fewer
    /// than the rules ask for. Of so many the honest are the majority as long as fewer than a third are not, whoever is
    /// absent.
    pub fn quorum_of(registered: usize, least: u8) -> usize {
        if fault::present(Fault::PrintByAMinority) {
            return least.into();
        }
        let two_thirds = registered.saturating_mul(2).checked_div(3).unwrap_or_default();
        two_thirds.saturating_add(1).max(usize::from(least))
    }

    /// The place of an address.
    pub fn place_of(&self, reporter: Address) -> Option<u8> {
        self.iter().find(|(_, address, _)| *address == reporter).map(|(place, ..)| place)
    }

    /// Everyone with place and record.
    pub fn iter(&self) -> impl Iterator<Item = (u8, Address, Record)> + '_ {
        (0..).zip(&self.places).filter_map(|(place, held)| held.map(|(address, record)| (place, address, record)))
    }

    /// Whether somebody is registered at a place.
    pub fn has(&self, place: u8) -> bool {
        self.places.get(usize::from(place)).is_some_and(Option::is_some)
    }

    /// Whether the bond of a place suffices.
    pub fn is_bonded(&self, place: u8) -> bool {
        u32::from(self.bonded).checked_shr(place.into()).unwrap_or_default() & 1 == 1
    }

    /// Notes whether the bond of a place suffices.
    pub fn set_bonded(&mut self, place: u8, bonded: bool) {
        let bit = 1_u16.checked_shl(place.into()).unwrap_or_default();
        self.bonded = if bonded { self.bonded | bit } else { self.bonded & !bit };
    }

    /// The record of the reporter at a place.
    pub fn record_mut(&mut self, place: u8) -> Option<&mut Record> {
        self.places.get_mut(usize::from(place)).and_then(Option::as_mut).map(|(_, record)| record)
    }

    /// Registers an address at the first free place.
    pub fn add(&mut self, reporter: Address) -> Option<u8> {
        let (place, held) = (0..).zip(&mut self.places).find(|(_, held)| held.is_none())?;
        *held = Some((reporter, Record::default()));
        self.set_bonded(place, false);
        Some(place)
    }

    /// Frees the place of an address, if it has one.
    pub fn remove(&mut self, reporter: Address) -> Option<u8> {
        let place = self.place_of(reporter)?;
        self.places.get_mut(usize::from(place)).and_then(Option::take)?;
        self.set_bonded(place, false);
        Some(place)
    }
}

impl Cell for Reporters {
    const MAX_BYTES: usize = 2 + MAX_REPORTERS * (20 + 2 + 2 + 1) + 2;

    fn write(&self, out: &mut Writer) {
        let mask = (0..).zip(&self.places).fold(0, |mask, (place, held)| mask | u64::from(held.is_some()) << place);
        out.uint(mask, 2);
        for (address, record) in self.places.iter().flatten() {
            out.put(address);
            out.uint(record.submissions.into(), 2);
            out.uint(record.misses.into(), 2);
            out.uint(record.deviations.into(), 1);
        }
        out.uint(self.bonded.into(), 2);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mask = from.u16();
        let places = core::array::from_fn(|place| {
            (mask >> place & 1 == 1).then(|| {
                let address = from.array();
                (address, Record { submissions: from.u16(), misses: from.u16(), deviations: from.u8() })
            })
        });
        Self { places, bonded: from.u16() }
    }
}

const _: () = assert!(Reporters::MAX_BYTES <= codec::CELL_BYTES);
