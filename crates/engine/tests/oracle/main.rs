//! Stories about the index, played on a native store that keeps packed bytes as the chain does.

mod basket;
mod bounds;
mod cells;
mod eighth_attack;
mod eleventh_attack;
mod entering;
mod faults;
mod fifteenth_attack;
mod fourteenth_attack;
mod jump;
mod minorities;
mod ninth_attack;
mod privileges;
mod rises;
mod settlement;
mod seventh_attack;
mod stakes;
mod tenth_attack;
mod thirteenth_attack;
mod twelfth_attack;
mod vectors;
mod volumes;

use sit_engine::calendar::{DAY, Day};
use sit_engine::chain::{Address, Env, Hash};
use sit_engine::codec::Cell;
use sit_engine::oracle::*;
use sit_engine::units::Seconds;
use std::{collections::BTreeMap, format, string::String, vec::Vec};

const GOVERNANCE: Address = [0xAA; 20];
const TPI: IndexId = 0;
/// A day in 2026 on which the stories begin: Tuesday, 1 September.
const START: Day = Day(20_697);
/// Terms of reporting under which every fault costs another amount.
const TERMS: Reporting = Reporting {
    commit_until: 0,
    bond: 1_000,
    deviation_slash: 200,
    miss_slash: 50,
    reward: 30,
    dispute_bond: 500,
    unbonding: 7 * DAY,
};

/// A key: kind of cell, index, number, place.
type Key = (char, IndexId, u32, u8);

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Chain {
    cells: BTreeMap<Key, Vec<u8>>,
    token: Option<Address>,
    events: Vec<String>,
}

impl Chain {
    fn get<T: Cell>(&self, key: Key) -> Option<T> {
        self.cells.get(&key).map(|bytes| T::from_cell(bytes))
    }

    fn put<T: Cell>(&mut self, key: Key, value: &T) {
        let bytes = value.to_cell().as_bytes().to_vec();
        assert!(bytes.len() <= T::MAX_BYTES);
        self.cells.insert(key, bytes);
    }
}

impl Store for Chain {
    fn governance(&self) -> Address {
        GOVERNANCE
    }
    fn token(&self) -> Option<Address> {
        self.token
    }
    fn set_token(&mut self, token: Address) {
        self.token = Some(token);
    }
    fn setup(&self, index: IndexId) -> Option<Setup> {
        self.get(('r', index, 0, 0))
    }
    fn set_setup(&mut self, index: IndexId, setup: &Setup) {
        self.put(('r', index, 0, 0), setup);
    }
    fn stakes(&self, index: IndexId) -> Stakes {
        self.get(('k', index, 0, 0)).unwrap_or_default()
    }
    fn set_stakes(&mut self, index: IndexId, stakes: &Stakes) {
        self.put(('k', index, 0, 0), stakes);
    }
    fn due(&self, index: IndexId, whom: Address) -> Due {
        self.get(('d', index, u32::from_be_bytes(*whom.first_chunk().unwrap()), 0)).unwrap_or_default()
    }
    fn set_due(&mut self, index: IndexId, whom: Address, due: &Due) {
        self.put(('d', index, u32::from_be_bytes(*whom.first_chunk().unwrap()), 0), due);
    }
    fn reporters(&self, index: IndexId) -> Reporters {
        self.get(('w', index, 0, 0)).unwrap_or_default()
    }
    fn set_reporters(&mut self, index: IndexId, reporters: &Reporters) {
        self.put(('w', index, 0, 0), reporters);
    }
    fn state(&self, index: IndexId) -> IndexState {
        self.get(('s', index, 0, 0)).unwrap_or_default()
    }
    fn set_state(&mut self, index: IndexId, state: &IndexState) {
        self.put(('s', index, 0, 0), state);
    }
    fn submission(&self, index: IndexId, slot: u8, place: u8) -> Option<Submission> {
        self.get(('q', index, slot.into(), place))
    }
    fn set_submission(&mut self, index: IndexId, slot: u8, place: u8, submission: &Submission) {
        self.put(('q', index, slot.into(), place), submission);
    }
    fn prints(&self, index: IndexId, page: u32) -> PrintPage {
        self.get(('p', index, page, 0)).unwrap_or_default()
    }
    fn set_prints(&mut self, index: IndexId, page: u32, prints: &PrintPage) {
        self.put(('p', index, page, 0), prints);
    }
    fn settlement(&self, index: IndexId, expiry: Day) -> Option<Settlement> {
        self.get(('f', index, expiry.0, 0))
    }
    fn set_settlement(&mut self, index: IndexId, expiry: Day, settlement: &Settlement) {
        self.put(('f', index, expiry.0, 0), settlement);
    }
    /// Not the real one: any function of all the bytes shows which bytes were hashed.
    fn keccak(&self, bytes: &[u8]) -> Hash {
        let mut hash = [0_u8; 32];
        for (place, byte) in bytes.iter().enumerate() {
            hash[place % 32] = hash[place % 32].rotate_left(3) ^ byte;
        }
        hash
    }
    fn emit(&mut self, event: Event<'_>) {
        self.events.push(format!("{event:?}"));
    }
}

