//! The cells of incentives on the chain, and clearing as they see it. A key is one tag byte and the identifiers.

use crate::{events, selectors};
use core::cell::OnceCell;
use ink::sol::DynBytes;
use sit_engine::clearing::maker_weeks::{Measure, Rules, Served};
use sit_engine::codec::{Reader, Writer};
use sit_engine::incentives::{
    Address, Clearing, Epoch, Event, IncentivesError, MAX_VISITS, Maker, Page, Programme, Sink, Store,
};
use sit_shell::{Key, call, load, save};

/// Tags of the cells.
const PROGRAMME: u8 = b'I';
const MAKER: u8 = b'M';
const PAGE: u8 = b'R';
const EPOCH: u8 = b'E';

/// The contract's storage, events and view of clearing, as the engine knows them. Holds the programme, so that a message
/// reads it once though it needs clearing's address again.
#[derive(Default)]
pub struct Chain {
    programme: OnceCell<Option<Programme>>,
}

impl Chain {
    fn clearing(&self) -> Result<ink::Address, IncentivesError> {
        Ok(self.connected()?.clearing.into())
    }

    /// Tells clearing from when or until when to score a seat.
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
        *self.programme.get_or_init(|| load(&Key::new(PROGRAMME)))
    }
    fn set_programme(&mut self, programme: &Programme) {
        save(&Key::new(PROGRAMME), programme);
        self.programme = OnceCell::from(Some(*programme));
    }
    fn maker(&self, seat: u32) -> Option<Maker> {
        load(&Key::new(MAKER).number(seat))
    }
    fn set_maker(&mut self, seat: u32, maker: &Maker) {
        save(&Key::new(MAKER).number(seat), maker);
    }
    fn page(&self, number: u16) -> Page {
        load(&Key::new(PAGE).number(number.into())).unwrap_or_default()
    }
    fn set_page(&mut self, number: u16, page: &Page) {
        save(&Key::new(PAGE).number(number.into()), page);
    }
    fn epoch(&self, number: u32) -> Option<Epoch> {
        load(&Key::new(EPOCH).number(number))
    }
    fn set_epoch(&mut self, number: u32, epoch: &Epoch) {
        save(&Key::new(EPOCH).number(number), epoch);
    }
}

impl Clearing for Chain {
    fn seat_owner(&self, seat: u32) -> Result<Address, IncentivesError> {
        let owner = call!(self.clearing()?, selectors::SEAT_OWNER, seat => ink::Address);
        owner.map(|owner| owner.0).ok_or(IncentivesError::ClearingFailed)
    }
    fn collateral(&self, seat: u32) -> Result<u64, IncentivesError> {
        call!(self.clearing()?, selectors::COLLATERAL, seat => u64).ok_or(IncentivesError::ClearingFailed)
    }
    fn maker_weeks(
        &self,
        epoch: u32,
        rules: Rules,
        makers: &[Served],
    ) -> Result<[Measure; MAX_VISITS], IncentivesError> {
        let mut asked = Writer::new();
        for maker in makers {
            maker.write(&mut asked);
        }
        let Rules { floor_bps, power } = rules;
        let asked = DynBytes(asked.as_bytes().into());
        let weeks = call!(self.clearing()?, selectors::MAKER_WEEKS, epoch, floor_bps, power, asked => DynBytes);
        let weeks = weeks.ok_or(IncentivesError::ClearingFailed)?;
        if weeks.0.len() != makers.len().saturating_mul(Measure::BYTES) {
            return Err(IncentivesError::ClearingFailed);
        }
        let mut from = Reader::new(&weeks.0);
        Ok(core::array::from_fn(|_| Measure::read(&mut from)))
    }
    fn incentive_pool(&self) -> Result<u64, IncentivesError> {
        call!(self.clearing()?, selectors::INCENTIVE_POOL => u64).ok_or(IncentivesError::ClearingFailed)
    }
}

impl Sink for Chain {
    fn emit(&mut self, event: Event) {
        events::emit(event);
    }
}
