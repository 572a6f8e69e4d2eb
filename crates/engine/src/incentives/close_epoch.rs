//! `close_epoch`: anyone turns the measures of a week into rewards, in bounded steps.
//!
//! Three passes over the roster. The first reads every measure, because the floor needs the volumes of all; the second
//! weighs, because a share needs the sum; the third allots. A message visits at most [`MAX_VISITS`] makers and leaves a
//! cursor, so that the result does not depend on how the work was cut.

use super::dismiss::free_slot_of;
use super::{
    Clearing, Env, Epoch, Event, IncentivesError, Maker, Page, Phase, Programme, Status, Store, Volumes, adjusted,
    end_of, epoch_of,
};
use crate::calendar::{DAY, REWARD_EPOCH_SECONDS};
use crate::clearing::{FULL_WEIGHT, MAX_ASKED, Measure, Served, Weeks};
use crate::fault::{self, Fault};
use crate::units::{BPS, Seat, Seconds};

/// Most makers that one message visits: each costs a cell and, in the first pass, the sheets of its scores at clearing.
pub const MAX_VISITS: usize = MAX_ASKED;

/// Session seconds of a week without holidays: what the depth of a week is an average over.
const WEEK_SESSIONS: u64 = 5 * DAY as u64;

/// What one message did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Whether the epoch is closed.
    pub closed: bool,
    /// Seats whose designation ended: the caller must tell clearing with `set_maker(seat, false)`.
    pub ended: [Option<u32>; MAX_VISITS],
}

/// Goes on with closing an epoch by up to `visits` makers (1 to [`MAX_VISITS`]): by fewer where many months are
/// listed, so that a message always fits into a block. Permissionless. Reads at most 3 cells, 2 pages and a cell for
/// each maker, asks clearing at most once; writes at most 3 cells, one for each maker, and a page for each that leaves.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::BadParameters`] for no visits or too many,
/// [`IncentivesError::EpochOutOfOrder`], [`IncentivesError::EpochNotOver`], [`IncentivesError::ClearingFailed`].
pub fn close_epoch<S: Store + Clearing>(
    store: &mut S,
    env: Env,
    number: u32,
    visits: usize,
) -> Result<Step, IncentivesError> {
    let programme = store.connected()?;
    if !(1..=MAX_VISITS).contains(&visits) {
        return Err(IncentivesError::BadParameters);
    }
    if number != programme.next_epoch {
        return Err(IncentivesError::EpochOutOfOrder);
    }
    if env.now < end_of(number) {
        return Err(IncentivesError::EpochNotOver);
    }
    let begun = store.epoch(number);
    let mut closing = Closing {
        number,
        now: env.now,
        programme,
        epoch: begun.unwrap_or(Epoch::BEGUN),
        // Those of an earlier closing are left behind by the first message of this one.
        volumes: begun.filter(|epoch| epoch.phase == Phase::Reading).map_or_else(Volumes::default, |_| store.volumes()),
        visited: [None; MAX_VISITS],
        knows_budget: begun.is_some(),
    };
    let plan = closing.plan(store, visits)?;
    if begun.is_none() {
        store.emit(Event::ClosingBegan { epoch: number, budget: closing.epoch.budget });
    }
    Ok(closing.write(store, &plan))
}

/// The part of an epoch in which a maker was designated.
pub(super) fn served(number: u32, seat: u32, maker: &Maker) -> Served {
    let end = end_of(number);
    let begin = Seconds(end.0.saturating_sub(REWARD_EPOCH_SECONDS)).max(maker.since);
    let end = if maker.status == Status::Leaving { end.min(maker.leaves_at) } else { end };
    Served { seat: Seat(seat), from: begin, until: end }
}

/// What a maker gets of a budget: their share, rounded down, and no more than the cap.
pub(super) fn share(programme: &Programme, budget: u64, adjusted: u64, total: u128) -> u64 {
    // budget < 2^47 and adjusted <= 2^63, see `COUNTED_MAX`; a share is at most the budget.
    let share = u128::from(budget).saturating_mul(adjusted.into()).checked_div(total).unwrap_or(0);
    let cap = u128::from(budget).saturating_mul(programme.parameters.maker_cap_bps.into()).div_euclid(BPS.into());
    u64::try_from(share.min(cap)).unwrap_or(0)
}

/// Visits as planned: what their events report.
type Plan = [Option<Event>; MAX_VISITS];

/// The closing in memory: planned first, written when nothing can fail any more.
struct Closing {
    number: u32,
    now: Seconds,
    programme: Programme,
    epoch: Epoch,
    /// What the makers have traded whom the first pass has read.
    volumes: Volumes,
    /// Makers touched in this message.
    visited: [Option<Visit>; MAX_VISITS],
    /// Whether clearing has been asked what the pool holds; it is the first time that it is asked anything.
    knows_budget: bool,
}

