//! The cells of governance on the chain. A key is one tag byte and the identifiers.

use crate::events;
use ink::env::{hash, hash_bytes};
use sit_engine::governance::{
    AcceptedMargin, Action, Address, Charter, Class, Council, Event, Hash, PendingMargin, Selector, Sink, Store,
    Version,
};
use sit_shell::{Key, load, save};

/// Tags of the cells.
const CHARTER: u8 = b'G';
const COUNCIL: u8 = b'C';
const ACTION: u8 = b'A';
const CLASS: u8 = b'K';
const ACCEPTED_MARGIN: u8 = b'M';
const PENDING_MARGIN: u8 = b'P';
const VERSION: u8 = b'V';

fn class_key(target: Address, selector: Selector) -> Key {
    Key::new(CLASS).with(&target).with(&selector)
}

/// The contract's storage, events and hash, as the engine knows them.
pub struct Chain;

impl Store for Chain {
    fn charter(&self) -> Option<Charter> {
        load(&Key::new(CHARTER))
    }
    fn set_charter(&mut self, charter: &Charter) {
        save(&Key::new(CHARTER), charter);
    }
    fn council(&self) -> Option<Council> {
        load(&Key::new(COUNCIL))
    }
    fn set_council(&mut self, council: &Council) {
        save(&Key::new(COUNCIL), council);
    }
    fn action(&self, id: u32) -> Option<Action> {
        load(&Key::new(ACTION).number(id))
    }
    fn set_action(&mut self, id: u32, action: &Action) {
        save(&Key::new(ACTION).number(id), action);
    }
    fn class(&self, target: Address, selector: Selector) -> Option<Class> {
        load(&class_key(target, selector))
    }
    fn set_class(&mut self, target: Address, selector: Selector, class: Class) {
        save(&class_key(target, selector), &class);
    }
    fn accepted_margin(&self, product: u8) -> Option<AcceptedMargin> {
        load(&Key::new(ACCEPTED_MARGIN).with(&[product]))
    }
    fn set_accepted_margin(&mut self, product: u8, margin: &AcceptedMargin) {
        save(&Key::new(ACCEPTED_MARGIN).with(&[product]), margin);
    }
    fn pending_margin(&self, id: u32) -> Option<PendingMargin> {
        load(&Key::new(PENDING_MARGIN).number(id))
    }
    fn set_pending_margin(&mut self, id: u32, margin: &PendingMargin) {
        save(&Key::new(PENDING_MARGIN).number(id), margin);
    }
    fn version(&self, name: Hash) -> Option<Version> {
        load(&Key::new(VERSION).with(&name))
    }
    fn set_version(&mut self, name: Hash, version: &Version) {
        save(&Key::new(VERSION).with(&name), version);
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
