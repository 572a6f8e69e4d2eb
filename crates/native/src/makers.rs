//! The market-maker programme off the chain: its cells in memory, beside the clearing house that it measures and pays.

use super::Native;
use super::answer::Answer;
use super::message::Message;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{self, Served, Store as _, UptimeRules, Weeks, weeks_of_makers};
use sit_engine::incentives::{
    self, Clearing, Epoch, Event, Holder, IncentivesError, MAX_VISITS, Maker, Page, Programme, Store, Volumes,
};
use sit_engine::units::{Seat, Seconds};
use std::borrow::BorrowMut;
use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::vec::Vec;

/// The programme's cells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    programme: Option<Programme>,
    makers: HashMap<u32, Maker>,
    pages: HashMap<u16, Page>,
    epochs: HashMap<u32, Epoch>,
    volumes: Volumes,
}

impl Cells {
    /// The cell of a maker.
    pub(crate) fn maker(&self, seat: u32) -> Option<Maker> {
        self.makers.get(&seat).copied()
    }
}

/// The programme and its clearing house, at a time. The house is its own, or lent by an exchange for a message.
pub struct Makers<H = Native> {
    /// The clearing house. Behind a cell because the programme asks it by shared reference, as one contract asks
    /// another.
    pub house: RefCell<H>,
    /// Time of the block.
    pub now: Seconds,
    /// What happened in the programme, in order.
    pub events: Vec<Event>,
    pub(crate) cells: Cells,
}

impl Makers {
    /// The programme under governance, connected at a time to a clearing house.
    ///
    /// # Errors
    /// Those of `found` and `connect`.
    pub fn new(house: Native, now: Seconds, governance: Address, clearing: Address) -> Result<Self, IncentivesError> {
        let mut makers = Self::on(house, now, Cells::default());
        incentives::found(&mut makers, governance)?;
        incentives::connect(&mut makers, Env { now, caller: governance }, clearing)?;
        Ok(makers)
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
        self.pay(seat, amount)?;
        Ok(amount)
    }
}

impl<H: BorrowMut<Native>> Makers<H> {
    /// The programme's cells beside a clearing house, at a time.
    pub(crate) fn on(house: H, now: Seconds, cells: Cells) -> Self {
        Self { house: RefCell::new(house), now, events: Vec::new(), cells }
    }

    /// The chain as a message of the programme sees it.
    pub fn env(&self, caller: Address) -> Env {
        Env { now: self.now, caller }
    }

    /// Runs a message as the contract does. What it wrote before it was refused stays written: cells and house are to
    /// be thrown away then.
    ///
    /// # Errors
    /// The message's own; `ClearingFailed` for a message of another contract, and for `follow`, which asks a registry.
    pub(crate) fn run(&mut self, caller: Address, message: &Message) -> Result<Answer, IncentivesError> {
        let env = self.env(caller);
        Ok(match *message {
            Message::ConnectProgramme { clearing } => incentives::connect(self, env, clearing)?.into(),
            Message::SetParameters { parameters } => incentives::set_parameters(self, env, parameters)?.into(),
            Message::SetBudget { amount } => incentives::set_budget(self, env, amount)?.into(),
            Message::Apply { seat } => incentives::apply(self, env, seat.0)?.into(),
            Message::Accept { seat } => {
                incentives::accept(self, env, seat.0)?;
                self.tell(seat.0, true)?.into()
            }
            Message::Dismiss { seat } => {
                if incentives::dismiss(self, env, seat.0)? {
                    self.tell(seat.0, false)?;
                }
                Answer::default()
            }
            Message::Suspend { seat } => incentives::suspend(self, env, seat.0)?.into(),
            Message::Resume { seat } => incentives::resume(self, env, seat.0)?.into(),
            Message::Exit { seat } => incentives::exit(self, env, seat.0)?.into(),
            Message::CloseEpoch { epoch, makers } => {
                let step = incentives::close_epoch(self, env, epoch, makers.into())?;
                for seat in step.ended.into_iter().flatten() {
                    self.tell(seat, false)?;
                }
                step.closed.into()
            }
            Message::Claim { seat } => {
                let amount = incentives::claim(self, env, seat.0)?;
                self.pay(seat.0, amount)?;
                amount.into()
            }
            _ => return Err(IncentivesError::ClearingFailed),
        })
    }

    fn tell(&mut self, seat: u32, maker: bool) -> Result<(), IncentivesError> {
        let env = self.env([0; 20]);
        let told = self.house().transact(|house| clearing::set_maker(house, env, Seat(seat), maker));
        told.map_err(|_| IncentivesError::ClearingFailed)
    }

    fn pay(&mut self, seat: u32, amount: u64) -> Result<(), IncentivesError> {
        let paid = self.house().transact(|house| clearing::pay_reward(house, Seat(seat), amount));
        paid.map_err(|_| IncentivesError::ClearingFailed)
    }

    fn house(&self) -> RefMut<'_, Native> {
        RefMut::map(self.house.borrow_mut(), BorrowMut::borrow_mut)
    }
}

impl<H> Store for Makers<H> {
    fn programme(&self) -> Option<Programme> {
        self.cells.programme
    }
    fn set_programme(&mut self, programme: &Programme) {
        self.cells.programme = Some(*programme);
    }
    fn maker(&self, seat: u32) -> Option<Maker> {
        self.cells.maker(seat)
    }
    fn set_maker(&mut self, seat: u32, maker: &Maker) {
        self.cells.makers.insert(seat, *maker);
    }
    fn page(&self, number: u16) -> Page {
        self.cells.pages.get(&number).copied().unwrap_or_default()
    }
    fn set_page(&mut self, number: u16, page: &Page) {
        self.cells.pages.insert(number, *page);
    }
    fn epoch(&self, number: u32) -> Option<Epoch> {
        self.cells.epochs.get(&number).copied()
    }
    fn set_epoch(&mut self, number: u32, epoch: &Epoch) {
        self.cells.epochs.insert(number, *epoch);
    }
    fn volumes(&self) -> Volumes {
        self.cells.volumes
    }
    fn set_volumes(&mut self, volumes: &Volumes) {
        self.cells.volumes = *volumes;
    }
    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl<H: BorrowMut<Native>> Clearing for Makers<H> {
    fn holder(&self, seat: u32) -> Result<Holder, IncentivesError> {
        let account = self.house().account(Seat(seat));
        let holder = account.map(|account| Holder { owner: account.owner, collateral: account.cash });
        holder.ok_or(IncentivesError::ClearingFailed)
    }
    fn house_in_force(&self) -> Result<Option<Address>, IncentivesError> {
        Ok(None) // there is one version here
    }
    fn weeks(&self, epoch: u32, rules: UptimeRules, makers: &[Served]) -> Result<Weeks, IncentivesError> {
        Ok(weeks_of_makers(&mut *self.house(), self.now, epoch, rules, makers))
    }
}
