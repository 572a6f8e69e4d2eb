//! The opening phase: orders rest and cancel and do not cross.
//!
//! ```text
//! after a repricing         OPENING_SECONDS from the settlement that voided the book
//! after a halt              OPENING_SECONDS from its end
//! both                      in one session: a phase that the end of a session cuts short begins again with the next one
//! while a print is due      from PRINT_DUE of its day until it is settled, PRINT_WAIT at most
//! while one waits           for its confirmation, or for the end of a pause of settlements, until it is settled
//! ```
//!
//! In it nothing trades: an order that must trade at once is refused (`Opening`), one that rests
//! does so on its own side of the settlement mark, bids below it and asks above it, and where it does not meet an order
//! that stands from before. So two orders of the phase can never cross or lock, without a look at the other side: no
//! price takes the other side's place away, however early it comes, and at the end there is nothing to uncross. The
//! book then opens as it stands, and the first taker meets quotes that were made after the news.
//!
//! A month that has just been listed opens at once: nobody holds anything in it, and its mark is news to nobody.
//!
//! A liquidation is no trade of the book: starts and bids go on.

use super::guard::MAX_MARK_AGE_DAYS;
use crate::calendar::{DAY, Day};
use crate::clearing::cells::{Curve, Guard, Holidays, Market, Month, Status, late_mark};
use crate::fault::{self, Fault};
use crate::oracle::{GATHERING, MOST_COMMITTING, WINDOW_OPENS};
use crate::units::{Seconds, Side, Ticks};

/// How long the book collects orders after a repricing or a halt: two minutes, twenty blocks of six seconds.
pub const OPENING_SECONDS: u32 = 120;

/// When a day's print is due, in seconds after the start of the day: from then on reporters send what will be in it,
/// and whoever reads them knows the next mark.
pub const PRINT_DUE: u32 = WINDOW_OPENS;

/// How long the book waits for a print that is due: two hours. A silent oracle closes nothing for longer.
pub const PRINT_WAIT: u32 = 2 * 3_600;

/// How long quotes must have stood, where they could be taken, before the print is due in order to say anything about
/// the day's mark: an hour.
pub const STANDING_SECONDS: u32 = 3_600;

const _: () = assert!(STANDING_SECONDS <= PRINT_DUE && PRINT_DUE + PRINT_WAIT <= DAY);
const _: () =
    assert!(MOST_COMMITTING + GATHERING < PRINT_WAIT, "a late reporter's print is settled before the book opens");

/// Of a book that opens with a settlement, whenever that comes.
pub const WITH_THE_SETTLEMENT: Seconds = Seconds(u32::MAX);

/// From when on orders of a month cross: a time that is not after `now` when they do. [`WITH_THE_SETTLEMENT`] while a
/// pause or a doubt keeps a print back: an order of who reduces that stands from before would be theirs who know it.
pub fn opens_at(curve: &Curve, month: &Month, market: &Market, now: Seconds) -> Seconds {
    let missing = now >= due(Day(curve.index_day.saturating_add(1)));
    if curve.guard.awaits_print() || curve.guard.paused & Guard::SETTLEMENT != 0 && missing {
        return WITH_THE_SETTLEMENT;
    }
    let waits = if waits(curve, now) { due(Day::of(now)).later(PRINT_WAIT) } else { Seconds::ZERO };
    opened(month, market, &curve.holidays).max(waits)
}

/// Whether the print of today is due and not settled, and has not been waited for in vain: who reads the batches knows
/// the next mark.
pub fn is_print_due(curve: &Curve, now: Seconds) -> bool {
    waits(curve, now) && now < due(Day::of(now)).later(PRINT_WAIT)
}

/// As [`is_print_due`], or the print is or was kept back, or waits for its confirmation: its price can be known
/// already.
pub fn is_print_open(curve: &Curve, now: Seconds) -> bool {
    is_print_due(curve, now) || is_print_kept_back(curve, now) || curve.guard.awaits_print()
}

/// Whether settlements are paused, and today's print has not been settled: it is or will be known, and marks stay.
/// After so many days without a settlement no mark is one any more, and nobody is held for it.
pub fn is_print_kept_back(curve: &Curve, now: Seconds) -> bool {
    let age = Day::of(now).0.saturating_sub(curve.index_day);
    curve.guard.paused & Guard::SETTLEMENT != 0 && (1..=MAX_MARK_AGE_DAYS).contains(&age)
}

