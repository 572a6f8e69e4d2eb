//! An instrument's book while a message works on it: its cells, the page in hand, and what the message may still do.

use super::limits::{self, Limits};
use super::quoting::Change;
use super::{guard, opening, quoting};
use crate::clearing::cells::{
    Account, AccountAt, Ended, Holidays, Instrument, Market, Moment, Month, Order, Page, Position, Status, first_tick,
    mark_of_round, page_of,
};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::{Event, RemovalReason};
use crate::clearing::store::{Store, listed};
use crate::units::{Lots, Seat, Seconds, Side, Ticks};

/// Accounts that a message looks up at most to drop their dead orders. A look is good for every page that follows, as
/// long as the next dead order is of the same account, and drops all that are dead of it in the page.
pub const MAX_DROPS: u8 = 5;

/// Pages without a live order that a message passes at most. Where it stops the next message begins.
pub const MAX_EMPTY_PAGES: u8 = 32;

/// Pages that `cancel_by_number` searches at most.
pub const MAX_SEARCH_PAGES: u8 = 16;

/// Where to look for an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Search {
    /// Its number.
    pub number: u32,
    /// Its side.
    pub side: Side,
    /// The price from which to look, away from the other side: down for a bid, up for an ask, as a sliding order moves.
    /// Zero for the best price of the side.
    pub from: Ticks,
    /// Pages to look through, 1 to [`MAX_SEARCH_PAGES`]; only pages that hold orders count.
    pub pages: u8,
    /// Whether it must stand at `from` itself.
    pub exact: bool,
}

impl Search {
    /// The order with this number at this price.
    pub fn exact(number: u32, price: Ticks) -> Self {
        Self { number, side: Side::Buy, from: price, pages: 1, exact: true }
    }
}

/// The resting order that trades next.
pub(crate) struct BestOrder {
    /// Its index in the page in hand.
    pub index: usize,
    /// The order.
    pub order: Order,
    /// Its owner's account.
    pub maker: Account,
}

/// A book at work. [`Book::close`] stores what changed.
pub(crate) struct Book<'s, S: Store> {
    pub store: &'s mut S,
    pub now: Seconds,
    pub round: u8,
    pub month: Month,
    pub market: Market,
    /// The day's price limits.
    pub limits: Limits,
    holidays: Holidays,
    ended: Ended,
    limit_mark: u8,
    page: Option<(u32, Page)>,
    page_changed: bool,
    /// From when on orders cross; not after `now` when they do.
    opens: Seconds,
    /// The mark of orders that rest now ([`opening::lateness`]).
    pub late: u8,
    /// Whether a delegate has sent the message, or has set the trigger that it executes: they are named for one account
    /// and no other one of its owner.
    pub by_delegate: bool,
    drops: u8,
    looked_up: Option<Seat>,
    empty_pages: u8,
}

impl<'s, S: Store> Book<'s, S> {
    /// Loads the instrument and starts its book in the running quote epoch. While the product's guard keeps new risk
    /// out, the month is as if it were reduce-only, and its mark is the only price ([`Limits::today`]).
    pub fn open(store: &'s mut S, now: Seconds, instrument: Instrument) -> Result<Self> {
        let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
        let mut month = listed(&curve, instrument)?;
        if month.status == Status::Trading && guard::keeps_risk_out(&curve, now) {
            month.status = Status::ReduceOnly;
        }
        let mut market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
        market.enter_epoch(month.epoch, month.reference);
        let limit_mark = mark_of_round(curve.round);
        let bps = if month.status == Status::ReduceOnly { 0 } else { market.terms.price_limit_bps };
        let limits = Limits::by(month.settle, bps, market.wide_round == limit_mark);
        Ok(Self {
            store,
            now,
            round: curve.short_round(),
            month,
            market,
            limits,
            holidays: curve.holidays,
            ended: curve.ended(),
            limit_mark,
            page: None,
            page_changed: false,
            opens: opening::opens_at(&curve, &month, &market, now),
            late: opening::lateness(&curve, now),
            by_delegate: false,
            drops: MAX_DROPS,
            looked_up: None,
            empty_pages: MAX_EMPTY_PAGES,
        })
    }

