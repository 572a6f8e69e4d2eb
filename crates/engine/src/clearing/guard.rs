//! What keeps new risk out of a product: a pause, an index that cannot be trusted, a margin model that failed its backtest.
//!
//! The guard lies in the curve's cell, which every guarded message reads anyway. It only ever refuses what
//! [`check`] names: orders that increase a position, liquidations, daily settlements, listings, and while the index is not
//! valid withdrawals beside positions. Reducing, depositing, claiming and withdrawing from a flat account stay open whatever
//! stands here (invariants O4, O5).

use super::error::ClearingError;
use super::{Curve, Result};
use crate::calendar::{DAY, Day};
use crate::codec::{Reader, Writer};
use crate::oracle::validity::{Action, Validity, allows};
use crate::units::Seconds;

/// Pauses orders that increase a position, and listings.
pub const TRADING: u8 = 1;

/// Pauses the start of liquidations and bids.
pub const LIQUIDATION: u8 = 2;

/// Pauses daily settlements.
pub const SETTLEMENT: u8 = 4;

/// All scopes.
pub const ALL: u8 = TRADING | LIQUIDATION | SETTLEMENT;

/// Days after which marks are too old, whatever the oracle said last: a print is missed on a long weekend at most. The
/// oracle's own limit is tighter; this one holds when nobody brings its word.
pub const MAX_MARK_AGE_DAYS: u32 = 4;

/// How long a pause, or an index without a print, may last before anyone may sunset the product's months: fourteen days.
pub const MAX_PAUSE: u32 = 14 * DAY;

/// What keeps new risk out. All zero: nothing does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// Paused scopes, a bit each.
    pub paused: u8,
    /// Since when there has been a pause without interruption.
    pub since: Seconds,
    /// By how much the index fell short of valid when the oracle was last asked: 0 valid, 1 needs confirmation, 2 invalid.
    pub doubt: u8,
    /// Whether the backtest has failed: only reductions until a new margin set is in force.
    pub red: bool,
}

impl Guard {
    /// Encoded length.
    pub const BYTES: usize = 5;

    /// How good the index was when the oracle was last asked.
    pub fn index(&self) -> Validity {
        match self.doubt {
            0 => Validity::Valid,
            1 => Validity::NeedsConfirmation,
            _ => Validity::Invalid,
        }
    }

    /// Since when trading is paused. When other scopes were paused before it, since those were: there is one clock.
    pub fn closed_since(&self) -> Option<Seconds> {
        (self.paused & TRADING != 0).then_some(self.since)
    }

    /// Appends it, if anything stands in it.
    pub fn write(&self, out: &mut Writer) {
        if *self != Self::default() {
            out.uint(u64::from(self.paused) | u64::from(self.doubt) << 4 | u64::from(self.red) << 7, 1);
            out.uint(self.since.0.into(), 4);
        }
    }

    /// Reads it back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        let flags = from.u8();
        Self { paused: flags & 0x0F, doubt: flags >> 4 & 0x03, red: flags >> 7 == 1, since: Seconds(from.u32(4)) }
    }
}

/// How good a product's index is now, by the oracle's last word and by the age of the print that the marks come from.
pub fn validity(curve: &Curve, now: Seconds) -> Validity {
    let age = Day::of(now).0.saturating_sub(curve.index_day);
    if age > MAX_MARK_AGE_DAYS { Validity::Invalid } else { curve.guard.index() }
}

/// Whether an action may be done in a product now. One table for prices ([`allows`]), one scope for each pause.
///
/// # Errors
/// `Paused`, `ReduceOnly` after a failed backtest, `IndexUnavailable` when the index is not good enough for it.
pub fn check(curve: &Curve, now: Seconds, action: Action) -> Result<()> {
    let scope = match action {
        Action::IncreaseRisk => TRADING,
        Action::Liquidate => LIQUIDATION,
        Action::Settle => SETTLEMENT,
        _ => 0,
    };
    if curve.guard.paused & scope != 0 {
        return Err(ClearingError::Paused);
    }
    if curve.guard.red && action == Action::IncreaseRisk {
        return Err(ClearingError::ReduceOnly);
    }
    // A settlement brings the print that ends the doubt.
    if action != Action::Settle && !allows(validity(curve, now), action) {
        return Err(ClearingError::IndexUnavailable);
    }
    Ok(())
}
