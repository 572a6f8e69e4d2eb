//! Incentives played natively, with a clearing that answers as the test sets it.

mod cells;
mod closing;
mod designation;
mod eighth_attack;
mod fifteenth_attack;
mod following;
mod ninth_attack;
mod rewards;

use sit_engine::calendar::{DAY, REWARD_EPOCH_SECONDS};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{Measure, Served, UptimeRules, Weeks};
use sit_engine::incentives::*;
use sit_engine::units::Seconds;
use std::collections::BTreeMap;
use std::vec::Vec;

const GOVERNANCE: Address = [9; 20];
const CLEARING: Address = [10; 20];
const STRANGER: Address = [66; 20];

const WEEK: u32 = REWARD_EPOCH_SECONDS;
/// The epoch in which the stories begin, and its first second.
const FIRST: u32 = 2_900;
const START: Seconds = Seconds(FIRST * WEEK);
/// The capital requirement at first, in quote atoms.
const CAPITAL: u64 = Parameters::INITIAL.capital;
/// A full week's uptime.
const FULL: u32 = 5 * DAY;

/// A programme that counts uptime by its plain share and keeps its budget.
const STEADY: Parameters = Parameters { uptime_power: 1, target_depth: 0, ..Parameters::INITIAL };

/// Session seconds of so many seconds served, in a clearing that spreads the five days evenly over the week.
fn due_in(served: u32) -> u32 {
    (u64::from(FULL) * u64::from(served) / u64::from(WEEK)) as u32
}

#[derive(Clone, PartialEq, Debug, Default)]
struct Ledger {
    programme: Option<Programme>,
    makers: BTreeMap<u32, Maker>,
    pages: BTreeMap<u16, Page>,
    epochs: BTreeMap<u32, Epoch>,
    /// What the makers read so far have traded.
    read: Volumes,
    events: Vec<Event>,
    // What clearing would answer.
    owners: BTreeMap<u32, Address>,
    collateral: BTreeMap<u32, u64>,
    /// Score and uptime by seat and epoch.
    scores: BTreeMap<(u32, u32), (u64, u32)>,
    /// Lots traded by seat and epoch.
    volumes: BTreeMap<(u32, u32), u32>,
    pool: u64,
    /// The clearing house that the registry names and that is connected to the programme.
    in_force: Option<Address>,
    /// Whether trading is paused all the time.
    nothing_due: bool,
}

impl Store for Ledger {
    fn programme(&self) -> Option<Programme> {
        self.programme
    }
    fn set_programme(&mut self, programme: &Programme) {
        self.programme = Some(*programme);
    }
    fn maker(&self, seat: u32) -> Option<Maker> {
        self.makers.get(&seat).copied()
    }
    fn set_maker(&mut self, seat: u32, maker: &Maker) {
        self.makers.insert(seat, *maker);
    }
    fn page(&self, number: u16) -> Page {
        self.pages.get(&number).copied().unwrap_or_default()
    }
    fn set_page(&mut self, number: u16, page: &Page) {
        self.pages.insert(number, *page);
    }
    fn epoch(&self, number: u32) -> Option<Epoch> {
        self.epochs.get(&number).copied()
    }
    fn set_epoch(&mut self, number: u32, epoch: &Epoch) {
        self.epochs.insert(number, *epoch);
    }
    fn volumes(&self) -> Volumes {
        self.read
    }
    fn set_volumes(&mut self, volumes: &Volumes) {
        self.read = *volumes;
    }
    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Clearing for Ledger {
    fn holder(&self, seat: u32) -> Result<Holder, IncentivesError> {
        let owner = self.owners.get(&seat).copied().ok_or(IncentivesError::ClearingFailed)?;
        let collateral = self.collateral.get(&seat).copied().ok_or(IncentivesError::ClearingFailed)?;
        Ok(Holder { owner, collateral })
    }
    fn house_in_force(&self) -> Result<Option<Address>, IncentivesError> {
        Ok(self.in_force)
    }
    fn weeks(&self, epoch: u32, rules: UptimeRules, makers: &[Served]) -> Result<Weeks, IncentivesError> {
        let mut weeks = Weeks { pool: self.pool, ..Weeks::default() };
        for (week, served) in weeks.measures.iter_mut().zip(makers) {
            let key = (served.seat.0, epoch);
            let (score, uptime) = self.scores.get(&key).copied().unwrap_or_default();
            let due = if self.nothing_due { 0 } else { due_in(served.until.since(served.from)) };
            let counted = rules.count(score, uptime, due);
            *week = Measure { score, counted, uptime, due, volume: self.volumes.get(&key).copied().unwrap_or(0) };
        }
        Ok(weeks)
    }
}

fn env(caller: Address, now: Seconds) -> Env {
    Env { now, caller }
}

/// The owner of a seat in these tests.
fn owner(seat: u32) -> Address {
    let [.., a, b] = seat.to_be_bytes();
    let mut address = [50; 20];
    address[18..].copy_from_slice(&[a, b]);
    address
}

/// Governed, connected at the beginning of [`FIRST`], with a pool of a million USD.
fn connected() -> Ledger {
    let mut ledger = Ledger { pool: 1_000_000_000_000, ..Ledger::default() };
    found(&mut ledger, GOVERNANCE).unwrap();
    connect(&mut ledger, env(GOVERNANCE, START), CLEARING).unwrap();
    set_parameters(&mut ledger, env(GOVERNANCE, START), STEADY).unwrap();
    ledger
}

impl Ledger {
    /// Opens a seat that meets the capital requirement, and has it apply.
    fn applied(&mut self, seat: u32, now: Seconds) {
        self.owners.insert(seat, owner(seat));
        self.collateral.insert(seat, CAPITAL);
        apply(self, env(owner(seat), now), seat).unwrap();
    }

