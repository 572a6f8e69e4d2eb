//! A thirteenth attack on the programme: quotes that stand while settlements are paused.

use crate::week::{START, Week, order, owner};
use sit_engine::calendar::DAY;
use sit_engine::chain::Env;
use sit_engine::clearing::opening::{PRINT_DUE, PRINT_WAIT};
use sit_engine::clearing::{self, ClearingError, Guard, Level, Policy, Quote, Served, Store as _, weeks_of_makers};
use sit_engine::incentives::{self, Parameters, Status, Store as _, end_of};
use sit_engine::launch::TPI;
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

/// Two makers quote alike, seat 0 a tick better. Settlements are paused from Friday at ten to the end of the week. Two
/// takers, friends of seat 1, have a lot from each other, and each sends an order for it, at the price of seat 0, if
/// they are `hostile`. What each maker has of the week's budget, in dollars, and in how many seconds each quoted, of
/// which those after the pause began.
fn shares(hostile: bool) -> ([u64; 2], [u32; 2]) {
    let mut week = Week::new(2, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let number = week.number;
    let house = week.programme.house.get_mut();
    let mark = house.curve(TPI).unwrap().month(instrument).unwrap().settle.0;
    let mut now = START;
    for (seat, side) in [(2, Side::Sell), (3, Side::Buy)] {
        let order = order(seat, instrument, side, mark, 1, Policy::Rest);
        house.transact(|house| clearing::place(house, Env { caller: owner(seat), now }, order)).unwrap();
    }
    let quotes = |house: &mut sit_native::Native, now, seat: u32, away: u32| {
        let level = |price| [Level { price: Ticks(price), lots: Lots(400) }];
        let (bids, asks) = (level(mark - away), level(mark + away));
        let quote = Quote { seat: Seat(seat), instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
        house.transact(|house| clearing::quote(house, Env { caller: owner(seat), now }, quote))
    };
    quotes(house, now, 0, 1).unwrap();
    quotes(house, now, 1, 2).unwrap();
    now = START.later(DAY + 10 * 3_600);
    house.transact(|house| clearing::pause(house, now, TPI, Guard::SETTLEMENT)).unwrap();
    if hostile {
        now = START.later(DAY + PRINT_DUE + PRINT_WAIT);
        for (seat, side, price) in [(2, Side::Buy, mark + 1), (3, Side::Sell, mark - 1)] {
            let order = order(seat, instrument, side, price, 1, Policy::ImmediateOrCancel);
            let placed = house.transact(|house| clearing::place(house, Env { caller: owner(seat), now }, order));
            assert_eq!(placed.err(), Some(ClearingError::OutsidePriceLimits), "and nobody takes them away");
        }
        assert!(quotes(house, now, 0, 1).is_err(), "and cannot come back");
    }
    let makers = [0, 1].map(|seat| Served { seat: Seat(seat), from: end_of(number - 1), until: end_of(number) });
    let weeks = weeks_of_makers(house, end_of(number), number, Parameters::INITIAL.rules(), &makers);
    let [first, second] = [0, 1].map(|seat: usize| weeks.measures[seat]);
    let all = (first.counted + second.counted).max(1);
    let share = |counted: u64| 5_000 * counted / all;
    ([share(first.counted), share(second.counted)], [first.uptime, second.uptime])
}

/// While settlements are paused nobody who opens can take a quote, and nobody can quote anew: quotes that stand score
/// on all the same, for as long as the pause lasts. A rival with a lot on each side would have those of all others
/// dropped by two messages, and have the week's reward alone.
#[test]
fn quotes_that_nobody_can_take_do_not_score_while_settlements_are_paused() {
    let [fair, told] = [false, true].map(shares);
    assert!(told.0[0] + 100 > fair.0[0], "USD and seconds of the makers, and where the rival acts: {fair:?} {told:?}");
}

/// A maker takes the capital away at `leaves`, a second of the day, and has themselves warned then. A rival asks for
/// their suspension in each minute. For how many minutes the maker does without the capital unpunished.
fn minutes_without_capital(leaves: u32) -> u32 {
    let mut week = Week::new(2, Parameters::INITIAL);
    let from = START.later(DAY + leaves);
    let house = week.programme.house.get_mut();
    let env = Env { caller: owner(0), now: from };
    let cash = house.account(Seat(0)).unwrap().cash;
    let _ = house.transact(|house| clearing::withdraw(house, env, Seat(0), cash)).unwrap();
    let mut minutes = 0;
    while week.programme.maker(0).unwrap().status == Status::Designated {
        week.programme.now = from.later(60 * minutes);
        let rival = week.programme.env(owner(1));
        incentives::suspend(&mut week.programme, rival, 0).ok();
        minutes += 1;
    }
    minutes - 1
}

/// A known limit: who has themselves warned a second after eleven is without the capital for four hours. That warning
/// is over, and suspends nobody, when makers are looked at again, and keeps everybody else from giving one that would.
#[test]
fn no_maker_is_without_the_capital_for_longer_than_four_hours() {
    let at = [9 * 3_600 + 1, 11 * 3_600 + 1, 11 * 3_600 + 1_800];
    assert_eq!(at.map(minutes_without_capital), [60, 242, 212]);
}
