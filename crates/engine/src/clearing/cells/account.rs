//! A trading account: one cell.
//!
//! ```text
//! variation owed to the account in one instrument = net * mark - basis        (points)
//! ```
//!
//! `basis` is what the position was last settled at plus what was traded since (lots times price), not an entry price:
//! settling sets it to `net * settlement mark`. Summed over all accounts, `basis` and the instrument's pool cancel
//! exactly, so variation is zero-sum by construction (`docs/book/src/protocol.md#variation-margin`).
//!
//! Open orders are kept as totals (lots, lots times price) for each side, valid for one quote epoch of the instrument.
//! An accepted repricing starts a new epoch and so voids every order without touching a cell; cancel-all raises
//! `void_below`.

use super::allocation::Allocation;
use super::instrument::Instrument;
use crate::chain::Address;
use crate::clearing::error::{ClearingError, Result};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::fault::{self, Fault};
use crate::units::{Lots, NetLots, Points, Seat, Side, TickValue, Ticks};

/// Positions that an account can hold at once. The cell is the tighter bound when many of them have open orders.
pub const MAX_POSITIONS: usize = 12;

/// How far beyond an account's next order number a client may number an order: numbers last for 65,536 orders at least,
/// whoever sends them.
pub const MAX_NUMBER_STEP: u32 = 0xFFFF;

/// The bit above the largest number of lots, in which a side's stored lots say that all of them only reduce.
const REDUCES_BIT: u32 = 23;

const _: () = assert!(Lots::MAX.0 == (1 << REDUCES_BIT) - 1);

/// Open orders of an account on one side of one instrument, as totals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Resting {
    /// Sum of open lots.
    pub lots: Lots,
    /// Sum of lots times price.
    pub value: Points,
    /// Whether all of them may only reduce the position: together they do no more than close it, however many they are.
    pub reduces: bool,
}

impl Resting {
    /// Adds lots at a price, of an order that may only reduce the position or of one that may open one.
    pub fn add(&mut self, lots: Lots, price: Ticks, reduces: bool) {
        self.reduces = reduces && (self.reduces || self.lots == Lots::ZERO);
        self.lots += lots;
        self.value += lots * price;
    }

    /// Lots that can still trade, given what there is to reduce.
    pub fn effective(&self, reducible: Lots) -> Lots {
        if self.reduces { self.lots.min(reducible) } else { self.lots }
    }

    /// Takes lots at a price away.
    pub fn remove(&mut self, lots: Lots, price: Ticks) {
        self.lots -= lots;
        self.value -= lots * price;
        self.reduces &= self.lots > Lots::ZERO; // as it comes back from its cell
    }
}

/// An account's stake in one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// The instrument.
    pub instrument: Instrument,
    /// Lots held, long positive.
    pub net: NetLots,
    /// What the position stands at, see the module's formula.
    pub basis: Points,
    /// Low byte of the settlement round in which the account last traded or was last settled: profit of the running
    /// round is not paid out.
    pub round: u8,
    /// Quote epoch of the open-order totals; totals of another epoch are void.
    pub epoch: u16,
    /// Open bids.
    pub bids: Resting,
    /// Open asks.
    pub asks: Resting,
    /// Orders with a smaller number are void.
    pub void_below: u32,
    /// The loss allocation that the position has been through, see [`crate::clearing::allocate()`]. Five bits.
    pub allocation: u8,
    /// Whether winners of the month wait for it. The market counts those that they wait for.
    pub standing: Standing,
}

/// What was found of an account that owes in a month, and so whether the month's winners wait for it. Two bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Standing {
    /// Nobody waits: it owes nothing here, or can pay.
    #[default]
    Sound,
    /// A default: the account was reported insolvent.
    Defaults,
    /// The account can pay only with a claim in a month in which a default is open or a loss waits, and which may be
    /// cut.
    Held,
    /// The account can pay only with a claim in a month whose winners wait for an account that is held.
    Behind,
}

impl Standing {
    const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Sound,
            1 => Self::Defaults,
            2 => Self::Held,
            _ => Self::Behind,
        }
    }
}

