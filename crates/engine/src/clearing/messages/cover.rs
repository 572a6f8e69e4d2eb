//! `cover`: the insurance fund pays what a bankrupt account cannot, so that winners are paid.

use crate::clearing::cells::{Account, Instrument, MAX_POSITIONS};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{deficit, fund, migrate};
use crate::clearing::store::Store;
use crate::units::{BPS, Points, Seat};

/// Has the insurance fund pay for a bankrupt account's default, once: one share, the largest that it may pay for one of
/// the months in which the account owes, to each month by what is owed there and no more than it may pay for that
/// month (`clearing/rules/fund.rs`); whole points only. So neither the order of messages nor the number of months
/// decides how much the fund pays for a default, or whose winners get it. What it does not pay becomes the loss of its
/// month at once, to be allocated ([`crate::clearing::allocate()`]), before any winner is paid; a month that may not
/// write off while accounts move on keeps the debt. Returns the quote atoms paid. Anyone may send it.
///
/// Cells: account, curve, ledger and auction read, and each market in which the account owes; account, markets and
/// ledger written, the auction when the debt had been reported or is paid.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating` in any of the months, `NotBankrupt`, `FundEmpty` when the part of
/// this instrument is not a point: [`crate::clearing::write_off()`] it.
pub fn cover<S: Store>(store: &mut S, seat: Seat, instrument: Instrument) -> Result<u64> {
    let deficit::Debt { mut account, market: named, .. } = deficit::debt(store, seat, instrument)?;
    let mut ledger = store.ledger();
    let whole = ledger; // what each month may take is measured on the fund as it is before any of them
    let parts = fund::parts(store, &whole, &account, (instrument, &named))?;
    if part_of(&account, &parts, instrument) <= Points::ZERO {
        return Err(ClearingError::FundEmpty);
    }
    let may_write_off = migrate::stays(store).is_ok();
    let mut paid = 0_u64;
    let positions = account.positions_mut().iter_mut().zip(parts);
    for (position, part) in positions.filter(|(position, _)| position.basis > Points::ZERO) {
        let month = position.instrument;
        let mut other = || store.market(month).ok_or(ClearingError::UnknownInstrument);
        let mut market = if month == instrument { named } else { other()? };
        if market.allocation.is_counting() {
            return Err(ClearingError::Allocating);
        }
        if part > Points::ZERO {
            let value = market.tick_value;
            let drawn = fund::draw(&mut ledger, &mut market, part, value, false)?;
            fund::pay_in(&mut ledger, &mut market, &drawn)?;
            position.basis -= drawn.points;
            paid = paid.checked_add(drawn.paid).ok_or(ClearingError::OutOfRange)?;
            store.emit(Event::Covered { seat, instrument: month, amount: drawn.paid });
        }
        if position.basis > Points::ZERO && (may_write_off || market.final_price.is_some()) {
            deficit::write_off(store, seat, position, &mut market);
        }
        market.note_holder(true, position.is_exposed())?;
        store.set_market(month, &market);
    }
    account.tidy();
    store.set_ledger(&ledger);
    store.set_account(seat, &account);
    deficit::update(store, seat, &account)?;
    Ok(paid)
}

/// The part of an instrument, of parts by the place of the position.
pub(crate) fn part_of(account: &Account, parts: &[Points; MAX_POSITIONS], instrument: Instrument) -> Points {
    let mut places = account.positions().iter().zip(parts);
    places.find(|(position, _)| position.instrument == instrument).map_or(Points::ZERO, |(_, part)| *part)
}

/// Sets what one instrument may take out of the insurance fund, as a share of the fund as it was, in basis points. Only
/// governance may send it.
///
/// # Errors
/// `BadParameter` for more than everything.
pub fn set_fund_cap<S: Store>(store: &mut S, bps: u16) -> Result<()> {
    if bps > BPS {
        return Err(ClearingError::BadParameter);
    }
    let mut ledger = store.ledger();
    ledger.fund_cap_bps = bps;
    store.set_ledger(&ledger);
    Ok(())
}
