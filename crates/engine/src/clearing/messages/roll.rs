//! `roll`: a position moves from one month to another, in one message with one margin check.
//!
//! ```text
//! spread = price in the far month - price in the near month, on average over the lots
//! ```
//!
//! Both legs trade at once and completely, or nothing does. Between the legs the account may be without margin for
//! either month alone: only what it holds at the end counts, with the credit that the scenarios give a calendar spread.

use crate::chain::Env;
use crate::clearing::cells::{AccountAt, Instrument};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::book::{Book, drop_idle_orders};
use crate::clearing::rules::margin;
use crate::clearing::rules::matching::SelfTrade;
use crate::clearing::rules::order::{Place, Placed, Policy, check_limits, submit};
use crate::clearing::store::{Store, traded_account};
use crate::units::{Lots, NetLots, Points, Seat, Seconds, Side, Ticks};

/// A roll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roll {
    /// For which account.
    pub seat: Seat,
    /// The month that it leaves.
    pub near: Instrument,
    /// The month of the same product that it enters, on the same side.
    pub far: Instrument,
    /// How much of its position.
    pub lots: Lots,
    /// Protection price in the near month; the day's limit if that is nearer.
    pub near_limit: Ticks,
    /// Protection price in the far month; the day's limit if that is nearer.
    pub far_limit: Ticks,
    /// For a long position the largest spread, for a short one the smallest, in ticks.
    pub spread: i32,
}

/// Rolls a position. Returns what the two legs traded, near first.
///
/// Cells: account, curve and risk array read, both markets read and written, account written, and for both months the
/// pages and the accounts that the legs trade with read and written; the delegate's when the sender is not the owner.
///
/// # Errors
/// `BadParameter` for the same month twice or months of two products, `ReduceOnly` when the account holds fewer lots,
/// `NotFilled` when a leg could not trade completely, `SpreadLimit`, and those of `place`.
pub fn roll<S: Store>(store: &mut S, env: Env, roll: Roll) -> Result<(Placed, Placed)> {
    let Roll { seat, near, far, lots, .. } = roll;
    if near == far || near.product() != far.product() {
        return Err(ClearingError::BadParameter);
    }
    let before = traded_account(store, &env, seat, near, lots)?;
    traded_account(store, &env, seat, far, lots)?;
    let net = before.net(near);
    if net.size() < lots {
        return Err(ClearingError::ReduceOnly);
    }
    let (built, closes) = if net > NetLots::ZERO { (Side::Buy, Side::Sell) } else { (Side::Sell, Side::Buy) };
    let mut me = AccountAt { seat, account: before };
    let leg = |instrument, side, price| Place {
        seat,
        instrument,
        side,
        price,
        lots,
        policy: Policy::FillOrKill,
        self_trade: SelfTrade::CancelMaker,
        reduce_only: false,
        expiry: Seconds::ZERO,
        number: 0,
    };
    let mut trade = |store: &mut S, mut order: Place| -> Result<Placed> {
        let mut book = Book::open(store, env.now, order.instrument)?;
        book.by_delegate = before.owner != env.caller;
        let market_before = book.market;
        order.price = book.limits.protect(order.side, order.price);
        let placed = submit(&mut book, &mut me, order)?;
        check_limits(&book, &before, &me.account, &market_before)?;
        let store = book.close(&market_before);
        drop_idle_orders(store, seat, &mut me.account, order.instrument);
        Ok(placed)
    };
    let left = trade(store, leg(near, closes, roll.near_limit))?;
    let entered = trade(store, leg(far, built, roll.far_limit))?;
    let paid = entered.value - left.value;
    let limit = Points(i64::from(lots.0).saturating_mul(roll.spread.into()));
    let within = match built {
        Side::Buy => paid <= limit,
        Side::Sell => paid >= limit,
    };
    if !within {
        return Err(ClearingError::SpreadLimit);
    }
    margin::check(store, &before, &me.account)?;
    store.set_account(seat, &me.account);
    Ok((left, entered))
}