impl Position {
    /// Open orders of one side.
    pub fn resting(&mut self, side: Side) -> &mut Resting {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Whether there are open orders (of any epoch).
    pub fn has_orders(&self) -> bool {
        self.bids.lots > Lots::ZERO || self.asks.lots > Lots::ZERO
    }

    /// Whether it holds lots or unsettled variation: what a loss allocation has to count.
    pub fn is_exposed(&self) -> bool {
        self.net != NetLots::ZERO || self.basis != Points::ZERO
    }

    /// Whether its open orders can do nothing any more: it is closed, and all of them may only reduce it.
    pub fn has_idle_orders(&self) -> bool {
        let idle = |side: &Resting| side.reduces || side.lots == Lots::ZERO;
        self.net == NetLots::ZERO && self.has_orders() && idle(&self.bids) && idle(&self.asks)
    }

    /// Nothing left to keep: no lots, no unsettled variation, no orders.
    pub fn is_empty(&self) -> bool {
        !self.is_exposed() && !self.has_orders()
    }

    /// Voids all open orders: `next` is the account's next order number.
    pub fn void_orders(&mut self, next: u32) {
        self.bids = Resting::default();
        self.asks = Resting::default();
        self.void_below = next;
    }

    /// Drops totals of an earlier quote epoch.
    pub fn enter_epoch(&mut self, epoch: u16, next: u32) {
        if self.epoch != epoch {
            self.void_orders(next);
            self.epoch = epoch;
        }
    }

    /// Variation at a mark: what the position would be paid (negative: what it owes).
    pub fn variation(&self, mark: Ticks) -> Points {
        self.net * mark - self.basis
    }

    /// Books a trade.
    pub fn trade(&mut self, side: Side, lots: Lots, price: Ticks) {
        self.net += side.signed(lots);
        match side {
            Side::Buy => self.basis += lots * price,
            Side::Sell => self.basis -= lots * price,
        }
    }
}

/// A trading account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    /// Address that may trade, withdraw and claim.
    pub owner: Address,
    /// Settled collateral in quote atoms. Never negative: an account that owes more keeps the rest as unpaid variation.
    pub cash: u64,
    /// Number of the next order.
    pub next_order: u32,
    /// Whether the account is a designated market maker, whose quotes are scored.
    pub maker: bool,
    /// Fee tier, 0 to 7 ([`crate::clearing::fees`]).
    pub tier: u8,
    /// Traded value since the tier was last refreshed, in [`crate::clearing::VOLUME_UNIT`]s. Sticks at 24 bits.
    pub volume: u32,
    used: u8,
    positions: [Position; MAX_POSITIONS],
}

impl Account {
    /// A new account without anything.
    pub fn new(owner: Address) -> Self {
        Self {
            owner,
            cash: 0,
            next_order: 1,
            maker: false,
            tier: 0,
            volume: 0,
            used: 0,
            positions: [Position::default(); MAX_POSITIONS],
        }
    }

    /// Positions in the order of their instruments.
    pub fn positions(&self) -> &[Position] {
        self.positions.get(..usize::from(self.used)).unwrap_or_default()
    }

    /// Positions, to be changed. Call [`Account::tidy`] afterwards.
    pub fn positions_mut(&mut self) -> &mut [Position] {
        self.positions.get_mut(..usize::from(self.used)).unwrap_or_default()
    }

    /// The position in an instrument, if there is one.
    pub fn position(&self, instrument: Instrument) -> Option<&Position> {
        self.positions().iter().find(|position| position.instrument == instrument)
    }

    /// The position in an instrument, to be changed, if there is one.
    pub fn position_mut(&mut self, instrument: Instrument) -> Option<&mut Position> {
        self.positions_mut().iter_mut().find(|position| position.instrument == instrument)
    }

    /// Net lots in an instrument.
    pub fn net(&self, instrument: Instrument) -> NetLots {
        self.position(instrument).map_or(NetLots::ZERO, |position| position.net)
    }

    /// The position in an instrument in its running quote epoch, made if it is missing; `None` when the account is
    /// full.
    pub fn enter(&mut self, instrument: Instrument, epoch: u16, round: u8) -> Option<&mut Position> {
        let next = self.next_order;
        let index = match self.positions().binary_search_by_key(&instrument, |position| position.instrument) {
            Ok(index) => index,
            Err(index) => {
                let used = usize::from(self.used);
                let tail = self.positions.get_mut(index..=used)?;
                tail.rotate_right(1);
                let fresh = Position { instrument, round, epoch, void_below: next, ..Position::default() };
                *tail.first_mut()? = fresh;
                self.used = self.used.saturating_add(1);
                index
            }
        };
        let position = self.positions.get_mut(index)?;
        position.enter_epoch(epoch, next);
        Some(position)
    }

