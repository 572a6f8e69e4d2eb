//! The cells of incentives on the chain, under the engine's keys, and clearing as they see it.

use crate::{events, selectors};
use core::cell::OnceCell;
use ink::sol::{DynBytes, FixedBytes};
use sit_engine::clearing::{Account, Peers, Served, UptimeRules, Weeks};
use sit_engine::codec::{Cell, Reader, Writer};
use sit_engine::incentives::{
    Clearing, Epoch, Event, Holder, IncentivesError, Maker, Page, Programme, Store, Volumes, keys,
};
use sit_engine::units::Seat;
use sit_shell::{call, load, save};

/// The contract's storage, events and view of clearing, as the engine knows them. Holds the programme, so that a
/// message reads it once though it needs clearing's address again.
#[derive(Default)]
pub struct Chain {
    programme: OnceCell<Option<Programme>>,
}

impl Chain {
    fn clearing(&self) -> Result<ink::Address, IncentivesError> {
        Ok(self.connected()?.clearing.into())
    }

    /// Has clearing start or stop scoring a seat.
    pub fn tell_designation(&self, seat: u32, designated: bool) -> Result<(), IncentivesError> {
        let clearing = self.clearing()?;
        call!(clearing, selectors::SET_MAKER, seat, designated => ()).ok_or(IncentivesError::ClearingFailed)
    }

    /// Has clearing pay a reward into a seat.
    pub fn pay(&self, seat: u32, amount: u64) -> Result<(), IncentivesError> {
        let clearing = self.clearing()?;
        call!(clearing, selectors::PAY_REWARD, seat, amount => ()).ok_or(IncentivesError::ClearingFailed)
    }
}

impl Store for Chain {
    fn programme(&self) -> Option<Programme> {
        *self.programme.get_or_init(|| load(&keys::programme()))
    }
    fn set_programme(&mut self, programme: &Programme) {
        save(&keys::programme(), programme);
        self.programme = OnceCell::from(Some(*programme));
    }
    fn maker(&self, seat: u32) -> Option<Maker> {
        load(&keys::maker(seat))
    }
    fn set_maker(&mut self, seat: u32, maker: &Maker) {
        save(&keys::maker(seat), maker);
    }
    fn page(&self, number: u16) -> Page {
        load(&keys::page(number)).unwrap_or_default()
    }
    fn set_page(&mut self, number: u16, page: &Page) {
        save(&keys::page(number), page);
    }
    fn epoch(&self, number: u32) -> Option<Epoch> {
        load(&keys::epoch(number))
    }
    fn set_epoch(&mut self, number: u32, epoch: &Epoch) {
        save(&keys::epoch(number), epoch);
    }
    fn volumes(&self) -> Volumes {
        load(&keys::volumes()).unwrap_or_default()
    }
    fn set_volumes(&mut self, volumes: &Volumes) {
        save(&keys::volumes(), volumes);
    }
    fn emit(&mut self, event: Event) {
        events::emit(event);
    }
}

impl Clearing for Chain {
    fn holder(&self, seat: u32) -> Result<Holder, IncentivesError> {
        // The bytes of the cell, which the clearing house has its office answer: the messages that ask are as rare as
        // designations, and what the view weighs would weigh in every order otherwise.
        let id = sit_engine::clearing::keys::account(Seat(seat));
        let cell = call!(self.clearing()?, selectors::CELL, id.kind, id.a, id.b => DynBytes);
        let head = cell.as_ref().and_then(|cell| Account::head(&cell.0));
        let (owner, collateral) = head.ok_or(IncentivesError::ClearingFailed)?;
        Ok(Holder { owner, collateral })
    }
    fn house_in_force(&self) -> Result<Option<[u8; 20]>, IncentivesError> {
        let name = FixedBytes(sit_engine::governance::CLEARING);
        let registry = ink::Address::from(self.connected()?.governance);
        let version = call!(registry, selectors::VERSION, name => (ink::Address, ink::Address, u32));
        let (house, _, count) = version.ok_or(IncentivesError::ClearingFailed)?;
        if count == 0 {
            return Ok(None);
        }
        let id = sit_engine::clearing::keys::peers();
        let cell = call!(house, selectors::CELL, id.kind, id.a, id.b => DynBytes);
        let peers = Peers::from_cell(&cell.ok_or(IncentivesError::ClearingFailed)?.0);
        Ok((peers.incentives == ink::env::address().0).then_some(house.0))
    }
    fn weeks(&self, epoch: u32, rules: UptimeRules, makers: &[Served]) -> Result<Weeks, IncentivesError> {
        let mut asked = Writer::new();
        for maker in makers {
            maker.write(&mut asked);
        }
        let UptimeRules { floor_bps, power } = rules;
        let asked = DynBytes(asked.as_bytes().into());
        let weeks = call!(self.clearing()?, selectors::MAKER_WEEKS, epoch, floor_bps, power, asked => DynBytes);
        let weeks = weeks.ok_or(IncentivesError::ClearingFailed)?;
        if weeks.0.len() != Weeks::bytes(makers.len()) {
            return Err(IncentivesError::ClearingFailed);
        }
        Ok(Weeks::read(&mut Reader::new(&weeks.0)))
    }
}
