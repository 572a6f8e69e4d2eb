//! Governance played natively, on a ledger in memory and with the keccak of a library.

mod approvals;
mod cells;
mod fifth_attack;
mod margins;
mod roles;
mod timelock;

use sha3::{Digest, Keccak256};
use sit_engine::calendar::DAY;
use sit_engine::chain::{Address, Env, Hash};
use sit_engine::governance::*;
use sit_engine::units::Seconds;
use std::collections::BTreeMap;
use std::vec::Vec;

const DEPLOYER: Address = [1; 20];
const GOVERNOR: Address = [2; 20];
const GUARDIAN: Address = [3; 20];
const STRANGER: Address = [4; 20];
const GOVERNANCE: Address = [9; 20];
const CLEARING: Address = [10; 20];

const START: Seconds = Seconds(1_770_000_000);

const DELAYS: Delays = Delays { tighten: 3_600, routine: DAY, loosen: 3 * DAY, critical: 7 * DAY };

/// Calldata of a message that the table does not know.
const CALL: &[u8] = &[0xAA, 0xBB, 0xCC, 0xDD, 1, 2, 3];

#[derive(Clone, PartialEq, Debug, Default)]
struct Ledger {
    charter: Option<Charter>,
    council: Option<Council>,
    actions: BTreeMap<u32, Action>,
    classes: BTreeMap<(Address, Selector), Class>,
    accepted: BTreeMap<u8, AcceptedMargin>,
    pending: BTreeMap<u32, PendingMargin>,
    versions: BTreeMap<Hash, Version>,
    events: usize,
}

impl Store for Ledger {
    fn charter(&self) -> Option<Charter> {
        self.charter
    }
    fn set_charter(&mut self, charter: &Charter) {
        self.charter = Some(*charter);
    }
    fn council(&self) -> Option<Council> {
        self.council
    }
    fn set_council(&mut self, council: &Council) {
        self.council = Some(*council);
    }
    fn action(&self, id: u32) -> Option<Action> {
        self.actions.get(&id).copied()
    }
    fn set_action(&mut self, id: u32, action: &Action) {
        self.actions.insert(id, *action);
    }
    fn class(&self, target: Address, selector: Selector) -> Option<Class> {
        self.classes.get(&(target, selector)).copied()
    }
    fn set_class(&mut self, target: Address, selector: Selector, class: Class) {
        self.classes.insert((target, selector), class);
    }
    fn accepted_margin(&self, product: u8) -> Option<AcceptedMargin> {
        self.accepted.get(&product).copied()
    }
    fn set_accepted_margin(&mut self, product: u8, margin: &AcceptedMargin) {
        self.accepted.insert(product, *margin);
    }
    fn pending_margin(&self, id: u32) -> Option<PendingMargin> {
        self.pending.get(&id).copied()
    }
    fn set_pending_margin(&mut self, id: u32, margin: &PendingMargin) {
        self.pending.insert(id, *margin);
    }
    fn version(&self, name: Hash) -> Option<Version> {
        self.versions.get(&name).copied()
    }
    fn set_version(&mut self, name: Hash, version: &Version) {
        self.versions.insert(name, *version);
    }
    fn keccak(&self, bytes: &[u8]) -> Hash {
        Keccak256::digest(bytes).into()
    }
    fn this(&self) -> Address {
        GOVERNANCE
    }
    fn emit(&mut self, _: Event<'_>) {
        self.events += 1;
    }
}

fn env(caller: Address, now: Seconds) -> Env {
    Env { now, caller }
}

/// A window that begins now and lasts sixty days.
fn window(now: Seconds) -> Window {
    Window { not_before: now, not_after: now.later(60 * DAY) }
}

/// Governance in its genesis.
fn young() -> Ledger {
    let mut ledger = Ledger::default();
    found(&mut ledger, env(DEPLOYER, START), GOVERNOR, GUARDIAN, DELAYS).unwrap();
    register(&mut ledger, env(GOVERNANCE, START), sit_engine::governance::CLEARING, CLEARING).unwrap();
    ledger
}

/// Governance after the seal.
fn sealed() -> Ledger {
    let mut ledger = young();
    seal(&mut ledger, env(DEPLOYER, START)).unwrap();
    ledger
}

impl Ledger {
    /// Proposes a call as the governor.
    fn proposed(&mut self, target: Address, calldata: &[u8], now: Seconds) -> u32 {
        propose(self, env(GOVERNOR, now), target, calldata, window(now)).unwrap()
    }

    /// Approves as a member, with the payload and council of the moment.
    fn approve_as(&mut self, member: Address, id: u32, now: Seconds) -> Result<bool, GovernanceError> {
        let (payload, epoch) = (self.actions[&id].payload_hash, self.council.unwrap().epoch);
        approve(self, env(member, now), id, payload, epoch)
    }

    /// Proposes and approves a call: it waits now.
    fn queued(&mut self, target: Address, calldata: &[u8], now: Seconds) -> u32 {
        let id = self.proposed(target, calldata, now);
        assert!(self.approve_as(GOVERNOR, id, now).unwrap());
        id
    }

    /// Asserts that a message is refused with this error and leaves every cell as it was.
    fn refuses<T: core::fmt::Debug>(
        &mut self,
        error: GovernanceError,
        message: impl FnOnce(&mut Self) -> Result<T, GovernanceError>,
    ) {
        let before = self.clone();
        assert_eq!(message(self).unwrap_err(), error);
        assert_eq!(*self, before, "a refused message wrote something");
    }
}

/// Addresses that differ from all roles.
fn members(count: u8) -> Vec<Address> {
    (0..count).map(|number| [100 + number; 20]).collect()
}

#[test]
fn selectors_are_the_hashes_of_their_signatures() {
    for (signature, selector) in [(SET_RISK_SIGNATURE, SET_RISK), (NOMINATE_GUARDIAN_SIGNATURE, NOMINATE_GUARDIAN)] {
        assert_eq!(Keccak256::digest(signature)[..4], selector);
    }
}
