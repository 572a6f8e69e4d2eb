//! A page of the order book: the orders on eight neighbouring ticks, in the order in which they came. One cell.
//!
//! Price-time priority: among the orders on a tick the first in the page is the oldest. A page of an older quote epoch
//! is empty, whatever its bytes say.

use super::account::Account;
use super::curve::Month;
use crate::calendar::Day;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{Lots, Seat, Seconds, Side, Ticks};

/// Ticks that share a page.
pub const PAGE_TICKS: u32 = 8;

/// Orders that a page holds. A full page makes room for a better order, or refuses the new one (ADR 60).
pub const PAGE_ORDERS: usize = 25;

/// The page of a price.
pub fn page_of(price: Ticks) -> u32 {
    price.0 / PAGE_TICKS
}

/// The price nearest to the other side in a page: lowest for asks, highest for bids.
pub fn first_tick(side: Side, page: u32) -> Ticks {
    let low = page.saturating_mul(PAGE_TICKS);
    match side {
        Side::Sell => Ticks(low),
        Side::Buy => Ticks(low.saturating_add(PAGE_TICKS - 1)),
    }
}

/// How an order remembers the print that it came too late for: by its day, never zero. Not by the settlement round: an
/// older print that is settled first would end the one and begin another. Days a week apart look alike, which could
/// only keep an order that has stood for a week out of one mark.
pub fn late_mark(day: Day) -> u8 {
    u8::try_from(day.0 % 7).unwrap_or(0).saturating_add(1)
}

/// A resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// Price.
    pub price: Ticks,
    /// Side.
    pub side: Side,
    /// Whose it is.
    pub seat: Seat,
    /// Its number in the account.
    pub number: u32,
    /// Open lots.
    pub lots: Lots,
    /// When it stops being good; zero for never.
    pub expiry: Seconds,
    /// Whether it may only reduce its owner's position.
    pub reduce_only: bool,
    /// The day whose print it came too late for to say anything about its mark, as [`late_mark`] has it; zero for none.
    pub late: u8,
}

impl Order {
    /// Whether it makes room for another one on its side in a full page: for a better price, or at the same price for
    /// at least twice its size. So a trader who wants to keep others out must show more than they do.
    pub fn yields_to(&self, other: &Self) -> bool {
        self.is_worse_than(other) || (self.price == other.price && other.lots.0 / 2 >= self.lots.0)
    }

    fn is_worse_than(&self, other: &Self) -> bool {
        match self.side {
            Side::Buy => self.price < other.price,
            Side::Sell => self.price > other.price,
        }
    }

    /// Whether its owner's account has it still: it has not voided it, and the quote epoch is the month's.
    pub fn stands(&self, month: &Month, owner: Option<&Account>) -> bool {
        owner.and_then(|owner| owner.position(month.instrument)).is_some_and(|position| {
            position.epoch == month.epoch && position.has_orders() && self.number >= position.void_below
        })
    }

    /// Whether its time is over.
    pub fn expired(&self, now: Seconds) -> bool {
        self.expiry > Seconds::ZERO && self.expiry <= now
    }
}

impl Default for Order {
    fn default() -> Self {
        Self {
            price: Ticks::ZERO,
            side: Side::Buy,
            seat: Seat(0),
            number: 0,
            lots: Lots::ZERO,
            expiry: Seconds::ZERO,
            reduce_only: false,
            late: 0,
        }
    }
}

/// A page of orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Quote epoch in which the orders were placed.
    pub epoch: u16,
    base: Ticks,
    used: usize,
    orders: [Order; PAGE_ORDERS],
}

impl Page {
    /// An empty page.
    pub fn new(page: u32, epoch: u16) -> Self {
        Self { epoch, base: first_tick(Side::Sell, page), used: 0, orders: [Order::default(); PAGE_ORDERS] }
    }

    /// Its orders, oldest first.
    pub fn orders(&self) -> &[Order] {
        self.orders.get(..self.used).unwrap_or_default()
    }

