//! The cells of the index on the chain. A key is one tag byte and the identifiers.

use super::events;
use crate::{Key, load, save};
use ink::env::{hash, hash_bytes};
use sit_engine::calendar::Day;
use sit_engine::codec::{Cell, Reader, Writer};
use sit_engine::oracle::{
    Address, Due, Event, Hash, IndexId, IndexState, PrintPage, Reporters, Settlement, Setup, Sink, Stakes, Store,
    Submission,
};

/// Tags of the cells, which are also the kinds that the `cell` view knows.
pub mod tag {
    /// Who governs.
    pub const GOVERNANCE: u8 = b'G';
    /// Rules, terms of reporting, providers and quality, by index.
    pub const SETUP: u8 = b'R';
    /// Bonds, earnings and the pot, by index.
    pub const STAKES: u8 = b'K';
    /// What is due to an address, by index and address.
    pub const DUE: u8 = b'D';
    /// Reporters, by index.
    pub const REPORTERS: u8 = b'W';
    /// Last print, by index.
    pub const STATE: u8 = b'S';
    /// A submission, by index, slot and place.
    pub const SUBMISSION: u8 = b'Q';
    /// A page of prints, by index and page.
    pub const PRINTS: u8 = b'P';
    /// A final settlement, by index and expiry.
    pub const SETTLEMENT: u8 = b'F';
}

/// The key of a cell: tag, index and two identifiers, whatever it needs of them.
pub fn key(tag: u8, index: IndexId, number: u32, place: u8) -> Key {
    Key::new(tag).number(index.into()).number(number).with(&[place])
}

fn due_key(index: IndexId, whom: Address) -> Key {
    Key::new(tag::DUE).number(index.into()).with(&whom)
}

/// Who governs, the token of bonds and rewards, zero until connected, and whose code answers the colder messages.
#[derive(Clone, Copy, Default)]
struct Peers {
    governance: Address,
    token: Address,
    office: Address,
}

impl Cell for Peers {
    const MAX_BYTES: usize = 3 * 20;

    fn write(&self, out: &mut Writer) {
        for address in [&self.governance, &self.token, &self.office] {
            out.put(address);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { governance: from.array(), token: from.array(), office: from.array() }
    }
}

fn peers() -> Peers {
    load(&key(tag::GOVERNANCE, 0, 0, 0)).unwrap_or_default()
}

/// The contract's storage, events and hash, as the engine knows them.
pub struct Chain;

impl Chain {
    /// Stores who governs, and whose code answers the colder messages.
    pub fn set_peers(governance: Address, office: Address) {
        save(&key(tag::GOVERNANCE, 0, 0, 0), &Peers { governance, office, ..Peers::default() });
    }

    /// Whose code answers the colder messages.
    pub fn office() -> Address {
        peers().office
    }
}

impl Store for Chain {
    fn governance(&self) -> Address {
        peers().governance
    }
    fn token(&self) -> Option<Address> {
        Some(peers().token).filter(|token| *token != Address::default())
    }
    fn set_token(&mut self, token: Address) {
        save(&key(tag::GOVERNANCE, 0, 0, 0), &Peers { token, ..peers() });
    }
    #[inline(never)]
    fn setup(&self, index: IndexId) -> Option<Setup> {
        load(&key(tag::SETUP, index, 0, 0))
    }
    #[inline(never)]
    fn set_setup(&mut self, index: IndexId, setup: &Setup) {
        save(&key(tag::SETUP, index, 0, 0), setup);
    }
    #[inline(never)]
    fn stakes(&self, index: IndexId) -> Stakes {
        load(&key(tag::STAKES, index, 0, 0)).unwrap_or_default()
    }
    #[inline(never)]
    fn set_stakes(&mut self, index: IndexId, stakes: &Stakes) {
        save(&key(tag::STAKES, index, 0, 0), stakes);
    }
    #[inline(never)]
    fn due(&self, index: IndexId, whom: Address) -> Due {
        load(&due_key(index, whom)).unwrap_or_default()
    }
    #[inline(never)]
    fn set_due(&mut self, index: IndexId, whom: Address, due: &Due) {
        save(&due_key(index, whom), due);
    }
    #[inline(never)]
    fn reporters(&self, index: IndexId) -> Reporters {
        load(&key(tag::REPORTERS, index, 0, 0)).unwrap_or_default()
    }
    #[inline(never)]
    fn set_reporters(&mut self, index: IndexId, reporters: &Reporters) {
        save(&key(tag::REPORTERS, index, 0, 0), reporters);
    }
    #[inline(never)]
    fn state(&self, index: IndexId) -> IndexState {
        load(&key(tag::STATE, index, 0, 0)).unwrap_or_default()
    }
    #[inline(never)]
    fn set_state(&mut self, index: IndexId, state: &IndexState) {
        save(&key(tag::STATE, index, 0, 0), state);
    }
    #[inline(never)]
    fn submission(&self, index: IndexId, slot: u8, place: u8) -> Option<Submission> {
        load(&key(tag::SUBMISSION, index, slot.into(), place))
    }
    #[inline(never)]
    fn set_submission(&mut self, index: IndexId, slot: u8, place: u8, submission: &Submission) {
        save(&key(tag::SUBMISSION, index, slot.into(), place), submission);
    }
    #[inline(never)]
    fn prints(&self, index: IndexId, page: u32) -> PrintPage {
        load(&key(tag::PRINTS, index, page, 0)).unwrap_or_default()
    }
    #[inline(never)]
    fn set_prints(&mut self, index: IndexId, page: u32, prints: &PrintPage) {
        save(&key(tag::PRINTS, index, page, 0), prints);
    }
    #[inline(never)]
    fn settlement(&self, index: IndexId, expiry: Day) -> Option<Settlement> {
        load(&key(tag::SETTLEMENT, index, expiry.0, 0))
    }
    #[inline(never)]
    fn set_settlement(&mut self, index: IndexId, expiry: Day, settlement: &Settlement) {
        save(&key(tag::SETTLEMENT, index, expiry.0, 0), settlement);
    }
    fn keccak(&self, bytes: &[u8]) -> Hash {
        let mut hash = [0; 32];
        hash_bytes::<hash::Keccak256>(bytes, &mut hash);
        hash
    }
}

impl Sink for Chain {
    // Inlined, so that a blob holds only the events that its messages tell.
    #[inline(always)]
    fn emit(&mut self, event: Event<'_>) {
        events::emit(event);
    }
}
