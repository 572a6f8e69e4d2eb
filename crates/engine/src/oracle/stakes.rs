//! The money of an index: reporters' bonds and earnings, the pot from which they are paid, and what is due to those who
//! left or won a dispute.
//!
//! ```text
//! token held for an index = pot + sum of bonds + sum of earnings + sum of dues + bonds of open disputes
//! ```
//!
//! Messages move money between these; only `post_bond`, `fund`, `dispute` bring some in and only `collect` pays out.

use super::{Address, Event, IndexId, MAX_REPORTERS, OracleError, Reporters, Reporting, Store, Submission};
use crate::{
    codec::{self, Cell, Reader, Writer},
    units::Seconds,
};

/// What one reporter has with the index, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stake {
    /// At stake.
    pub bond: u64,
    /// Earned and not yet collected.
    pub earned: u64,
}

/// The pot and the stake of every place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stakes {
    /// Pays the rewards; takes what is slashed.
    pub pot: u64,
    pub(super) places: [Stake; MAX_REPORTERS],
}

impl Stakes {
    /// The stake of a place.
    pub fn at(&self, place: u8) -> Stake {
        self.places.get(usize::from(place)).copied().unwrap_or_default()
    }

    /// The stake of a place, to be changed.
    pub fn at_mut(&mut self, place: u8) -> Option<&mut Stake> {
        self.places.get_mut(usize::from(place))
    }

    /// All money in the cell, in quote atoms.
    pub fn total(&self) -> u64 {
        let stakes = self.places.iter().flat_map(|stake| [stake.bond, stake.earned]);
        stakes.fold(self.pot, u64::saturating_add)
    }

    /// Moves at most `amount` from a bond to the pot; returns what was moved.
    pub(super) fn slash(&mut self, place: u8, amount: u64) -> u64 {
        let Some(stake) = self.at_mut(place) else { return 0 };
        let taken = amount.min(stake.bond);
        stake.bond = stake.bond.saturating_sub(taken);
        self.pot = self.pot.saturating_add(taken);
        taken
    }
}

/// What an address may collect besides its earnings, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Due {
    /// How much.
    pub amount: u64,
    /// From when. Until then it can be slashed.
    pub free_at: Seconds,
}

/// Adds to what an address may collect; all of it becomes free together, at the later time.
pub(super) fn owe<S: Store>(store: &mut S, index: IndexId, whom: Address, amount: u64, free_at: Seconds) {
    if amount == 0 {
        return;
    }
    let due = store.due(index, whom);
    let amount = due.amount.saturating_add(amount);
    store.set_due(index, whom, &Due { amount, free_at: due.free_at.max(free_at) });
}

/// An amount that a message brings in.
///
/// # Errors
/// [`OracleError::BadAmount`] unless it is from 1 to [`super::MAX_AMOUNT`].
pub(super) fn check_amount(amount: u64) -> Result<(), OracleError> {
    if (1..=super::MAX_AMOUNT).contains(&amount) { Ok(()) } else { Err(OracleError::BadAmount) }
}

/// Takes the reporter of a place off the register: his bond and earnings stay due to him, free after the unbonding
/// time.
pub(super) fn leave<S: Store>(
    store: &mut S,
    index: IndexId,
    reporter: Address,
    free_at: Seconds,
) -> Result<(), OracleError> {
    let mut reporters = store.reporters(index);
    let place = reporters.remove(reporter).ok_or(OracleError::UnknownReporter)?;
    let mut stakes = store.stakes(index);
    let stake = stakes.at_mut(place).map(core::mem::take).unwrap_or_default();
    if stake != Stake::default() {
        store.set_stakes(index, &stakes);
        owe(store, index, reporter, stake.bond.saturating_add(stake.earned), free_at);
    }
    store.set_reporters(index, &reporters);
    store.emit(Event::ReporterRemoved { index, reporter });
    Ok(())
}

/// What a published day costs and earns: first the rewards of those who agreed, in equal parts if the pot does not
/// reach, then the slashes into the pot. Rounds every reward down; the rest stays in the pot.
pub(super) fn pay_day<S: Store>(
    store: &mut S,
    index: IndexId,
    reporting: &Reporting,
    reporters: &mut Reporters,
    batches: &[Option<Submission>; MAX_REPORTERS],
    agreeing: [bool; MAX_REPORTERS],
) {
    let mut stakes = store.stakes(index);
    let winners = u64::try_from(agreeing.iter().filter(|agrees| **agrees).count()).unwrap_or(u64::MAX);
    let reward = stakes.pot.checked_div(winners).unwrap_or_default().min(reporting.reward);
    for ((place, batch), agrees) in (0..).zip(batches).zip(agreeing) {
        if !agrees || batch.is_none() {
            continue;
        }
        if let Some(stake) = stakes.at_mut(place) {
            stake.earned = stake.earned.saturating_add(reward);
            stakes.pot = stakes.pot.saturating_sub(reward);
        }
    }
    for ((place, batch), agrees) in (0..).zip(batches).zip(agreeing) {
        if !reporters.has(place) {
            continue;
        }
        let fine = match batch {
            Some(_) if agrees => 0,
            Some(_) => reporting.deviation_slash,
            None => reporting.miss_slash,
        };
        let taken = stakes.slash(place, fine);
        if taken > 0 {
            reporters.set_bonded(place, reporting.suffices(stakes.at(place).bond, reporters.is_bonded(place)));
            store.emit(Event::Slashed { index, place, amount: taken });
        }
    }
    store.set_stakes(index, &stakes);
}

impl Cell for Stakes {
    const MAX_BYTES: usize = 8 + 2 + MAX_REPORTERS * (8 + 8);

    fn write(&self, out: &mut Writer) {
        out.uint(self.pot, 8);
        let held = |stake: &Stake| *stake != Stake::default();
        out.uint((0..).zip(&self.places).fold(0, |mask, (place, stake)| mask | u64::from(held(stake)) << place), 2);
        for stake in self.places.iter().filter(|stake| held(stake)) {
            out.uint(stake.bond, 8);
            out.uint(stake.earned, 8);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let pot = from.uint(8);
        let mask = from.u16();
        let places = core::array::from_fn(|place| {
            let held = mask >> place & 1 == 1;
            if held { Stake { bond: from.uint(8), earned: from.uint(8) } } else { Stake::default() }
        });
        Self { pot, places }
    }
}

impl Cell for Due {
    const MAX_BYTES: usize = 8 + 4;

    fn write(&self, out: &mut Writer) {
        out.uint(self.amount, 8);
        out.uint(self.free_at.0.into(), 4);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { amount: from.uint(8), free_at: Seconds(from.u32(4)) }
    }
}

const _: () = assert!(Stakes::MAX_BYTES <= codec::CELL_BYTES);
const _: () = assert!(Due::MAX_BYTES <= codec::CELL_BYTES);
