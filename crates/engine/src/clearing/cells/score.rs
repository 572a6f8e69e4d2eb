//! What a designated maker's quotes are worth: an exact time integral, updated only when they change.
//!
//! ```text
//! depth(side) = sum over resting orders of lots * weight(price)
//! weight      = 1,024 * (half + 1 - distance) / (half + 1)   for distance <= half, else 0      (ticks from the reference)
//! counted     = depth * min(lots, cap) / lots                     lots within the spread, cap a multiple of those owed
//! score       = integral over session time of min(counted(bids), counted(asks)) dt
//! uptime      = session seconds with at least the required lots within the spread on both sides
//! volume      = lots of the maker's resting orders that traded
//! ```
//!
//! `half` is half the permitted spread around the mark at which the quote epoch began. Size beyond the cap adds nothing
//! and dilutes the weight of the rest, so that large quotes at the edge do not pass for small ones in the middle. An
//! order with a time limit or that may only reduce a position does not count: it may stand in the book without being
//! able to trade. A fill against an account of the same owner does not exist ([`crate::clearing::SelfTrade`]), so it
//! counts nowhere.
//!
//! A repricing voids all quotes, so the integral of an epoch ends when the next one begins; a maker whose score was not
//! updated during a whole later epoch in which they could have quoted gets nothing for the time since their last
//! change, because the end of their epoch is no longer stored. Weeks are the reward epochs; the last finished one is
//! kept for the incentives contract.
//!
//! A designated maker's message that adds or voids quotes reads and writes one cell more for it. What only takes quotes
//! away, a fill or a removal, waits in the instrument's cell until then ([`crate::clearing::Cuts`]), so a taker pays no
//! cell for anybody's score. The cell is a [`Sheet`]: the scores of a maker in several instruments, so that a query of
//! a maker's week reads three cells for ten months and not ten.

use super::curve::{Ended, Month};
use super::cuts::Cut;
use super::holidays::Holidays;
use super::instrument::Instrument;
use super::market::Terms;
use crate::calendar::{DAY, REWARD_EPOCH_SECONDS};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::math::mul_div_floor;
use crate::units::{BPS, Lots, Seconds, Side, Ticks};

/// Weight of a lot at the reference price.
pub const FULL_WEIGHT: u64 = 1_024;

/// Months whose last trading day is nearer than this are front months: 62 days, two calendar months at most.
pub const FRONT_SECONDS: u32 = 62 * DAY;

/// Size that counts on a side in a front month, as a multiple of the lots owed.
pub const FRONT_CAP: u32 = 8;

/// Size that counts on a side in a back month, as a multiple of the lots owed: there the obligation alone is most of
/// the depth.
pub const BACK_CAP: u32 = 4;

/// Depth that a maker shows on one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Depth {
    weighted: u64,
    lots: u32,
}

impl Depth {
    /// What counts of it, rounded down.
    fn counted(self, cap: u32) -> u64 {
        if self.lots <= cap {
            return self.weighted;
        }
        u64::try_from(mul_div_floor(self.weighted.into(), cap.into(), self.lots.into())).unwrap_or(0)
    }
}

/// A week's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Week {
    /// The week: unix time divided by [`REWARD_EPOCH_SECONDS`].
    pub number: u32,
    /// Integral of the smaller side's counted depth over session seconds. Below 2^56: 2^27 lots, 2^10 of weight, 2^19
    /// seconds.
    pub integral: u64,
    /// Session seconds in which both sides met the obligation.
    pub uptime: u32,
    /// Lots of resting orders that traded.
    pub volume: u32,
}

/// What a score is counted by: the time, and the rules at it.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The time.
    pub now: Seconds,
    /// The month that is quoted.
    pub month: &'a Month,
    /// Its terms.
    pub terms: &'a Terms,
    /// The product's holidays.
    pub holidays: &'a Holidays,
    /// When quotes last ended because new risk was kept out.
    pub ended: Ended,
}

