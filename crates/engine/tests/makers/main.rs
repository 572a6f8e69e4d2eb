//! The makers' programme on the clearing house, natively: a week of two hundred makers in ten months is paid to the
//! atom as a second calculation has it, which knows the orders and the clock and nothing of the engine's scores.

mod cuts;
mod eighth_attack;
mod fifth_attack;
mod guide;
mod ninth_attack;
mod second;
mod thirteenth_attack;
mod twelfth_attack;
mod week;

use second::Second;
use sit_engine::calendar::{DAY, Day, REWARD_EPOCH_SECONDS};
use sit_engine::chain::Env;
use sit_engine::clearing::{self, ClearingError, Guard, Ledger, Store as _, peers::Given};
use sit_engine::incentives::{self, Event, Parameters, Store, end_of};
use sit_engine::launch::TPI;
use sit_engine::oracle::Validity;
use sit_engine::units::{Lots, Seat, Seconds, Ticks};
use sit_native::{Makers, Native};
use week::Week;

/// A week of `makers` makers with so many changes of quotes each, and its closing against the second calculation.
fn a_week_is_paid_as_a_second_calculation_has_it(makers: u32, changes: u32, parameters: Parameters) {
    let mut week = Week::new(makers, parameters);
    let mut second = Second::new(&week);
    week.play(changes, &mut second);
    let budget = week.budget;
    week.programme.now = end_of(week.number).later(3_600);
    week.programme.close(week.number).unwrap();

    let expected = second.rewards(&week, budget);
    let mut sum = 0;
    for (seat, expected) in (0..makers).zip(expected) {
        let paid: u64 = week.programme.maker(seat).unwrap().grants.iter().map(|grant| grant.amount).sum();
        assert!(paid.abs_diff(expected) <= 1, "seat {seat}: {paid} paid, {expected} by the second calculation");
        sum += paid;
    }
    assert!(sum <= budget, "more was paid than the budget");
    assert!(sum > budget / 2, "the week was worth something: {sum} of {budget}");
    let told: u64 = week.programme.events.iter().map(amount_of).sum();
    assert_eq!(told, sum);
    let epoch = week.programme.epoch(week.number).unwrap();
    assert_eq!((epoch.rewarded, epoch.budget), (sum, budget));
}

fn amount_of(event: &Event) -> u64 {
    if let Event::Rewarded { amount, .. } = event { *amount } else { 0 }
}

#[test]
fn two_hundred_makers_in_ten_months_are_paid_as_a_second_calculation_has_it() {
    a_week_is_paid_as_a_second_calculation_has_it(200, 20, Parameters::INITIAL);
}

#[test]
fn other_exponents_are_paid_as_a_second_calculation_has_them() {
    for (uptime_power, volume_quarters) in [(0, 0), (5, 2), (1, 4)] {
        let parameters = Parameters {
            uptime_power,
            volume_quarters,
            volume_floor_bps: 0,
            maker_cap_bps: 400,
            ..Parameters::INITIAL
        };
        a_week_is_paid_as_a_second_calculation_has_it(30, 20, parameters);
    }
}

/// The week with a thousand changes of every maker in every month, two million messages: some seconds.
#[test]
fn two_million_changes_of_quotes_are_paid_as_a_second_calculation_has_it() {
    // Quotes that change so often and at random meet their obligations for more than half of the time, and not for six
    // tenths.
    let parameters = Parameters { uptime_floor_bps: 5_000, ..Parameters::INITIAL };
    a_week_is_paid_as_a_second_calculation_has_it(200, 10_000, parameters);
}

/// Everything that is owed can be claimed, by its owner, once it is due, and the pool holds it.
#[test]
fn the_pool_pays_what_was_allotted_and_no_more() {
    let mut week = Week::new(12, Parameters::INITIAL);
    let mut second = Second::new(&week);
    week.play(20, &mut second);
    let number = week.number;
    let programme = &mut week.programme;
    programme.now = end_of(number);
    programme.close(number).unwrap();
    let before = pool(programme);
    let rewarded = programme.epoch(number).unwrap().rewarded;
    programme.now = end_of(number + 3);
    let mut claimed = 0;
    for seat in 0..12 {
        claimed += programme.claim(week::owner(seat), seat).unwrap_or(0);
    }
    assert_eq!(claimed, rewarded);
    assert_eq!(pool(programme), before - claimed);
    assert_eq!(programme.programme().unwrap().owed, 0);
}