    /// Removes positions in which nothing is left.
    pub fn tidy(&mut self) {
        let mut kept = 0_usize;
        for index in 0..usize::from(self.used) {
            let Some(position) = self.positions.get(index).copied() else { break };
            if !position.is_empty()
                && let Some(entry) = self.positions.get_mut(kept)
            {
                *entry = position;
                kept = kept.saturating_add(1);
            }
        }
        self.used = u8::try_from(kept).unwrap_or(self.used);
        if let Some(rest) = self.positions.get_mut(kept..) {
            rest.fill(Position::default());
        }
    }

    /// Whether the account still fits into its cell.
    pub fn fits(&self) -> bool {
        let mut bytes = Self::HEAD_BYTES;
        for position in self.positions() {
            let width = if position.has_orders() { Self::LONG_BYTES } else { Self::SHORT_BYTES };
            bytes = bytes.saturating_add(width);
        }
        bytes <= CELL_BYTES
    }

    /// The number for the next order: the one the client asks for, which must not have been used, or the next in line.
    /// One number never uses up all that come after it.
    ///
    /// # Errors
    /// `StaleOrderNumber`, `OrderNumberTooHigh` beyond [`MAX_NUMBER_STEP`].
    pub fn assign_order_number(&mut self, wanted: u32) -> Result<u32> {
        let number = if wanted == 0 { self.next_order } else { wanted };
        let step = number.checked_sub(self.next_order).ok_or(ClearingError::StaleOrderNumber)?;
        if step > MAX_NUMBER_STEP && !fault::present(Fault::LastOrderNumber) {
            return Err(ClearingError::OrderNumberTooHigh);
        }
        self.next_order = number.checked_add(1).ok_or(ClearingError::OrderNumberTooHigh)?;
        Ok(number)
    }

    /// Points that the account's cash can pay, at most `owed`.
    pub fn affordable(&self, owed: Points, value: TickValue) -> Points {
        let whole = self.cash.checked_div(u64::from(value.0)).unwrap_or(0);
        Points(owed.0.min(i64::try_from(whole).unwrap_or(i64::MAX)))
    }

    /// Owner and cash of an account's cell, without decoding the rest; `None` for a seat that was never opened,
    /// and for one that has left for the next house.
    pub fn head(cell: &[u8]) -> Option<(Address, u64)> {
        let mut from = Reader::new(cell);
        let head = (from.array(), from.uint(8));
        (head.0 != Address::default()).then_some(head)
    }

    // owner 20, cash 8, next order 4, volume 3, maker, tier and count 1
    const HEAD_BYTES: usize = 36;
    // instrument 2, net 3, basis 7, round 1, allocation, standing and whether there are orders 1
    const SHORT_BYTES: usize = 14;
    // a position with orders: the fields of one without, and epoch 2, bids 3 + 6, asks 3 + 6, void number 4
    const LONG_BYTES: usize = 38;
}

impl Cell for Account {
    const MAX_BYTES: usize = CELL_BYTES; // `fits` refuses anything longer before it is stored

