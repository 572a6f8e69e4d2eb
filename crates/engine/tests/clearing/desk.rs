//! Less common order messages, for a [`World`].

use crate::world::{Result, TPI, World};
use sit_engine::chain::Address;
use sit_engine::clearing::{
    self, Delegate, Execute, Instrument, Place, Placed, Product, Replace, Roll, Search, Trigger,
};
use sit_engine::units::{Lots, Seat, Side, Ticks};

impl World {
    pub fn replace(&mut self, price: u32, number: u32, order: Place) -> Result<Placed> {
        let env = self.env(order.seat.0);
        let message = Replace { price: Ticks(price), number, order };
        self.house.transact(|house| clearing::replace(house, env, message))
    }

    /// Cancels by number, looking from a price on the near month's pages.
    pub fn search(&mut self, seat: u32, number: u32, side: Side, from: u32, pages: u8) -> Result<Lots> {
        let (env, near) = (self.env(seat), self.near);
        let search = Search { number, side, from: Ticks(from), pages, exact: false };
        self.house.transact(|house| clearing::cancel_by_number(house, env, Seat(seat), near, search))
    }

    pub fn rolling(&self, seat: u32, lots: u32, spread: i32) -> Roll {
        let (near, far) = (self.near, self.far);
        let (near_limit, far_limit) = if self.net(seat) > 0 { (1, 9_999) } else { (9_999, 1) };
        let (near_limit, far_limit) = (Ticks(near_limit), Ticks(far_limit));
        Roll { seat: Seat(seat), near, far, lots: Lots(lots), near_limit, far_limit, spread }
    }

    pub fn roll(&mut self, message: Roll) -> Result<(Placed, Placed)> {
        let env = self.env(message.seat.0);
        self.house.transact(|house| clearing::roll(house, env, message))
    }

    /// A market order of the near month that waits for the mark to reach `price` from below.
    pub fn stop(&self, sells: bool, price: u32, lots: u32) -> Trigger {
        let limit = Ticks(if sells { 1 } else { 9_999 });
        let (instrument, price, lots) = (self.near, Ticks(price), Lots(lots));
        Trigger { instrument, sells, above: !sells, price, limit, lots, ..Trigger::default() }
    }

    pub fn set_trigger(&mut self, seat: u32, slot: u8, trigger: Trigger) -> Result<()> {
        let env = self.env(seat);
        self.house.transact(|house| clearing::set_trigger(house, env, Seat(seat), slot, trigger))
    }

    pub fn clear_trigger(&mut self, seat: u32, slot: u8) -> Result<()> {
        let env = self.env(seat);
        self.house.transact(|house| clearing::clear_trigger(house, env, Seat(seat), slot))
    }

    pub fn execute(&mut self, keeper: u32, seat: u32, slot: u8) -> Result<(Placed, u64)> {
        let env = self.env(keeper);
        let message = Execute { keeper: Seat(keeper), seat: Seat(seat), slot };
        self.house.transact(|house| clearing::execute_trigger(house, env, message))
    }

    /// Names an address that trades for the account.
    pub fn delegate(&mut self, seat: u32, address: Address, delegate: Delegate) -> Result<()> {
        let env = self.env(seat);
        self.house.transact(|house| clearing::set_delegate(house, env, Seat(seat), address, &delegate))
    }

    /// Sets the product's holidays, as day numbers.
    pub fn holidays(&mut self, days: &[u16]) -> Result<()> {
        self.holidays_of(TPI, days)
    }

    pub fn holidays_of(&mut self, product: Product, days: &[u16]) -> Result<()> {
        let (now, bytes) = (self.now, days.iter().flat_map(|day| day.to_be_bytes()).collect::<Vec<u8>>());
        self.house.transact(|house| clearing::set_holidays(house, now, product, &bytes))
    }

    /// An order in the far month.
    pub fn far_order(&self, seat: u32, side: Side, price: u32, lots: u32) -> Place {
        Place { instrument: self.far, ..self.order(seat, side, price, lots) }
    }

    /// An instrument that the product has not come to.
    pub fn unlisted(&self) -> Instrument {
        Instrument::new(TPI, 2)
    }
}