    /// Whether it holds no order.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The first order to trade on a side whose time is not over: best price, then oldest.
    pub fn best(&self, side: Side, now: Seconds) -> Option<usize> {
        let mut best: Option<(usize, Ticks)> = None;
        let standing = |order: &Order| order.side == side && !order.expired(now);
        for (index, order) in self.orders().iter().enumerate().filter(|(_, order)| standing(order)) {
            let better = best.is_none_or(|(_, price)| match side {
                Side::Sell => order.price < price,
                Side::Buy => order.price > price,
            });
            if better {
                best = Some((index, order.price));
            }
        }
        best.map(|(index, _)| index)
    }

    /// The last order to trade on a side: worst price, among those the smallest, among those the newest.
    pub fn worst(&self, side: Side) -> Option<usize> {
        let mut worst: Option<(usize, &Order)> = None;
        for (index, order) in self.orders().iter().enumerate().filter(|(_, order)| order.side == side) {
            let worse = worst.is_none_or(|(_, found)| {
                order.is_worse_than(found) || (order.price == found.price && order.lots <= found.lots)
            });
            if worse {
                worst = Some((index, order));
            }
        }
        worst.map(|(index, _)| index)
    }

    /// The order that makes room for a new one when the page is full, and its index: the worst on its side, if the new
    /// one is better ([`Order::yields_to`]), so that a page keeps the best prices, then the larger orders, then the
    /// older. Else the worst on the other side, if that one has more than half of the page: it belongs to both.
    pub fn yielding(&self, order: &Order) -> Option<(usize, Order)> {
        let at = |index| Some((index, *self.get(index)?));
        let same = self.worst(order.side).and_then(at).filter(|(_, other)| other.yields_to(order));
        same.or_else(|| {
            let other = order.side.opposite();
            let held = self.orders().iter().filter(|held| held.side == other).count();
            self.worst(other).and_then(at).filter(|_| held > PAGE_ORDERS / 2)
        })
    }

    /// The order with this owner and number, and its index.
    pub fn find(&self, seat: Seat, number: u32) -> Option<(usize, Order)> {
        let index = self.orders().iter().position(|order| order.seat == seat && order.number == number)?;
        Some((index, *self.get(index)?))
    }

    /// An order.
    pub fn get(&self, index: usize) -> Option<&Order> {
        self.orders().get(index)
    }

    /// Whether it holds as many orders as it can.
    pub fn is_full(&self) -> bool {
        self.used == PAGE_ORDERS
    }

    /// Appends an order; `None` when the page is full.
    pub fn push(&mut self, order: Order) -> Option<()> {
        *self.orders.get_mut(self.used)? = order;
        self.used = self.used.saturating_add(1);
        Some(())
    }

    /// Takes an order out; the others keep their order.
    pub fn remove(&mut self, index: usize) {
        if index < self.used
            && let Some(tail) = self.orders.get_mut(index..self.used)
        {
            tail.rotate_left(1);
            self.used = self.used.saturating_sub(1);
        }
    }

    /// Takes lots off an order; the order goes when none are left.
    pub fn reduce(&mut self, index: usize, lots: Lots) {
        let Some(order) = self.orders.get_mut(index) else { return };
        if lots < order.lots {
            order.lots -= lots;
        } else {
            self.remove(index);
        }
    }

    /// Keeps only the orders for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&Order) -> bool) {
        let mut index = 0;
        while let Some(order) = self.get(index) {
            if keep(order) {
                index = index.saturating_add(1);
            } else {
                self.remove(index);
            }
        }
    }

    // tick in page, late mark, reduce-only and side 1, seat 4, number 4, lots 3, expiry 4
    const ORDER_BYTES: usize = 16;
}

const _: () = assert!(Page::MAX_BYTES <= CELL_BYTES);

impl Cell for Page {
    // epoch 2, base 3
    const MAX_BYTES: usize = 5 + PAGE_ORDERS * Self::ORDER_BYTES;

