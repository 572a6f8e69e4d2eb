//! `maker_weeks`: what designated makers did in a reward week, for the incentives contract. A view.
//!
//! ```text
//! due     = session seconds of the part of the week in which the maker was designated and the month listed,
//!           less halts and pauses
//! counted = sum over months of score * min(uptime / due, 1)^power         0 for a month with uptime < floor * due
//! ```
//!
//! A month counts for itself: quotes in one do not make up for another, and a maker who quotes few months is paid for
//! few. Time without a session, weekends and holidays, is in neither uptime nor due. In a halt, and while governance
//! has paused trading or settlements, nobody can quote: that time is not due. Quotes that stood when a halt began go on
//! counting, and those before a pause are void. So none of it ever counts against a maker.

use crate::calendar::REWARD_EPOCH_SECONDS;
use crate::clearing::cells::{Curve, Market, Moment, Month, Score, Sheet, Stage, Status, Week};
use crate::clearing::store::{Store, curves};
use crate::codec::{Reader, Writer};
use crate::math::mul_div_floor;
use crate::units::{BPS, Seat, Seconds};

/// Makers that one call asks for at most: their measures fit into a cell's length of bytes.
pub const MAX_ASKED: usize = 8;

/// How uptime weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UptimeRules {
    /// Share of the time due below which a month counts nothing, in basis points.
    pub floor_bps: u16,
    /// Power to which the share is raised.
    pub power: u8,
}

impl UptimeRules {
    /// What counts of a month's score, rounded down at every power. With nothing due, as in a month that only reduces,
    /// the score counts as it is.
    pub fn count(&self, score: u64, uptime: u32, due: u32) -> u64 {
        if u64::from(uptime).saturating_mul(BPS.into()) < u64::from(due).saturating_mul(self.floor_bps.into()) {
            return 0;
        }
        if uptime >= due {
            return score;
        }
        let weigh = |score: u64, _| mul_div_floor(score.into(), uptime.into(), due.into()).try_into().unwrap_or(0);
        (0..self.power).fold(score, weigh)
    }
}

/// A maker, and the time in which they were designated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Served {
    /// Seat of the maker.
    pub seat: Seat,
    /// The beginning.
    pub from: Seconds,
    /// The end.
    pub until: Seconds,
}

impl Served {
    /// Encoded length in bytes.
    pub const BYTES: usize = 12;

    /// Appends it to a message.
    pub fn write(&self, out: &mut Writer) {
        for number in [self.seat.0, self.from.0, self.until.0] {
            out.uint(number.into(), 4);
        }
    }

    /// Reads it back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        Self { seat: Seat(from.u32(4)), from: Seconds(from.u32(4)), until: Seconds(from.u32(4)) }
    }
}

/// What a maker did in a week.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Measure {
    /// Sum of the months' integrals, in weighted lot-seconds.
    pub score: u64,
    /// What counts of it by uptime.
    pub counted: u64,
    /// Session seconds in which the obligations were met, over all months with a score.
    pub uptime: u32,
    /// Session seconds in which they were due there; of a maker without a score the most of any month.
    pub due: u32,
    /// Lots traded.
    pub volume: u32,
}

impl Measure {
    /// Adds a month's week.
    fn add(&mut self, week: &Week, due: u32, rules: UptimeRules) {
        self.score = self.score.saturating_add(week.integral);
        self.counted = self.counted.saturating_add(rules.count(week.integral, week.uptime, due));
        self.uptime = self.uptime.saturating_add(week.uptime);
        self.due = self.due.saturating_add(due);
        self.volume = self.volume.saturating_add(week.volume);
    }

    /// Encoded length in bytes.
    pub const BYTES: usize = 28;

    /// Appends it to an answer.
    pub fn write(&self, out: &mut Writer) {
        out.uint(self.score, 8);
        out.uint(self.counted, 8);
        for number in [self.uptime, self.due, self.volume] {
            out.uint(number.into(), 4);
        }
    }

