//! The cells of governance on the chain. A key is one tag byte and the identifiers.

use crate::events;
use ink::env::{hash, hash_bytes};
use sit_engine::governance::{
    AcceptedMargin, Action, Address, Charter, Class, Council, Event, Hash, PendingMargin, Selector, Sink, Store,
    Version,
};
use sit_shell::{load, save};

/// Tags of the cells.
const CHARTER: u8 = b'G';
const COUNCIL: u8 = b'C';
const ACTION: u8 = b'A';
const CLASS: u8 = b'K';
const ACCEPTED_MARGIN: u8 = b'M';
const PENDING_MARGIN: u8 = b'P';
const VERSION: u8 = b'V';

/// The contract's storage, events and hash, as the engine knows them.
pub struct Chain;

impl Store for Chain {
    fn charter(&self) -> Option<Charter> {
        load(&CHARTER)
    }
    fn set_charter(&mut self, charter: &Charter) {
        save(&CHARTER, charter);
    }
    fn council(&self) -> Option<Council> {
        load(&COUNCIL)
    }
    fn set_council(&mut self, council: &Council) {
        save(&COUNCIL, council);
    }
    fn action(&self, id: u32) -> Option<Action> {
        load(&(ACTION, id))
    }
    fn set_action(&mut self, id: u32, action: &Action) {
        save(&(ACTION, id), action);
    }
    fn class(&self, target: Address, selector: Selector) -> Option<Class> {
        load(&(CLASS, target, selector))
    }
    fn set_class(&mut self, target: Address, selector: Selector, class: Class) {
        save(&(CLASS, target, selector), &class);
    }
    fn accepted_margin(&self, product: u8) -> Option<AcceptedMargin> {
        load(&(ACCEPTED_MARGIN, product))
    }
    fn set_accepted_margin(&mut self, product: u8, margin: &AcceptedMargin) {
        save(&(ACCEPTED_MARGIN, product), margin);
    }
    fn pending_margin(&self, id: u32) -> Option<PendingMargin> {
        load(&(PENDING_MARGIN, id))
    }
    fn set_pending_margin(&mut self, id: u32, margin: &PendingMargin) {
        save(&(PENDING_MARGIN, id), margin);
    }
    fn version(&self, name: Hash) -> Option<Version> {
        load(&(VERSION, name))
    }
    fn set_version(&mut self, name: Hash, version: &Version) {
        save(&(VERSION, name), version);
    }
    fn keccak(&self, bytes: &[u8]) -> Hash {
        let mut hash = [0; 32];
        hash_bytes::<hash::Keccak256>(bytes, &mut hash);
        hash
    }
}

impl Sink for Chain {
    fn emit(&mut self, event: Event<'_>) {
        events::emit(event);
    }
}