    /// A designated maker.
    fn designated(&mut self, seat: u32, now: Seconds) {
        self.applied(seat, now);
        accept(self, env(GOVERNANCE, now), seat).unwrap();
    }

    /// Warned, and suspended an hour later by the same message.
    fn suspended(&mut self, seat: u32, now: Seconds) -> Result<(), IncentivesError> {
        suspend(self, env(STRANGER, now), seat)?;
        suspend(self, env(STRANGER, now.later(CURE_SECONDS)), seat)
    }

    fn budget(&mut self, amount: u64, now: Seconds) {
        set_budget(self, env(GOVERNANCE, now), amount).unwrap();
    }

    /// Closes an epoch right after its end, `visits` makers at a time, and gives the seats that ended.
    fn closed_in_steps(&mut self, epoch: u32, visits: usize) -> Vec<u32> {
        let mut ended = Vec::new();
        for _ in 0..1_000 {
            let step = close_epoch(self, env(STRANGER, end_of(epoch)), epoch, visits).unwrap();
            ended.extend(step.ended.into_iter().flatten());
            self.check_accounts(end_of(epoch));
            if step.closed {
                return ended;
            }
        }
        panic!("the closing does not end");
    }

    fn closed(&mut self, epoch: u32) -> Vec<u32> {
        self.closed_in_steps(epoch, MAX_VISITS)
    }

    /// Claims and pays, as the contracts do.
    fn claimed(&mut self, seat: u32, now: Seconds) -> Result<u64, IncentivesError> {
        let amount = claim(self, env(owner(seat), now), seat)?;
        self.pool -= amount;
        self.check_accounts(now);
        Ok(amount)
    }

    /// What is owed is what makers have coming, and the pool has it.
    fn check_accounts(&self, now: Seconds) {
        let coming: u64 = self.makers.values().map(|maker| maker.due(now) + maker.vesting(now)).sum();
        let owed = self.programme.unwrap().owed;
        assert_eq!(owed, coming);
        assert!(owed <= self.pool, "more is owed than the pool holds");
    }

    /// Asserts that a message is refused with this error and leaves everything as it was.
    fn refuses<T: core::fmt::Debug>(
        &mut self,
        error: IncentivesError,
        message: impl FnOnce(&mut Self) -> Result<T, IncentivesError>,
    ) {
        let before = self.clone();
        assert_eq!(message(self).unwrap_err(), error);
        assert_eq!(*self, before, "a refused message wrote something");
    }
}
