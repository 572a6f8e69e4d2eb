//! What a fifth attack on the programme found (`docs/book/src/findings-fifth.md`).

use crate::week::{self, START, Week};
use sit_engine::calendar::{DAY, Day, REWARD_EPOCH_SECONDS};
use sit_engine::chain::Env;
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{self, Instrument, Level, MAX_ASKED, Measure, Quote, Served, Status, Store as _};
use sit_engine::clearing::{guard::MAX_PAUSE, weeks_of_makers};
use sit_engine::incentives::{self, Parameters, Store as _, end_of};
use sit_engine::launch::TPI;
use sit_engine::units::{Lots, Seat, Seconds, Ticks};
use sit_native::Native;

/// A seat quotes so many lots on both sides, so far from a price.
fn quotes(house: &mut Native, now: Seconds, seat: u32, instrument: Instrument, mark: u32, lots: u32, distance: u32) {
    let level = |price| Level { price: Ticks(price), lots: Lots(lots) };
    let (bids, asks) = ([level(mark - distance)], [level(mark + distance)]);
    let quote = Quote { seat: Seat(seat), instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
    let env = Env { caller: week::owner(seat), now };
    house.transact(|house| clearing::quote(house, env, quote)).unwrap();
}

fn measured(week: &mut Week, number: u32) -> [Measure; MAX_ASKED] {
    let makers: Vec<Served> = (0..week.makers)
        .map(|seat| Served { seat: Seat(seat), from: end_of(number - 1), until: end_of(number) })
        .collect();
    let rules = Parameters::INITIAL.rules();
    weeks_of_makers(week.programme.house.get_mut(), end_of(number), number, rules, &makers).measures
}

/// The index has died and every month is settled at its last mark: quotes that stood then are worth nothing any more,
/// and nobody owes any.
#[test]
fn a_month_that_is_settled_before_its_time_pays_and_owes_nothing() {
    let mut week = Week::new(2, Parameters::INITIAL);
    let months = week.months.clone();
    let house = week.programme.house.get_mut();
    for (instrument, _) in &months {
        let mark = house.curve(TPI).unwrap().month(*instrument).unwrap().settle.0;
        quotes(house, START, 0, *instrument, mark, 100, 10);
    }
    let dead = START.later(DAY + MAX_PAUSE);
    house.transact(|house| clearing::sunset(house, &Given::default(), dead, months[0].0)).unwrap();
    assert!(house.curve(TPI).unwrap().months().iter().all(|month| month.status == Status::Settled));
    let week_of_the_end = dead.0 / REWARD_EPOCH_SECONDS;
    let [before, absent, ..] = measured(&mut week, week_of_the_end);
    let part = dead.since(end_of(week_of_the_end - 1));
    assert_eq!((before.uptime, before.due), (10 * part, 10 * part), "until then it counts");
    assert_eq!(absent.due, part);
    let after = measured(&mut week, week_of_the_end + 1);
    assert_eq!(after, [Measure::default(); MAX_ASKED]);
}

/// Two makers quote alike, all day. One of them shows eight times the lots owed, at the mark, from noon to the
/// settlement of each day's print, three quarters of an hour later: nobody can take them, and the repricing voids them.
#[test]
#[ignore = "a decision: docs/book/src/findings-fifth.md"]
fn quotes_that_nobody_can_take_while_a_print_is_due_are_worth_nothing() {
    let mut week = Week::new(2, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let house = week.programme.house.get_mut();
    let mark = |house: &mut Native| house.curve(TPI).unwrap().month(instrument).unwrap().settle.0;
    for seat in [0, 1] {
        let reference = mark(house);
        quotes(house, START, seat, instrument, reference, 100, 45);
    }
    for day in 1..7 {
        let due = START.later(day * DAY + PRINT_DUE);
        let session = house.curve(TPI).unwrap().holidays.is_session(due);
        if session {
            let reference = mark(house);
            quotes(house, due, 1, instrument, reference, 400, 1);
        }
        let settled = due.later(2_700);
        let price = if day % 2 == 0 { 909_000 } else { 900_000 };
        let index = Given::print(Day::of(settled), price);
        house.transact(|house| clearing::settle_day(house, &index, settled, TPI)).unwrap();
        let holidays = house.curve(TPI).unwrap().holidays;
        let opens = if session { settled } else { holidays.next_session(settled) }.later(OPENING_SECONDS);
        for seat in [0, 1].into_iter().filter(|_| holidays.is_session(opens) && opens < end_of(week.number)) {
            let reference = mark(house);
            if session || opens.since(settled) < DAY {
                quotes(house, opens, seat, instrument, reference, 100, 45);
            }
        }
    }
    week.programme.now = end_of(week.number);
    let rewards = [0, 1].map(|seat| {
        let env = week.programme.env([0; 20]);
        incentives::standing(&week.programme, env, week.number, seat).unwrap()
    });
    let scores = rewards.map(|standing| standing.measure.score);
    assert_eq!(scores[0], scores[1], "{rewards:?}");
    assert!(week.programme.programme().is_some());
}