    fn write(&self, out: &mut Writer) {
        out.uint(self.epoch.into(), 2);
        out.uint(self.base.0.into(), 3);
        for order in self.orders() {
            let tick = order.price.0.saturating_sub(self.base.0);
            let side = if order.side == Side::Sell { 0x80 } else { 0 };
            let reduce_only = if order.reduce_only { 0x40 } else { 0 };
            let late = u32::from(order.late & 0x07) << 3;
            out.uint(u64::from(tick | side | reduce_only | late), 1);
            out.uint(order.seat.0.into(), 4);
            out.uint(order.number.into(), 4);
            out.uint(order.lots.0.into(), 3);
            out.uint(order.expiry.0.into(), 4);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let epoch = from.u16();
        let base = Ticks(from.u32(3));
        let mut page = Self { epoch, base, used: 0, orders: [Order::default(); PAGE_ORDERS] };
        for order in &mut page.orders {
            if from.is_empty() {
                break;
            }
            let head = from.u8();
            *order = Order {
                price: Ticks(base.0.saturating_add(u32::from(head & 0x07))),
                side: if head & 0x80 == 0 { Side::Buy } else { Side::Sell },
                reduce_only: head & 0x40 != 0,
                late: head >> 3 & 0x07,
                seat: Seat(from.u32(4)),
                number: from.u32(4),
                lots: Lots(from.u32(3)),
                expiry: Seconds(from.u32(4)),
            };
            page.used = page.used.saturating_add(1);
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(price: u32, side: Side, number: u32) -> Order {
        Order {
            price: Ticks(price),
            side,
            seat: Seat(number % 3),
            number,
            lots: Lots(number),
            expiry: Seconds(9),
            reduce_only: number.is_multiple_of(5),
            late: late_mark(Day(number)),
        }
    }

    #[test]
    fn a_full_page_comes_back_and_takes_no_more() {
        let mut page = Page::new(2, 5);
        for number in 1..=25 {
            let side = if number % 2 == 0 { Side::Buy } else { Side::Sell };
            page.push(order(16 + number % 8, side, number)).expect("room");
        }
        assert!(page.is_full());
        assert_eq!(page.push(order(16, Side::Buy, 99)), None);
        assert_eq!(page.to_cell().as_bytes().len(), Page::MAX_BYTES);
        assert_eq!(Page::from_cell(page.to_cell().as_bytes()), page);
    }

    #[test]
    fn the_best_order_has_the_best_price_and_then_is_the_oldest() {
        let mut page = Page::new(0, 1);
        for (price, side, number) in
            [(5, Side::Sell, 1), (4, Side::Sell, 2), (4, Side::Sell, 3), (1, Side::Buy, 4), (2, Side::Buy, 5)]
        {
            page.push(order(price, side, number)).expect("room");
        }
        assert_eq!(page.best(Side::Sell, Seconds(8)), Some(1));
        assert_eq!(page.best(Side::Buy, Seconds(8)), Some(4));
        page.reduce(1, Lots(1));
        assert_eq!(page.get(1).expect("reduced").lots, Lots(1));
        page.reduce(1, Lots(1));
        assert_eq!(page.get(page.best(Side::Sell, Seconds(8)).expect("an ask")).expect("it").number, 3);
        page.retain(|order| order.side == Side::Buy);
        assert_eq!(page.best(Side::Sell, Seconds(8)), None);
        assert_eq!(page.orders().len(), 2);
    }

    #[test]
    fn the_worst_order_has_the_worst_price_and_then_is_the_smallest_and_newest() {
        let mut page = Page::new(0, 1);
        for (price, lots) in [(4, 9), (5, 7), (5, 3), (5, 3), (5, 8)] {
            page.push(Order { lots: Lots(lots), ..order(price, Side::Sell, 1) }).expect("room");
        }
        assert_eq!((page.worst(Side::Sell), page.worst(Side::Buy)), (Some(3), None));
        let ask = |price, lots| Order { lots: Lots(lots), ..order(price, Side::Sell, 1) };
        let small = ask(5, 3);
        assert!(small.yields_to(&ask(4, 1)) && small.yields_to(&ask(5, 6)));
        assert!(!small.yields_to(&ask(5, 5)) && !small.yields_to(&ask(6, 99)));
        let bid = Order { side: Side::Buy, ..small };
        assert!(bid.yields_to(&Order { side: Side::Buy, ..ask(6, 1) }));
    }
}