    /// Reads it back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        Self { score: from.uint(8), counted: from.uint(8), uptime: from.u32(4), due: from.u32(4), volume: from.u32(4) }
    }
}

/// What the programme asks of the clearing house in one call: its pool, and the weeks of some makers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Weeks {
    /// What the pool of the programme holds, in quote atoms, rewards owed included.
    pub pool: u64,
    /// What the makers did, in the order in which they were asked for.
    pub measures: [Measure; MAX_ASKED],
}

impl Weeks {
    /// Encoded length in bytes of the weeks of so many makers.
    pub fn bytes(makers: usize) -> usize {
        makers.saturating_mul(Measure::BYTES).saturating_add(8)
    }

    /// The answer for so many makers.
    pub fn write(&self, makers: usize, out: &mut Writer) {
        out.uint(self.pool, 8);
        for measure in self.measures.iter().take(makers) {
            measure.write(out);
        }
    }

    /// Reads it back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        Self { pool: from.uint(8), measures: core::array::from_fn(|_| Measure::read(from)) }
    }
}

/// The weeks of at most [`MAX_ASKED`] makers up to `now`, over all listed months of all products.
///
/// Cells: ledger, the curves; the sheets of each maker that the months' scores lie on; the market of each month in
/// which one of them has a score. Each once; of all months where one of them has none.
pub fn weeks_of_makers<S: Store>(
    store: &mut S,
    now: Seconds,
    number: u32,
    rules: UptimeRules,
    makers: &[Served],
) -> Weeks {
    let mut weeks = Weeks { pool: store.ledger().incentives, ..Weeks::default() };
    let end = Seconds(number.saturating_add(1).saturating_mul(REWARD_EPOCH_SECONDS)).min(now);
    // Months are listed one after the other: the sheet of the month before is mostly this month's too.
    let mut sheets: [(Option<u16>, Sheet); MAX_ASKED] = Default::default();
    for curve in curves(store) {
        for month in curve.months() {
            let wanted = Sheet::number(month.instrument);
            let mut market = None;
            for ((served, measure), (held, sheet)) in makers.iter().zip(&mut weeks.measures).zip(&mut sheets) {
                if *held != Some(wanted) {
                    (*held, *sheet) = (Some(wanted), store.sheet(served.seat, wanted));
                }
                let mut score = sheet.score(month.instrument);
                if score == Score::default() {
                    continue;
                }
                if market.is_none() {
                    market = store.market(month.instrument);
                }
                let Some(market) = &market else { continue };
                let moment =
                    Moment { now: end, month, terms: &market.terms, holidays: &curve.holidays, ended: curve.ended() };
                score.catch_up(market.cuts.of(served.seat), &moment);
                score.accrue(&moment);
                let halted = market.halts.of(number);
                let due = due(&moment, *served, number, market.listed, halted, closed(&curve, month, market));
                measure.add(&of_served(&score.week(number), &moment, *served, market.listed), due, rules);
            }
        }
    }
    owe_absent(store, end, number, makers, &mut weeks.measures);
    weeks
}

/// Session seconds owed by a maker without a score: the most of any month. This distinguishes a week that was paused
/// whole, in which nothing was due, from one in which the maker was absent.
fn owe_absent<S: Store>(store: &mut S, end: Seconds, number: u32, makers: &[Served], measures: &mut [Measure]) {
    let is_absent = |measure: &Measure| measure.due == 0 && measure.score == 0;
    if !makers.iter().zip(measures.iter()).any(|(_, measure)| is_absent(measure)) {
        return;
    }
    let mut owed = [0_u32; MAX_ASKED];
    for curve in curves(store) {
        for month in curve.months() {
            let Some(market) = store.market(month.instrument) else { continue };
            let moment =
                Moment { now: end, month, terms: &market.terms, holidays: &curve.holidays, ended: curve.ended() };
            for (served, owed) in makers.iter().zip(&mut owed) {
                let halted = market.halts.of(number);
                let due = due(&moment, *served, number, market.listed, halted, closed(&curve, month, &market));
                *owed = due.max(*owed);
            }
        }
    }
    for ((measure, owed), _) in measures.iter_mut().zip(owed).zip(makers) {
        if is_absent(measure) {
            measure.due = owed;
        }
    }
}

