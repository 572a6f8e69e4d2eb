//! `bridge`: the insurance fund pays an account's debt in one instrument against its claim in another.
//!
//! Two accounts can each owe in one instrument what they are owed in another, so that each waits for the other: neither
//! is bankrupt, and no pool holds a point. The fund buys the claim of one of them, which sets the circle going; it gets
//! its money back when the claim is paid ([`crate::clearing::sweep_fees()`]). A fund of any size can do it, in as many
//! steps as it takes: no state is stuck (invariant L5).

use crate::clearing::cells::Instrument;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{cash, deficit, fund};
use crate::clearing::store::{Store, claimable_month};
use crate::fault::{self, Fault};
use crate::math::{mul_div_ceil, mul_div_floor};
use crate::units::{NetLots, Points, QuoteAtoms, Seat, Seconds};

/// Has the fund pay what it can of an account's debt in `debt` for points of the account's claim in `claim`, as many as
/// the payment is worth, rounded up. It pays no more than it may for the claim's instrument (`clearing/rules/fund.rs`),
/// whose debtors it will have to do with. The account must hold no lots and less cash than a point of its debt costs.
/// Returns the quote atoms paid. Anyone may send it.
///
/// Cells: account, curves, both markets, ledger and auction read; account, both markets and ledger written, the auction
/// when a deficit had been reported.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `BadParameter` for one and the same instrument, `Allocating`, `NotBankrupt`
/// unless the account owes in the one and is owed in the other, `WinnersWait` while winners of `claim` do, `FundEmpty`.
pub fn bridge<S: Store>(store: &mut S, now: Seconds, seat: Seat, debt: Instrument, claim: Instrument) -> Result<u64> {
    if debt == claim {
        return Err(ClearingError::BadParameter);
    }
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let (round, owing, mut owing_market) = claimable_month(store, debt)?;
    let (claim_round, owed, mut owed_market) = claimable_month(store, claim)?;
    if owing_market.allocation.is_counting() || owed_market.allocation.is_counting() {
        return Err(ClearingError::Allocating);
    }
    cash::settle_position(store, seat, &mut account, &mut owed_market, &owed, claim_round, now)?;
    cash::settle_position(store, seat, &mut account, &mut owing_market, &owing, round, now)?;
    let basis = |instrument| account.position(instrument).map_or(Points::ZERO, |position| position.basis);
    let (due, due_to) = (basis(debt), -basis(claim));
    let no_lots = account.positions().iter().all(|position| position.net == NetLots::ZERO);
    if !no_lots || due <= Points::ZERO || due_to <= Points::ZERO || account.cash >= owing.tick_value.0.into() {
        return Err(ClearingError::NotBankrupt);
    }
    let capped = !fault::present(Fault::BridgeBeyondTheCap);
    // What the fund pays for a claim comes out of what it may pay for the default that the claim waits for.
    let waits = capped && !fault::present(Fault::BridgeBeforeTheOthers);
    if waits && cash::winners_wait(&owed_market, &owed, claim_round, now, owed_market.has_open()) {
        return Err(ClearingError::WinnersWait);
    }
    let mut ledger = store.ledger();
    let claim_value: QuoteAtoms = due_to * owed.tick_value;
    // A claim that is worth less than a point of the debt is bought for one point, or it would stand in the way for
    // ever.
    let worth = mul_div_floor(claim_value.0, 1, owing.tick_value.0.into()).max(1);
    let wanted = due.min(Points(i64::try_from(worth).unwrap_or(i64::MAX)));
    let drawn = fund::draw(&mut ledger, &mut owed_market, wanted, owing.tick_value, capped)?;
    fund::pay_in(&mut ledger, &mut owing_market, &drawn)?;
    let bought = mul_div_ceil(drawn.amount.0, 1, owed.tick_value.0.into());
    let bought = Points(i64::try_from(bought).unwrap_or(i64::MAX)).min(due_to);
    owed_market.deficit -= bought;
    for (instrument, market, change) in [(debt, &mut owing_market, -drawn.points), (claim, &mut owed_market, bought)] {
        if let Some(position) = account.position_mut(instrument) {
            position.basis += change;
            market.note_change(true, position)?;
        }
    }
    account.tidy();
    store.set_ledger(&ledger);
    store.set_market(debt, &owing_market);
    store.set_market(claim, &owed_market);
    store.set_account(seat, &account);
    store.emit(Event::Bridged { seat, debt, claim, amount: drawn.paid, bought });
    deficit::update(store, seat, &mut account)?;
    Ok(drawn.paid)
}