/// A maker whom a message has changed, in the state after it.
#[derive(Clone, Copy)]
struct Visit {
    seat: u32,
    maker: Maker,
    /// What the maker lost with the designation, in quote atoms.
    forfeited: u64,
}

impl Closing {
    /// Visits the next makers, without writing.
    fn plan<S: Store + Clearing>(&mut self, store: &S, visits: usize) -> Result<Plan, IncentivesError> {
        let mut plan: Plan = [None; MAX_VISITS];
        let mut used = 0_usize;
        let mut page = (0, store.page(0));
        // Makers whose measures are still to be asked for, all in one call.
        let mut asked = [Served::default(); MAX_VISITS];
        let mut held = [Maker::default(); MAX_VISITS];
        let mut waiting = 0_usize;
        while self.epoch.phase != Phase::Closed {
            let full = used.saturating_add(waiting) >= visits;
            if waiting > 0 && (full || self.epoch.cursor >= self.programme.slots) {
                let makers = asked.get(..waiting).unwrap_or_default();
                let measures = self.ask(store, makers)?;
                for ((served, maker), measure) in makers.iter().zip(held).zip(measures) {
                    let event = self.read(*served, maker, measure);
                    note(&mut plan, &mut used, event);
                }
                waiting = 0;
                continue;
            }
            if self.epoch.cursor >= self.programme.slots {
                if !self.knows_budget {
                    self.ask(store, &[])?; // nobody to measure
                }
                self.next_phase();
                continue;
            }
            let (page_number, index) = Page::locate(self.epoch.cursor);
            if page_number != page.0 {
                page = (page_number, store.page(page_number));
            }
            let due = page.1.seat(index).and_then(|seat| Some((seat, self.maker(store, seat)?)));
            let Some((seat, maker)) = due.filter(|(_, maker)| self.is_concerned(maker)) else {
                self.epoch.cursor = self.epoch.cursor.saturating_add(1);
                continue;
            };
            if full {
                break;
            }
            match self.epoch.phase {
                Phase::Reading => {
                    if let Some((next, kept)) = asked.get_mut(waiting).zip(held.get_mut(waiting)) {
                        (*next, *kept) = (served(self.number, seat, &maker), maker);
                    }
                    waiting = waiting.saturating_add(1);
                }
                Phase::Weighing => {
                    self.weigh(seat, maker);
                    used = used.saturating_add(1);
                }
                Phase::Allotting | Phase::Closed => {
                    let event = self.allot(seat, maker);
                    note(&mut plan, &mut used, event);
                }
            }
            self.epoch.cursor = self.epoch.cursor.saturating_add(1);
        }
        Ok(plan)
    }

    /// Asks clearing for measures. The first answer fixes what is shared out: the budget, cut to what the pool holds
    /// beyond what is owed; nothing from the first message on that asks when it is late, or one would be paid alone
    /// whom the messages before have read.
    fn ask<S: Clearing>(&mut self, store: &S, makers: &[Served]) -> Result<[Measure; MAX_VISITS], IncentivesError> {
        let Weeks { pool, measures } = store.weeks(self.number, self.programme.parameters.rules(), makers)?;
        if !self.knows_budget {
            let free = pool.saturating_sub(self.programme.owed);
            self.epoch.budget = self.programme.budget.of(self.number).min(free);
            self.knows_budget = true;
        }
        if self.is_late() {
            self.epoch.budget = 0;
        }
        Ok(measures)
    }

    /// Whether the week after the epoch is over, too. Clearing keeps the last finished week of a score, so by now it
    /// measures those who have quoted since as nothing and those who have not as they were: nobody is paid and nobody
    /// gets a strike on that basis.
    fn is_late(&self) -> bool {
        self.now >= end_of(self.number.saturating_add(1))
    }

    fn next_phase(&mut self) {
        self.epoch.cursor = 0;
        self.epoch.phase = match self.epoch.phase {
            Phase::Reading => Phase::Weighing,
            Phase::Weighing => Phase::Allotting,
            Phase::Allotting | Phase::Closed => Phase::Closed,
        };
        if self.epoch.phase == Phase::Closed {
            self.epoch.closed_at = self.now;
            self.programme.next_epoch = self.number.saturating_add(1);
            let weight = u128::from(WEEK_SESSIONS.saturating_mul(FULL_WEIGHT));
            let depth = u64::try_from(self.epoch.depth.div_euclid(weight)).unwrap_or(u64::MAX);
            let Programme { budget, parameters, .. } = self.programme;
            self.programme.budget = budget.adapted(depth, &parameters, epoch_of(self.now));
        }
    }