impl Moment<'_> {
    /// Whether the month is a front month in this quote epoch.
    fn is_front(&self) -> bool {
        self.month.expiry.since(self.month.epoch_began) < FRONT_SECONDS
    }

    /// Size that counts on a side, in lots.
    pub(crate) fn cap(&self) -> u32 {
        self.terms.maker_lots.0.saturating_mul(if self.is_front() { FRONT_CAP } else { BACK_CAP })
    }

    /// Session seconds between two times.
    pub fn sessions(&self, from: Seconds, to: Seconds) -> u32 {
        self.holidays.session_seconds(from, to)
    }

    /// Weight of a lot at this price, see the module's formula. Constant within a quote epoch, so that what an order
    /// adds is what it takes away.
    pub fn weight(&self, price: Ticks) -> u64 {
        let Moment { month, terms, .. } = self;
        let spread = if self.is_front() { terms.maker_spread_front_bps } else { terms.maker_spread_back_bps };
        let half = mul_div_floor(month.reference.0.into(), spread.into(), i128::from(BPS).saturating_mul(2));
        let distance = i128::from(price.0.abs_diff(month.reference.0));
        let steps = half.saturating_add(1);
        let left = steps.saturating_sub(distance).max(0);
        u64::try_from(mul_div_floor(FULL_WEIGHT.into(), left, steps)).unwrap_or(0)
    }
}

/// Instruments whose scores lie in one cell.
pub const SHEET_SCORES: u16 = 6;

/// A maker's scores in [`SHEET_SCORES`] instruments with consecutive numbers: one cell. Each as its bytes, because a
/// message needs one of them and code that reads all six would cost every message its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sheet {
    scores: [[u8; Score::BYTES]; SHEET_SCORES as usize],
}

impl Default for Sheet {
    fn default() -> Self {
        Self { scores: [[0; Score::BYTES]; SHEET_SCORES as usize] }
    }
}

impl Sheet {
    /// The sheet of an instrument, and the index of its scores there.
    fn locate(instrument: Instrument) -> (u16, usize) {
        (instrument.0.div_euclid(SHEET_SCORES), usize::from(instrument.0.rem_euclid(SHEET_SCORES)))
    }

    /// The number of the sheet that an instrument's scores lie in.
    pub fn number(instrument: Instrument) -> u16 {
        Self::locate(instrument).0
    }

    /// The score in an instrument of this sheet.
    pub fn score(&self, instrument: Instrument) -> Score {
        let bytes = self.scores.get(Self::locate(instrument).1);
        Score::read(&mut Reader::new(bytes.map_or(&[], |bytes| bytes)))
    }

    /// Puts the score in an instrument of this sheet.
    pub fn set_score(&mut self, instrument: Instrument, score: &Score) {
        let mut out = Writer::new();
        score.write(&mut out);
        if let Some(entry) = self.scores.get_mut(Self::locate(instrument).1) {
            *entry = Reader::new(out.as_bytes()).array();
        }
    }
}

/// A maker's score in one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Score {
    epoch: u16,
    since: Seconds,
    /// Size that counts on a side, as of the last change.
    pub(crate) cap: u32,
    bids: Depth,
    asks: Depth,
    running: Week,
    finished: Week,
}

impl Score {
    /// The result of a week: the running one so far, or the last finished one; nothing for any other.
    pub fn week(&self, number: u32) -> Week {
        [self.running, self.finished].into_iter().find(|week| week.number == number).unwrap_or_default()
    }

    /// Counts the time since the last change and starts the running quote epoch.
    pub fn accrue(&mut self, moment: &Moment<'_>) {
        let Moment { now, month, ended, .. } = *moment;
        if now < self.since {
            return; // a week that ended before the last change is finished
        }
        let end = match month.epoch.wrapping_sub(self.epoch) {
            0 => now,
            1 => month.epoch_began.min(now),
            // Of epochs in which nobody could quote the first has ended the score's.
            begun if begun == ended.epochs => ended.at,
            _ => self.since,
        };
        self.count_until(end.min(month.expiry), moment);
        self.enter_week(week_of(now));
        if self.epoch != month.epoch {
            self.clear();
            self.epoch = month.epoch;
        }
        self.since = now;
    }

    /// Forgets all quotes, as cancel-all does.
    pub fn clear(&mut self) {
        self.bids = Depth::default();
        self.asks = Depth::default();
    }

    /// Adds an order's lots to the depth.
    pub fn add(&mut self, side: Side, lots: Lots, weight: u64) {
        let depth = self.depth(side);
        depth.weighted = depth.weighted.saturating_add(weight.saturating_mul(lots.0.into()));
        if weight > 0 {
            depth.lots = depth.lots.saturating_add(lots.0);
        }
    }