    /// Stores the page in hand and the instrument, if it changed. Gives the store back.
    pub fn close(mut self, before: &Market) -> &'s mut S {
        self.put_page();
        if self.market != *before {
            self.store.set_market(self.month.instrument, &self.market);
        }
        self.store
    }

    /// The page of a price, in hand afterwards.
    fn page(&mut self, number: u32) -> &mut Page {
        if self.page.as_ref().is_none_or(|(held, _)| *held != number) {
            self.put_page();
            let epoch = self.month.epoch;
            self.page = match self.store.page(self.month.instrument, number) {
                Some(page) if page.epoch == epoch => Some((number, page)),
                _ => Some((number, Page::new(number, epoch))), // what an older epoch left is void
            };
        }
        let fresh = || (number, Page::new(number, 0));
        &mut self.page.get_or_insert_with(fresh).1
    }

    fn put_page(&mut self) {
        if let Some((number, page)) = self.page.take()
            && self.page_changed
        {
            if page.is_empty() {
                self.market.note_empty(number);
            }
            self.store.set_page(self.month.instrument, number, &page);
        }
        self.page_changed = false;
    }

    /// Whether the instrument trades now.
    ///
    /// # Errors
    /// `TradingEnded`, `Allocating`, `SessionClosed`, `Halted`.
    pub fn check_open(&self) -> Result<()> {
        if self.month.status == Status::Settled || self.now >= self.month.expiry {
            return Err(ClearingError::TradingEnded);
        }
        if self.market.allocation.is_counting() {
            return Err(ClearingError::Allocating);
        }
        if !self.holidays.is_session(self.now) {
            return Err(ClearingError::SessionClosed);
        }
        if self.now < self.market.halted_until { Err(ClearingError::Halted) } else { Ok(()) }
    }

    /// Whether orders rest and do not cross ([`opening`]).
    pub fn collects(&self) -> bool {
        self.now < self.opens
    }

    /// Whether a price is one and stands inside the day's limits.
    ///
    /// # Errors
    /// `BadPrice`, `OutsidePriceLimits`.
    pub fn check_price(&self, price: Ticks) -> Result<()> {
        if price == Ticks::ZERO || price >= Ticks::MAX {
            return Err(ClearingError::BadPrice);
        }
        if self.limits.contain(price) { Ok(()) } else { Err(ClearingError::OutsidePriceLimits) }
    }

    /// Notes a trade: its price, if it has some size, and if it is at a limit that it may halt the instrument. One of
    /// two who reduce at the mark while new risk is kept out says nothing.
    pub fn note_trade(&mut self, price: Ticks, lots: Lots) {
        if self.month.status == Status::ReduceOnly {
            return;
        }
        let Self { now, market, limits, .. } = self;
        if limits::has_size(lots, &market.terms) {
            (market.last_price, market.last_at) = (price, *now);
        }
        if !limits.reached(price) || !limits::touch(market, *now, lots, limits.wide) {
            return;
        }
        let until =
            if self.limits.wide { self.holidays.next_session(self.now) } else { self.now.later(limits::HALT_SECONDS) };
        if self.market.halted_until != until {
            self.market.halted_until = until;
            self.market.halts.begin(self.now, until, &self.holidays);
            self.market.wide_round = self.limit_mark;
            self.store.emit(Event::Halted { instrument: self.month.instrument, until });
        }
    }

    /// The last trade as triggers see it: in its epoch, young, and inside the band around the mark; else no price.
    pub fn last_price(&self, band: &Limits) -> Ticks {
        let Market { last_price, last_at, .. } = self.market;
        let young = self.now.since(last_at) <= limits::LAST_PRICE_SECONDS && last_at >= self.month.epoch_began;
        if young && band.contain(last_price) { last_price } else { Ticks::ZERO }
    }

    /// The live order on `side` that trades next, if the search may still go on. Dead ones on the way are dropped. The
    /// account in hand is not in the store, so its own orders are judged by it.
    pub fn front(&mut self, side: Side, me: &mut AccountAt) -> Option<BestOrder> {
        loop {
            let bound = self.market.bound(side);
            if bound == none_beyond(side) {
                return None;
            }
            let (number, now) = (page_of(bound), self.now);
            let page = self.page(number);
            let Some((index, order)) = page.best(side, now).and_then(|index| Some((index, *page.get(index)?))) else {
                let empty = page.is_empty();
                self.pass_page(side, number, empty)?;
                continue;
            };
            self.market.set_bound(side, order.price);
            let maker = self.owner(&order, me);
            if self.why_dead(&order, &maker).is_none() {
                return Some(BestOrder { index, order, maker });
            }
            self.look_up(me, order.seat)?;
            self.drop_dead(me, order.seat, maker);
        }
    }

    /// Counts an account that is looked up for the sake of its dead orders. `None` when those are too many. The account
    /// in hand costs nothing, and neither does the last one again.
    fn look_up(&mut self, me: &AccountAt, seat: Seat) -> Option<()> {
        if seat != me.seat && self.looked_up != Some(seat) {
            self.drops = self.drops.checked_sub(1)?;
            self.looked_up = Some(seat);
        }
        Some(())
    }

    /// The account that an order belongs to. The store has it, because the order was placed.
    fn owner(&mut self, order: &Order, me: &AccountAt) -> Account {
        if order.seat == me.seat {
            return me.account;
        }
        self.store.account(order.seat).unwrap_or(Account::new([0; 20]))
    }

    /// Why an order cannot trade any more: voided by its owner, its time over, outside the limits, or to reduce a
    /// position that is closed. `None` if it can.
    fn why_dead(&self, order: &Order, owner: &Account) -> Option<RemovalReason> {
        if !self.is_live(order, owner) {
            Some(RemovalReason::Cancelled)
        } else if order.expired(self.now) {
            Some(RemovalReason::Expired)
        } else if !self.limits.contain(order.price) {
            Some(RemovalReason::OutsideLimits)
        } else if order.reduce_only && owner.net(self.month.instrument).reducible(order.side) == Lots::ZERO {
            Some(RemovalReason::ReduceOnly)
        } else {
            None
        }
    }

    /// Drops all orders of an account in the page in hand that are dead: voided ones silently, because its totals no
    /// longer contain them.
    fn drop_dead(&mut self, me: &mut AccountAt, seat: Seat, mut owner: Account) {
        let mut index = 0;
        let mut told = false;
        while let Some(order) = self.page.as_ref().and_then(|(_, page)| page.get(index)).copied() {
            let dead = if order.seat == seat { self.why_dead(&order, &owner) } else { None };
            let Some(reason) = dead else {
                index = index.saturating_add(1);
                continue;
            };
            if reason != RemovalReason::Cancelled {
                self.forget(seat, &mut owner, &order, order.lots, reason);
                told = true;
            }
            self.remove_lots(index, order.lots);
        }
        if told {
            self.keep(me, seat, &mut owner);
        }
    }

    /// Moves the search past a page in which `side` has nothing left. `None` ends it.
    fn pass_page(&mut self, side: Side, number: u32, empty: bool) -> Option<()> {
        self.empty_pages = self.empty_pages.checked_sub(1)?;
        if empty {
            self.market.note_empty(number);
        }
        let next = self.market.next_page(side, number);
        self.market.set_bound(side, next.map_or(none_beyond(side), |page| first_tick(side, page)));
        Some(())
    }

    /// Whether an order in a page of the running epoch still stands, by its owner's account.
    pub fn is_live(&self, order: &Order, owner: &Account) -> bool {
        order.stands(&self.month, Some(owner))
    }

    /// Takes lots of the order at `index` out of the page in hand.
    pub fn remove_lots(&mut self, index: usize, lots: Lots) {
        if let Some((_, page)) = &mut self.page {
            page.reduce(index, lots);
            self.page_changed = true;
        }
    }

    /// Finds a live order of the account in hand; its page is in hand afterwards.
    ///
    /// # Errors
    /// `TooMany` pages, `UnknownOrder`.
    pub fn find(&mut self, me: &AccountAt, search: Search) -> Result<(usize, Order)> {
        let Search { number, side, mut from, pages, exact } = search;
        if pages > MAX_SEARCH_PAGES {
            return Err(ClearingError::TooMany);
        }
        if from == Ticks::ZERO && !exact {
            from = self.market.bound(side);
        }
        let mut page = page_of(from);
        for _ in 0..pages {
            if let Some((index, order)) = self.page(page).find(me.seat, number) {
                let found = self.is_live(&order, &me.account) && (!exact || order.price == from);
                return if found { Ok((index, order)) } else { Err(ClearingError::UnknownOrder) };
            }
            page = self.market.next_page(side, page).ok_or(ClearingError::UnknownOrder)?;
        }
        Err(ClearingError::UnknownOrder)
    }

    /// Takes lots off an order of the account in hand, which stands at `index` of the page in hand.
    pub fn cut(&mut self, me: &mut AccountAt, index: usize, order: &Order, lots: Lots) {
        self.forget(me.seat, &mut me.account, order, lots, RemovalReason::Cancelled);
        self.remove_lots(index, lots);
    }

    /// Takes an order's lots out of its owner's totals and emits the reason.
    pub fn forget(&mut self, seat: Seat, owner: &mut Account, order: &Order, lots: Lots, reason: RemovalReason) {
        self.reduce_totals(owner, order, lots);
        self.note_score(seat, owner, &Change::Remove(order, lots));
        let instrument = self.month.instrument;
        self.store.emit(Event::Removed { seat, instrument, number: order.number, lots, reason });
    }

    /// Takes an order's lots out of its owner's totals.
    pub fn reduce_totals(&self, owner: &mut Account, order: &Order, lots: Lots) {
        if let Some(position) = owner.position_mut(self.month.instrument) {
            position.resting(order.side).remove(lots, order.price);
        }
    }

    /// Notes in its owner's score that lots of an order have traded.
    pub fn note_fill(&mut self, owner: &Account, order: &Order, lots: Lots) {
        self.note_score(order.seat, owner, &Change::Fill(order, lots));
    }

    /// Stores an account, or keeps it in hand if it is the message's own.
    pub fn keep(&mut self, me: &mut AccountAt, seat: Seat, account: &mut Account) {
        if seat == me.seat {
            me.account = *account;
        } else {
            drop_idle_orders(self.store, seat, account, self.month.instrument);
            self.store.set_account(seat, account);
        }
    }

    /// The account's position in the running quote epoch. Entering it voids orders with smaller numbers than the
    /// account's next, so a message enters before it takes a number.
    ///
    /// # Errors
    /// `AccountFull`.
    pub fn enter<'a>(&self, me: &'a mut AccountAt) -> Result<&'a mut Position> {
        let Month { instrument, epoch, .. } = self.month;
        me.account.enter(instrument, epoch, self.round).ok_or(ClearingError::AccountFull)
    }

    /// Rests an order: into its page, the owner's totals and the score. After `LevelFull` nothing has changed but that
    /// dead orders may be gone.
    ///
    /// # Errors
    /// `OutsidePriceLimits` beyond the book's window, `AccountFull`, `LevelFull`.
    pub fn rest(&mut self, me: &mut AccountAt, order: Order) -> Result<()> {
        if !self.market.covers(order.price) {
            return Err(ClearingError::OutsidePriceLimits);
        }
        let instrument = self.month.instrument;
        let void_below = self.enter(me)?.void_below;
        let page = self.page(page_of(order.price));
        // Own orders that were voided are swept out for nothing while the page is in hand.
        page.retain(|other| other.seat != me.seat || other.number >= void_below);
        if page.is_full() {
            self.make_room(me, &order)?;
        }
        self.page(page_of(order.price)).push(order).ok_or(ClearingError::LevelFull)?;
        self.enter(me)?.resting(order.side).add(order.lots, order.price, order.reduce_only);
        if !me.account.fits() {
            return Err(ClearingError::AccountFull);
        }
        self.page_changed = true;
        self.market.note_order(order.side, order.price);
        self.note_score(me.seat, &me.account, &Change::Add(&order, order.lots));
        let Order { number, side, price, lots, .. } = order;
        self.store.emit(Event::Placed { seat: me.seat, instrument, number, side, price, lots });
        Ok(())
    }

    /// Makes room in the full page in hand for an order. A dead order goes first: an expired one, because the page
    /// shows which those are, else a voided one of the accounts that the message may still look up, beginning where the
    /// clock points so that no order of the page hides from all messages. Without one, the worst order on the side goes
    /// if the new one is better ([`Order::yields_to`]): a page keeps the best prices, then the larger orders, then the
    /// older.
    ///
    /// # Errors
    /// `LevelFull`.
    fn make_room(&mut self, me: &mut AccountAt, order: &Order) -> Result<()> {
        let Some((_, page)) = self.page else { return Ok(()) };
        let count = page.orders().len();
        let start = usize::try_from(self.now.0).unwrap_or(0).checked_rem(count).unwrap_or(0);
        let expired = page.orders().iter().position(|other| other.expired(self.now));
        let looks = expired.into_iter().chain((start..count).chain(0..start));
        for index in looks {
            let Some(other) = page.get(index) else { break };
            if self.look_up(me, other.seat).is_none() {
                break;
            }
            let owner = self.owner(other, me);
            if self.why_dead(other, &owner).is_some() {
                self.drop_dead(me, other.seat, owner);
                return Ok(());
            }
        }
        let (worst, other) = page.yielding(order).ok_or(ClearingError::LevelFull)?;
        let mut owner = self.owner(&other, me);
        if self.is_live(&other, &owner) {
            self.forget(other.seat, &mut owner, &other, other.lots, RemovalReason::Evicted);
            self.keep(me, other.seat, &mut owner);
        }
        self.remove_lots(worst, other.lots);
        Ok(())
    }

    /// Voids all orders of the account in this instrument without touching a page.
    pub fn void_all(&mut self, me: &mut AccountAt) {
        let next = me.account.next_order;
        let Some(position) = me.account.position_mut(self.month.instrument) else { return };
        position.enter_epoch(self.month.epoch, next);
        if position.has_orders() {
            position.void_orders(next);
            let instrument = self.month.instrument;
            self.store.emit(Event::RemovedAll { seat: me.seat, instrument });
        }
        self.note_score(me.seat, &me.account, &Change::Clear);
    }

    fn note_score(&mut self, seat: Seat, account: &Account, change: &Change<'_>) {
        let Self { store, now, month, market: Market { terms, cuts, .. }, holidays, ended, .. } = self;
        let moment = Moment { now: *now, month, terms, holidays, ended: *ended };
        quoting::note(*store, seat, account, &moment, cuts, change);
    }
}

/// Takes reduce-only orders away with the position that they were to reduce, and what is left empty. A designated
/// maker's orders stay until a message meets them, because the maker's score counts them.
pub(crate) fn drop_idle_orders<S: Store>(store: &mut S, seat: Seat, account: &mut Account, instrument: Instrument) {
    let (next, maker) = (account.next_order, account.maker);
    if let Some(position) = account.position_mut(instrument).filter(|position| position.has_idle_orders() && !maker) {
        position.void_orders(next);
        store.emit(Event::RemovedAll { seat, instrument });
    }
    account.tidy();
}

/// The bound that says that a side has no orders.
pub(crate) fn none_beyond(side: Side) -> Ticks {
    match side {
        Side::Sell => Ticks::MAX,
        Side::Buy => Ticks::ZERO,
    }
}
