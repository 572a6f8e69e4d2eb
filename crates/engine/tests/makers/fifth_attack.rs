//! What a fifth attack on the programme found (`docs/book/src/findings-fifth.md`).

use crate::week::{self, START, Week};
use sit_engine::calendar::{DAY, REWARD_EPOCH_SECONDS};
use sit_engine::chain::Env;
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{self, Instrument, Level, MAX_ASKED, Measure, Quote, Served, Status, Store as _};
use sit_engine::clearing::{guard::MAX_PAUSE, weeks_of_makers};
use sit_engine::incentives::{Parameters, end_of};
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
    for (instrument, _) in &months {
        house.transact(|house| clearing::sunset(house, &Given::default(), dead, *instrument)).unwrap();
    }
    assert!(house.curve(TPI).unwrap().months().iter().all(|month| month.status == Status::Settled));
    let week_of_the_end = dead.0 / REWARD_EPOCH_SECONDS;
    let [before, absent, ..] = measured(&mut week, week_of_the_end);
    let part = dead.since(end_of(week_of_the_end - 1));
    assert_eq!((before.uptime, before.due), (10 * part, 10 * part), "until then it counts");
    assert_eq!(absent.due, part);
    let after = measured(&mut week, week_of_the_end + 1);
    assert_eq!(after, [Measure::default(); MAX_ASKED]);
}
