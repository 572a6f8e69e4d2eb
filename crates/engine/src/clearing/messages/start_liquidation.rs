//! `start_liquidation` and `margin_call`: what anyone may do about an account with too little margin.

use crate::chain::Env;
use crate::clearing::cells::Auction;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::quoting::void_all_orders;
use crate::clearing::rules::{deficit, margin};
use crate::clearing::store::Store;
use crate::units::{QuoteAtoms, Seat};

/// Sends a margin call to an account below initial margin: its shortfall in quote atoms. Changes nothing: the event is
/// the call.
///
/// # Errors
/// `UnknownSeat`, `NotLiquidatable` when the account meets its initial margin.
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

/// Starts the liquidation of an account below maintenance margin: its orders go and its positions are offered. Starts
/// it again when the one that runs is about other marks ([`crate::clearing::auction`]).
///
/// What cannot be judged now is left out ([`margin::judge`]). Triggers stay: they can only improve the account
/// (invariant M8). An account that owes more than it has at the last marks is reported to the ledger at once, so that
/// winners wait for it; even when nothing can be taken over from it now, because products are paused or their marks too
/// old: winners are paid by the same marks.
///
/// Cells: account, auction, and curve and risk array of each product read; account and auction written; a designated
/// maker's market and score in each instrument too; for an account without equity the ledger, and each market in which
/// it owes.
///
/// # Errors
/// `UnknownSeat`, `NotLiquidatable` when the account meets its maintenance margin or is being liquidated, and when all
/// of its lots are in products that cannot be judged, but it is not insolvent, `IndexUnavailable`, because their marks
/// are too old or the index is invalid, or `Paused`.
pub fn start_liquidation<S: Store>(store: &mut S, env: Env, seat: Seat) -> Result<()> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let judged = margin::judge(store, &account, env.now)?;
    let health = margin::assess(store, &judged.account)?;
    if health.equity >= QuoteAtoms::ZERO {
        judged.refused?;
    }
    let running = store.auction(seat);
    let runs = running != Auction::default() && !running.is_stale(&judged, &health);
    if health.meets_maintenance() || runs {
        return Err(ClearingError::NotLiquidatable);
    }
    void_all_orders(store, env, seat, &mut account)?;
    store.set_account(seat, &account);
    let auction = Auction { started: env.now, marks: judged.marks, ..running };
    store.set_auction(seat, &auction);
    deficit::note(store, seat, &mut account, auction, health.deficit())?;
    store.emit(Event::LiquidationStarted { seat });
    Ok(())
}