    fn write(&self, out: &mut Writer) {
        out.put(&self.owner);
        out.uint(self.cash, 8);
        out.uint(self.next_order.into(), 4);
        out.uint(self.volume.into(), 3);
        out.uint(u64::from(self.used & 0x0F) | (u64::from(self.tier & 7) << 4) | (u64::from(self.maker) << 7), 1);
        for position in self.positions() {
            out.uint(position.instrument.0.into(), 2);
            out.int(position.net.0.into(), 3);
            out.int(position.basis.0, 7);
            out.uint(position.round.into(), 1);
            let flags = (position.standing as u64) << 1 | u64::from(position.has_orders());
            out.uint(u64::from(position.allocation & Allocation::NUMBERS) << 3 | flags, 1);
            if position.has_orders() {
                out.uint(position.epoch.into(), 2);
                for side in [&position.bids, &position.asks] {
                    out.uint(u64::from(side.lots.0) | u64::from(side.reduces) << REDUCES_BIT, 3);
                    out.int(side.value.0, 6);
                }
                out.uint(position.void_below.into(), 4);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mut account = Self::new(from.array());
        account.cash = from.uint(8);
        account.next_order = from.u32(4);
        account.volume = from.u32(3);
        let flags = from.u8();
        account.maker = flags & 0x80 != 0;
        account.tier = (flags >> 4) & 7;
        account.used = flags & 0x0F;
        let next = account.next_order;
        for position in account.positions_mut() {
            position.instrument = Instrument(from.u16());
            position.net = NetLots(from.i32(3));
            position.basis = Points(from.int(7));
            position.round = from.u8();
            let flags = from.u8();
            position.allocation = flags >> 3;
            position.standing = Standing::from_bits(flags >> 1);
            if flags & 1 == 0 {
                // Without open orders every order up to now is void; the epoch is entered on use.
                position.void_below = next;
                continue;
            }
            position.epoch = from.u16();
            for side in [Side::Buy, Side::Sell] {
                let resting = position.resting(side);
                let lots = from.u32(3);
                resting.lots = Lots(lots & Lots::MAX.0);
                resting.reduces = lots >> REDUCES_BIT != 0;
                resting.value = Points(from.int(6));
            }
            position.void_below = from.u32(4);
        }
        account
    }
}

/// Where an account's orders and fills are booked: the seat with its loaded cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountAt {
    /// The seat.
    pub seat: Seat,
    /// The account.
    pub account: Account,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(count: u16, orders: bool) -> Account {
        let mut account = Account::new([7; 20]);
        account.cash = u64::MAX;
        account.next_order = 77;
        account.maker = true;
        account.tier = 7;
        account.volume = 0xFF_FFFF;
        for serial in 0..count {
            let position = account.enter(Instrument(serial), 9, 3).expect("there is room");
            position.net = NetLots(-0x7F_FFFF);
            position.basis = Points(-(1 << 54));
            position.allocation = Allocation::NUMBERS;
            position.standing = Standing::from_bits(u8::try_from(serial).unwrap_or(0));
            if orders {
                position.bids.add(Lots::MAX, Ticks::MAX, true);
                position.asks.add(Lots(1), Ticks(1), false);
                position.void_below = 5;
            }
        }
        account
    }

    #[test]
    fn a_maker_in_ten_months_fits_into_its_cell_and_comes_back() {
        let account = busy(10, true);
        assert!(account.fits());
        assert_eq!(account.to_cell().as_bytes().len(), 36 + 10 * 38);
        assert_eq!(Account::from_cell(account.to_cell().as_bytes()), account);
        assert_eq!(Account::head(account.to_cell().as_bytes()), Some((account.owner, account.cash)));
        assert_eq!(Account::head(&[]), None);
    }

    #[test]
    fn twelve_months_fit_without_orders_and_not_with_them() {
        assert!(busy(12, false).fits());
        assert!(!busy(12, true).fits());
        assert!(busy(12, false).enter(Instrument(99), 0, 0).is_none());
    }

    #[test]
    fn orders_that_only_reduce_do_no_more_than_close_the_position() {
        let mut asks = Resting::default();
        asks.add(Lots(10), Ticks(5), true);
        asks.add(Lots(10), Ticks(6), true);
        assert_eq!([0, 7, 10, 99].map(|held| asks.effective(Lots(held)).0), [0, 7, 10, 20]);
        asks.add(Lots(1), Ticks(7), false);
        assert_eq!(asks.effective(Lots::ZERO), Lots(21), "one that may open makes all of them count");
        asks.remove(Lots(21), Ticks(5));
        asks.add(Lots(3), Ticks(5), true);
        assert_eq!(asks.effective(Lots(1)), Lots(1), "and not those that come when it has gone");
    }

    #[test]
    fn positions_stay_sorted_and_empty_ones_go() {
        let mut account = Account::new([1; 20]);
        for serial in [5, 1, 3] {
            account.enter(Instrument(serial), 1, 0).expect("there is room").trade(Side::Buy, Lots(1), Ticks(2));
        }
        assert!(account.positions().is_sorted_by_key(|position| position.instrument));
        let position = account.position_mut(Instrument(3)).expect("it is there");
        position.trade(Side::Sell, Lots(1), Ticks(2));
        account.tidy();
        assert_eq!(account.positions().len(), 2);
        assert!(account.position(Instrument(3)).is_none());
    }

    #[test]
    fn an_order_voided_before_its_position_went_never_comes_back() {
        let mut account = Account::new([1; 20]);
        let number = account.assign_order_number(0).expect("a number");
        account.enter(Instrument(1), 1, 0).expect("there is room").bids.add(Lots(1), Ticks(1), false);
        let next = account.next_order;
        account.position_mut(Instrument(1)).expect("it is there").void_orders(next);
        account.tidy();
        let position = account.enter(Instrument(1), 1, 0).expect("there is room");
        assert!(number < position.void_below);
    }

    #[test]
    fn a_used_order_number_is_refused() {
        let mut account = Account::new([1; 20]);
        assert_eq!(account.assign_order_number(10), Ok(10));
        assert_eq!(account.assign_order_number(10), Err(ClearingError::StaleOrderNumber));
        assert_eq!(account.assign_order_number(0), Ok(11));
        assert_eq!(account.assign_order_number(u32::MAX), Err(ClearingError::OrderNumberTooHigh));
    }
}
