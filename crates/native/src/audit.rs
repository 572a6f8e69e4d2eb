//! What must hold after every message, by the names of the invariants.

use super::Exchange;
use sit_engine::clearing::{self, Instrument, Order, Product, Status, Store};
use sit_engine::units::{Points, QuoteAtoms, Side, Ticks};
use std::format;
use std::string::String;
use std::vec::Vec;

/// An invariant that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Its name, such as S1.
    pub rule: &'static str,
    /// What was found.
    pub found: String,
}

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} does not hold: {}", self.rule, self.found)
    }
}

impl std::error::Error for Broken {}

type Check = core::result::Result<(), Broken>;

fn hold(rule: &'static str, holds: bool, found: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(Broken { rule, found: found() }) }
}

impl Exchange {
    /// Both sides of the vault's books, as the contract's own audit compares them: a handful of cells.
    ///
    /// # Errors
    /// [`Broken`] S1.
    pub fn audit(&mut self) -> Check {
        let books = clearing::books(&mut self.clearing);
        let held = QuoteAtoms(self.custody.held().into());
        let sum = books.trading + books.reserves;
        let token = self.wallet(self.addresses.vault);
        let covered = i128::try_from(token).is_ok_and(|token| token >= sum.0);
        hold("S1", books.balanced && sum == books.custody && sum == held && covered, || {
            format!("the vault holds {token} and counts {held:?}, the clearing house has {books:?}")
        })
    }

    /// The audit, and every account, instrument and order counted one by one: conservation (S1), zero sum (S2), winners
    /// paid from what was collected (S3), no crossed book (B1), totals of open orders (B2).
    ///
    /// # Errors
    /// [`Broken`], the first that is found.
    pub fn audit_all(&mut self) -> Check {
        self.audit()?;
        let books = clearing::books(&mut self.clearing);
        let cash =
            self.clearing.accounts().fold(QuoteAtoms::ZERO, |sum, (_, account)| sum + QuoteAtoms(account.cash.into()));
        hold("S1", cash + books.instruments == books.trading, || format!("accounts hold {cash:?} of {books:?}"))?;
        for product in 0..=Product::MAX.0 {
            let Some(curve) = self.clearing.curve(Product(product)) else { break };
            for month in curve.months() {
                self.audit_positions(month.instrument)?;
                if month.status != Status::Settled {
                    self.audit_orders(month.instrument, month.epoch)?;
                }
            }
        }
        Ok(())
    }

    fn audit_positions(&mut self, instrument: Instrument) -> Check {
        let Some(market) = self.clearing.market(instrument) else {
            return hold("S2", false, || format!("{instrument:?} is listed and has no market"));
        };
        hold("S3", market.pool >= Points::ZERO, || format!("{instrument:?} has paid {:?} too much", market.pool))?;
        // After the final price every account is closed by a claim of its own: lots that have claimed are gone from one
        // side, and what they were worth stands in the pool. So the lots that are left count as claimed, at the final
        // price.
        let claimed = market.final_price.unwrap_or(Ticks::ZERO);
        let (mut net, mut long, mut basis, mut unclaimed) = (0_i64, 0_i64, Points::ZERO, Points::ZERO);
        for (_, account) in self.clearing.accounts() {
            let Some(position) = account.position(instrument) else { continue };
            net = net.saturating_add(position.net.0.into());
            long = long.saturating_add(position.net.0.max(0).into());
            basis += position.basis;
            unclaimed += position.net * claimed;
        }
        let open = i64::from(market.open_interest.0);
        let even = net == 0 || market.final_price.is_some();
        hold("S2", even && long == open, || format!("{instrument:?}: net {net}, long {long} of {open} open"))?;
        hold("S2", basis + market.pool + market.deficit == unclaimed, || {
            format!("{instrument:?}: {basis:?} against {:?}, {:?} and {unclaimed:?}", market.pool, market.deficit)
        })
    }

    fn audit_orders(&mut self, instrument: Instrument, epoch: u16) -> Check {
        let orders = self.live_orders(instrument, epoch);
        for (seat, account) in self.clearing.accounts() {
            let position = account.position(instrument).filter(|position| position.epoch == epoch);
            let (bids, asks) = position.map(|position| (position.bids, position.asks)).unwrap_or_default();
            for (side, total) in [(Side::Buy, bids), (Side::Sell, asks)] {
                let mine = || orders.iter().filter(|order| order.seat == seat && order.side == side);
                let lots: u64 = mine().map(|order| u64::from(order.lots.0)).sum();
                let value = mine().fold(Points::ZERO, |sum, order| sum + order.lots * order.price);
                hold("B2", lots == total.lots.0.into() && value == total.value, || {
                    format!("{seat:?} has {total:?} on {side:?} of {instrument:?}, the book {lots} lots, {value:?}")
                })?;
            }
        }
        let prices = |side| orders.iter().filter(move |order| order.side == side).map(|order| order.price);
        match (prices(Side::Buy).max(), prices(Side::Sell).min()) {
            (Some(bid), Some(ask)) => hold("B1", bid < ask, || format!("{instrument:?}: {bid:?} against {ask:?}")),
            _ => Ok(()),
        }
    }

    /// Orders of an instrument that stand, in no particular order; those whose time is over among them.
    pub fn live_orders(&self, instrument: Instrument, epoch: u16) -> Vec<Order> {
        let pages = self.clearing.pages().filter(|(other, _, page)| *other == instrument && page.epoch == epoch);
        let orders = pages.flat_map(|(_, _, page)| page.orders().iter().copied());
        orders
            .filter(|order| {
                let owner = self.clearing.account_of(order.seat);
                owner.and_then(|owner| owner.position(instrument)).is_some_and(|position| {
                    position.epoch == epoch && position.has_orders() && order.number >= position.void_below
                })
            })
            .collect()
    }
}