/// What the programme's pool holds, in quote atoms.
fn pool(programme: &Makers) -> u64 {
    programme.house.borrow_mut().ledger().incentives
}

/// What closes books from Friday 06:00 on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Closed {
    /// Trading is paused, and the maker pulls their quotes.
    Pulled,
    /// Trading is paused, and the maker does nothing until that is over.
    Paused,
    /// The index waits for the confirmation of a print, and the maker does nothing until that is over.
    Doubted,
}

/// The week of the only maker, who quotes one month, with books closed for `hours`: the session seconds in which they
/// quoted, and those in which they had to.
fn a_week_with_a_pause(closing: Closed, hours: u32, over: bool) -> (u32, u32) {
    let mut week = Week::new(1, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let house = week.programme.house.get_mut();
    let level = |price| clearing::Level { price: Ticks(price), lots: Lots(100) };
    let (bids, asks) = ([level(8_990)], [level(9_010)]);
    let quotes = |house: &mut Native, now: Seconds, there: bool| {
        let (bids, asks): (&[_], &[_]) = if there { (&bids, &asks) } else { (&[], &[]) };
        let quote = clearing::Quote { seat: Seat(0), instrument, bids, asks, expiry: Seconds::ZERO };
        let env = Env { caller: week::owner(0), now };
        house.transact(|house| clearing::quote(house, env, quote)).unwrap();
    };
    quotes(house, week::START, true);
    let closed = week::START.later(DAY + 6 * 3_600);
    let note = |house: &mut Native, now: Seconds, validity: Validity| {
        let index = Given { validity: Some(validity), ..Given::print(Day::of(week::START), 900_000) };
        house.transact(|house| clearing::note_index(house, &index, now, TPI)).unwrap();
    };
    match closing {
        Closed::Doubted => note(house, closed, Validity::NeedsConfirmation),
        _ => house.transact(|house| clearing::pause(house, closed, TPI, Guard::TRADING)).unwrap(),
    }
    if closing == Closed::Pulled {
        quotes(house, closed, false);
    }
    if over {
        let open = closed.later(hours * 3_600);
        match closing {
            Closed::Doubted => note(house, open, Validity::Valid),
            _ => house.transact(|house| clearing::unpause(house, open, TPI)).unwrap(),
        }
        quotes(house, open, true);
    }
    week.programme.now = end_of(week.number);
    let standing = incentives::standing(&week.programme, week.programme.env([0; 20]), week.number, 0).unwrap();
    (standing.measure.uptime, standing.measure.due)
}

#[test]
fn time_in_which_trading_is_paused_counts_against_nobody() {
    for closing in [Closed::Pulled, Closed::Paused] {
        assert_eq!(a_week_with_a_pause(closing, 6, true), (5 * DAY - 6 * 3_600, 5 * DAY - 6 * 3_600));
        // Over the weekend, until Monday 06:00: a day of sessions.
        assert_eq!(a_week_with_a_pause(closing, 72, true), (4 * DAY, 4 * DAY));
        // It still lasts when the week ends.
        assert_eq!(a_week_with_a_pause(closing, 0, false), (DAY + 6 * 3_600, DAY + 6 * 3_600));
    }
}

/// A score knows when one quote epoch ended. If another one began where books open again, with which nobody could have
/// sent a quote in between, what was shown before the closing would be lost.
#[test]
fn a_doubt_that_is_over_takes_nothing_of_what_was_shown_before_it() {
    assert_eq!(a_week_with_a_pause(Closed::Doubted, 4, true), (5 * DAY - 4 * 3_600, 5 * DAY));
}

#[test]
fn the_treasury_funds_the_programme_with_what_it_has_and_no_more() {
    let mut week = Week::new(1, Parameters::INITIAL);
    let env = Env { caller: week::owner(0), now: week::START };
    let house = week.programme.house.get_mut();
    let mut ledger = house.ledger();
    (ledger.treasury, ledger.trading) = (700, ledger.trading - 700); // as swept fees leave it
    house.set_ledger(&ledger);
    let before = house.ledger();
    for (amount, error) in [(0, ClearingError::ZeroAmount), (701, ClearingError::NotEnoughCash)] {
        let funded = house.transact(|house| clearing::fund_programme(house, amount));
        assert_eq!(funded, Err(error));
        assert_eq!(house.ledger(), before);
    }
    let pool = house.transact(|house| clearing::fund_programme(house, 300)).unwrap();
    let after = house.ledger();
    assert_eq!((pool, after.incentives, after.treasury), (before.incentives + 300, before.incentives + 300, 400));
    assert_eq!((after.reserves(), after.custody()), (before.reserves(), before.custody()));
    // A loss that the fund has not covered keeps the rest where it is.
    house.set_ledger(&Ledger { uncovered: after.fund + 1, ..after });
    let refused = house.transact(|house| clearing::fund_programme(house, 300));
    assert_eq!(refused, Err(ClearingError::DeficitUncovered));
    let hundredth = u64::try_from(after.custody().0 / 100).unwrap();
    house.set_ledger(&Ledger { uncovered: after.fund + hundredth + 1, ..after });
    assert!(house.transact(|house| clearing::withdraw(house, env, Seat(0), 1)).is_err());
}

/// What clearing measures of the week of the only maker, who quotes one month throughout and was designated from `from`
/// until `until` (seconds of the week), with trading paused for these hours of Thursday, quotes pulled meanwhile.
fn measured(from: u32, until: u32, paused_hours: u32, quotes: bool) -> clearing::Measure {
    let mut week = Week::new(1, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let house = week.programme.house.get_mut();
    let level = |price| clearing::Level { price: Ticks(price), lots: Lots(100) };
    let (bids, asks) = ([level(8_990)], [level(9_010)]);
    let env = |now| Env { caller: week::owner(0), now };
    let mut begin = week::START;
    if paused_hours > 0 {
        house.transact(|house| clearing::pause(house, begin, TPI, Guard::TRADING)).unwrap();
        begin = begin.later(paused_hours * 3_600);
        house.transact(|house| clearing::unpause(house, begin, TPI)).unwrap();
    }
    if quotes {
        let quote = clearing::Quote { seat: Seat(0), instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
        house.transact(|house| clearing::quote(house, env(begin), quote)).unwrap();
    }
    let served = clearing::Served { seat: Seat(0), from: week::START.later(from), until: week::START.later(until) };
    let rules = clearing::UptimeRules { floor_bps: 8_000, power: 2 };
    clearing::weeks_of_makers(house, end_of(week.number).later(DAY), week.number, rules, &[served]).measures[0]
}

#[test]
fn who_leaves_in_a_week_is_measured_for_the_part_of_it() {
    let whole = measured(0, REWARD_EPOCH_SECONDS, 0, true);
    assert_eq!((whole.due, whole.uptime), (5 * DAY, 5 * DAY));
    for (until, part) in [(1, 1), (DAY, DAY), (2 * DAY, 2 * DAY), (5 * DAY, 3 * DAY)] {
        let left = measured(0, until, 0, true);
        assert_eq!((left.due, left.uptime), (part, part));
        assert_eq!(left.score, whole.score * u64::from(part) / u64::from(5 * DAY), "left after {until} seconds");
        assert_eq!(left.counted, left.score);
    }
}

#[test]
fn a_halt_before_the_designation_is_no_credit_for_the_days_after_it() {
    // All of Thursday and Friday paused, designated on Saturday: three days are owed, and not one.
    let paused = 48;
    assert_eq!(measured(0, REWARD_EPOCH_SECONDS, paused, false).due, 3 * DAY);
    let late = measured(2 * DAY, REWARD_EPOCH_SECONDS, paused, false);
    assert!(late.due >= DAY * 3 * 3 / 5, "the same part of the halt as of the week: {}", late.due);
}

#[test]
fn who_is_absent_owes_and_in_a_week_that_is_paused_whole_nobody_does() {
    let absent = measured(0, REWARD_EPOCH_SECONDS, 0, false);
    assert_eq!((absent.due, absent.uptime, absent.score), (5 * DAY, 0, 0));
    assert_eq!(measured(0, REWARD_EPOCH_SECONDS, 7 * 24, false).due, 0);
}
