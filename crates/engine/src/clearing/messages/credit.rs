//! `credit`: the vault has received collateral for an account, or for the insurance fund. Only the vault may send it.

use crate::clearing::cells::{Ledger, Stage};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::deficit;
use crate::clearing::store::Store;
use crate::units::{QuoteAtoms, Seat, Seconds};

/// Credits an account with collateral that the vault holds; a liquidation that this makes needless ends, and
/// what may be withdrawn in an hour and in a day grows by as much. Returns the
/// account's cash.
///
/// Cells: account and ledger read and written, auction read; curves and risk arrays read when a liquidation runs, and
/// the auction written when it ends or a deficit changes.
///
/// # Errors
/// `ZeroAmount`, `UnknownSeat` also for an account that has left for the next house, `MovingOn` when everything has,
/// `BadParameter` when totals would leave 64 bits.
pub fn credit<S: Store>(store: &mut S, now: Seconds, seat: Seat, amount: u64) -> Result<u64> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let mut ledger = store.ledger();
    check_deposit(&ledger, amount)?;
    ledger.come(now, amount).ok_or(ClearingError::BadParameter)?;
    account.cash = account.cash.checked_add(amount).ok_or(ClearingError::BadParameter)?;
    ledger.move_trading(QuoteAtoms(amount.into()))?;
    store.set_ledger(&ledger);
    store.set_account(seat, &account);
    store.emit(Event::Deposited { seat, amount });
    deficit::after_payment(store, seat, &mut account)?;
    Ok(account.cash)
}

/// Credits the insurance fund or the market-maker programme with collateral that the vault holds.
///
/// # Errors
/// `ZeroAmount`, `MovingOn` when everything has left for the next house, `BadParameter` when totals would leave 64
/// bits.
pub fn endow<S: Store>(store: &mut S, purpose: Purpose, amount: u64) -> Result<()> {
    let mut ledger = store.ledger();
    check_deposit(&ledger, amount)?;
    ledger.deposit(amount).ok_or(ClearingError::BadParameter)?;
    let pot = match purpose {
        Purpose::Fund => &mut ledger.fund,
        Purpose::Incentives => &mut ledger.incentives,
    };
    *pot = pot.checked_add(amount).ok_or(ClearingError::BadParameter)?;
    store.set_ledger(&ledger);
    Ok(())
}

/// What an endowment is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// The insurance fund.
    Fund,
    /// The market-maker programme.
    Incentives,
}

impl Purpose {
    /// The purpose of a number of the ABI: 0 the fund, 1 the programme.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Fund),
            1 => Some(Self::Incentives),
            _ => None,
        }
    }
}

/// Whether money may come in.
///
/// # Errors
/// `ZeroAmount`, `MovingOn` when everything has left for the next house.
fn check_deposit(ledger: &Ledger, amount: u64) -> Result<()> {
    if amount == 0 {
        return Err(ClearingError::ZeroAmount);
    }
    if ledger.stage == Stage::Left {
        return Err(ClearingError::MovingOn);
    }
    Ok(())
}