/// The part of a month's week for which a maker was designated to its end: all of it, unless they left in it. A maker
/// who leaves may go on quoting, and the score counts to the end of the week, so it is cut by session seconds, rounded
/// down.
fn of_served(week: &Week, moment: &Moment<'_>, served: Served, listed: Seconds) -> Week {
    if served.until >= moment.now {
        return *week;
    }
    let (from, last) = (served.from.max(listed), moment.now.min(moment.month.expiry));
    let (whole, part) = (moment.sessions(from, last), moment.sessions(from, served.until.min(last)));
    let cut = |number: u64| u64::try_from(mul_div_floor(number.into(), part.into(), whole.max(1).into())).unwrap_or(0);
    let short = |number: u32| u32::try_from(cut(number.into())).unwrap_or(0);
    Week { number: week.number, integral: cut(week.integral), uptime: short(week.uptime), volume: short(week.volume) }
}

/// Since when nobody can quote in a month: while trading or settlements are paused, or since its final price, which
/// comes before its last trading time when its index has died. A house knows that of the months that were settled here.
fn closed(curve: &Curve, month: &Month, market: &Market) -> Option<Seconds> {
    let settled = Some(market.halted_until).filter(|at| month.status == Status::Settled && *at > Seconds::ZERO);
    [settled, curve.guard.closed_since()].into_iter().flatten().min()
}

/// Session seconds in which a maker owed quotes in a month. A month in which orders may only reduce owes none, nor does
/// one that is closed since a time: pauses that are over are in `halted`, of which a maker who was
/// designated for part of the week is credited with the same part, rounded down.
fn due(moment: &Moment<'_>, served: Served, number: u32, listed: Seconds, halted: u32, closed: Option<Seconds>) -> u32 {
    let Month { status, expiry, .. } = *moment.month;
    if status == Status::ReduceOnly {
        return 0;
    }
    let week = Seconds(number.saturating_mul(REWARD_EPOCH_SECONDS));
    let last = moment.now.min(week.later(REWARD_EPOCH_SECONDS)).min(expiry).min(closed.unwrap_or(Seconds(u32::MAX)));
    let begin = week.max(listed);
    let whole = moment.sessions(begin, last);
    let part = moment.sessions(served.from.max(begin), served.until.min(last));
    let credit = mul_div_floor(halted.into(), part.into(), whole.max(1).into());
    part.saturating_sub(u32::try_from(credit).unwrap_or(u32::MAX))
}

/// [`weeks_of_makers()`] with [`Served`] and [`Weeks`] as bytes. `None` for bytes that do not encode makers, or
/// more than [`MAX_ASKED`], and when the pool has moved to the next version: a week closed by this one would share out
/// nothing.
pub fn maker_weeks<S: Store>(
    store: &mut S,
    now: Seconds,
    number: u32,
    rules: UptimeRules,
    makers: &[u8],
) -> Option<Writer> {
    let chunks = makers.chunks_exact(Served::BYTES);
    let asked = chunks.len();
    if !chunks.remainder().is_empty() || asked > MAX_ASKED || store.ledger().stage == Stage::Left {
        return None;
    }
    let mut all = [Served::default(); MAX_ASKED];
    for (served, chunk) in all.iter_mut().zip(chunks) {
        *served = Served::read(&mut Reader::new(chunk));
    }
    let mut out = Writer::new();
    weeks_of_makers(store, now, number, rules, all.get(..asked)?).write(asked, &mut out);
    Some(out)
}