    /// Whether a maker takes part in the epoch: designated before its end, and in the later passes also read in the
    /// first.
    fn is_concerned(&self, maker: &Maker) -> bool {
        let served = maker.status.is_measured() && maker.since < end_of(self.number);
        served && (self.epoch.phase == Phase::Reading || maker.score_epoch == self.number)
    }

    /// First pass: a maker's measure.
    fn read(&mut self, served: Served, mut maker: Maker, measure: Measure) -> Event {
        let seat = served.seat.0;
        let counted = if maker.is_unpaid(self.number) { 0 } else { measure.counted };
        maker.score_epoch = self.number;
        maker.score = counted;
        maker.volume = measure.volume;
        if counted > 0 {
            maker.strikes = 0;
        } else if served.until.since(served.from) == REWARD_EPOCH_SECONDS && measure.due > 0 && !self.is_late() {
            maker.strikes = maker.strikes.saturating_add(1);
        }
        self.epoch.volume = self.epoch.volume.saturating_add(measure.volume.into());
        self.volumes.add(measure.volume);
        let by_all = fault::present(Fault::FloorByAllVolume);
        self.epoch.others = if by_all { self.epoch.volume } else { self.volumes.others() };
        self.epoch.depth = self.epoch.depth.saturating_add(measure.score.into());
        self.put(seat, maker, 0);
        Event::Scored { epoch: self.number, seat, measure: Measure { counted, ..measure } }
    }

    /// Second pass: what counts.
    fn weigh(&mut self, seat: u32, mut maker: Maker) {
        maker.score = adjusted(maker.score, maker.volume, self.epoch.others, &self.programme.parameters);
        self.epoch.total = self.epoch.total.saturating_add(maker.score.into());
        self.put(seat, maker, 0);
    }

    /// Third pass: allots a share, and ends a designation that is lost or over.
    fn allot(&mut self, seat: u32, mut maker: Maker) -> Event {
        let amount = share(&self.programme, self.epoch.budget, maker.score, self.epoch.total);
        if amount > 0 {
            maker.grant(self.number, amount);
        }
        let lost = maker.strikes >= self.programme.parameters.strikes;
        let left = maker.status == Status::Leaving && maker.leaves_at <= end_of(self.number);
        let forfeited = if lost { maker.forfeit(self.now) } else { 0 };
        if lost || left {
            maker.status = Status::Ended;
        }
        self.epoch.rewarded = self.epoch.rewarded.saturating_add(amount);
        self.programme.owed = self.programme.owed.saturating_add(amount).saturating_sub(forfeited);
        self.put(seat, maker, forfeited);
        Event::Rewarded { epoch: self.number, seat, adjusted: maker.score, amount }
    }

    /// A maker in the state after this message, or as stored when it has not changed them.
    fn maker<S: Store>(&self, store: &S, seat: u32) -> Option<Maker> {
        let visited = self.visited.iter().flatten().find(|visit| visit.seat == seat);
        visited.map(|visit| visit.maker).or_else(|| store.maker(seat))
    }

    fn put(&mut self, seat: u32, maker: Maker, forfeited: u64) {
        let free = self.visited.iter_mut().find(|entry| entry.is_none_or(|visit| visit.seat == seat));
        // There are as many entries as visits, so one is always free.
        if let Some(entry) = free {
            *entry = Some(Visit { seat, maker, forfeited });
        }
    }

    /// Writes the plan and emits its events.
    fn write<S: Store>(&self, store: &mut S, plan: &Plan) -> Step {
        let closed = self.epoch.phase == Phase::Closed;
        store.set_programme(&self.programme);
        store.set_epoch(self.number, &self.epoch);
        if self.epoch.phase == Phase::Reading {
            store.set_volumes(&self.volumes); // the next message goes on with them
        }
        for event in plan.iter().flatten() {
            store.emit(*event);
        }
        let mut step = Step { closed, ended: [None; MAX_VISITS] };
        for (Visit { seat, maker, forfeited }, ended) in self.visited.iter().flatten().zip(&mut step.ended) {
            store.set_maker(*seat, maker);
            if maker.status == Status::Ended {
                free_slot_of(store, maker);
                store.emit(Event::Ended { seat: *seat, forfeited: *forfeited });
                *ended = Some(*seat);
            }
        }
        if closed {
            let Epoch { volume, total, rewarded, .. } = self.epoch;
            store.emit(Event::Closed { epoch: self.number, volume, total, rewarded });
        }
        step
    }
}

fn note(plan: &mut Plan, used: &mut usize, event: Event) {
    if let Some(entry) = plan.get_mut(*used) {
        *entry = Some(event);
    }
    *used = used.saturating_add(1);
}
