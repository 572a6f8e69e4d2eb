//! `allocate`: a loss that neither the bankrupt account nor the insurance fund has paid is borne by the winners of the
//! same instrument, in proportion to the profit that they have not been paid yet
//! (`docs/book/src/protocol.md#default-waterfall`).
//!
//! ```text
//! profit(i)  = max(0, net * settlement mark - basis)      at the mark when the allocation began
//! haircut(i) = profit(i) * deficit / sum of profits       rounded up
//! ```
//!
//! The sum is not known to the chain, so the holders are counted first, a few in each message and in any order; as long
//! as that takes, nothing else happens in the instrument. The last one fixes the fraction, and each account bears its
//! part with the next touch, before anything else happens to it. Nothing depends on the order: every profit is measured
//! at the same mark, on a position that cannot change in between, and rounded by itself. Since
//!
//! ```text
//! sum of profits = pool + deficit + what solvent losers still owe
//! ```
//!
//! the fraction is at most one: nobody loses more than their unsettled profit, and a holder without profit loses
//! nothing. Rounding takes less than a point from each account beyond the deficit, never less than it; splitting an
//! account never helps. What it takes beyond the deficit goes to the insurance fund with the fees (invariants A1 to
//! A4).
//!
//! A position carries the number of the allocation that it has been through, in five bits: odd when it has been
//! counted, even when it has borne its part. The next allocation begins only when every counted account has.

use crate::clearing::cells::{Allocation, Instrument, Market, Month, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::seats::MAX_SEATS;
use crate::clearing::rules::{allocation, migrate};
use crate::clearing::store::{Store, claimable_month};
use crate::units::{Points, Seat};

/// Holders that the message which begins an allocation has to count, unless there are fewer: nobody closes an
/// instrument without doing a message's share of the work.
const MAX_COUNTED: u32 = 32;

const _: () = assert!(MAX_SEATS == 32);

/// Begins the allocation of an instrument's uncovered loss if none runs, and counts the holders among `seats`. Anyone
/// may send it; seats that hold nothing or have been counted are passed over. Returns how many are still to be counted:
/// at zero the fraction is fixed and the instrument is open again.
///
/// While the instrument trades, a loss of less than a point a holder waits: rounding would take more from them than the
/// loss, and a debt of some cents would close the market. After the final price, and while the product is paused whole,
/// the smallest loss is allocated.
///
/// Cells: curve and market read, market written; one account read and written for each seat.
///
/// # Errors
/// `TooMany` seats, `UnknownInstrument`, `NothingToAllocate` when there is no uncovered loss, or none that is worth it,
/// `TooFewHolders` when the message that begins counts fewer than 32 and leaves some, `Allocating` when accounts have
/// not borne their part of the allocation before: settle them first.
pub fn allocate<S: Store>(
    store: &mut S,
    instrument: Instrument,
    seats: impl Iterator<Item = Seat> + Clone,
) -> Result<u32> {
    if seats.clone().count() > MAX_SEATS {
        return Err(ClearingError::TooMany);
    }
    let (_, month, mut market) = claimable_month(store, instrument)?;
    let begins = !market.allocation.is_counting();
    if begins {
        // In a house that is paused whole no market is closed by it, and what waits would keep everybody from moving.
        let trades = month.status != Status::Settled && migrate::paused(store, instrument.product()).is_err();
        begin(&mut market, &month, trades)?;
        store.emit(Event::AllocationStarted { instrument, deficit: market.deficit, mark: month.settle });
    }
    for seat in seats {
        let Some(mut account) = store.account(seat) else { continue };
        let Some(position) = account.position_mut(instrument) else { continue };
        if position.is_exposed() && position.allocation != market.allocation.number {
            position.allocation = market.allocation.number;
            market.allocation.profit += allocation::profit(position, market.allocation.mark);
            market.allocation.counted = market.allocation.counted.checked_add(1).ok_or(ClearingError::OutOfRange)?;
            store.set_account(seat, &account);
        }
    }
    let left = market.holders.checked_sub(market.allocation.counted).ok_or(ClearingError::OutOfRange)?;
    if begins && left > 0 && market.allocation.counted < MAX_COUNTED {
        return Err(ClearingError::TooFewHolders);
    }
    if left == 0 {
        market.allocation.step();
        let Allocation { deficit, profit, .. } = market.allocation;
        store.emit(Event::AllocationFixed { instrument, deficit, profit });
    }
    store.set_market(instrument, &market);
    Ok(left)
}

fn begin(market: &mut Market, month: &Month, trades: bool) -> Result<()> {
    let least = if trades { i64::from(market.holders).max(1) } else { 1 };
    if market.deficit < Points(least) {
        return Err(ClearingError::NothingToAllocate);
    }
    if market.allocation.counted > 0 {
        return Err(ClearingError::Allocating);
    }
    market.allocation.step();
    market.allocation.mark = month.settle;
    market.allocation.deficit = market.deficit;
    market.allocation.profit = Points::ZERO;
    Ok(())
}
