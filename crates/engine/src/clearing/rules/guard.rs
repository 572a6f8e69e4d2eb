//! What keeps new risk out of a product: a pause, an index that cannot be trusted, a margin model that failed its
//! backtest.
//!
//! The guard lies in the curve's cell, which every guarded message reads anyway. It only ever refuses what [`check`]
//! names: orders that increase a position, liquidations, daily settlements, listings, and while the index is not valid,
//! or settlements are paused, withdrawals beside positions. Reducing, depositing, claiming and withdrawing from a
//! flat account stay open whatever stands here (invariants O4, O5).

use crate::calendar::{DAY, Day};
use crate::clearing::cells::{Curve, Guard, Month, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::oracle::validity::{Action, Validity, allows};
use crate::units::Seconds;

/// Days after which marks are too old, whatever the oracle said last: a print is missed on a long weekend at most. The
/// oracle's own limit is tighter; this one holds when nobody reports the oracle's state.
pub const MAX_MARK_AGE_DAYS: u32 = 4;

/// How long a pause, or an index without a print, may last before anyone may sunset the product's months: fourteen
/// days.
pub const MAX_PAUSE: u32 = 14 * DAY;

/// How good a product's index is now, by the oracle's last word and by the age of the print that the marks come from.
pub fn validity(curve: &Curve, now: Seconds) -> Validity {
    let age = Day::of(now).0.saturating_sub(curve.index_day);
    if age > MAX_MARK_AGE_DAYS { Validity::Invalid } else { curve.guard.index() }
}

/// Whether new risk is kept out of a product: trading or settlements are paused, the index is in doubt or the marks are
/// too old, or the backtest has failed.
pub fn keeps_risk_out(curve: &Curve, now: Seconds) -> bool {
    check(curve, now, Action::IncreaseRisk).is_err()
}

/// Months by their place in the curve, a bit for each, that a settlement has given a mark, and that it reprices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Marked {
    pub months: u16,
    pub repriced: u16,
}

/// What follows for orders from a message that may keep new risk out of a product or let it in, or settles its day:
/// `before` is the curve before it.
///
/// When it begins every order is void, as by a repricing: standing orders could only trade with accounts that reduce,
/// at prices from before the news, and a maker's quotes that nobody can take would score. Each settlement voids those
/// that reduce at the mark from before it. When it ends every book collects before it opens, as after a halt: nobody
/// could quote, and whoever sends the end would be alone in it.
pub(crate) fn follow<S: Store>(store: &mut S, curve: &mut Curve, now: Seconds, before: &Curve, marked: Marked) {
    let (kept, keeps) = (keeps_risk_out(before, now), keeps_risk_out(curve, now));
    let begins = keeps && !curve.guard.shut;
    let voids = begins || kept && marked.months > 0;
    if voids {
        // Of marks that are too old nobody has been told: quotes stood until now.
        let first = !curve.guard.shut;
        curve.shut_epochs = match curve.shut_epochs {
            _ if first => 1,
            0 | Curve::MOST_SHUT_EPOCHS => 0,
            epochs => epochs.saturating_add(1),
        };
        curve.guard.shut_at = if first { now } else { curve.guard.shut_at };
    }
    curve.guard.shut = keeps;
    let round = curve.round;
    for (slot, month) in curve.months_mut().iter_mut().enumerate() {
        if month.status == Status::Settled {
            continue;
        }
        let is_in = |set: u16| set >> slot & 1 == 1;
        if voids || is_in(marked.repriced) {
            month.start_epoch(now);
        } else if kept
            && !keeps
            && let Some(mut market) = store.market(month.instrument)
        {
            market.halted_until = market.halted_until.max(now);
            store.set_market(month.instrument, &market);
        }
        if voids || is_in(marked.months) {
            let Month { instrument, settle: mark, epoch, .. } = *month;
            store.emit(Event::MarkSet { instrument, round, mark, epoch });
        }
    }
}

/// Whether an action may be done in a product now. One table for prices ([`allows`]), one scope for each pause.
///
/// # Errors
/// `Paused`, `ReduceOnly` after a failed backtest, `IndexUnavailable` when the index is not good enough for it.
pub fn check(curve: &Curve, now: Seconds, action: Action) -> Result<()> {
    let scope = match action {
        // Prints go on while settlements are paused, and everybody knows them: nothing rests on marks from before.
        Action::IncreaseRisk => Guard::TRADING | Guard::SETTLEMENT,
        Action::Liquidate => Guard::LIQUIDATION | Guard::SETTLEMENT,
        Action::Settle | Action::Withdraw => Guard::SETTLEMENT,
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