    /// Counts the time up to each of the maker's cuts that are not later than the moment, and takes them from the
    /// depth.
    pub fn catch_up<'a>(&mut self, cuts: impl Iterator<Item = &'a Cut>, moment: &Moment<'_>) {
        for cut in cuts.take_while(|cut| cut.at <= moment.now) {
            // What was cut stood in the score's quote epoch, whichever runs now.
            let month = Month { epoch: self.epoch, ..*moment.month };
            self.accrue(&Moment { now: cut.at, month: &month, ..*moment });
            self.cut(cut);
        }
    }

    /// Takes a cut from the depth, and counts what traded.
    pub(crate) fn cut(&mut self, cut: &Cut) {
        let depth = self.depth(cut.side);
        depth.weighted = depth.weighted.saturating_sub(cut.weighted);
        if cut.weighted > 0 {
            depth.lots = depth.lots.saturating_sub(cut.lots.0);
        }
        if cut.traded {
            self.running.volume = self.running.volume.saturating_add(cut.lots.0);
        }
    }

    fn depth(&mut self, side: Side) -> &mut Depth {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn count_until(&mut self, end: Seconds, moment: &Moment<'_>) {
        let last = week_of(end);
        if last <= self.running.number {
            return self.count_piece(self.since, end, moment);
        }
        self.count_piece(self.since, start_of(self.running.number.saturating_add(1)), moment);
        // Of the weeks between, the last is the only one that anybody can still ask for.
        if last > self.running.number.saturating_add(1) {
            self.enter_week(last.saturating_sub(1));
            self.count_piece(start_of(last.saturating_sub(1)).max(self.since), start_of(last), moment);
        }
        self.enter_week(last);
        self.count_piece(start_of(last).max(self.since), end, moment);
    }

    fn count_piece(&mut self, from: Seconds, to: Seconds, moment: &Moment<'_>) {
        let depth = self.bids.counted(self.cap).min(self.asks.counted(self.cap));
        if depth == 0 {
            return;
        }
        let seconds = moment.sessions(from, to);
        self.running.integral = self.running.integral.saturating_add(depth.saturating_mul(seconds.into()));
        if self.bids.lots.min(self.asks.lots) >= moment.terms.maker_lots.0 {
            self.running.uptime = self.running.uptime.saturating_add(seconds);
        }
    }

    fn enter_week(&mut self, number: u32) {
        if self.running.number != number {
            self.finished = self.running;
            self.running = Week { number, ..Week::default() };
        }
    }
}

/// The week of a time.
fn week_of(time: Seconds) -> u32 {
    time.0 / REWARD_EPOCH_SECONDS
}

/// The first second of a week.
fn start_of(week: u32) -> Seconds {
    Seconds(week.saturating_mul(REWARD_EPOCH_SECONDS))
}

impl Score {
    // Widths: depths below 2^37 (2^27 lots of weight 2^10), integrals below 2^56, a week's seconds below 2^20; week
    // numbers fit 16 bits until the year 3226.
    const BYTES: usize = 10 + 2 * (5 + 4) + 2 * (2 + 7 + 3 + 4);

    #[inline(never)]
    fn write(&self, out: &mut Writer) {
        out.uint(self.epoch.into(), 2);
        out.uint(self.since.0.into(), 4);
        out.uint(self.cap.into(), 4);
        for depth in [self.bids, self.asks] {
            out.uint(depth.weighted, 5);
            out.uint(depth.lots.into(), 4);
        }
        for week in [self.running, self.finished] {
            out.uint(week.number.into(), 2);
            out.uint(week.integral, 7);
            out.uint(week.uptime.into(), 3);
            out.uint(week.volume.into(), 4);
        }
    }

    #[inline(never)]
    fn read(from: &mut Reader<'_>) -> Self {
        let epoch = from.u16();
        let since = Seconds(from.u32(4));
        let cap = from.u32(4);
        let mut depth = || Depth { weighted: from.uint(5), lots: from.u32(4) };
        let (bids, asks) = (depth(), depth());
        let mut week =
            || Week { number: from.u32(2), integral: from.uint(7), uptime: from.u32(3), volume: from.u32(4) };
        let (running, finished) = (week(), week());
        Self { epoch, since, cap, bids, asks, running, finished }
    }
}

/// Whether the bytes are a score; one that was never written is all zeros.
#[inline(never)]
fn is_there(bytes: &[u8; Score::BYTES]) -> bool {
    bytes.iter().any(|byte| *byte != 0)
}

const _: () = assert!(Sheet::MAX_BYTES <= CELL_BYTES);

impl Cell for Sheet {
    const MAX_BYTES: usize = 1 + SHEET_SCORES as usize * Score::BYTES;