const _: () = assert!(8 + MAX_ASKED * Measure::BYTES <= crate::codec::CELL_BYTES);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::DAY;
    use crate::clearing::cells::Holidays;
    use crate::clearing::cells::Terms;

    // Thursday 2026-01-01 00:00 UTC: a week begins on a Thursday.
    const THURSDAY: u32 = 1_767_225_600;

    fn due_in(month: Month, holidays: Holidays, from: u32, listed: u32, halted: u32) -> u32 {
        due_until(month, holidays, from, listed, halted, None)
    }

    fn due_until(
        month: Month,
        holidays: Holidays,
        from: u32,
        listed: u32,
        halted: u32,
        closed: Option<Seconds>,
    ) -> u32 {
        let served =
            Served { seat: Seat(0), from: Seconds(THURSDAY + from), until: Seconds(THURSDAY + REWARD_EPOCH_SECONDS) };
        let now = Seconds(THURSDAY + REWARD_EPOCH_SECONDS + DAY);
        let moment =
            Moment { now, month: &month, terms: &Terms::default(), holidays: &holidays, ended: Default::default() };
        due(&moment, served, THURSDAY / REWARD_EPOCH_SECONDS, Seconds(THURSDAY + listed), halted, closed)
    }

    #[test]
    fn nothing_is_due_without_a_session_in_a_halt_before_the_listing_or_after_the_expiry() {
        let month = Month { expiry: Seconds(u32::MAX), ..Month::default() };
        let none = Holidays::default();
        assert_eq!(due_in(month, none, 0, 0, 0), 5 * DAY);
        assert_eq!(due_in(month, none, DAY, 0, 0), 4 * DAY); // designated on Friday
        assert_eq!(due_in(month, none, 0, 3 * DAY, 0), 3 * DAY); // listed on Sunday
        assert_eq!(due_in(month, none, 0, 0, 600), 5 * DAY - 600);
        let friday = u16::try_from(THURSDAY / DAY + 1).expect("before 2149");
        assert_eq!(due_in(month, Holidays([friday, 0, 0, 0, 0, 0]), 0, 0, 0), 4 * DAY);
        let expires = Month { expiry: Seconds(THURSDAY + 6 * DAY + 16 * 3_600), ..month };
        assert_eq!(due_in(expires, none, 0, 0, 0), 4 * DAY + 16 * 3_600);
        assert_eq!(due_in(Month { status: Status::ReduceOnly, ..month }, none, 0, 0, 0), 0);
        // Paused since Friday 06:00, and since before the week.
        let paused = |since: u32| due_until(month, none, 0, 0, 0, Some(Seconds(since)));
        assert_eq!(paused(THURSDAY + DAY + 6 * 3_600), DAY + 6 * 3_600);
        assert_eq!(paused(THURSDAY - DAY), 0);
    }

    #[test]
    fn makers_and_measures_come_back_from_their_bytes() {
        let served = Served { seat: Seat(7), from: Seconds(8), until: Seconds(9) };
        let measure = Measure { score: u64::MAX, counted: 1, uptime: 2, due: 3, volume: 4 };
        let (mut asked, mut told) = (Writer::new(), Writer::new());
        served.write(&mut asked);
        measure.write(&mut told);
        assert_eq!((asked.as_bytes().len(), told.as_bytes().len()), (Served::BYTES, Measure::BYTES));
        assert_eq!(Served::read(&mut Reader::new(asked.as_bytes())), served);
        assert_eq!(Measure::read(&mut Reader::new(told.as_bytes())), measure);
        let mut weeks = Weeks { pool: 9, ..Weeks::default() };
        weeks.measures[1] = measure;
        let mut answer = Writer::new();
        weeks.write(2, &mut answer);
        assert_eq!(answer.as_bytes().len(), Weeks::bytes(2));
        assert_eq!(Weeks::read(&mut Reader::new(answer.as_bytes())), weeks);
    }
}
