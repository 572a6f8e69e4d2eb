//! The market-maker programme off the chain: its cells in memory, beside the clearing house that it measures and pays.

use super::Native;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{self, Served, Store as _, UptimeRules, Weeks, weeks_of_makers};
use sit_engine::incentives::{
    self, Clearing, Epoch, Event, Holder, IncentivesError, MAX_VISITS, Maker, Page, Programme, Store, Volumes,
};
use sit_engine::units::{Seat, Seconds};
use std::cell::RefCell;
use std::collections::HashMap;
use std::vec::Vec;

/// The programme and its clearing house, at a time.
pub struct Makers {
    /// The clearing house. Behind a cell because the programme asks it by shared reference, as one contract asks
    /// another.
    pub house: RefCell<Native>,
    /// Time of the block.
    pub now: Seconds,
    /// What happened in the programme, in order.
    pub events: Vec<Event>,
    programme: Option<Programme>,
    makers: HashMap<u32, Maker>,
    pages: HashMap<u16, Page>,
    epochs: HashMap<u32, Epoch>,
    volumes: Volumes,
}

impl Makers {
    /// The programme under governance, connected at a time to a clearing house.
    ///
    /// # Errors
    /// Those of `found` and `connect`.
    pub fn new(house: Native, now: Seconds, governance: Address, clearing: Address) -> Result<Self, IncentivesError> {
        let mut makers = Self {
            house: RefCell::new(house),
            now,
            events: Vec::new(),
            programme: None,
            makers: HashMap::new(),
            pages: HashMap::new(),
            epochs: HashMap::new(),
            volumes: Volumes::default(),
        };
        incentives::found(&mut makers, governance)?;
        incentives::connect(&mut makers, Env { now, caller: governance }, clearing)?;
        Ok(makers)
    }

    /// The chain as a message of the programme sees it.
    pub fn env(&self, caller: Address) -> Env {
        Env { now: self.now, caller }
    }

    /// The owner applies and governance accepts; clearing is informed.
    ///
    /// # Errors
    /// Those of `apply` and `accept`.
    pub fn designate(&mut self, governance: Address, owner: Address, seat: u32) -> Result<(), IncentivesError> {
        incentives::apply(self, self.env(owner), seat)?;
        incentives::accept(self, self.env(governance), seat)?;
        self.tell(seat, true)
    }

    /// Closes an epoch, in as many steps as it takes.
    ///
    /// # Errors
    /// Those of `close_epoch`.
    pub fn close(&mut self, epoch: u32) -> Result<(), IncentivesError> {
        loop {
            let step = incentives::close_epoch(self, self.env([0; 20]), epoch, MAX_VISITS)?;
            for seat in step.ended.into_iter().flatten() {
                self.tell(seat, false)?;
            }
            if step.closed {
                return Ok(());
            }
        }
    }

    /// The owner claims what is due, and clearing pays it. Returns quote atoms.
    ///
    /// # Errors
    /// Those of `claim`, `ClearingFailed` when the pool does not hold it.
    pub fn claim(&mut self, owner: Address, seat: u32) -> Result<u64, IncentivesError> {
        let amount = incentives::claim(self, self.env(owner), seat)?;
        let paid = self.house.get_mut().transact(|house| clearing::pay_reward(house, Seat(seat), amount));
        paid.map(|()| amount).map_err(|_| IncentivesError::ClearingFailed)
    }

    fn tell(&mut self, seat: u32, maker: bool) -> Result<(), IncentivesError> {
        let env = sit_engine::chain::Env { caller: [0; 20], now: self.now };
        let told = self.house.get_mut().transact(|house| clearing::set_maker(house, env, Seat(seat), maker));
        told.map_err(|_| IncentivesError::ClearingFailed)
    }
}

impl Store for Makers {
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
        self.volumes
    }
    fn set_volumes(&mut self, volumes: &Volumes) {
        self.volumes = *volumes;
    }
    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Clearing for Makers {
    fn holder(&self, seat: u32) -> Result<Holder, IncentivesError> {
        let account = self.house.borrow_mut().account(Seat(seat));
        let holder = account.map(|account| Holder { owner: account.owner, collateral: account.cash });
        holder.ok_or(IncentivesError::ClearingFailed)
    }
    fn house_in_force(&self) -> Result<Option<Address>, IncentivesError> {
        Ok(None) // there is one version here
    }
    fn weeks(&self, epoch: u32, rules: UptimeRules, makers: &[Served]) -> Result<Weeks, IncentivesError> {
        Ok(weeks_of_makers(&mut *self.house.borrow_mut(), self.now, epoch, rules, makers))
    }
}
