//! What an account lacks: the deficit of a liquidated one as the ledger knows it, and the debt of a bankrupt one.

use super::{cash, margin};
use crate::clearing::cells::{Account, Auction, Instrument, Market, Month, Position};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::{Store, claimable_month};
use crate::fault::{self, Fault};
use crate::units::{NetLots, Points, Seat, Seconds};

/// Ends the liquidation of an account, which leaves it without a deficit.
pub(crate) fn end<S: Store>(store: &mut S, seat: Seat, auction: Auction) -> Result<()> {
    note(store, seat, auction, 0)?;
    store.set_auction(seat, &Auction::default());
    store.emit(Event::LiquidationEnded { seat });
    Ok(())
}

/// Replaces the deficit of an account in the ledger. Touches neither cell when it has not changed. Returns the
/// liquidation as it stands then.
pub(crate) fn note<S: Store>(store: &mut S, seat: Seat, auction: Auction, deficit: u64) -> Result<Auction> {
    let noted = Auction { deficit, ..auction };
    if noted != auction {
        let mut ledger = store.ledger();
        let others = ledger.uncovered.checked_sub(auction.deficit);
        ledger.uncovered = others.and_then(|others| others.checked_add(deficit)).ok_or(ClearingError::OutOfRange)?;
        store.set_ledger(&ledger);
        store.set_auction(seat, &noted);
    }
    Ok(noted)
}

/// As [`update`], after money has come into an account: a liquidation that this makes needless ends.
pub(crate) fn after_payment<S: Store>(store: &mut S, seat: Seat, account: &Account) -> Result<()> {
    if fault::present(Fault::AuctionOutlivesItsMark) { Ok(()) } else { update(store, seat, account).map(|_| ()) }
}

/// Brings a running liquidation up to date with its account: its deficit, and its end.
pub(crate) fn update<S: Store>(store: &mut S, seat: Seat, account: &Account) -> Result<u64> {
    let auction = store.auction(seat);
    if auction == Auction::default() {
        return Ok(0);
    }
    let health = margin::assess(store, account)?;
    let deficit = health.deficit();
    if health.equity >= health.liquidation_end {
        end(store, seat, auction)?;
    } else if deficit != auction.deficit {
        // An account that has become insolvent is offered from the first price: this number matches no marks.
        let becomes_insolvent = auction.deficit == 0;
        let marks = if becomes_insolvent { auction.marks.wrapping_sub(1) } else { auction.marks };
        let auction = Auction { marks, ..auction };
        note(store, seat, auction, deficit)?;
        if becomes_insolvent {
            hold_payments(store, account)?;
        }
        store.emit(Event::DeficitReported { seat, deficit });
    }
    Ok(deficit)
}

/// Holds what winners are owed back in every month in which an account that has become insolvent owes: until the loss
/// has been paid or allocated, and until the next settlement at most (`clearing/rules/cash.rs`).
///
/// # Errors
/// `UnknownInstrument`.
pub(crate) fn hold_payments<S: Store>(store: &mut S, account: &Account) -> Result<()> {
    for position in account.positions() {
        let (round, month, mut market) = claimable_month(store, position.instrument)?;
        if position.variation(month.settle) < Points::ZERO {
            market.hold_payments(round);
            store.set_market(position.instrument, &market);
        }
    }
    Ok(())
}

/// Makes what a bankrupt account owes in a month the month's loss.
pub(crate) fn write_off<S: Store>(store: &mut S, seat: Seat, position: &mut Position, market: &mut Market) {
    let points = position.basis;
    market.deficit += points;
    position.basis = Points::ZERO;
    store.emit(Event::WrittenOff { seat, instrument: position.instrument, points });
}

/// What a bankrupt account owes in an instrument, with the cells that it was found in.
pub(crate) struct Debt {
    pub account: Account,
    pub market: Market,
    pub month: Month,
    pub owed: Points,
}

/// Settles an account in an instrument and finds what it owes and cannot pay. It must have nothing left: no lots, no
/// unsettled profit, less cash than one point costs.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating`, `NotBankrupt`.
pub(crate) fn debt<S: Store>(store: &mut S, seat: Seat, instrument: Instrument) -> Result<Debt> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let (round, month, mut market) = claimable_month(store, instrument)?;
    if market.allocation.is_counting() {
        return Err(ClearingError::Allocating);
    }
    // Only what it owes matters here, and that is due at any time.
    cash::settle_position(store, seat, &mut account, &mut market, &month, round, Seconds::ZERO)?;
    let nothing_left =
        account.positions().iter().all(|position| position.net == NetLots::ZERO && position.basis >= Points::ZERO);
    let owed = account.position(instrument).map_or(Points::ZERO, |position| position.basis);
    if !nothing_left || owed <= Points::ZERO || account.cash >= month.tick_value.0.into() {
        return Err(ClearingError::NotBankrupt);
    }
    Ok(Debt { account, market, month, owed })
}