/// When the book of a month opened, or will, after its last repricing and its last halt.
pub fn opened(month: &Month, market: &Market, holidays: &Holidays) -> Seconds {
    let repriced = if month.epoch_began > market.listed { month.epoch_began } else { Seconds::ZERO };
    let closed = repriced.max(market.halted_until);
    if closed == Seconds::ZERO {
        return closed;
    }
    // Nobody can quote outside a session: a print at a weekend empties Monday's book.
    let opens = closed.later(OPENING_SECONDS);
    let whole = holidays.is_session(closed) && holidays.is_session(opens);
    if whole { opens } else { holidays.next_session(closed).later(OPENING_SECONDS) }
}

/// From when on winners of a month are paid: when the book that the last repricing has emptied has collected for long
/// enough, and as long after the final price. Whoever became insolvent by the news has been reported by then, and
/// winners wait for that (`clearing/rules/cash.rs`).
pub fn pays_from(month: &Month, market: &Market) -> Seconds {
    let news = if month.status == Status::Settled { market.halted_until } else { month.epoch_began };
    news.later(OPENING_SECONDS)
}

/// Whether it is the time of the day in which its print is settled: two hours from when it is due. A wait for a default
/// that has lasted over night ends with it, and not with the settlement (`clearing/rules/cash.rs`).
pub fn is_print_time(now: Seconds) -> bool {
    let due = due(Day::of(now));
    now >= due && now < due.later(PRINT_WAIT)
}

/// When a day's print is due.
pub fn due(day: Day) -> Seconds {
    day.start().later(PRINT_DUE)
}

/// The mark of an order that rests now: whether it comes too late to be heard in the coming settlement.
pub fn lateness(curve: &Curve, now: Seconds) -> u8 {
    let today = Day::of(now);
    let late = curve.index_day < today.0 && now.later(STANDING_SECONDS) >= due(today);
    if late { late_mark(today) } else { 0 }
}

/// The price nearest to the other side at which an order may rest in the phase.
pub fn own_side(month: &Month, side: Side, price: Ticks) -> Ticks {
    match side {
        Side::Buy => price.min(Ticks(month.settle.0.saturating_sub(1))),
        Side::Sell => price.max(Ticks(month.settle.0.saturating_add(1))),
    }
}

/// Whether the book waits for the print of today, as long as it would if that never came.
fn waits(curve: &Curve, now: Seconds) -> bool {
    let today = Day::of(now);
    !fault::present(Fault::TradeOnAPrintThatIsDue) && curve.index_day < today.0 && now >= due(today)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day(20_780);

    fn at(settled: u32, seconds: u32) -> Seconds {
        let curve = Curve::new(settled, 260_000);
        opens_at(&curve, &Month::default(), &Market::new(Default::default()), TODAY.start().later(seconds))
    }

    #[test]
    fn the_book_waits_for_a_print_from_noon_for_two_hours_at_most() {
        let noon = due(TODAY);
        assert_eq!(at(TODAY.0 - 1, PRINT_DUE - 1), Seconds::ZERO);
        assert_eq!(at(TODAY.0 - 1, PRINT_DUE), noon.later(7_200));
        assert_eq!(at(TODAY.0 - 3, PRINT_DUE), noon.later(7_200), "however many are missing");
        assert_eq!(at(TODAY.0, PRINT_DUE), Seconds::ZERO, "it has been settled");
        assert!(at(TODAY.0 - 1, PRINT_DUE + PRINT_WAIT) <= noon.later(PRINT_WAIT), "by then it has opened");
    }

    #[test]
    fn an_order_is_late_from_an_hour_before_the_print_is_due_until_it_is_settled() {
        let late = |settled, seconds| {
            let curve = Curve::new(settled, 260_000);
            lateness(&curve, TODAY.start().later(seconds))
        };
        assert_eq!(late(TODAY.0 - 1, PRINT_DUE - STANDING_SECONDS - 1), 0);
        assert_eq!(late(TODAY.0 - 1, PRINT_DUE - STANDING_SECONDS), late_mark(TODAY));
        assert_eq!(late(TODAY.0 - 1, DAY - 1), late_mark(TODAY), "a print that is overdue");
        assert_eq!(late(TODAY.0, PRINT_DUE + 1), 0, "it has been settled: this one stands until tomorrow's");
    }

    #[test]
    fn each_side_keeps_to_its_own_side_of_the_mark() {
        let month = Month { settle: Ticks(2_600), ..Month::default() };
        let own = |side, price| own_side(&month, side, Ticks(price)).0;
        assert_eq!((own(Side::Buy, 2_900), own(Side::Buy, 2_599)), (2_599, 2_599));
        assert_eq!((own(Side::Sell, 2_300), own(Side::Sell, 2_700)), (2_601, 2_700));
    }
}
