//! The price index off the chain: its cells in memory.
//!
//! The messages of the index check everything before they write anything, so there is no journal.

use super::answers::SettlementReceipt;
use super::event::{EmittedEvent, oracle as told};
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Hash};
use sit_engine::codec::Cell;
use sit_engine::oracle::{
    Due, Event, IndexId, IndexState, PrintPage, Reporters, Settlement, Setup, Stakes, Store, Submission,
};
use std::collections::HashMap;
use std::vec::Vec;

/// keccak-256, by the host: the engine has no hash of its own.
pub type Keccak = fn(&[u8]) -> Hash;

/// The cells of the price index in memory.
#[derive(Clone)]
pub struct NativeOracle {
    governance: Address,
    keccak: Keccak,
    token: Option<Address>,
    setups: HashMap<IndexId, Setup>,
    stakes: HashMap<IndexId, Stakes>,
    dues: HashMap<(IndexId, Address), Due>,
    reporters: HashMap<IndexId, Reporters>,
    states: HashMap<IndexId, IndexState>,
    submissions: HashMap<(IndexId, u8, u8), Submission>,
    prints: HashMap<(IndexId, u32), PrintPage>,
    settlements: HashMap<(IndexId, Day), Settlement>,
    /// What happened, in order, as the contract emits it.
    pub events: Vec<EmittedEvent>,
}

impl NativeOracle {
    /// An oracle without an index, which obeys `governance`.
    pub fn new(governance: Address, keccak: Keccak) -> Self {
        Self {
            governance,
            keccak,
            token: None,
            setups: HashMap::new(),
            stakes: HashMap::new(),
            dues: HashMap::new(),
            reporters: HashMap::new(),
            states: HashMap::new(),
            submissions: HashMap::new(),
            prints: HashMap::new(),
            settlements: HashMap::new(),
            events: Vec::new(),
        }
    }
}

impl Store for NativeOracle {
    fn governance(&self) -> Address {
        self.governance
    }
    fn token(&self) -> Option<Address> {
        self.token
    }
    fn set_token(&mut self, token: Address) {
        self.token = Some(token);
    }
    fn setup(&self, index: IndexId) -> Option<Setup> {
        self.setups.get(&index).copied()
    }
    fn set_setup(&mut self, index: IndexId, setup: &Setup) {
        self.setups.insert(index, *setup);
    }
    fn stakes(&self, index: IndexId) -> Stakes {
        self.stakes.get(&index).copied().unwrap_or_default()
    }
    fn set_stakes(&mut self, index: IndexId, stakes: &Stakes) {
        self.stakes.insert(index, *stakes);
    }
    fn due(&self, index: IndexId, whom: Address) -> Due {
        self.dues.get(&(index, whom)).copied().unwrap_or_default()
    }
    fn set_due(&mut self, index: IndexId, whom: Address, due: &Due) {
        self.dues.insert((index, whom), *due);
    }
    fn reporters(&self, index: IndexId) -> Reporters {
        self.reporters.get(&index).copied().unwrap_or_default()
    }
    fn set_reporters(&mut self, index: IndexId, reporters: &Reporters) {
        self.reporters.insert(index, *reporters);
    }
    fn state(&self, index: IndexId) -> IndexState {
        self.states.get(&index).copied().unwrap_or_default()
    }
    fn set_state(&mut self, index: IndexId, state: &IndexState) {
        self.states.insert(index, *state);
    }
    fn submission(&self, index: IndexId, slot: u8, place: u8) -> Option<Submission> {
        self.submissions.get(&(index, slot, place)).copied()
    }
    fn set_submission(&mut self, index: IndexId, slot: u8, place: u8, submission: &Submission) {
        self.submissions.insert((index, slot, place), *submission);
    }
    fn prints(&self, index: IndexId, page: u32) -> PrintPage {
        self.prints.get(&(index, page)).copied().unwrap_or_default()
    }
    fn set_prints(&mut self, index: IndexId, page: u32, prints: &PrintPage) {
        self.prints.insert((index, page), *prints);
    }
    fn settlement(&self, index: IndexId, expiry: Day) -> Option<Settlement> {
        self.settlements.get(&(index, expiry)).copied()
    }
    fn set_settlement(&mut self, index: IndexId, expiry: Day, settlement: &Settlement) {
        self.settlements.insert((index, expiry), *settlement);
    }
    fn keccak(&self, bytes: &[u8]) -> Hash {
        (self.keccak)(bytes)
    }
    fn emit(&mut self, event: Event<'_>) {
        self.events.push(told(event));
    }
}

/// The event as the contract emits it: cells as their packed bytes, the settlement as a struct.
fn told(event: Event<'_>) -> EmittedEvent {
    match event {
        Event::IndexSet { index, rules } => {
            let rules = packed(rules);
            told::IndexSet { index, rules }.into()
        }
        Event::ReportingSet { index, reporting } => {
            let terms = packed(reporting);
            told::ReportingSet { index, terms }.into()
        }
        Event::Bonded { index, place, amount } => moved(index, 0, place, [0; 20], amount),
        Event::Slashed { index, place, amount } => moved(index, 1, place, [0; 20], amount),
        Event::DueSlashed { index, reporter, amount } => moved(index, 2, u8::MAX, reporter, amount),
        Event::Funded { index, by, amount } => moved(index, 3, u8::MAX, by, amount),
        Event::Collected { index, by, amount } => moved(index, 4, u8::MAX, by, amount),
        Event::Committed { index, day, place, commitment } => told::Committed { index, day, place, commitment }.into(),
        Event::ProviderSet { index, provider, score, from } => {
            told::ProviderSet { index, provider, score, from }.into()
        }
        Event::ReporterAdded { index, reporter, place } => told::ReporterAdded { index, reporter, place }.into(),
        Event::ReporterRemoved { index, reporter } => told::ReporterRemoved { index, reporter }.into(),
        Event::Submitted { index, day, place, submission } => {
            let batch = packed(submission);
            told::Submitted { index, day, place, batch }.into()
        }
        Event::Computed { index, day, validity, price, link, reporters, providers } => {
            told::Computed { index, day, validity, price, link, reporters, providers }.into()
        }
        Event::Printed { index, day, price, sequence } => told::Printed { index, day, price, sequence }.into(),
        Event::Linked { index, day, version, link } => told::Linked { index, day, version, link }.into(),
        Event::SettlementChanged { index, expiry, settlement } => {
            let settlement = SettlementReceipt::from(settlement);
            told::SettlementChanged { index, expiry, settlement }.into()
        }
    }
}

fn moved(index: IndexId, kind: u8, place: u8, who: Address, amount: u64) -> EmittedEvent {
    told::StakeMoved { index, kind, place, who, amount }.into()
}

fn packed(cell: &impl Cell) -> Vec<u8> {
    cell.to_cell().as_bytes().to_vec()
}
