//! The cells of the index on the chain, under the engine's keys.

use super::events;
use crate::{load, save};
use ink::env::{hash, hash_bytes};
use sit_engine::calendar::Day;
use sit_engine::chain::{Address, Hash};
use sit_engine::codec::{Cell, Reader, Writer};
use sit_engine::oracle::{
    Due, Event, IndexId, IndexState, PrintPage, Reporters, Settlement, Setup, Stakes, Store, Submission, keys,
};

/// Governance, the token of bonds and rewards (zero until connected), and the contract whose code answers the colder
/// messages.
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
    load(&keys::peers().key()).unwrap_or_default()
}

/// The contract's storage, events and hash, as the engine knows them.
pub struct Chain;

impl Chain {
    /// Stores who governs, and whose code answers the colder messages.
    pub fn set_peers(governance: Address, office: Address) {
        save(&keys::peers().key(), &Peers { governance, office, ..Peers::default() });
    }

    /// The contract whose code answers the colder messages.
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
        save(&keys::peers().key(), &Peers { token, ..peers() });
    }
    #[inline(never)]
    fn setup(&self, index: IndexId) -> Option<Setup> {
        load(&keys::setup(index).key())
    }
    #[inline(never)]
    fn set_setup(&mut self, index: IndexId, setup: &Setup) {
        save(&keys::setup(index).key(), setup);
    }
    #[inline(never)]
    fn stakes(&self, index: IndexId) -> Stakes {
        load(&keys::stakes(index).key()).unwrap_or_default()
    }
    #[inline(never)]
    fn set_stakes(&mut self, index: IndexId, stakes: &Stakes) {
        save(&keys::stakes(index).key(), stakes);
    }
    #[inline(never)]
    fn due(&self, index: IndexId, whom: Address) -> Due {
        load(&keys::due(index, whom)).unwrap_or_default()
    }
    #[inline(never)]
    fn set_due(&mut self, index: IndexId, whom: Address, due: &Due) {
        save(&keys::due(index, whom), due);
    }
    #[inline(never)]
    fn reporters(&self, index: IndexId) -> Reporters {
        load(&keys::reporters(index).key()).unwrap_or_default()
    }
    #[inline(never)]
    fn set_reporters(&mut self, index: IndexId, reporters: &Reporters) {
        save(&keys::reporters(index).key(), reporters);
    }
    #[inline(never)]
    fn state(&self, index: IndexId) -> IndexState {
        load(&keys::state(index).key()).unwrap_or_default()
    }
    #[inline(never)]
    fn set_state(&mut self, index: IndexId, state: &IndexState) {
        save(&keys::state(index).key(), state);
    }
    #[inline(never)]
    fn submission(&self, index: IndexId, slot: u8, place: u8) -> Option<Submission> {
        load(&keys::submission(index, slot, place).key())
    }
    #[inline(never)]
    fn set_submission(&mut self, index: IndexId, slot: u8, place: u8, submission: &Submission) {
        save(&keys::submission(index, slot, place).key(), submission);
    }
    #[inline(never)]
    fn prints(&self, index: IndexId, page: u32) -> PrintPage {
        load(&keys::prints(index, page).key()).unwrap_or_default()
    }
    #[inline(never)]
    fn set_prints(&mut self, index: IndexId, page: u32, prints: &PrintPage) {
        save(&keys::prints(index, page).key(), prints);
    }
    #[inline(never)]
    fn settlement(&self, index: IndexId, expiry: Day) -> Option<Settlement> {
        load(&keys::settlement(index, expiry).key())
    }
    #[inline(never)]
    fn set_settlement(&mut self, index: IndexId, expiry: Day, settlement: &Settlement) {
        save(&keys::settlement(index, expiry).key(), settlement);
    }
    fn keccak(&self, bytes: &[u8]) -> Hash {
        let mut hash = [0; 32];
        hash_bytes::<hash::Keccak256>(bytes, &mut hash);
        hash
    }
    // Inlined, so that a blob holds only the events that its messages emit.
    #[inline(always)]
    fn emit(&mut self, event: Event<'_>) {
        events::emit(event);
    }
}
