//! The cells of governance on the chain, under the engine's keys.

use crate::events;
use ink::env::{hash, hash_bytes};
use sit_engine::chain::{Address, Hash};
use sit_engine::governance::{
    AcceptedMargin, Action, Charter, Class, Council, Event, PendingMargin, Selector, Store, Version, keys,
};
use sit_shell::{load, save};

/// The contract's storage, events and hash, as the engine knows them.
pub struct Chain;

impl Store for Chain {
    fn charter(&self) -> Option<Charter> {
        load(&keys::charter())
    }
    fn set_charter(&mut self, charter: &Charter) {
        save(&keys::charter(), charter);
    }
    fn council(&self) -> Option<Council> {
        load(&keys::council())
    }
    fn set_council(&mut self, council: &Council) {
        save(&keys::council(), council);
    }
    fn action(&self, id: u32) -> Option<Action> {
        load(&keys::action(id))
    }
    fn set_action(&mut self, id: u32, action: &Action) {
        save(&keys::action(id), action);
    }
    fn class(&self, target: Address, selector: Selector) -> Option<Class> {
        load(&keys::class(target, selector))
    }
    fn set_class(&mut self, target: Address, selector: Selector, class: Class) {
        save(&keys::class(target, selector), &class);
    }
    fn accepted_margin(&self, product: u8) -> Option<AcceptedMargin> {
        load(&keys::accepted_margin(product))
    }
    fn set_accepted_margin(&mut self, product: u8, margin: &AcceptedMargin) {
        save(&keys::accepted_margin(product), margin);
    }
    fn pending_margin(&self, id: u32) -> Option<PendingMargin> {
        load(&keys::pending_margin(id))
    }
    fn set_pending_margin(&mut self, id: u32, margin: &PendingMargin) {
        save(&keys::pending_margin(id), margin);
    }
    fn version(&self, name: Hash) -> Option<Version> {
        load(&keys::version(name))
    }
    fn set_version(&mut self, name: Hash, version: &Version) {
        save(&keys::version(name), version);
    }
    fn keccak(&self, bytes: &[u8]) -> Hash {
        let mut hash = [0; 32];
        hash_bytes::<hash::Keccak256>(bytes, &mut hash);
        hash
    }
    fn this(&self) -> Address {
        ink::env::address().0
    }
    fn emit(&mut self, event: Event<'_>) {
        events::emit(event);
    }
}
