//! `report_deficit`: reports to the ledger what an account under liquidation owes beyond all that it has. While such
//! losses exceed the insurance fund nothing leaves the clearing house (invariant W1). And for whom winners wait: also
//! for an account that is solvent only by the claim on a bankrupt (`clearing/rules/deficit.rs`).

use crate::clearing::cells::{Account, Auction, Standing};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::deficit;
use crate::clearing::store::Store;
use crate::units::{Seat, Seconds};

/// Reports what an account under liquidation lacks at the marks, in quote atoms; zero when its collateral reaches. An
/// account that has recovered is no longer liquidated. A month in which it owes nothing any more does not wait for it,
/// whatever the figure.
///
/// Of an account that is not being liquidated, and lacks nothing as far as its claims are paid: the months in which it
/// owes wait for it as long as it can pay only with a claim that may be cut, and no longer. It bears its part of
/// allocated losses first. Anyone may send it.
///
/// Cells: account, auction, and curve and market of each position read, for one under liquidation the risk array of
/// each product, too; auction and ledger written when the figure has changed, account and markets when it has borne a
/// loss, or when months wait for it that did not, or the other way round.
///
/// # Errors
/// `UnknownSeat`, `NoAuction` for an account that is not being liquidated, for which nobody waits or has to.
pub fn report_deficit<S: Store>(store: &mut S, now: Seconds, seat: Seat) -> Result<u64> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let known = store.auction(seat) != Auction::default() || is_waited_for(&account);
    let deficit = deficit::report(store, now, seat, &mut account)?;
    if known || is_waited_for(&account) { Ok(deficit) } else { Err(ClearingError::NoAuction) }
}

fn is_waited_for(account: &Account) -> bool {
    account.positions().iter().any(|position| position.standing != Standing::Sound)
}