/// An index with its providers and reporters, and a clock.
#[derive(Clone)]
struct Story {
    chain: Chain,
    now: Seconds,
    reporters: Vec<Address>,
}

fn reporter(number: u8) -> Address {
    [number + 1; 20]
}

/// A quote whose blend is `price`.
fn at(price: u32, volume: u64) -> Quote {
    Quote { input: price, output: price, volume }
}

impl Story {
    /// Sends a message; a refused one must have left no trace.
    fn send<T>(
        &mut self,
        caller: Address,
        message: impl FnOnce(&mut Chain, Env) -> Result<T, OracleError>,
    ) -> Result<T, OracleError> {
        let before = self.chain.clone();
        let result = message(&mut self.chain, Env { now: self.now, caller });
        if result.is_err() {
            assert_eq!(self.chain, before, "a refused message left a trace");
        }
        result
    }

    /// Five reporters, and providers of reference quality.
    fn begin(rules: Rules, reporters: u8, providers: u8) -> Self {
        let mut story = Self { chain: Chain::default(), now: START.start(), reporters: Vec::new() };
        story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, rules)).unwrap();
        for provider in 0..providers {
            story.send(GOVERNANCE, |chain, env| set_provider(chain, env, TPI, provider, 1_000)).unwrap();
        }
        for number in 0..reporters {
            story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(number))).unwrap();
            story.reporters.push(reporter(number));
        }
        story
    }

    /// The usual index: five reporters, five providers of equal volume, and first prints of 2.00 USD, confirmed.
    fn live() -> Self {
        let mut story = Self::begin(Rules::TPI, 5, 5);
        assert_eq!(story.day(START, &[at(2_000_000, 10); 5]), Ok(Validity::NeedsConfirmation));
        assert_eq!(story.day(Day(START.0 + 1), &[at(2_000_000, 10); 5]), Ok(Validity::Valid));
        story
    }

    fn to(&mut self, day: Day, seconds: u32) {
        self.now = day.start().later(seconds);
    }

    fn submit(&mut self, caller: Address, day: Day, quotes: &[Quote]) -> Result<(), OracleError> {
        let entries: Vec<Entry> =
            (0..).zip(quotes).map(|(provider, quote)| Entry { provider, quote: *quote }).collect();
        self.send(caller, |chain, env| submit(chain, env, TPI, day, entries))
    }

    fn publish(&mut self, day: Day) -> Result<Validity, OracleError> {
        self.send([0xEE; 20], |chain, env| publish(chain, env, TPI, day))
    }

    /// All reporters submit one and the same batch in the afternoon of a day, then anyone publishes.
    fn day(&mut self, day: Day, quotes: &[Quote]) -> Result<Validity, OracleError> {
        self.to(day, 15 * 3_600);
        for caller in self.reporters.clone() {
            self.submit(caller, day, quotes)?;
        }
        self.publish(day)
    }

    fn price_on(&self, day: Day) -> Option<u32> {
        print_of(&self.chain, TPI, day).ok()
    }

    fn validity(&self) -> Validity {
        validity_of(&self.chain, TPI, self.now).unwrap()
    }
}
