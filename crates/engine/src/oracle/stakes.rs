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
    calendar::Day,
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
    /// The day on which the reporter of a place was registered; day 0 where there is none. It is not in the cell of the
    /// reporters because that is full.
    joined: [Day; MAX_REPORTERS],
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

    /// The day on which the reporter of a place was registered.
    pub fn joined(&self, place: u8) -> Day {
        self.joined.get(usize::from(place)).copied().unwrap_or_default()
    }

    /// Whether the reporter of a place was registered before a day: only then does it owe a batch of it.
    pub(super) fn owes(&self, place: u8, day: Day) -> bool {
        self.joined(place) < day
    }

    /// A reporter begins at a place.
    pub fn join(&mut self, place: u8, day: Day) {
        if let Some(joined) = self.joined.get_mut(usize::from(place)) {
            *joined = day;
        }
    }

    /// How many owe a batch of a day: those who were registered before it began. Where nobody was, all.
    pub(super) fn registered(&self, reporters: &Reporters, day: Day) -> usize {
        let before = reporters.iter().filter(|(place, ..)| self.owes(*place, day)).count();
        if before == 0 { reporters.count() } else { before }
    }

    /// All money in the cell, in quote atoms.
    pub fn total(&self) -> u64 {
        let stakes = self.places.iter().flat_map(|stake| [stake.bond, stake.earned]);
        stakes.fold(self.pot, u64::saturating_add)
    }

    /// Moves at most `amount` from a bond to the pot; returns what was moved.
    pub(super) fn slash(&mut self, place: u8, amount: u64) -> u64 {
        let Some(stake) = self.at_mut(place) else { return 0 };
        let slashed = amount.min(stake.bond);
        stake.bond = stake.bond.saturating_sub(slashed);
        self.pot = self.pot.saturating_add(slashed);
        slashed
    }
}

/// What an address may collect besides its earnings, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Due {
    /// Quote atoms.
    pub amount: u64,
    /// From when it is free. Until then it can be slashed.
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

/// Takes the reporter of a place off the register: their bond and earnings stay due to them, free after the unbonding
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
    stakes.join(place, Day::default());
    store.set_stakes(index, &stakes);
    if stake != Stake::default() {
        owe(store, index, reporter, stake.bond.saturating_add(stake.earned), free_at);
    }
    store.set_reporters(index, &reporters);
    store.emit(Event::ReporterRemoved { index, reporter });
    Ok(())
}

/// A published day: who sent what, and who agrees with it.
pub(super) struct Judged<'a> {
    /// The day.
    pub day: Day,
    /// The batches by place.
    pub batches: &'a [Option<Submission>; MAX_REPORTERS],
    /// Whether each agrees with the print.
    pub agreeing: [bool; MAX_REPORTERS],
    /// How many must agree for the others to be wrong.
    pub majority: usize,
}

/// What a published day costs and earns: first the rewards of those who agreed, in equal parts if the pot does not
/// reach, then the slashes into the pot. Rounds every reward down; the rest stays in the pot.
///
/// A reporter who deviates is slashed only when more than half of all who are registered agree with the print: no
/// minority ever costs an honest reporter a bond, whoever is absent. A reporter who was registered on the day or later
/// owes nothing for it.
pub(super) fn pay_day<S: Store>(
    store: &mut S,
    index: IndexId,
    reporting: &Reporting,
    reporters: &mut Reporters,
    stakes: &mut Stakes,
    judged: &Judged<'_>,
) {
    let Judged { day, batches, agreeing, majority } = *judged;
    let agreed = agreeing.iter().filter(|agrees| **agrees).count();
    let winners = u64::try_from(agreed).unwrap_or(u64::MAX);
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
        let fine = match batch {
            Some(_) if agrees || agreed < majority => 0,
            Some(_) => reporting.deviation_slash,
            None if stakes.owes(place, day) => reporting.miss_slash,
            None => 0,
        };
        slash_bond(store, index, reporting, reporters, stakes, place, fine);
    }
}

/// Fines those who sent nothing for a day that can have no quorum any more: a minority that is large enough to stop the
/// index does not do it for nothing. Returns whether anybody was fined.
pub(super) fn fine_silence<S: Store>(
    store: &mut S,
    index: IndexId,
    day: Day,
    reporting: &Reporting,
    reporters: &mut Reporters,
    batches: &[Option<Submission>; MAX_REPORTERS],
) -> bool {
    let mut stakes = store.stakes(index);
    let before = stakes;
    for (place, batch) in (0..).zip(batches) {
        if batch.is_none() && reporters.has(place) && stakes.owes(place, day) {
            slash_bond(store, index, reporting, reporters, &mut stakes, place, reporting.miss_slash);
            if let Some(record) = reporters.record_mut(place) {
                record.misses = record.misses.saturating_add(1);
            }
        }
    }
    store.set_stakes(index, &stakes);
    stakes != before
}

/// Slashes a reporter's bond by a fine.
fn slash_bond<S: Store>(
    store: &mut S,
    index: IndexId,
    reporting: &Reporting,
    reporters: &mut Reporters,
    stakes: &mut Stakes,
    place: u8,
    fine: u64,
) {
    if !reporters.has(place) {
        return;
    }
    let slashed = stakes.slash(place, fine);
    if slashed > 0 {
        reporters.set_bonded(place, reporting.suffices(stakes.at(place).bond, reporters.is_bonded(place)));
        store.emit(Event::Slashed { index, place, amount: slashed });
    }
}

impl Cell for Stakes {
    const MAX_BYTES: usize = 8 + 2 + MAX_REPORTERS * (8 + 8) + 2 + MAX_REPORTERS * 2;

    fn write(&self, out: &mut Writer) {
        out.uint(self.pot, 8);
        let held = |stake: &Stake| *stake != Stake::default();
        out.uint((0..).zip(&self.places).fold(0, |mask, (place, stake)| mask | u64::from(held(stake)) << place), 2);
        for stake in self.places.iter().filter(|stake| held(stake)) {
            out.uint(stake.bond, 8);
            out.uint(stake.earned, 8);
        }
        let mask = (0..).zip(&self.joined).fold(0, |mask, (place, day)| mask | u64::from(day.0 > 0) << place);
        out.uint(mask, 2);
        for day in self.joined.iter().filter(|day| day.0 > 0) {
            out.uint(day.0.into(), 2); // until the year 2149
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let pot = from.uint(8);
        let mask = from.u16();
        let places = core::array::from_fn(|place| {
            let held = mask >> place & 1 == 1;
            if held { Stake { bond: from.uint(8), earned: from.uint(8) } } else { Stake::default() }
        });
        let mask = from.u16();
        let joined = core::array::from_fn(|place| Day(if mask >> place & 1 == 1 { from.u32(2) } else { 0 }));
        Self { pot, places, joined }
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