    fn write(&self, out: &mut Writer) {
        // One bit for each score that there is, the first the lowest.
        let mut present = 0_u64;
        for score in self.scores.iter().rev() {
            present = (present << 1) | u64::from(is_there(score));
        }
        out.uint(present, 1);
        for score in self.scores.iter().filter(|score| is_there(score)) {
            out.put(score);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let present = from.u8();
        let mut sheet = Self::default();
        for (score, bit) in sheet.scores.iter_mut().zip(0_u32..) {
            if present.wrapping_shr(bit) & 1 == 1 {
                *score = from.array();
            }
        }
        sheet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seat;

    // Thursday 2026-01-01 00:00 UTC: a week begins on a Thursday.
    const THURSDAY: u32 = 1_767_225_600;

    fn month() -> Month {
        Month {
            epoch: 1,
            expiry: Seconds(THURSDAY + 30 * DAY),
            reference: Ticks(1_000),
            epoch_began: Seconds(THURSDAY),
            ..Month::default()
        }
    }

    fn terms() -> Terms {
        Terms { maker_spread_front_bps: 200, maker_lots: Lots(50), ..Terms::default() }
    }

    fn accrue(score: &mut Score, now: u32, month: &Month) {
        score.accrue(&Moment {
            now: Seconds(now),
            month,
            terms: &terms(),
            holidays: &Holidays::default(),
            ended: Ended::default(),
        });
    }

    fn weight(price: u32) -> u64 {
        Moment {
            now: Seconds(THURSDAY),
            month: &month(),
            terms: &terms(),
            holidays: &Holidays::default(),
            ended: Ended::default(),
        }
        .weight(Ticks(price))
    }

    fn quoting() -> Score {
        let mut score = Score { cap: 400, ..Score::default() };
        accrue(&mut score, THURSDAY, &month());
        score.add(Side::Buy, Lots(50), weight(999));
        score.add(Side::Sell, Lots(60), weight(1_001));
        score
    }

    #[test]
    fn weight_falls_from_the_reference_to_the_edge_of_the_spread() {
        assert_eq!(weight(1_000), FULL_WEIGHT);
        assert_eq!((weight(1_010), weight(990)), (93, 93)); // 1,024 / 11
        assert_eq!((weight(1_011), weight(989)), (0, 0));
    }

    #[test]
    fn the_integral_is_exact_across_a_weekend_and_a_week() {
        let mut score = quoting();
        let depth = 50 * weight(999);
        let week = THURSDAY / REWARD_EPOCH_SECONDS;
        // Eight days later: Thursday to Wednesday has five session days, then one more Thursday.
        accrue(&mut score, THURSDAY + 8 * DAY, &month());
        assert_eq!(
            score.week(week),
            Week { number: week, integral: depth * 5 * u64::from(DAY), uptime: 5 * DAY, volume: 0 }
        );
        assert_eq!(score.week(week + 1).integral, depth * u64::from(DAY));
        assert_eq!(score.week(week + 2), Week::default());
    }

    #[test]
    fn nothing_counts_after_a_repricing_or_the_last_trading_time() {
        let week = THURSDAY / REWARD_EPOCH_SECONDS;
        let mut repriced = quoting();
        let next = Month { epoch: 2, epoch_began: Seconds(THURSDAY + 10), ..month() };
        accrue(&mut repriced, THURSDAY + 100, &next);
        accrue(&mut repriced, THURSDAY + 200, &next);
        assert_eq!(repriced.week(week).uptime, 10);
        let mut expired = quoting();
        accrue(&mut expired, THURSDAY + 100, &Month { expiry: Seconds(THURSDAY + 30), ..month() });
        assert_eq!(expired.week(week).uptime, 30);
    }

    #[test]
    fn one_side_alone_scores_nothing() {
        let mut score = quoting();
        accrue(&mut score, THURSDAY + 10, &month());
        let at = Seconds(THURSDAY + 10);
        let weighted = 60 * weight(1_001);
        score.cut(&Cut { seat: Seat(1), at, side: Side::Sell, traded: false, lots: Lots(60), weighted });
        accrue(&mut score, THURSDAY + 20, &month());
        assert_eq!(score.week(THURSDAY / REWARD_EPOCH_SECONDS).uptime, 10);
    }

    #[test]
    fn cuts_count_when_they_happened_whichever_epoch_and_week_runs_when_they_are_told() {
        let week = THURSDAY / REWARD_EPOCH_SECONDS;
        let cut = |at: u32, lots: u32| {
            let weighted = u64::from(lots) * weight(1_001);
            Cut { seat: Seat(1), at: Seconds(at), side: Side::Sell, traded: true, lots: Lots(lots), weighted }
        };
        // In the last seconds of the week, five of ten lots too many; then, in the next, below those owed.
        let cuts = [cut(THURSDAY + 7 * DAY - 10, 10), cut(THURSDAY + 7 * DAY + 20, 1)];
        let next = Month { epoch: 2, epoch_began: Seconds(THURSDAY + 7 * DAY + 100), ..month() };
        let catch_up = |score: &mut Score, at: u32| {
            let moment = Moment {
                now: Seconds(at),
                month: &next,
                terms: &terms(),
                holidays: &Holidays::default(),
                ended: Ended::default(),
            };
            score.catch_up(cuts.iter(), &moment);
        };
        let mut told_late = quoting();
        catch_up(&mut told_late, THURSDAY + 7 * DAY + 500);
        accrue(&mut told_late, THURSDAY + 7 * DAY + 500, &next);
        let (whole, less) = (50 * weight(999), 49 * weight(1_001));
        let first = Week { number: week, integral: whole * 5 * u64::from(DAY), uptime: 5 * DAY, volume: 10 };
        let second = Week { number: week + 1, integral: whole * 20 + less * 80, uptime: 20, volume: 1 };
        assert_eq!((told_late.week(week), told_late.week(week + 1)), (first, second));
        // A view of the first week does not show what came after it.
        let mut looked_at = quoting();
        catch_up(&mut looked_at, THURSDAY + 7 * DAY);
        accrue(&mut looked_at, THURSDAY + 7 * DAY, &month());
        assert_eq!(looked_at.week(week), first);
        assert_eq!(looked_at.week(week + 1), Week { number: week + 1, ..Week::default() });
    }

    #[test]
    fn quotes_that_nobody_touches_for_weeks_count_in_the_week_that_can_be_asked_for() {
        let week = THURSDAY / REWARD_EPOCH_SECONDS;
        let mut score = quoting();
        accrue(&mut score, THURSDAY + 23 * DAY, &Month { expiry: Seconds(u32::MAX), ..month() });
        assert_eq!((score.week(week).uptime, score.week(week + 1).uptime), (0, 0));
        assert_eq!((score.week(week + 2).uptime, score.week(week + 3).uptime), (5 * DAY, 2 * DAY));
        // A later look at a time before changes nothing.
        let before = score;
        accrue(&mut score, THURSDAY + 22 * DAY, &month());
        assert_eq!(score, before);
    }

    #[test]
    fn size_beyond_the_cap_dilutes_the_weight_of_the_rest() {
        let mut score = quoting();
        let near = 50 * weight(999);
        assert_eq!(score.bids.counted(400), near);
        score.add(Side::Buy, Lots(350), weight(990));
        assert_eq!(score.bids.counted(400), near + 350 * 93);
        score.add(Side::Buy, Lots(4_000), weight(990));
        assert_eq!(score.bids.counted(400), (near + 4_350 * 93) * 400 / 4_400);
        assert!(score.bids.counted(400) < near + 350 * 93);
    }

    /// The largest numbers that a score can hold.
    fn widest() -> Score {
        let depth = Depth { weighted: (1 << 37) - 1, lots: u32::MAX };
        let week = Week { number: 65_535, integral: (1 << 56) - 1, uptime: REWARD_EPOCH_SECONDS, volume: u32::MAX };
        Score {
            epoch: u16::MAX,
            since: Seconds(u32::MAX),
            cap: u32::MAX,
            bids: depth,
            asks: depth,
            running: week,
            finished: week,
        }
    }

    #[test]
    fn a_score_comes_back() {
        let score = quoting();
        let mut sheet = Sheet::default();
        for index in [1, 5] {
            sheet.set_score(Instrument(12 + index), &score);
        }
        assert_eq!(
            (Sheet::number(Instrument(11)), Sheet::number(Instrument(12)), Sheet::number(Instrument(17))),
            (1, 2, 2)
        );
        assert_eq!(sheet.to_cell().as_bytes().len(), 1 + 2 * Score::BYTES);
        let back = Sheet::from_cell(sheet.to_cell().as_bytes());
        assert_eq!(back, sheet);
        assert_eq!((back.score(Instrument(13)), back.score(Instrument(14))), (score, Score::default()));
        for index in 0..SHEET_SCORES {
            sheet.set_score(Instrument(12 + index), &widest());
        }
        assert_eq!(sheet.to_cell().as_bytes().len(), Sheet::MAX_BYTES);
        assert_eq!(Sheet::from_cell(sheet.to_cell().as_bytes()), sheet);
    }
}
