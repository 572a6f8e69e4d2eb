//! `start_liquidation` and `margin_call`: what anyone may do about an account that holds too little.

use crate::chain::Env;
use crate::clearing::cells::Auction;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::quoting::void_all_orders;
use crate::clearing::rules::{deficit, margin};
use crate::clearing::store::Store;
use crate::oracle::validity::Action;
use crate::units::{QuoteAtoms, Seat};

/// Tells an account below initial margin what it is short of, in quote atoms. Changes nothing: the event is the call.
///
/// # Errors
/// `UnknownSeat`, `NotLiquidatable` when the account meets its initial margin, `ClaimFirst`.
pub fn margin_call<S: Store>(store: &mut S, seat: Seat) -> Result<u64> {
    let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let health = margin::assess(store, &account)?;
    if health.meets_initial() {
        return Err(ClearingError::NotLiquidatable);
    }
    let shortfall = u64::try_from(health.shortfall().max(QuoteAtoms::ZERO).0).unwrap_or(u64::MAX);
    store.emit(Event::MarginCall { seat, shortfall });
    Ok(shortfall)
}

/// Starts the liquidation of an account below maintenance margin: its orders go and its positions are offered.
///
/// An account that owes more than it has is reported to the ledger at once.
///
/// Cells: account, auction, and curve and risk array of each product read; account and auction written; a designated
/// maker's market and score in each instrument too; the ledger for an account without equity.
///
/// # Errors
/// `UnknownSeat`, `NotLiquidatable` when the account meets its maintenance margin or is being liquidated, `ClaimFirst`,
/// `IndexUnavailable` when the marks of its positions are too old or the index is invalid, `Paused`.
pub fn start_liquidation<S: Store>(store: &mut S, env: Env, seat: Seat) -> Result<()> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    margin::check_guards(store, &account, env.now, Action::Liquidate)?;
    let health = margin::assess(store, &account)?;
    if health.meets_maintenance() || store.auction(seat) != Auction::default() {
        return Err(ClearingError::NotLiquidatable);
    }
    void_all_orders(store, env, seat, &mut account)?;
    store.set_account(seat, &account);
    let auction = Auction { started: env.now, deficit: 0 };
    store.set_auction(seat, &auction);
    deficit::note(store, seat, auction, health.deficit());
    store.emit(Event::LiquidationStarted { seat });
    Ok(())
}
